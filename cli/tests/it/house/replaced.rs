//! A shared file that is replaced by other music while somebody listens to it.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::losing::{PACE, complete, play, sleep_s};
use super::{Host, House};
use crate::support::{LIMIT, Running, Sharer, frames, named_song, report, song, wait_until};

/// A sharer with a folder of its own.
struct Seeder {
    folder: TempDir,
    sharer: Sharer,
}

impl Seeder {
    fn new(host: &Host, original: &Path) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::copy(original, folder.path().join("song.mp3")).unwrap();
        let sharer = host.share(folder.path(), &PACE);
        Self { folder, sharer }
    }

    fn song(&self) -> PathBuf {
        self.folder.path().join("song.mp3")
    }
}

/// The song, other music of the same name and length, and where what is played goes.
struct Stage {
    dir: TempDir,
    song: PathBuf,
    other: PathBuf,
    out: PathBuf,
}

impl Stage {
    fn new() -> Self {
        let (dir, song) = song(20.0);
        let other = named_song(dir.path(), "other", 20.0, 44_100, 2, &["-b", "160"]);
        let out = dir.path().join("out.mp3");
        Self {
            dir,
            song,
            other,
            out,
        }
    }

    /// Plays into the file, as fast as it comes, until some of it is there.
    fn play(&self, host: &Host, more: &[&str]) -> Running {
        let playing = play(host, self.out.to_str().unwrap(), more);
        wait_until("music", LIMIT, || {
            fs::metadata(&self.out).is_ok_and(|file| file.len() > 10_000)
        });
        playing
    }

    /// Other music under the same name: as `cp` does, or as `mv`.
    fn replace(&self, song: &Path, how: Replaced) {
        match how {
            Replaced::Written => drop(fs::copy(&self.other, song).unwrap()),
            Replaced::Renamed => {
                let beside = song.with_extension("new");
                fs::copy(&self.other, &beside).unwrap();
                fs::rename(beside, song).unwrap();
            }
        }
    }
}

#[derive(Clone, Copy, Debug)]
enum Replaced {
    Written,
    Renamed,
}

#[test]
fn what_one_peer_replaced_is_heard_to_its_end_from_the_other() {
    let Some((_house, [anna, ben, clara])) = House::of_three() else {
        return;
    };
    for how in [Replaced::Written, Replaced::Renamed] {
        let stage = Stage::new();
        let seeders = [&anna, &ben].map(|host| Seeder::new(host, &stage.song));
        let playing = stage.play(&clara, &[]);
        sleep_s(3.0);
        stage.replace(&seeders[0].song(), how);
        complete(playing, &format!("{how:?} at one of two"));
        assert!(fs::read(&stage.out).unwrap() == frames(&stage.song));
    }
}

#[test]
fn nor_is_it_heard_that_one_of_two_replaced_it() {
    let Some((_house, [anna, ben, clara])) = House::of_three() else {
        return;
    };
    let stage = Stage::new();
    let seeders = [&anna, &ben].map(|host| Seeder::new(host, &stage.song));
    let playing = play(&clara, "null", &[]);
    sleep_s(9.0);
    stage.replace(&seeders[0].song(), Replaced::Written);
    let (metrics, _) = complete(playing, "replaced at one of two, heard");
    let stall = metrics["longest_stall_s"].as_f64().unwrap();
    assert!(stall < 1.0, "{metrics}");
}

/// Not a byte of the other music is heard, and nobody waits for ever.
#[test]
fn what_the_only_peer_replaced_ends_and_says_so() {
    let Some((_house, [anna, _, clara])) = House::of_three() else {
        return;
    };
    let stage = Stage::new();
    let seeder = Seeder::new(&anna, &stage.song);
    let playing = stage.play(&clara, &["--patience", "5"]);
    sleep_s(3.0);
    stage.replace(&seeder.song(), Replaced::Written);
    let done = playing.done(LIMIT);
    report(&done.stderr);
    let heard = fs::read(&stage.out).unwrap();
    let all = frames(&stage.song);
    assert!(all.starts_with(&heard) && heard.len() < all.len());
    done.failed(1, &["all peers that have it are gone"]);
    drop(stage.dir);
}
