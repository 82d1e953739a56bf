//! Rate control over a bottleneck: it fills the link, not the queue, and leaves
//! others their share.

mod cubic;
mod line;

use std::sync::{Arc, Mutex};

use segue_core::seeder::SeederConfig;
use segue_core::sim::{AppliesTo, Sim};
use segue_policy::Rng;

use crate::world::{Setup, World, policy};
use cubic::Cubic;
use line::{Line, Seen};

/// What is to be tried: a line, who uses it, and for how long.
#[derive(Clone)]
struct Scenario {
    /// From when on how many Mbit/s.
    mbit_s: Vec<(f64, f64)>,
    /// From when on which round trip, milliseconds.
    rtt_ms: Vec<(f64, f64)>,
    loss: f64,
    seeders: usize,
    /// Each joins so much later than the one before.
    apart_s: f64,
    packet_bytes: u32,
    policy: &'static str,
    /// The device asks at the pace of the music, not as fast as it may.
    paced: bool,
    /// When a TCP download begins, if one does.
    download_from_s: Option<f64>,
    seconds: f64,
    seed: u64,
}

impl Default for Scenario {
    fn default() -> Self {
        Self {
            mbit_s: vec![(0.0, 20.0)],
            rtt_ms: vec![(0.0, 20.0)],
            loss: 0.0,
            seeders: 1,
            apart_s: 0.0,
            packet_bytes: 418,
            policy: "sequential-recovery:gaps=refill",
            paced: true,
            download_from_s: None,
            seconds: 20.0,
            seed: 1,
        }
    }
}

/// What came of it.
struct Outcome {
    world: World,
    seen: Seen,
}

impl Scenario {
    fn run(self) -> Outcome {
        let seen = Arc::new(Mutex::new(Seen::default()));
        let line = Line {
            bits_per_s: self
                .mbit_s
                .iter()
                .map(|&(s, mbit)| (s, mbit * 1e6))
                .collect(),
            loss: self.loss,
            rtt_s: self.rtt_ms.iter().map(|&(s, ms)| (s, ms / 1e3)).collect(),
            download: self.download_from_s.map(Cubic::from_s),
            rng: Rng::new(self.seed),
            free_at_s: 0.0,
            seen: seen.clone(),
        };
        let setup = Setup {
            // More than can be carried.
            packets: (self.seconds * self.mbit_s[0].1 * 1e6 / 8.0 / f64::from(self.packet_bytes))
                as u32,
            packet_bytes: self.packet_bytes,
            paced: self.paced,
            seeders: vec![SeederConfig::default()],
            seed: self.seed,
            ..Setup::default()
        };
        let sim = Sim::new(vec![Box::new(line)], AppliesTo::All);
        let mut world = setup.begin_in(sim, policy(self.policy, self.seed));
        for _ in 1..self.seeders {
            world.run_s(self.apart_s);
            world.add_seeder(SeederConfig::default());
        }
        world.run_s(self.seconds - self.apart_s * (self.seeders - 1) as f64);
        let seen = std::mem::take(&mut *seen.lock().expect("one thread"));
        Outcome { world, seen }
    }
}

impl Outcome {
    /// What passed the queue of one seeder's media between two moments, Mbit/s.
    fn mbit_s(&self, seeder: usize, from_s: f64, to_s: f64) -> f64 {
        let mut links: Vec<u32> = self.seen.media.iter().map(|media| media.link).collect();
        links.sort_unstable();
        links.dedup();
        let of_it = |media: &&line::Media| {
            media.fit && media.link == links[seeder] && (from_s..to_s).contains(&media.at_s)
        };
        let bytes: f64 = self.seen.media.iter().filter(of_it).map(|m| m.bytes).sum();
        bytes * 8.0 / 1e6 / (to_s - from_s)
    }

    /// The download's part of it.
    fn download_mbit_s(&self, from_s: f64, to_s: f64) -> f64 {
        let came = |at_s: &&f64| (from_s..to_s).contains(*at_s);
        let segments = self.seen.download_s.iter().filter(came).count();
        segments as f64 * 1500.0 * 8.0 / 1e6 / (to_s - from_s)
    }

    /// Queueing delay that this share of the media did not exceed, milliseconds.
    fn queue_ms(&self, share: f64, from_s: f64, to_s: f64) -> f64 {
        let within = |media: &&line::Media| (from_s..to_s).contains(&media.at_s);
        let media = self.seen.media.iter().filter(within);
        let mut waits: Vec<f64> = media.map(|media| media.wait_s * 1e3).collect();
        waits.sort_by(f64::total_cmp);
        waits[((waits.len() - 1) as f64 * share) as usize]
    }
}

#[test]
fn the_link_is_used_and_no_queue_stands() {
    for (mbit_s, seeders) in [(20.0, 1), (20.0, 2), (2.0, 1), (2.0, 2)] {
        let name = format!("{mbit_s} Mbit/s, {seeders} seeders");
        let outcome = Scenario {
            mbit_s: vec![(0.0, mbit_s)],
            seeders,
            seconds: 10.0,
            ..Scenario::default()
        }
        .run();
        let used: f64 = (0..seeders).map(|n| outcome.mbit_s(n, 2.0, 10.0)).sum();
        assert!(used > 0.85 * mbit_s, "{name}: {used} Mbit/s");
        let queue_ms = outcome.queue_ms(0.5, 2.0, 10.0);
        assert!(queue_ms < 100.0, "{name}: {queue_ms} ms of queue stood");
        let queue_ms = outcome.queue_ms(1.0, 0.0, 10.0);
        let most_ms = if seeders == 1 { 80.0 } else { 140.0 };
        assert!(
            queue_ms < most_ms,
            "{name}: {queue_ms} ms of queue at worst"
        );
        let m = outcome.world.metrics();
        assert_eq!(m.stalls, 0, "{m:?}");
        assert!(m.startup_s.expect("it started") < 1.0, "{m:?}");
    }
}

/// A round trip of a cable, packets of 320 kb/s for a device that takes all, and
/// a fifth lost both ways, feedback too: whichever datagrams are hit, the rate is
/// found within seconds.
#[test]
fn random_loss_does_not_keep_it_from_starting() {
    for (policy, seed) in ["deadline", "sequential-recovery:gaps=refill"]
        .into_iter()
        .flat_map(|policy| (1..=30).map(move |seed| (policy, seed)))
    {
        let outcome = Scenario {
            loss: 0.2,
            rtt_ms: vec![(0.0, 0.3)],
            packet_bytes: 1044,
            policy,
            paced: false,
            seconds: 5.0,
            seed,
            ..Scenario::default()
        }
        .run();
        let used = outcome.mbit_s(0, 2.0, 5.0);
        assert!(used > 10.0, "{policy}, seed {seed}: {used:.1} of 20 Mbit/s");
    }
}

/// The same while a download, which loses nothing, fills the queue.
#[test]
fn random_loss_beside_a_download_leaves_each_a_quarter_of_the_link() {
    for (policy, seed) in ["deadline", "sequential-recovery:gaps=refill"]
        .into_iter()
        .flat_map(|policy| (1..=5).map(move |seed| (policy, seed)))
    {
        let outcome = Scenario {
            loss: 0.2,
            rtt_ms: vec![(0.0, 0.3)],
            packet_bytes: 1044,
            policy,
            paced: false,
            download_from_s: Some(0.0),
            seconds: 24.0,
            seed,
            ..Scenario::default()
        }
        .run();
        let (own, other) = (
            outcome.mbit_s(0, 12.0, 24.0),
            outcome.download_mbit_s(12.0, 24.0),
        );
        assert!(
            own > 5.0 && other > 5.0,
            "{policy}, seed {seed}: {own:.1}, {other:.1} Mbit/s"
        );
    }
}

#[test]
fn random_loss_does_not_stop_it() {
    for (loss, rtt_ms, least_mbit_s) in [(0.2, 2.0, 14.0), (0.2, 40.0, 14.0), (0.5, 2.0, 7.0)] {
        let outcome = Scenario {
            loss,
            rtt_ms: vec![(0.0, rtt_ms)],
            ..Scenario::default()
        }
        .run();
        let used = outcome.mbit_s(0, 10.0, 20.0);
        assert!(
            used > least_mbit_s,
            "loss {loss}, {rtt_ms} ms: {used} Mbit/s"
        );
        let queue_ms = outcome.queue_ms(0.95, 2.0, 20.0);
        assert!(queue_ms < 100.0, "loss {loss}, {rtt_ms} ms: {queue_ms} ms");
    }
}

#[test]
fn beside_a_download_each_keeps_a_quarter_of_the_link() {
    for (rtt_ms, from_s) in [(2.0, 0.0), (10.0, 5.0), (40.0, 0.0), (40.0, 5.0)] {
        let outcome = Scenario {
            rtt_ms: vec![(0.0, rtt_ms)],
            download_from_s: Some(from_s),
            seconds: 30.0,
            ..Scenario::default()
        }
        .run();
        let shares = [
            outcome.mbit_s(0, 15.0, 30.0),
            outcome.download_mbit_s(15.0, 30.0),
        ];
        let is_fair = shares.iter().all(|&mbit_s| mbit_s > 5.0);
        assert!(is_fair, "{rtt_ms} ms, from {from_s} s: {shares:?}");
    }
}

/// Whoever begins beside a full queue, and whose queue fills later, has its part
/// within seconds.
#[test]
fn beside_a_download_it_finds_its_part_soon() {
    for (loss, rtt_ms, from_s) in [
        (0.0, 0.3, 0.0),
        (0.0, 0.3, 6.0),
        (0.0, 20.0, 6.0),
        (0.2, 0.3, 3.0),
    ] {
        let outcome = Scenario {
            loss,
            rtt_ms: vec![(0.0, rtt_ms)],
            packet_bytes: 1044,
            paced: false,
            download_from_s: Some(from_s),
            seconds: 12.0,
            ..Scenario::default()
        }
        .run();
        let shares = [
            outcome.mbit_s(0, from_s + 1.5, from_s + 6.0),
            outcome.download_mbit_s(from_s + 1.5, from_s + 6.0),
        ];
        let name = format!("loss {loss}, {rtt_ms} ms, from {from_s} s");
        assert!(
            shares[0] > 5.0 && shares[1] > 2.5,
            "{name}: {shares:?} Mbit/s"
        );
    }
}

/// Each takes the other's queue for the path's own, unless they look together.
#[test]
fn sessions_that_begin_one_after_the_other_make_no_longer_queue() {
    for (mbit_s, seeders, rtt_ms, most_ms) in [
        (20.0, 2, 0.3, 60.0),
        (20.0, 3, 20.0, 60.0),
        (2.0, 2, 20.0, 150.0),
    ] {
        let outcome = Scenario {
            mbit_s: vec![(0.0, mbit_s)],
            rtt_ms: vec![(0.0, rtt_ms)],
            seeders,
            apart_s: 1.3,
            packet_bytes: 1044,
            seconds: 60.0,
            ..Scenario::default()
        }
        .run();
        let name = format!("{mbit_s} Mbit/s, {seeders} sessions, {rtt_ms} ms");
        for from_s in [10.0, 35.0] {
            let queue_ms = outcome.queue_ms(0.95, from_s, from_s + 25.0);
            assert!(
                queue_ms < most_ms,
                "{name}: {queue_ms:.0} ms from {from_s} s on"
            );
        }
        let shares: Vec<f64> = (0..seeders)
            .map(|n| outcome.mbit_s(n, 10.0, 60.0))
            .collect();
        let half = shares.iter().sum::<f64>() / seeders as f64 / 2.0;
        assert!(
            shares.iter().all(|&mbit_s| mbit_s > half),
            "{name}: {shares:?}"
        );
    }
}

#[test]
fn two_sessions_share() {
    for (rtt_ms, loss) in [(2.0, 0.0), (40.0, 0.0), (40.0, 0.2)] {
        let outcome = Scenario {
            rtt_ms: vec![(0.0, rtt_ms)],
            loss,
            seeders: 2,
            ..Scenario::default()
        }
        .run();
        let shares = [0, 1].map(|seeder| outcome.mbit_s(seeder, 5.0, 20.0));
        let third = (shares[0] + shares[1]) / 3.0;
        let is_fair = shares.iter().all(|&mbit_s| mbit_s > third);
        assert!(is_fair, "{rtt_ms} ms, loss {loss}: {shares:?}");
    }
}

#[test]
fn a_link_that_slows_down_and_recovers_is_followed() {
    let outcome = Scenario {
        mbit_s: vec![(0.0, 20.0), (6.0, 2.0), (16.0, 20.0)],
        seconds: 24.0,
        ..Scenario::default()
    }
    .run();
    let slow = outcome.mbit_s(0, 10.0, 16.0);
    assert!(slow > 1.5, "{slow} Mbit/s of 2");
    let queue_ms = outcome.queue_ms(0.95, 11.0, 16.0);
    assert!(queue_ms < 150.0, "{queue_ms} ms");
    let fast = outcome.mbit_s(0, 21.0, 24.0);
    assert!(fast > 14.0, "{fast} Mbit/s of 20");
}

#[test]
fn a_longer_route_is_not_taken_for_a_queue() {
    let outcome = Scenario {
        rtt_ms: vec![(0.0, 10.0), (6.0, 80.0)],
        seconds: 24.0,
        ..Scenario::default()
    }
    .run();
    let used = outcome.mbit_s(0, 17.0, 24.0);
    assert!(used > 15.0, "{used} Mbit/s");
    let queue_ms = outcome.queue_ms(0.95, 17.0, 24.0);
    assert!(queue_ms < 100.0, "{queue_ms} ms");
}
