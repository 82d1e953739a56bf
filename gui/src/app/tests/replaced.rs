//! Plugins that are replaced while music plays.

use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
use std::process::Command;

use super::*;

/// Compiles the network model `gate` of this version to a file.
fn gate(version: &str, is_open: bool, to: &Path) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut cc = Command::new("cc");
    cc.args(["-std=c99", "-Wall", "-Werror", "-shared", "-fPIC", "-I"])
        .arg(root.join("../policies/contract/include"))
        .arg(format!("-DVERSION=\"{version}\""))
        .arg(format!("-DOPEN={}", u8::from(is_open)))
        .arg("-o")
        .arg(to)
        .arg(root.join("src/app/tests/gate.c"));
    assert!(cc.status().unwrap().success());
}

#[test]
fn the_next_track_passes_the_network_model_that_is_installed_by_then() {
    let folder = tempfile::tempdir().unwrap();
    let installed = folder.path().join("installed");
    std::fs::create_dir(&installed).unwrap();
    let file = installed.join(format!("{DLL_PREFIX}gate{DLL_SUFFIX}"));
    gate("1.0.0", false, &file);
    let paths = plugins().into_iter().chain([installed]);
    let mut app = app_with(folder.path(), Registry::open(&SearchPath::only(paths)));

    // The demo's peers are known; then nothing passes any more.
    let _ = app.update(Message::Library(library::Message::Demo));
    until(&mut app, |app| app.bar.progress.state == State::Playing);
    let track = app.bar.track.clone().unwrap().id;
    let Ok(desk) = &mut app.desk else {
        unreachable!()
    };
    desk.choose("stop-1s".to_owned(), "gate".to_owned());
    let play = || Message::Library(library::Message::Play(track));
    let _ = app.update(play());
    until(&mut app, |app| app.bar.progress.state == State::Starting);

    // Another file takes its name, as a linker does it: what plays keeps the first.
    let new = folder.path().join("new");
    gate("2.0.0", true, &new);
    std::fs::rename(&new, &file).unwrap();
    let told = |app: &App| desk_says(app, "gate 2.0.0 is installed in the place");
    until(&mut app, told);
    let session = app.bar.session.as_ref();
    assert!(session.is_none_or(|session| session.status.here == 0));

    let _ = app.update(play());
    until(&mut app, |app| app.bar.progress.state == State::Playing);
}

fn desk_says(app: &App, words: &str) -> bool {
    let mut texts = desk(app).notices.texts().into_iter();
    texts.any(|text| text.contains(words))
}
