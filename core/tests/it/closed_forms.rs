//! What can be computed with paper and pencil of a simulated session. (Counts
//! and times that must add up are checked in `sessions`.)

use segue_core::sim::AppliesTo;
use segue_policy::{Datagram, Direction, Traffic};

use crate::world::{Setup, network, paper_seeder};

/// Mean and standard deviation.
fn moments(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (mean, (squares / (n - 1.0)).sqrt())
}

/// The paper's random part of the delay: -ln(U)/100 s, U uniform on (0, 0.1).
#[test]
fn the_random_delay_has_the_papers_distribution() {
    const N: u64 = 200_000;
    let mut model = network("random-delay:rtt_s=0", 1);
    let mut delays: Vec<f64> = (0..N)
        .map(|index| {
            let datagram = Datagram {
                link: 0,
                direction: Direction::ToListener,
                traffic: Traffic::Media,
                bytes: 400,
                now_ns: 0,
                index,
            };
            let fate = model.transit(&datagram).expect("a fate");
            fate.delays_ns()[0] as f64 / 1e6
        })
        .collect();
    delays.sort_by(f64::total_cmp);
    let (mean, sd) = moments(&delays);
    let quantile = |share: f64| delays[(share * N as f64) as usize];
    for (what, came, expected, within) in [
        ("least", delays[0], 23.026, 0.002),
        ("mean", mean, 33.026, 0.09),
        ("sd", sd, 10.0, 0.13),
        ("median", quantile(0.5), 29.957, 0.09),
        ("99 %", quantile(0.99), 69.078, 0.9),
    ] {
        let away = (came - expected).abs();
        assert!(away < within, "{what} {came} ms, expected {expected} ms");
    }
}

/// Turns until the K-th success: a negative binomial distribution.
#[test]
fn the_last_main_send_is_as_late_as_expected_and_varies_as_much() {
    const PACKETS: u32 = 500;
    const RUNS: u64 = 200;
    let lasts: Vec<f64> = (1..=RUNS)
        .map(|seed| {
            let world = Setup {
                packets: PACKETS,
                seeders: vec![paper_seeder()],
                policy: "stop-1s".into(),
                applies_to: AppliesTo::Media,
                timeline: true,
                seed,
                ..Setup::default()
            }
            .play();
            let sent = &world.session().timeline().sent[0];
            sent.last().expect("all were sent").0.as_secs_f64()
        })
        .collect();
    let (mean, sd) = moments(&lasts);
    let packets = f64::from(PACKETS);
    let expected = 0.02 * (packets / 0.8 - 1.0);
    let expected_sd = 0.02 * f64::sqrt(0.2 * packets) / 0.8;
    let within = 4.0 * expected_sd / (RUNS as f64).sqrt();
    assert!(
        (mean - expected).abs() < within,
        "{mean} s, expected {expected} ± {within} s"
    );
    // The standard error of a standard deviation is sd / sqrt(2 (n - 1)).
    let within = 4.0 * expected_sd / (2.0 * (RUNS as f64 - 1.0)).sqrt();
    assert!(
        (sd - expected_sd).abs() < within,
        "sd {sd} s, expected {expected_sd} ± {within} s"
    );
}
