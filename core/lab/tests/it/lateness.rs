//! A machine that is late: what the simulator makes of the lapses of live runs.

use std::time::Duration;

use segue_core::scene::Lapse;
use segue_core::time::Timestamp;
use segue_lab::experiment::Experiment;
use segue_lab::results::Results;
use segue_lab::run::Outcome;
use segue_lab::scenario::Scenario;

use crate::plugins::{experiment, scenario};

const LISTENER: usize = 0;
const FIRST_SEEDER: usize = 1;

/// Two seeders of 45 packets/s each, nothing is lost.
fn clean() -> Scenario {
    let mut clean = scenario("lan-clean");
    clean.runs = 4;
    assert!(clean.cut(20.0));
    clean
}

fn lapse(node: usize, from_s: f64, ms: u64) -> Lapse {
    let from = Timestamp::from_secs_f64(from_s);
    let until = from + Duration::from_millis(ms);
    Lapse { node, from, until }
}

/// Simulated runs of `deadline`, on a machine that was late so in its live runs.
fn after(live: &[Vec<Lapse>]) -> Results {
    let experiment = experiment(clean(), &["deadline"]);
    let run = |experiment: &Experiment| experiment.run(1, &()).expect("runs");
    let mut played_live = run(&experiment);
    let outcome = |lapses: &Vec<Lapse>| Outcome {
        lapses: lapses.clone(),
        ..Outcome::default()
    };
    played_live.rows[0].outcomes = live.iter().map(outcome).collect();
    run(&experiment.as_late_as(&played_live))
}

/// Requests, and packets asked for, run by run.
fn asked(results: &Results) -> Vec<(u64, u64)> {
    let metrics = results.rows[0].outcomes.iter().map(|one| &one.metrics);
    metrics.map(|m| (m.requests, m.packets_asked)).collect()
}

#[test]
fn a_machine_that_was_never_late_changes_nothing() {
    let experiment = experiment(clean(), &["deadline"]);
    let alone = experiment.run(1, &()).expect("runs");
    let after_two = after(&[Vec::new(), Vec::new()]);
    assert_eq!(alone.rows[0].outcomes, after_two.rows[0].outcomes);
}

/// Two seeders bring a packet each every 22 ms, and each is answered by a request for
/// one. Over 60 ms there are several at once, and a request for several.
#[test]
fn a_listener_that_ran_late_asks_for_the_same_packets_in_fewer_requests() {
    let (exact, late) = (after(&[]), after(&[vec![lapse(LISTENER, 5.0, 60)]]));
    for (exact, late) in asked(&exact).into_iter().zip(asked(&late)) {
        assert!(late.0 < exact.0, "{late:?} after {exact:?} requests");
        assert_eq!(late.1, exact.1, "packets asked for");
    }
}

#[test]
fn what_comes_to_a_node_that_does_not_run_waits_for_it() {
    // Its first request is answered only then, and playing may begin later for that.
    let late = after(&[vec![lapse(FIRST_SEEDER, 0.0, 300)]]);
    let exact = after(&[]);
    for (late, exact) in late.rows[0].outcomes.iter().zip(&exact.rows[0].outcomes) {
        assert!(late.metrics.startup_s > exact.metrics.startup_s);
        assert_eq!(late.metrics.missing_ratio, 0.0);
    }
}

#[test]
fn simulated_runs_take_the_lapses_of_the_live_ones_in_turn() {
    let four = after(&[vec![lapse(LISTENER, 5.0, 60)], Vec::new()]);
    let (exact, four) = (asked(&after(&[])), asked(&four));
    let differ = exact.iter().zip(&four).map(|(a, b)| a != b);
    assert_eq!(differ.collect::<Vec<_>>(), [true, false, true, false]);
}
