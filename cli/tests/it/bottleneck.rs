//! A session and a TCP download through one slow link, for real: hosts in
//! network namespaces, a token bucket of 20 Mbit/s with a queue of 250 kB, and
//! probes that tell how long the queue is.

mod chart;
mod ends;

use std::fs::File;
use std::io::{BufWriter, Read, Write};
use std::path::Path;
use std::process::Stdio;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::house::{House, Way};
use crate::support::{Guarded, report};
use ends::{Ends, now_s};

const MBIT_S: f64 = 20.0;
const QUEUE_BYTES: u32 = 250_000;

/// What is to be tried.
struct Run {
    seconds: f64,
    /// When the download begins, if one does.
    download_from_s: Option<f64>,
    /// Of a hundred datagrams to and from the seeder, lost before the slow link.
    loss_percent: u32,
}

/// What was seen: times in seconds since the session began.
#[derive(Default)]
struct Seen {
    seconds: f64,
    /// Bytes of music that came.
    music: Vec<(f64, f64)>,
    /// Bytes of the download that came.
    download: Vec<(f64, f64)>,
    /// One-way delays of probes, seconds.
    delays: Vec<(f64, f64)>,
}

/// A track of 320 kb/s, silent: frames without any audio data in them.
fn silence(path: &Path, seconds: f64) {
    let mut frame = [0; 1044];
    frame[..4].copy_from_slice(&[0xff, 0xfb, 0xe0, 0x64]);
    let mut file = BufWriter::new(File::create(path).unwrap());
    for _ in 0..(seconds * 44_100.0 / 1152.0) as usize {
        file.write_all(&frame).unwrap();
    }
    file.flush().unwrap();
}

impl Run {
    /// `None` where namespaces cannot be had.
    fn run(&self) -> Option<Seen> {
        let (_house, [anna, ben, clara]) = House::of_three()?;
        clara.bottleneck(Way::In, MBIT_S, QUEUE_BYTES);
        if self.loss_percent > 0 {
            anna.lose(self.loss_percent);
        }
        let dir = tempfile::tempdir().unwrap();
        // As much as the link can carry, and some more.
        let music_s = self.seconds * MBIT_S * 1e6 / 320e3;
        silence(&dir.path().join("silence.mp3"), music_s);
        let sharer = anna.share(dir.path(), &[]);
        let ends = Ends::start(&ben, &clara);

        let peer = sharer.address.to_string();
        // It asks for the first that is missing first: music comes as it arrives.
        let policy = "sequential-recovery:gaps=refill";
        let mut play = clara.segue(["play", "silence", "-o", "-", "--peer", &peer]);
        play.args(["--seed", "1", "--policy", policy]);
        let mut play = Guarded(play.stdout(Stdio::piped()).spawn().unwrap());
        let mut pipe = play.0.stdout.take().unwrap();
        let (tell, told) = mpsc::channel();
        thread::spawn(move || {
            let mut buffer = [0; 1 << 16];
            while let Ok(count @ 1..) = pipe.read(&mut buffer) {
                let _ = tell.send((now_s(), count as f64));
            }
        });
        let first = told.recv_timeout(Duration::from_secs(20));
        let (begun_s, _) = first.expect("music within 20 s");
        if let Some(from_s) = self.download_from_s {
            thread::sleep(Duration::from_secs_f64(from_s));
            ends.download();
        }
        let left_s = begun_s + self.seconds - now_s();
        thread::sleep(Duration::from_secs_f64(left_s.max(0.0)));
        drop(play);
        let since = |(at_s, value)| (at_s - begun_s, value);
        let (download, delays) = ends.seen();
        Some(Seen {
            seconds: self.seconds,
            music: told.iter().map(since).collect(),
            download: download.into_iter().map(since).collect(),
            delays: delays.into_iter().map(since).collect(),
        })
    }
}

/// Mbit/s between two moments.
fn mbit_s(bytes: &[(f64, f64)], from_s: f64, to_s: f64) -> f64 {
    let within = bytes
        .iter()
        .filter(|(at_s, _)| (from_s..to_s).contains(at_s));
    let bytes = within.fold(0.0, |sum, (_, bytes)| sum + bytes);
    bytes * 8.0 / 1e6 / (to_s - from_s)
}

impl Seen {
    /// Music and download in the second half, Mbit/s.
    fn shares(&self) -> (f64, f64) {
        let (from_s, to_s) = (self.seconds / 2.0, self.seconds);
        let shares = (
            mbit_s(&self.music, from_s, to_s),
            mbit_s(&self.download, from_s, to_s),
        );
        report(&format!(
            "music {:.1}, download {:.1} Mbit/s; delay: median {:.0}, of 95 % {:.0} ms",
            shares.0,
            shares.1,
            self.delay_ms(0.5),
            self.delay_ms(0.95)
        ));
        shares
    }

    /// What this share of the probes did not exceed since the start was over.
    fn delay_ms(&self, share: f64) -> f64 {
        let late = self.delays.iter().filter(|&&(at_s, _)| at_s > 2.0);
        let mut delays: Vec<f64> = late.map(|&(_, s)| s * 1e3).collect();
        delays.sort_by(f64::total_cmp);
        assert!(delays.len() > 50, "probes came");
        delays[((delays.len() - 1) as f64 * share) as usize]
    }
}

#[test]
fn alone_it_fills_the_link_and_not_the_queue() {
    let run = Run {
        seconds: 8.0,
        download_from_s: None,
        loss_percent: 0,
    };
    let Some(seen) = run.run() else { return };
    let (music, _) = seen.shares();
    assert!(music > 10.0, "{music} Mbit/s");
    assert!(seen.delay_ms(0.95) < 100.0, "{} ms", seen.delay_ms(0.95));
}

#[test]
fn a_loss_of_a_fifth_does_not_stop_it() {
    let run = Run {
        seconds: 8.0,
        download_from_s: None,
        loss_percent: 20,
    };
    let Some(seen) = run.run() else { return };
    let (music, _) = seen.shares();
    assert!(music > 5.0, "{music} Mbit/s");
    assert!(seen.delay_ms(0.95) < 100.0, "{} ms", seen.delay_ms(0.95));
}

/// One in five is lost, and a download fills the queue: the session keeps more than
/// music needs, and leaves the download its part.
#[test]
fn a_loss_of_a_fifth_does_not_stop_it_beside_a_download_either() {
    let run = Run {
        seconds: 24.0,
        download_from_s: Some(0.0),
        loss_percent: 20,
    };
    let Some(seen) = run.run() else { return };
    let (music, download) = seen.shares();
    let quarter = MBIT_S / 4.0;
    assert!(
        music >= quarter / 2.0 && download >= quarter,
        "{music}, {download}"
    );
}

#[test]
fn beside_a_download_each_keeps_a_quarter_of_the_link() {
    let run = Run {
        seconds: 24.0,
        download_from_s: Some(0.0),
        loss_percent: 0,
    };
    let Some(seen) = run.run() else { return };
    let (music, download) = seen.shares();
    let quarter = MBIT_S / 4.0;
    assert!(
        music >= quarter && download >= quarter,
        "{music}, {download}"
    );
}
