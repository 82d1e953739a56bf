//! A folder is dropped onto the window.

use std::fs;

use crate::stage::{ROW, Stage};
use crate::tools;

#[test]
fn a_folder_that_is_dropped_onto_the_window_is_shared() {
    let Some(stage) = Stage::set("output = 'null'") else {
        return;
    };
    stage.see_track(); // there is a window
    let folder = stage.home.path().join("own music");
    fs::create_dir(&folder).unwrap();
    let wav = folder.join("own.wav");
    tools::music(&wav, 44_100, 1, 2.0);
    tools::lame(&wav, &["-b", "128"]);
    fs::remove_file(wav).unwrap();
    let before = stage.screen.look();
    stage.screen.drop_folder(&folder);
    stage.until("folder in the settings", || {
        stage.settings().contains("own music")
    });
    // Its track has a row of its own.
    let second = (ROW.0, ROW.1 + 32);
    let corner = (second.0 - 80, second.1 - 10);
    let ground = before.at(corner);
    let is_empty = |now: &crate::screen::Picture| now.count(corner, (160, 20), ground) == 160 * 20;
    assert!(is_empty(&before));
    stage.see("row of its track", |now| !is_empty(now));
}
