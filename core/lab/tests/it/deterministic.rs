//! The same scenario and seed give the same bytes.

use crate::plugins::{experiment, run, scenario};

fn short(name: &str) -> segue_lab::scenario::Scenario {
    let mut scenario = scenario(name);
    scenario.runs = 6;
    scenario.track = segue_lab::scenario::Track::Made {
        packets: 1500,
        packet_ms: 20.0,
        packet_bytes: 418,
    };
    scenario
}

#[test]
fn whatever_the_number_of_threads() {
    for name in ["paper-fig11", "seeder-dies"] {
        let bytes = |threads| {
            let results = experiment(short(name), &[])
                .run(threads, &())
                .expect("runs");
            let mut csv = Vec::new();
            results.write_csv(&mut csv).expect("memory");
            (results.to_json().to_string(), csv)
        };
        let one = bytes(1);
        assert!(one == bytes(2) && one == bytes(8), "{name}");
    }
}

#[test]
fn another_seed_gives_other_losses() {
    let mut other = short("paper-fig11");
    other.seed = 2;
    assert_ne!(run(short("paper-fig11"), &[]).rows, run(other, &[]).rows);
}

#[test]
fn a_policy_meets_the_same_losses_whoever_else_is_compared() {
    let alone = run(short("paper-fig11"), &["stop-1s"]);
    let beside = run(short("paper-fig11"), &["buffered", "stop-1s"]);
    assert_eq!(alone.rows[0], beside.rows[1]);
}
