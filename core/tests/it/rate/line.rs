//! A slow link with a drop-tail queue before it, and what came through.

use std::sync::{Arc, Mutex};

use segue_policy::{Datagram, Direction, Fate, Info, NetworkModel, Rng, Values};

use super::cubic::Cubic;

const BUFFER_BYTES: f64 = 250e3;
/// Of IP and UDP.
const HEAD_BYTES: f64 = 28.0;

/// Media as it entered the queue.
#[derive(Clone, Copy)]
pub struct Media {
    pub at_s: f64,
    /// The queue before it.
    pub wait_s: f64,
    pub bytes: f64,
    /// It was not dropped for want of room.
    pub fit: bool,
    /// Which seeder sent it.
    pub link: u32,
}

/// What a line saw, shared with the test.
#[derive(Default)]
pub struct Seen {
    pub media: Vec<Media>,
    /// When segments of the download came.
    pub download_s: Vec<f64>,
}

/// One queue of 250 kB for all who send to the listener.
pub struct Line {
    /// From when on how many bits per second, in order.
    pub bits_per_s: Vec<(f64, f64)>,
    pub loss: f64,
    /// From when on which round trip without a queue, in order.
    pub rtt_s: Vec<(f64, f64)>,
    pub download: Option<Cubic>,
    pub rng: Rng,
    pub free_at_s: f64,
    pub seen: Arc<Mutex<Seen>>,
}

fn at(steps: &[(f64, f64)], now_s: f64) -> f64 {
    steps[steps.partition_point(|&(from_s, _)| from_s <= now_s) - 1].1
}

impl Line {
    /// Puts bytes into the queue; answers when they are through.
    fn enqueue(&mut self, now_s: f64, bytes: f64) -> (f64, bool) {
        let bytes_per_s = at(&self.bits_per_s, now_s) / 8.0;
        let wait_s = (self.free_at_s - now_s).max(0.0);
        let fits = wait_s * bytes_per_s + bytes <= BUFFER_BYTES;
        if fits {
            self.free_at_s = now_s + wait_s + bytes / bytes_per_s;
        }
        (now_s + wait_s + bytes / bytes_per_s, fits)
    }

    fn run_download(&mut self, now_s: f64) {
        let Some(mut download) = self.download.take() else {
            return;
        };
        let rtt_s = at(&self.rtt_s, now_s);
        download.run(now_s, &mut |at_s, bytes| {
            let (through_s, fits) = self.enqueue(at_s, bytes);
            (through_s + rtt_s, fits)
        });
        let mut seen = self.seen.lock().expect("one thread");
        seen.download_s.append(&mut download.came_s);
        drop(seen);
        self.download = Some(download);
    }
}

impl NetworkModel for Line {
    const INFO: Info = Info::new("line", "1", "a queue in front of a slow link");

    fn new(_: &Values<'_>, _: u64) -> Self {
        unreachable!("made by hand")
    }

    fn transit(&mut self, datagram: &Datagram) -> Fate {
        let now_s = datagram.now_ns as f64 / 1e9;
        let one_way_s = at(&self.rtt_s, now_s) / 2.0;
        let lost = self.rng.unit() < self.loss;
        let after = |s: f64| Fate::after_ns((s * 1e9) as u64);
        self.run_download(now_s);
        if datagram.direction == Direction::ToSeeder {
            return if lost { Fate::LOST } else { after(one_way_s) };
        }
        let wait_s = (self.free_at_s - now_s).max(0.0);
        let bytes = f64::from(datagram.bytes) + HEAD_BYTES;
        let (through_s, fit) = self.enqueue(now_s, bytes);
        if datagram.bytes > 400 {
            self.seen.lock().expect("one thread").media.push(Media {
                at_s: now_s,
                wait_s,
                bytes,
                fit,
                link: datagram.link,
            });
        }
        if lost || !fit {
            return Fate::LOST;
        }
        // Drivers wake up a little late.
        after(through_s - now_s + one_way_s + self.rng.unit() * 0.001)
    }
}
