mod cache;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::*;
use crate::files::tests::{frames, tag};

/// Longer than anything takes that works.
const LIMIT: Duration = Duration::from_secs(60);

/// A folder to share, and one for the cache.
struct World {
    music: TempDir,
    cache: TempDir,
}

impl World {
    fn new(files: u32) -> Self {
        let [music, cache] = [0, 1].map(|_| tempfile::tempdir().unwrap());
        let world = Self { music, cache };
        for number in 0..files {
            world.write(&format!("{number}.mp3"), &song(number));
        }
        world
    }

    fn path(&self, name: &str) -> PathBuf {
        self.music.path().join(name)
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    fn start(&self, watch: bool) -> Library {
        let library = Library::start(LibraryConfig {
            paths: vec![self.music.path().to_owned()],
            cache: Some(self.cache.path().to_owned()),
            watch,
        })
        .unwrap();
        assert!(library.wait(LIMIT));
        library
    }

    fn database(&self) -> PathBuf {
        let version = segue_core::index::VERSION;
        self.cache.path().join(format!("library-{version}.sqlite"))
    }
}

fn song(seed: u32) -> Vec<u8> {
    frames(20, seed).concat()
}

fn names(library: &Library) -> BTreeSet<String> {
    let tracks = library.tracks().into_iter();
    tracks.map(|track| track.name).collect()
}

#[track_caller]
fn until(library: &Library, what: &str, is_so: impl Fn(&Library) -> bool) {
    let begun = Instant::now();
    while !is_so(library) {
        assert!(
            begun.elapsed() < LIMIT,
            "{what}: {:?} {:?}",
            names(library),
            library.status()
        );
        thread::sleep(Duration::from_millis(5));
    }
}

#[track_caller]
fn until_named(library: &Library, expected: &[&str]) {
    let expected: BTreeSet<String> = expected.iter().map(|&name| name.into()).collect();
    until(library, "names", |library| names(library) == expected);
}

// -- changes -----------------------------------------------------------------------

#[test]
fn files_that_come_change_move_and_go_are_noticed() {
    let world = World::new(2);
    let library = world.start(true);
    until_named(&library, &["0", "1"]);

    world.write("new.mp3", &song(10));
    world.write("album/deep/inside.MP3", &song(11));
    world.write("album/cover.jpg", b"no music");
    until_named(&library, &["0", "1", "new", "inside"]);
    assert_eq!(library.status().indexed, 4);

    std::fs::rename(world.path("new.mp3"), world.path("old.mp3")).unwrap();
    until_named(&library, &["0", "1", "old", "inside"]);
    std::fs::rename(world.path("album"), world.path("record")).unwrap();
    until(&library, "moved folder", |library| {
        let status = library.status();
        status.tracks == 4 && status.from_cache == 2
    });
    assert_eq!(library.status().indexed, 4, "what moves is not read");

    let before = library.tracks();
    world.write("0.mp3", &song(12));
    until(&library, "other music", |library| {
        let tracks = library.tracks();
        tracks.len() == 4 && tracks != before
    });
    std::fs::remove_file(world.path("1.mp3")).unwrap();
    std::fs::remove_dir_all(world.path("record")).unwrap();
    until_named(&library, &["0", "old"]);
    assert!(library.status().unwatched.is_none());
}

#[test]
fn new_tags_leave_a_track_what_it_is() {
    let world = World::new(1);
    let library = world.start(true);
    let before = library.tracks();
    world.write("0.mp3", &[tag(50), song(0)].concat());
    until(&library, "read again", |library| {
        library.status().indexed == 2
    });
    until(&library, "track", |library| library.tracks() == before);
}

#[test]
fn a_file_is_not_read_before_it_is_whole() {
    let world = World::new(0);
    let library = world.start(true);
    let whole = frames(400, 5);
    let path = world.path("slow.mp3");
    let begun = Instant::now();
    for part in 1..=20 {
        std::fs::write(&path, whole[..part * 20].concat()).unwrap();
        assert_eq!(library.tracks(), [], "after {:?}", begun.elapsed());
        thread::sleep(Duration::from_millis(60));
    }
    until_named(&library, &["slow"]);
    assert_eq!(library.tracks()[0].packets, 400);
    assert_eq!(library.status().indexed, 1);
}

#[test]
fn equal_music_in_two_files_is_one_track_until_both_are_gone() {
    let world = World::new(1);
    world.write("copy.mp3", &song(0));
    let library = world.start(true);
    until_named(&library, &["0"]);
    std::fs::remove_file(world.path("0.mp3")).unwrap();
    until_named(&library, &["copy"]);
    std::fs::remove_file(world.path("copy.mp3")).unwrap();
    until_named(&library, &[]);
}

#[test]
fn a_folder_that_comes_back_is_shared_again() {
    let world = World::new(0);
    world.write("disk/a.mp3", &song(1));
    let library = Library::start(LibraryConfig {
        paths: vec![world.path("disk")],
        cache: Some(world.cache.path().to_owned()),
        watch: true,
    })
    .unwrap();
    until_named(&library, &["a"]);
    std::fs::rename(world.path("disk"), world.path("away")).unwrap();
    let running = library.running.as_ref().unwrap();
    running.messages.send(Message::Rescan).unwrap();
    until_named(&library, &[]);
    std::fs::rename(world.path("away"), world.path("disk")).unwrap();
    running.messages.send(Message::Rescan).unwrap();
    until_named(&library, &["a"]);
    // And it is watched again.
    world.write("disk/b.mp3", &song(2));
    until_named(&library, &["a", "b"]);
}

// -- what can be shared --------------------------------------------------------------

#[test]
fn a_damaged_file_is_shared_and_said_to_be_so() {
    let world = World::new(0);
    world.write("junk.mp3", &[song(1), vec![1; 5000], song(2)].concat());
    let status = world.start(false).status();
    assert_eq!((status.tracks, status.refused.len()), (1, 0));
    assert_eq!(status.damaged[0].path, world.path("junk.mp3"));
    let words = status.damaged[0].notes.to_string();
    assert_eq!(words, "5 kB of garbage skipped");
}

#[test]
fn an_empty_folder_is_no_error_and_a_missing_one_is() {
    let world = World::new(0);
    assert_eq!(world.start(false).status().found, 0);
    let missing = world.path("missing");
    let config = |paths| LibraryConfig {
        paths,
        ..LibraryConfig::default()
    };
    let error = Library::start(config(vec![missing])).unwrap_err();
    assert!(matches!(error, LibraryError::Missing { .. }), "{error}");
    let error = Library::open(&[world.music.path().to_owned()]).unwrap_err();
    assert!(matches!(error, LibraryError::Empty { .. }), "{error}");
}

#[test]
fn a_file_named_by_hand_is_shared_whatever_its_name_is() {
    let world = World::new(1);
    world.write("music.dat", &song(3));
    let library = Library::start(LibraryConfig {
        paths: vec![world.path("music.dat")],
        cache: None,
        watch: true,
    })
    .unwrap();
    until_named(&library, &["music"]);
    world.write("other.mp3", &song(4));
    world.write("music.dat", &song(5));
    until(&library, "change", |library| library.status().indexed == 2);
    until_named(&library, &["music"]);
    assert_eq!(library.status().found, 1);
}

#[test]
fn it_stops_at_once_with_much_to_do() {
    let world = World::new(500);
    let begun = Instant::now();
    let library = Library::start(LibraryConfig {
        paths: vec![world.music.path().to_owned()],
        ..LibraryConfig::default()
    })
    .unwrap();
    drop(library);
    assert!(begun.elapsed() < LIMIT / 2);
}

#[test]
fn what_cannot_be_watched_is_said() {
    let world = World::new(1);
    let library = world.start(true);
    let failed = Message::WatchFailed("the limit is reached".into());
    library.send(failed);
    until(&library, "trouble", |library| {
        library.status().unwatched.is_some()
    });
}

#[test]
fn links_that_go_round_are_told() {
    let world = World::new(1);
    let link = world.path("round");
    #[cfg(unix)]
    std::os::unix::fs::symlink(world.music.path(), &link).unwrap();
    if !Path::new(&link).exists() {
        return;
    }
    let status = world.start(false).status();
    assert_eq!(status.tracks, 1);
    assert_eq!(status.refused[0].path, link);
}

#[test]
#[cfg(unix)]
fn of_links_to_nowhere_only_music_is_told() {
    let world = World::new(1);
    for name in ["cover.jpg", "album", "song.mp3"] {
        std::os::unix::fs::symlink("/nowhere/at/all", world.path(name)).unwrap();
    }
    let refused = world.start(false).status().refused;
    let told: Vec<_> = refused.iter().map(|one| &one.path).collect();
    assert_eq!(told, [&world.path("song.mp3")]);
}

#[test]
fn changes_missed_all_the_time_do_not_put_off_the_look() {
    let world = World::new(1);
    let library = world.start(false); // nothing but a look tells of changes
    world.write("new.mp3", &song(6));
    until(&library, "look", |library| {
        library.send(Message::Rescan);
        library.tracks().len() == 2
    });
}
