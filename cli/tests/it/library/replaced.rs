//! Files that change while they are streamed.

use std::fs;
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::library::mp3;
use crate::support::{LIMIT, Running, Sharer, frames, free_port, play_from, start, wait_until};

/// About 39 s of music, which takes some seconds at the pace below.
const PACKETS: u32 = 1500;
const SLOWLY: [&str; 2] = ["--pace", "4"];

struct Stage {
    dir: tempfile::TempDir,
    song: PathBuf,
    original: Vec<u8>,
}

impl Stage {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let song = dir.path().join("song.mp3");
        let original = mp3(PACKETS, 1);
        fs::write(&song, &original).unwrap();
        Self {
            dir,
            song,
            original,
        }
    }

    fn share(&self) -> Sharer {
        Sharer::with(&self.song, free_port(), &SLOWLY)
    }
}

/// Other music in the same file, which is not replaced.
fn write_into(song: &Path, seed: u32) {
    let mut file = fs::File::options().write(true).open(song).unwrap();
    file.seek(SeekFrom::Start(0)).unwrap();
    file.write_all(&mp3(PACKETS, seed)).unwrap();
}

/// Plays the song, and more, into a file until some of it has come.
fn play_into(out: &Path, sharers: &[&Sharer], more: &[&str]) -> Running {
    let more = [more, &["-o", out.to_str().unwrap()]].concat();
    let playing = start(&mut play_from(sharers, "song", &more));
    wait_until("music", LIMIT, || {
        fs::metadata(out).is_ok_and(|file| file.len() > 10_000)
    });
    playing
}

#[test]
fn a_file_replaced_in_mid_stream_is_heard_to_its_end() {
    let stage = Stage::new();
    let sharer = stage.share();
    let out = stage.dir.path().join("out.mp3");
    let playing = play_into(&out, &[&sharer], &["--patience", "30"]);
    let new = stage.dir.path().join("new");
    fs::write(&new, mp3(PACKETS, 2)).unwrap();
    fs::rename(&new, &stage.song).unwrap();
    playing.done(LIMIT).succeeded();
    assert!(frames(&out) == stage.original, "other bytes than shared");
}

#[test]
fn a_file_written_into_in_mid_stream_comes_from_the_other_peer() {
    let [edited, kept] = [Stage::new(), Stage::new()];
    let sharers = [edited.share(), kept.share()];
    let out = kept.dir.path().join("out.mp3");
    let playing = play_into(&out, &[&sharers[0], &sharers[1]], &["--patience", "30"]);
    write_into(&edited.song, 2);
    playing.done(LIMIT).succeeded();
    assert!(frames(&out) == kept.original, "other bytes than shared");
}

#[test]
fn when_all_peers_have_it_no_more_it_breaks_off_with_the_reason_and_the_next_one_plays() {
    let stages = [Stage::new(), Stage::new()];
    let next = mp3(300, 3);
    let sharers = stages.each_ref().map(|stage| {
        fs::write(stage.dir.path().join("next.mp3"), &next).unwrap();
        Sharer::with(stage.dir.path(), free_port(), &SLOWLY)
    });
    let into = tempfile::tempdir().unwrap();
    let out = into.path().join("out.mp3");
    let sharers = [&sharers[0], &sharers[1]];
    let playing = play_into(&out, &sharers, &["next", "--patience", "2"]);
    for stage in &stages {
        write_into(&stage.song, 2);
    }
    let done = playing.done(LIMIT).failed(
        1,
        &[
            "gave up on song: the peers that had it share it no more, or its file was changed",
            "1 of 2 tracks could not be played",
        ],
    );
    assert!(done.stderr.contains("Playing 2/2 next"), "{}", done.stderr);
    let heard = frames(&out);
    let of_song = heard.strip_suffix(&next[..]).expect("all of the next one");
    assert!(stages[0].original.starts_with(of_song) && of_song.len() < stages[0].original.len());
}
