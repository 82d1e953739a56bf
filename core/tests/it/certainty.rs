//! What `deadline` promises, and what happens: each time that it starts it says
//! with which probability no stall follows. A table of both, by network.
//!
//! The bounds leave room for chance (each is below the mean of many seeds), not for
//! a promise that is worth nothing.

use segue_core::listener::{Event, Output};
use segue_core::seeder::SeederConfig;

use crate::world::{Setup, World};

/// How often it plays each.
const RUNS: u64 = 24;

/// A network, and two seeders of so many packets per second each.
struct Case {
    network: &'static str,
    seeder_per_s: f64,
    packets: u32,
    /// Least share of starts that no stall follows.
    kept: f64,
    /// Most seconds until it starts, in the mean: waiting for ever keeps any
    /// promise.
    startup_s: f64,
}

/// The probabilities that it told as it started, and went on after stalls.
fn promises(world: &World) -> Vec<f64> {
    let told = |line: &str| {
        let (_, rest) = line.split_once("no stall follows with probability ")?;
        rest.split(';').next()?.parse().ok()
    };
    let lines = world.heard().iter();
    let lines = lines.filter_map(|(_, _, output)| match output {
        Output::Event(Event::Reason(line)) => told(line),
        _ => None,
    });
    lines.collect()
}

#[track_caller]
fn is_kept(case: &Case) {
    let (mut promised, mut starts, mut stalls, mut startup_s) = (0.0, 0.0, 0.0, 0.0);
    for seed in 1..=RUNS {
        let seeder = SeederConfig {
            max_bytes_per_s: Some(case.seeder_per_s * 418.0),
            ..SeederConfig::default()
        };
        let world = Setup {
            packets: case.packets,
            seeders: vec![seeder; 2],
            policy: "deadline".into(),
            network: case.network.into(),
            seed,
            ..Setup::default()
        }
        .play();
        let (told, metrics) = (promises(&world), world.metrics());
        assert_eq!(told.len() as u64, 1 + u64::from(metrics.stalls), "{seed}");
        promised += told.iter().sum::<f64>();
        starts += told.len() as f64;
        stalls += f64::from(metrics.stalls);
        startup_s += metrics.startup_s.expect("it plays") / RUNS as f64;
    }
    let (promised, kept) = (promised / starts, 1.0 - stalls / starts);
    let found = format!("promised {promised:.2}, kept {kept:.2}, {startup_s:.2} s");
    assert!(promised >= 0.9, "{found}");
    assert!(kept >= case.kept, "{found}");
    assert!(startup_s <= case.startup_s, "{found}");
}

#[test]
fn it_is_kept_where_a_tenth_is_lost() {
    is_kept(&Case {
        network: "random-delay:loss=0.1,rtt_s=0.001",
        seeder_per_s: 200.0,
        packets: 5000,
        kept: 0.85,
        startup_s: 0.1,
    });
}

#[test]
fn it_is_kept_where_half_is_lost_and_the_way_is_long() {
    is_kept(&Case {
        network: "random-delay:loss=0.5,rtt_s=1",
        seeder_per_s: 200.0,
        packets: 28_000,
        kept: 0.8,
        startup_s: 3.1,
    });
}

#[test]
fn it_is_kept_where_a_fifth_is_lost_and_the_way_is_longest() {
    is_kept(&Case {
        network: "random-delay:loss=0.2,rtt_s=2",
        seeder_per_s: 200.0,
        packets: 28_000,
        kept: 0.8,
        startup_s: 3.0,
    });
}

#[test]
fn it_is_kept_where_seeders_are_slow() {
    is_kept(&Case {
        network: "random-delay:loss=0.2,rtt_s=0.05",
        seeder_per_s: 50.0,
        packets: 6000,
        kept: 0.75,
        startup_s: 1.0,
    });
}
