//! Folders that change while a program runs.

use std::fs;
use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

use segue_policy::Decision;
use segue_policy_host::{Change, Origin, Registry, SearchPath};

use crate::support::{Scene, built, bundled, compile, library};

fn copy(stem: &str, to: &Path) {
    bundled(); // says so if they are not built
    fs::copy(built().join(library(stem)), to).unwrap();
}

#[test]
fn unknown_names_get_the_nearest_and_all() {
    let error = bundled().policy("bufered").unwrap_err();
    assert_eq!(
        error.to_string(),
        "there is no policy `bufered` (did you mean `buffered`?); there are: \
         buffered, deadline, random-recovery, sequential-recovery, stop-1s"
    );
    let error = bundled().network("stop-1s").unwrap_err();
    assert_eq!(
        error.all,
        [
            "bursts",
            "g1050",
            "gilbert-elliott",
            "none",
            "random-delay",
            "rate-limit",
            "trace"
        ]
    );
    let none = Registry::open(&SearchPath::only([]));
    assert!(
        none.policy("x")
            .unwrap_err()
            .to_string()
            .ends_with("none at all")
    );
}

#[test]
fn the_first_of_a_name_wins() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (folder.path().join("1"), folder.path().join("2"));
    fs::create_dir_all(&first).unwrap();
    fs::create_dir_all(&second).unwrap();
    compile(
        "c/first_come.c",
        &["VERSION=\"2.0.0\""],
        &first.join("b.so"),
    );
    compile("c/first_come.c", &[], &second.join("a.so"));
    let registry = Registry::open(&SearchPath::only([first.clone(), second.clone()]));
    assert_eq!(registry.plugins().len(), 1);
    assert_eq!(registry.policy("first-come").unwrap().version(), "2.0.0");
    let shadowed = &registry.shadowed()[0];
    assert_eq!(shadowed.plugin.path(), second.join("a.so"));
    assert_eq!(shadowed.by, first.join("b.so"));
    assert_eq!(registry.refused(), []);
}

#[test]
fn each_file_says_by_which_way_it_was_found() {
    let folder = tempfile::tempdir().unwrap();
    let (mine, none) = (folder.path().join("mine.so"), folder.path().join("none.so"));
    compile("c/first_come.c", &[], &mine);
    fs::write(&none, "no plugin").unwrap();
    let registry = Registry::open(&SearchPath::new([mine, none.clone()]));
    let origin = |name| registry.policy(name).unwrap().origin();
    assert_eq!(origin("first-come"), Origin::Named);
    assert_eq!(origin("stop-1s"), Origin::Bundled);
    let refused = registry.refused().iter().find(|file| file.path == none);
    assert_eq!(refused.unwrap().origin, Origin::Named);
}

#[test]
fn a_rescan_finds_what_came_changed_and_went() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mine.so");
    let mut registry = Registry::open(&SearchPath::only([folder.path().to_path_buf()]));
    assert_eq!(registry.rescan(), []);

    compile("c/first_come.c", &[], &file);
    assert!(matches!(&registry.rescan()[..], [Change::Added(p)] if p.name() == "first-come"));
    assert_eq!(registry.rescan(), []);
    let old = registry.policy("first-come").unwrap().clone();
    let mut session = old.defaults().policy(0).unwrap();

    // Overwritten in place: a mapped file would now kill the session.
    let other = folder.path().join("other");
    compile("c/first_come.c", &["VERSION=\"2.0.0\""], &other);
    fs::write(&file, fs::read(&other).unwrap()).unwrap();
    let mut scene = Scene::new(10, 1);
    scene.put([0]);
    assert_eq!(scene.ask(&mut *session).0, Decision::Play);
    assert!(matches!(&registry.rescan()[..], [Change::Replaced(p)] if p.version() == "2.0.0"));
    assert_eq!(old.version(), "1.0.0");

    fs::write(&file, "damaged").unwrap();
    let changes = registry.rescan();
    assert!(
        matches!(&changes[..], [Change::Removed(_), Change::Refused(r)] if r.path == file),
        "{changes:?}"
    );
    assert_eq!(registry.rescan(), []);

    fs::remove_file(&file).unwrap();
    assert_eq!(registry.rescan(), []);
    assert_eq!(registry.refused(), []);
    drop((registry, old));
    assert_eq!(scene.ask(&mut *session).0, Decision::Play);
}

#[test]
fn a_touched_file_is_the_same_plugin() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("stop.so");
    copy("segue_playout_stop_1s", &file);
    let mut registry = Registry::open(&SearchPath::only([folder.path().to_path_buf()]));
    let touched = fs::File::options().write(true).open(&file).unwrap();
    touched
        .set_modified(std::time::SystemTime::UNIX_EPOCH)
        .unwrap();
    assert_eq!(registry.rescan(), []);
}

#[test]
fn a_watch_notices_new_files_also_in_a_folder_that_was_not_there() {
    let folder = tempfile::tempdir().unwrap();
    let plugins = folder.path().join("segue").join("plugins");
    let mut registry = Registry::open(&SearchPath::only([plugins.clone()]));
    let (sender, changes) = mpsc::channel();
    let watch = registry
        .watch(move || sender.send(()).unwrap_or(()))
        .unwrap();
    let limit = Duration::from_secs(20);

    fs::create_dir_all(&plugins).unwrap();
    changes.recv_timeout(limit).expect("the folder was noticed");
    copy("segue_playout_stop_1s", &plugins.join("stop.so"));
    changes.recv_timeout(limit).expect("the file was noticed");
    assert!(matches!(&registry.rescan()[..], [Change::Added(_)]));
    // Reading the files is no change, else a rescan would lead to the next.
    assert!(changes.recv_timeout(Duration::from_secs(1)).is_err());

    drop(watch);
    assert_eq!(
        changes.recv_timeout(limit),
        Err(mpsc::RecvTimeoutError::Disconnected)
    );
}
