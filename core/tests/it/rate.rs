//! Rate control over a bottleneck: it fills the link, not the queue.

use std::sync::{Arc, Mutex};

use segue_core::seeder::SeederConfig;
use segue_core::sim::{AppliesTo, Sim};
use segue_policy::{Datagram, Direction, Fate, Info, NetworkModel, Rng, Values};

use crate::world::{Setup, World, policy};

/// Queueing delays of datagrams as they came in: (seconds, seconds).
type Queue = Arc<Mutex<Vec<(f64, f64)>>>;

/// One queue of 250 kB in front of a link, for all who send to the listener.
struct Bottleneck {
    bits_per_s: f64,
    loss: f64,
    free_at_s: f64,
    rng: Rng,
    queue: Queue,
}

const BUFFER_BYTES: f64 = 250e3;
const ONE_WAY_S: f64 = 0.015;

impl NetworkModel for Bottleneck {
    const INFO: Info = Info::new("bottleneck", "1", "a queue in front of a slow link");

    fn new(_: &Values<'_>, _: u64) -> Self {
        unreachable!("made by hand")
    }

    fn transit(&mut self, datagram: &Datagram) -> Fate {
        let after = |s: f64| Fate::after_ns((s * 1e9) as u64);
        if datagram.direction == Direction::ToSeeder {
            return after(ONE_WAY_S);
        }
        let now_s = datagram.now_ns as f64 / 1e9;
        let wait_s = (self.free_at_s - now_s).max(0.0);
        if datagram.bytes > 400 {
            self.queue.lock().unwrap().push((now_s, wait_s)); // media
        }
        if wait_s * self.bits_per_s / 8.0 > BUFFER_BYTES {
            return Fate::LOST;
        }
        // 28 bytes of IP and UDP.
        let send_s = f64::from(datagram.bytes + 28) * 8.0 / self.bits_per_s;
        self.free_at_s = now_s + wait_s + send_s;
        if self.rng.unit() < self.loss {
            return Fate::LOST;
        }
        after(wait_s + send_s + ONE_WAY_S + self.rng.unit() * 0.002)
    }
}

fn play(mbit_s: f64, loss: f64, seeders: usize) -> (World, Vec<(f64, f64)>) {
    let queue = Queue::default();
    let model = Bottleneck {
        bits_per_s: mbit_s * 1e6,
        loss,
        free_at_s: 0.0,
        rng: Rng::new(1),
        queue: queue.clone(),
    };
    let setup = Setup {
        packets: 28_000,
        seeders: vec![SeederConfig::default(); seeders],
        ..Setup::default()
    };
    let sim = Sim::new(vec![Box::new(model)], AppliesTo::All);
    let mut world = setup.begin_in(sim, policy("sequential-recovery:gaps=refill", 1));
    world.play();
    let queue = std::mem::take(&mut *queue.lock().unwrap());
    (world, queue)
}

/// The queue that stood after `from_s`: the longest of the least waits of half
/// a second each.
fn standing_s(queue: &[(f64, f64)], from_s: f64) -> f64 {
    let mut worst: f64 = 0.0;
    let queue = &queue[queue.partition_point(|&(at, _)| at < from_s)..];
    for part in queue.chunk_by(|a, b| (a.0 * 2.0).floor() == (b.0 * 2.0).floor()) {
        let least = part
            .iter()
            .map(|&(_, wait)| wait)
            .fold(f64::INFINITY, f64::min);
        worst = worst.max(least);
    }
    worst
}

/// When so many packets had been sent.
fn sent_by_s(queue: &[(f64, f64)], packets: usize) -> f64 {
    queue[packets - 1].0
}

#[test]
fn the_link_is_used_and_no_queue_stands() {
    for (mbit_s, seeders) in [(20.0, 1), (20.0, 2), (2.0, 1), (2.0, 2)] {
        let (world, queue) = play(mbit_s, 0.0, seeders);
        let m = world.metrics();
        assert_eq!((m.stalls, m.missing_ratio), (0, 0.0), "{m:?}");
        let standing = standing_s(&queue, 2.0);
        assert!(standing_s(&queue, 0.0) < 0.35, "while it finds its rate");
        assert!(
            standing < 0.1,
            "{mbit_s} Mbit/s, {seeders}: {standing} s of queue stood"
        );
        // 28,000 packets of 490 bytes, from every seeder.
        let least_s = 28_000.0 * 490.0 * 8.0 * seeders as f64 / (mbit_s * 1e6);
        let took_s = sent_by_s(&queue, 28_000 * seeders);
        assert!(
            took_s < least_s * 2.0,
            "{mbit_s} Mbit/s, {seeders}: {took_s} s, could {least_s} s"
        );
        assert!(m.startup_s.expect("it started") < 2.0, "{m:?}");
    }
}

#[test]
fn random_loss_does_not_stop_it() {
    let (world, queue) = play(20.0, 0.2, 1);
    let m = world.metrics();
    assert_eq!((m.stalls, m.missing_ratio), (0, 0.0), "{m:?}");
    assert!(standing_s(&queue, 2.0) < 0.1);
    let took_s = sent_by_s(&queue, 28_000);
    assert!(took_s < 12.0, "it took {took_s} s");
}
