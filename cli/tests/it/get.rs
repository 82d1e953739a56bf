//! Copies to keep: the same track, whatever happens on the way.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use segue_core::index::index;
use segue_core::track::TrackInfo;

use crate::support::{
    LIMIT, Sharer, frames, free_port, named_song, segue, song, start, wait_until,
};
use crate::tools;

fn get(sharer: &Sharer, what: &str, to: &Path, more: &[&str]) -> Command {
    let mut command = segue();
    command.args(["get", what]).arg(to);
    command.args(["--discovery-port", &free_port().to_string()]);
    command.args(["--peer", &sharer.address.to_string()]);
    command.args(more);
    command
}

fn info(path: &Path, name: &str) -> TrackInfo {
    index(File::open(path).unwrap(), name).unwrap().info
}

fn parts(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .filter(|path| path.extension().is_some_and(|e| e == "part"))
        .collect()
}

const NAMES: [&str; 7] = [
    "--add-id3v2",
    "--tt",
    "Für Elise",
    "--ta",
    "AC/DC",
    "--tl",
    "Best",
];

#[test]
fn a_copy_is_the_track_with_its_names_and_its_sound_through_loss() {
    let dir = tempfile::tempdir().unwrap();
    let out = tempfile::tempdir().unwrap();
    let options = [&["-V", "4"], &NAMES[..]].concat();
    let mp3 = named_song(dir.path(), "elise", 20.0, 44_100, 2, &options);
    let sharer = Sharer::start(dir.path());
    let lossy = [
        "--network",
        "random-delay:loss=0.1,rtt_s=0.02",
        "--seed",
        "3",
        "--json",
    ];
    let done = start(&mut get(&sharer, "elise", out.path(), &lossy))
        .done(LIMIT)
        .succeeded();
    let copy = out.path().join("AC_DC - Für Elise.mp3");
    assert_eq!(done.json()[0]["path"], copy.to_str().unwrap());
    assert_eq!(info(&copy, "elise"), info(&mp3, "elise"));
    assert!(tools::ffmpeg(&copy) == tools::ffmpeg(&mp3), "samples");
    assert_eq!(parts(out.path()), [] as [PathBuf; 0]);

    // Again: it is there, and nothing is touched.
    let before = copy.metadata().unwrap().modified().unwrap();
    let again = start(&mut get(&sharer, "elise", out.path(), &[]))
        .done(LIMIT)
        .succeeded();
    assert!(again.text().contains("there already"), "{}", again.text());
    assert_eq!(copy.metadata().unwrap().modified().unwrap(), before);
}

#[test]
fn a_killed_copy_goes_on_where_it_stopped() {
    let (dir, mp3) = song(120.0);
    let out = tempfile::tempdir().unwrap();
    let sharer = Sharer::with(dir.path(), free_port(), &["--max-rate", "2000"]);
    let mut first = start(&mut get(&sharer, "song", out.path(), &[]));
    wait_until("a part", LIMIT, || {
        let found = parts(out.path());
        found
            .iter()
            .any(|part| part.metadata().is_ok_and(|m| m.len() > 300_000))
    });
    first.child.kill();
    let part = parts(out.path()).pop().unwrap();
    // Cut in the middle of a frame, as a crash may leave it.
    let file = File::options().write(true).open(&part).unwrap();
    let whole = file.metadata().unwrap().len() / 418 * 418;
    file.set_len(whole - 100).unwrap();
    drop(file);
    let done = start(&mut get(&sharer, "song", out.path(), &["--json"]))
        .done(LIMIT)
        .succeeded();
    let resumed = done.json()[0]["resumed_packets"].as_u64().unwrap();
    assert!(resumed > 600, "only {resumed} packets were there");
    assert_eq!(
        info(&out.path().join("song.mp3"), "song"),
        info(&mp3, "song")
    );
    assert_eq!(parts(out.path()), [] as [PathBuf; 0]);
}

#[test]
fn a_spoilt_part_is_fetched_once_more_from_the_start() {
    let (dir, mp3) = song(5.0);
    let out = tempfile::tempdir().unwrap();
    let sharer = Sharer::start(dir.path());
    let id = info(&mp3, "").id.short();
    // Frames, but of silence.
    let mut frame = frames(&mp3)[..417].to_vec();
    frame[36..].fill(0);
    std::fs::write(out.path().join(format!("song.{id}.part")), frame.repeat(20)).unwrap();
    start(&mut get(&sharer, "song", out.path(), &[]))
        .done(LIMIT)
        .succeeded();
    assert_eq!(
        info(&out.path().join("song.mp3"), "song"),
        info(&mp3, "song")
    );
}

#[test]
fn a_peer_that_sends_wrong_music_is_refused() {
    let (dir, mp3) = song(5.0);
    let out = tempfile::tempdir().unwrap();
    let sharer = Sharer::start(dir.path());
    // Behind the sharer's back its file becomes another, frame by frame as long, and
    // as old.
    let modified = mp3.metadata().unwrap().modified().unwrap();
    let mut bytes = std::fs::read(&mp3).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle + 60] ^= 0x10;
    bytes[middle + 61] ^= 0x10;
    let mut file = File::options().write(true).open(&mp3).unwrap();
    file.write_all(&bytes).unwrap();
    file.set_modified(modified).unwrap();
    drop(file);
    start(&mut get(&sharer, "song", out.path(), &[]))
        .done(LIMIT)
        .failed(1, &["is not the track with that id"]);
    assert_eq!(
        std::fs::read_dir(out.path()).unwrap().count(),
        0,
        "nothing is kept"
    );
}

#[test]
fn another_file_of_that_name_stays() {
    let (dir, mp3) = song(2.0);
    let out = tempfile::tempdir().unwrap();
    let sharer = Sharer::start(dir.path());
    let other = out.path().join("song.mp3");
    std::fs::write(&other, "mine").unwrap();
    start(&mut get(&sharer, "song", out.path(), &[]))
        .done(LIMIT)
        .succeeded();
    assert_eq!(std::fs::read(&other).unwrap(), b"mine");
    let id = info(&mp3, "").id.short();
    let copy = out.path().join(format!("song [{id}].mp3"));
    assert_eq!(info(&copy, "song"), info(&mp3, "song"));
}

#[test]
fn an_album_comes_whole() {
    let dir = tempfile::tempdir().unwrap();
    let out = tempfile::tempdir().unwrap();
    for (name, seconds) in [("1 a", 1.0), ("2 b", 2.0), ("3 c", 3.0)] {
        let options = [
            "-b",
            "64",
            "--tl",
            if name == "3 c" { "Else" } else { "Best" },
        ];
        named_song(dir.path(), name, seconds, 44_100, 2, &options);
    }
    let sharer = Sharer::start(dir.path());
    let to = out.path().join("new").join("folder");
    let done = start(&mut get(&sharer, "album:best", &to, &["--json"]))
        .done(LIMIT)
        .succeeded();
    assert_eq!(done.json().as_array().unwrap().len(), 2);
    assert!(to.join("1 a.mp3").exists() && to.join("2 b.mp3").exists());
}
