//! The paper's figures, against an independent model of its program
//! (28,000 packets, means over many seeds).

use segue_core::seeder::{Order, SeederConfig};
use segue_core::sim::AppliesTo;

use crate::world::{Setup, paper_seeder};

const PACKETS: u32 = 28_000;
const ROUNDS: &str = "gaps=skip,recover=filling,what=missing,wait_s=4,wait_stuck_s=6,split=paper";

/// A row of the model's table: startup, stalls, stall seconds, packets left out.
struct Row {
    policy: String,
    network: &'static str,
    seeders: Vec<SeederConfig>,
    means: [f64; 4],
    /// How far the mean of a few runs may be away from each, in its own unit.
    within: [f64; 4],
}

fn figure_9() -> Row {
    Row {
        policy: "stop-1s".into(),
        network: "random-delay:loss=0.1,rtt_s=0.001",
        seeders: vec![paper_seeder()],
        means: [1.0, 195.72, 195.7, 2807.0],
        within: [0.01, 3.0, 3.0, 60.0],
    }
}

fn figure_10(policy: &str, means: [f64; 4]) -> Row {
    Row {
        policy: policy.into(),
        network: "random-delay:loss=0.1,rtt_s=0.001",
        seeders: vec![paper_seeder(); 2],
        means,
        within: [3.0, 0.8, 6.0, 100.0],
    }
}

fn figure_11(policy: &str, means: [f64; 4]) -> Row {
    Row {
        policy: policy.into(),
        network: "random-delay:loss=0.5,rtt_s=1",
        seeders: vec![paper_seeder(); 2],
        means,
        within: [9.0, 0.6, 18.0, 130.0],
    }
}

fn figure_12(policy: &str, means: [f64; 4]) -> Row {
    let random = SeederConfig {
        order: Order::Random,
        ..paper_seeder()
    };
    Row {
        policy: policy.into(),
        network: "random-delay:loss=0.2,rtt_s=2",
        seeders: vec![random, paper_seeder()],
        means,
        within: [5.0, 0.8, 8.0, 900.0],
    }
}

fn agrees(runs: u64, row: &Row) {
    let mut means = [0.0; 4];
    for seed in 1..=runs {
        let setup = Setup {
            packets: PACKETS,
            policy: row.policy.clone(),
            network: row.network.into(),
            seeders: row.seeders.clone(),
            applies_to: AppliesTo::Media,
            seed,
            ..Setup::default()
        };
        let metrics = setup.play().metrics();
        assert!(
            !metrics.unfinished,
            "{}: seed {seed} never ended",
            row.policy
        );
        let run = [
            metrics.startup_s.unwrap_or(f64::NAN),
            metrics.stalls.into(),
            metrics.stall_s,
            metrics.missing_ratio * f64::from(PACKETS),
        ];
        for (mean, value) in means.iter_mut().zip(run) {
            *mean += value / runs as f64;
        }
    }
    for (index, name) in ["startup", "stalls", "stall seconds", "left out"]
        .iter()
        .enumerate()
    {
        let (came, expected) = (means[index], row.means[index]);
        assert!(
            (came - expected).abs() <= row.within[index],
            "{}: {name} {came:.2}, the model says {expected}",
            row.policy
        );
    }
}

#[test]
fn figure_9_stop_1s() {
    agrees(3, &figure_9());
}

#[test]
fn figure_10_buffered() {
    agrees(
        4,
        &figure_10("buffered:buffer=0.02", [14.06, 9.35, 140.6, 446.0]),
    );
}

#[test]
fn figure_10_recovery() {
    let row = |name, means| figure_10(&format!("{name}:buffer=0.02,{ROUNDS}"), means);
    agrees(6, &row("sequential-recovery", [16.96, 7.94, 137.8, 376.0]));
    agrees(6, &row("random-recovery", [17.38, 7.84, 137.9, 378.0]));
}

#[test]
fn figure_11_buffered() {
    agrees(
        3,
        &figure_11("buffered:buffer=0.05", [35.96, 7.0, 256.0, 7154.0]),
    );
}

#[test]
fn figure_11_recovery() {
    let row = |name, means| figure_11(&format!("{name}:buffer=0.05,{ROUNDS}"), means);
    agrees(8, &row("sequential-recovery", [75.02, 3.23, 221.9, 5674.0]));
    agrees(8, &row("random-recovery", [75.53, 3.24, 226.4, 5674.0]));
}

#[test]
fn figure_11_with_an_even_split_starts_sooner() {
    let spec = format!("random-recovery:buffer=0.05,{ROUNDS}").replace("split=paper", "split=even");
    let row = Row {
        within: [7.0, f64::INFINITY, f64::INFINITY, f64::INFINITY],
        ..figure_11(&spec, [62.0, 0.0, 0.0, 0.0])
    };
    agrees(8, &row);
}

#[test]
fn figure_12_buffered() {
    let mut row = figure_12("buffered:buffer=0.05", [561.25, 0.0, 0.0, 1118.0]);
    row.within = [0.1, 0.1, 0.1, 60.0];
    agrees(3, &row);
}

#[test]
fn figure_12_recovery() {
    let row = |name, means| figure_12(&format!("{name}:buffer=0.05,{ROUNDS}"), means);
    agrees(8, &row("sequential-recovery", [52.83, 0.64, 4.6, 14_998.0]));
    agrees(8, &row("random-recovery", [49.52, 0.67, 5.0, 15_626.0]));
}
