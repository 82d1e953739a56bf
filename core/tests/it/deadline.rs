//! The policy `deadline`: at the paper's losses and round trips, and on
//! ordinary networks.

use std::time::Duration;

use segue_core::listener::{Event, Output};
use segue_core::metrics::Metrics;
use segue_core::playback::Start;
use segue_core::seeder::SeederConfig;

use crate::retransmission::{Plain, Requests};
use crate::world::{LISTENER, Setup, World};

const LAN: &str = "random-delay:shape=exponential,lambda=5000,rtt_s=0.001";
const INTERNET: &str = "random-delay:loss=0.05,rtt_s=0.05";

/// A seeder that sends at most so many packets in a second.
fn capped(packets_per_s: f64) -> SeederConfig {
    SeederConfig {
        max_bytes_per_s: Some(packets_per_s * 418.0),
        ..SeederConfig::default()
    }
}

fn setup(packets: u32, network: &str, seeders: Vec<SeederConfig>, seed: u64) -> Setup {
    Setup {
        packets,
        seeders,
        policy: "deadline".into(),
        network: network.into(),
        seed,
        ..Setup::default()
    }
}

/// Startup and stalls together, seconds.
fn waited(metrics: &Metrics) -> f64 {
    metrics.startup_s.unwrap_or(f64::NAN) + metrics.stall_s
}

fn mean(all: &[Metrics], of: impl Fn(&Metrics) -> f64) -> f64 {
    all.iter().map(of).sum::<f64>() / all.len() as f64
}

/// Plays with several seeds, and to the end with each, leaving nothing out.
#[track_caller]
fn complete(setups: impl Iterator<Item = Setup>) -> Vec<Metrics> {
    let metrics = |setup: Setup| {
        let seed = setup.seed;
        let m = setup.play().metrics();
        assert!(
            !m.unfinished && m.missing_ratio == 0.0,
            "seed {seed}: {m:?}"
        );
        m
    };
    setups.map(metrics).collect()
}

fn lines(world: &World) -> Vec<&str> {
    world
        .heard()
        .iter()
        .filter_map(|(_, _, output)| match output {
            Output::Event(Event::Reason(line)) => Some(line.as_str()),
            _ => None,
        })
        .collect()
}

/// Two seeders of 200 packets/s each; requests pass the network, too. It waits no
/// longer than this, nor than 1.25 times as long as plain retransmission.
#[track_caller]
fn figure(loss: f64, rtt_s: f64, most_s: f64) {
    let seeds = 1..=20;
    let all = complete(seeds.map(|seed| {
        let network = format!("random-delay:loss={loss},rtt_s={rtt_s}");
        setup(28_000, &network, vec![capped(200.0); 2], seed)
    }));
    let waited_s = mean(&all, waited);
    assert!(waited_s <= most_s, "{waited_s} s of startup and stalls");
    let plain = Plain {
        loss,
        rtt_s,
        requests: Requests::Delayed,
    };
    let plain_s = plain.startup_s();
    assert!(waited_s <= 1.25 * plain_s, "{waited_s} s, and {plain_s} s");
    let duplicates = mean(&all, |m| m.duplicate_ratio);
    assert!(duplicates <= 0.02, "{duplicates}");
}

#[test]
fn figure_10_is_near_what_any_policy_could_reach() {
    // With requests on their way, too, and repeated until heard, no policy
    // starts before 0.059 s in the mean.
    figure(0.1, 0.001, 1.25 * 0.059);
}

#[test]
fn figure_11_beats_plain_retransmission() {
    figure(0.5, 1.0, 7.9 / 2.0);
}

#[test]
fn figure_12_beats_plain_retransmission() {
    figure(0.2, 2.0, 7.4 / 2.0);
}

#[test]
fn a_clean_lan_starts_at_once_and_sends_each_packet_once() {
    for seeders in [1, 2, 64] {
        let seeders = vec![SeederConfig::default(); seeders];
        for m in complete((1..=3).map(|seed| setup(3000, LAN, seeders.clone(), seed))) {
            assert!(waited(&m) < 0.05, "{m:?}");
            assert_eq!(m.stalls, 0);
            // Spare copies of the first packets, to as many as there are.
            let most = if seeders.len() > 2 { 1.06 } else { 1.02 };
            assert!(m.overhead_ratio <= most, "{m:?}");
        }
    }
}

#[test]
fn one_seeder_and_many_slow_ones_do() {
    let one = vec![SeederConfig::default()];
    let many = vec![capped(40.0); 64];
    for seeders in [one, many] {
        let all = complete((1..=3).map(|seed| setup(3000, INTERNET, seeders.clone(), seed)));
        assert!(mean(&all, waited) < 0.25, "{all:?}");
        assert!(mean(&all, |m| m.overhead_ratio) < 1.12, "{all:?}");
    }
}

#[test]
fn nobody_waits_for_a_slow_seeder_beside_a_fast_one() {
    let seeders = vec![capped(400.0), capped(2.0)];
    let all = complete((1..=5).map(|seed| setup(2000, INTERNET, seeders.clone(), seed)));
    assert!(mean(&all, waited) < 1.0, "{all:?}");
    assert!(mean(&all, |m| m.stalls.into()) < 2.0, "{all:?}");
}

#[test]
fn a_seeder_that_dies_is_not_noticed_with_three_seconds_in_hand() {
    for seed in 1..=5 {
        let mut world = setup(2000, INTERNET, vec![capped(100.0); 2], seed).begin();
        world.run_s(4.0);
        let (status, before) = (world.session().status(), world.metrics());
        assert!(status.buffered > 150, "seed {seed}: {status:?}");
        world.sim.set_dead(1, true);
        world.play();
        let m = world.metrics();
        assert!(
            !m.unfinished && m.missing_ratio == 0.0,
            "seed {seed}: {m:?}"
        );
        assert_eq!(m.stalls, before.stalls, "seed {seed}: {m:?}");
    }
}

#[test]
fn a_seeder_that_joins_late_takes_its_share() {
    for seed in 1..=3 {
        let mut world = setup(3000, INTERNET, vec![capped(60.0)], seed).begin();
        world.run_s(10.0);
        let before = world.metrics();
        let late = world.add_seeder(capped(200.0));
        world.run_s(5.0);
        let sent = world.sim.node(late).seeder_stats().packets_sent;
        assert!(sent > 600, "seed {seed}: {sent}");
        world.play();
        let m = world.metrics();
        assert_eq!(m.missing_ratio, 0.0, "seed {seed}: {m:?}");
        assert_eq!(m.stalls, before.stalls, "seed {seed}: {m:?}");
        assert!(m.duplicate_ratio < 0.02, "seed {seed}: {m:?}");
    }
}

#[test]
fn with_too_little_bandwidth_it_waits_once_and_plays_through() {
    // 40 packets come in a second, 50 are played: a fifth must be here first.
    let seeders = vec![capped(20.0); 2];
    let network = "random-delay:rtt_s=0.05";
    let all = complete((1..=5).map(|seed| setup(2000, network, seeders.clone(), seed)));
    let least_s = 2000.0 / 40.0 - 2000.0 / 50.0;
    assert!(mean(&all, waited) < least_s * 1.4, "{all:?}");
    assert!(mean(&all, |m| m.stalls.into()) <= 2.0, "{all:?}");
}

#[test]
fn the_shortest_tracks_play() {
    for packets in [1, 2, 10] {
        let seeders = vec![SeederConfig::default(); 2];
        let network = "random-delay:loss=0.3,rtt_s=0.05";
        let all = complete((1..=20).map(|seed| setup(packets, network, seeders.clone(), seed)));
        assert!(mean(&all, waited) < 0.5, "{packets} packets: {all:?}");
    }
}

#[test]
fn a_file_gets_everything_and_no_spare_copies() {
    let seeders = vec![SeederConfig::default(); 2];
    let all = complete((1..=3).map(|seed| Setup {
        paced: false,
        ..setup(3000, INTERNET, seeders.clone(), seed)
    }));
    assert!(mean(&all, |m| m.duplicate_ratio) < 0.01, "{all:?}");
    assert!(mean(&all, |m| m.overhead_ratio) < 1.08, "{all:?}");
}

/// A reader that takes all there is, at these speeds, in packets per second.
fn read(packets: u32, network: &str, per_s: f64) -> Vec<World> {
    let read = |seed| Setup {
        paced: false,
        ..setup(packets, network, vec![capped(per_s); 2], seed)
    };
    (1..=10).map(|seed| read(seed).play()).collect()
}

#[test]
fn a_reader_gets_what_was_lost_before_anything_new() {
    let worlds = read(3000, "random-delay:loss=0.2,rtt_s=0.05", 38.0);
    let gap_s = |world: &World| {
        let plays = world.heard().iter();
        let plays = plays.filter(|(_, _, output)| matches!(output, Output::Play { .. }));
        let at: Vec<_> = plays.map(|(at, ..)| *at).collect();
        let gaps = at.windows(2).map(|pair| pair[1].since(pair[0]));
        gaps.max().expect("it plays").as_secs_f64()
    };
    let gap_s = worlds.iter().map(gap_s).sum::<f64>() / worlds.len() as f64;
    // 2.4 s where new ground goes first.
    assert!(gap_s < 1.7, "it waits {gap_s} s at a time");
}

#[test]
fn a_reader_gets_nothing_twice_because_a_seeder_is_silent_for_a_moment() {
    // The seeders send little as they look at the path without their own queue.
    let worlds = read(6000, "random-delay:loss=0.1,rtt_s=0.3", 800.0);
    let all: Vec<_> = worlds.iter().map(World::metrics).collect();
    let duplicates = mean(&all, |m| m.duplicate_ratio);
    assert!(duplicates < 0.004, "{duplicates}");
}

#[test]
fn after_a_seek_nothing_is_fetched_that_lies_before() {
    for seed in 1..=3 {
        let start = Start {
            packet: 2000,
            ..Start::BEGINNING
        };
        let world = Setup {
            start,
            ..setup(3000, INTERNET, vec![capped(200.0); 2], seed)
        }
        .play();
        assert_eq!(world.played(), (2000..3000).collect::<Vec<_>>());
        assert!(waited(&world.metrics()) < 0.3);
    }
}

#[test]
fn all_seeders_gone_and_back_again() {
    for seed in 1..=3 {
        let mut world = setup(2000, INTERNET, vec![capped(60.0); 2], seed).begin();
        world.run_s(3.0);
        (1..=2).for_each(|seeder| world.sim.set_dead(seeder, true));
        world.run_s(40.0);
        assert!(!world.ended());
        (1..=2).for_each(|seeder| world.sim.set_dead(seeder, false));
        world.play();
        let m = world.metrics();
        assert!(
            !m.unfinished && m.missing_ratio == 0.0,
            "seed {seed}: {m:?}"
        );
    }
}

#[test]
fn told_to_it_leaves_out_what_is_too_late() {
    let mut world = setup(
        500,
        "random-delay:loss=0.5,rtt_s=1",
        vec![capped(60.0); 2],
        1,
    );
    world.policy = "deadline:skip_s=0.1,certainty=0,spare=0".into();
    let world = world.play();
    let m = world.metrics();
    assert!(!m.unfinished && m.missing_ratio > 0.0, "{m:?}");
    assert!(
        lines(&world)
            .iter()
            .any(|line| line.starts_with("leaves out"))
    );
}

#[test]
fn its_log_says_why_and_is_short() {
    let network = "random-delay:loss=0.3,rtt_s=0.5";
    let world = setup(2000, network, vec![capped(60.0); 2], 3).play();
    let lines = lines(&world);
    assert!(lines.iter().any(|line| line.contains("with probability")));
    assert!(lines.iter().any(|line| line.starts_with("plays from")));
    assert!(lines.iter().any(|line| line.contains("copies")));
    assert!(lines.len() < 60, "{lines:#?}");
}

#[test]
fn a_listener_that_sleeps_goes_on() {
    let mut world = setup(2000, INTERNET, vec![capped(60.0); 2], 1).begin();
    world.run_s(5.0);
    world.sim.set_asleep(LISTENER, true);
    world.run_s(20.0);
    world.sim.set_asleep(LISTENER, false);
    let before = world.sim.now();
    world.play();
    let m = world.metrics();
    assert!(!m.unfinished && m.missing_ratio == 0.0, "{m:?}");
    let left = world.sim.now().since(before);
    assert!(left < Duration::from_secs(45), "{left:?}");
}
