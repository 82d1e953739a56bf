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

/// Plays into a file until some of it has come.
fn play_into(out: &Path, sharers: &[&Sharer]) -> Running {
    let playing = start(&mut play_from(
        sharers,
        "song",
        &["--patience", "30", "-o", out.to_str().unwrap()],
    ));
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
    let playing = play_into(&out, &[&sharer]);
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
    let playing = play_into(&out, &[&sharers[0], &sharers[1]]);
    let mut file = fs::File::options().write(true).open(&edited.song).unwrap();
    file.seek(SeekFrom::Start(0)).unwrap();
    file.write_all(&mp3(PACKETS, 2)).unwrap();
    playing.done(LIMIT).succeeded();
    assert!(frames(&out) == kept.original, "other bytes than shared");
}
