//! The paper's figures, against an independent model of its program.

use segue_core::seeder::{Order, SeederConfig};
use segue_core::sim::AppliesTo;

use crate::world::{Setup, paper_seeder};

const PACKETS: u32 = 28_000;
const RECOVERY: &str =
    "gaps=skip,recover=filling,what=missing,wait_s=4,wait_stuck_s=6,split=paper";

fn setup(policy: &str, network: &str, seeders: Vec<SeederConfig>, seed: u64) -> Setup {
    Setup {
        packets: PACKETS,
        policy: policy.into(),
        network: network.into(),
        seeders,
        applies_to: AppliesTo::Media,
        seed,
        ..Setup::default()
    }
}

/// Means over seeds of startup, stalls, stall seconds and packets left out.
fn means(runs: u64, policy: &str, network: &str, seeders: &[SeederConfig]) -> [f64; 4] {
    let mut sums = [0.0; 4];
    for seed in 1..=runs {
        let world = setup(policy, network, seeders.to_vec(), seed).play();
        let m = world.metrics();
        assert!(!m.unfinished, "seed {seed} never ended");
        let run = [
            m.startup_s.unwrap_or(f64::NAN),
            m.stalls.into(),
            m.stall_s,
            m.missing_ratio * f64::from(PACKETS),
        ];
        for (sum, value) in sums.iter_mut().zip(run) {
            *sum += value / runs as f64;
        }
    }
    sums
}

#[test]
fn probe() {
    let two = vec![paper_seeder(); 2];
    let mixed = vec![
        SeederConfig { order: Order::Random, ..paper_seeder() },
        paper_seeder(),
    ];
    let one = vec![paper_seeder()];
    for (fig, policy, net, seeders) in [
        ("fig9", "stop-1s".to_string(), "random-delay:loss=0.1,rtt_s=0.001", &one),
        ("fig10", "buffered:buffer=0.02".into(), "random-delay:loss=0.1,rtt_s=0.001", &two),
        ("fig10", format!("sequential-recovery:buffer=0.02,{RECOVERY}"), "random-delay:loss=0.1,rtt_s=0.001", &two),
        ("fig10", format!("random-recovery:buffer=0.02,{RECOVERY}"), "random-delay:loss=0.1,rtt_s=0.001", &two),
        ("fig11", "buffered:buffer=0.05".into(), "random-delay:loss=0.5,rtt_s=1", &two),
        ("fig11", format!("sequential-recovery:buffer=0.05,{RECOVERY}"), "random-delay:loss=0.5,rtt_s=1", &two),
        ("fig11", format!("random-recovery:buffer=0.05,{RECOVERY}"), "random-delay:loss=0.5,rtt_s=1", &two),
        ("fig12", "buffered:buffer=0.05".into(), "random-delay:loss=0.2,rtt_s=2", &mixed),
        ("fig12", format!("sequential-recovery:buffer=0.05,{RECOVERY}"), "random-delay:loss=0.2,rtt_s=2", &mixed),
        ("fig12", format!("random-recovery:buffer=0.05,{RECOVERY}"), "random-delay:loss=0.2,rtt_s=2", &mixed),
    ] {
        let t = std::time::Instant::now();
        let m = means(40, &policy, net, seeders);
        println!("{fig} {} {m:.2?} {:?}/run", &policy[..policy.len().min(12)], t.elapsed() / 40);
    }
}
