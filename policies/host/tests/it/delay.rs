//! The bundled network models, against the paper's figures.

use segue_policy::host::Network;
use segue_policy::{Datagram, Direction, Fate, Traffic};
use segue_policy_host::PluginSpec;

use crate::support::bundled;

fn network(spec: &str, seed: u64) -> Box<dyn Network> {
    let spec: PluginSpec = spec.parse().unwrap();
    let plugin = bundled().network(spec.name()).unwrap();
    plugin.configure(&spec).unwrap().network(seed).unwrap()
}

fn datagram(link: u32, direction: Direction, index: u64) -> Datagram {
    Datagram {
        link,
        direction,
        traffic: Traffic::Media,
        bytes: 500,
        now_ns: index * 20_000_000,
        index,
    }
}

fn fates(network: &mut dyn Network, link: u32, direction: Direction, count: u64) -> Vec<Fate> {
    (0..count)
        .map(|index| network.transit(&datagram(link, direction, index)).unwrap())
        .collect()
}

/// Delays in seconds, sorted.
fn delays(spec: &str, count: u64) -> Vec<f64> {
    let mut delays: Vec<f64> = fates(&mut *network(spec, 11), 0, Direction::ToListener, count)
        .iter()
        .flat_map(|fate| fate.delays_ns().to_vec())
        .map(|ns| ns as f64 / 1e9)
        .collect();
    delays.sort_by(f64::total_cmp);
    delays
}

fn mean_and_sd(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (n - 1.0);
    (mean, variance.sqrt())
}

#[track_caller]
fn near(found: f64, expected: f64, tolerance: f64) {
    assert!(
        (found - expected).abs() <= tolerance,
        "{found} is not {expected} ± {tolerance}"
    );
}

#[test]
fn the_papers_delay_has_its_minimum_mean_spread_and_quantiles() {
    const N: u64 = 100_000;
    for (rtt_s, half) in [(0.0, 0.0), (2.0, 1.0)] {
        let delays = delays(&format!("random-delay:rtt_s={rtt_s}"), N);
        assert_eq!(delays.len() as u64, N);
        let least = 10f64.ln() / 100.0 + half;
        assert!(delays[0] >= least - 1e-9, "{} < {least}", delays[0]);
        near(delays[0], least, 1e-5);
        let (mean, sd) = mean_and_sd(&delays);
        near(mean, half + 0.03303, 4.0 * 0.01 / (N as f64).sqrt() + 5e-6);
        near(sd, 0.01, 1.5e-4);
        near(delays[N as usize / 2], half + 0.02996, 1.5e-4);
        near(delays[N as usize * 99 / 100], half + 0.06908, 1.3e-3);
    }
}

#[test]
fn the_exponential_shape_has_mean_and_spread_one_over_lambda() {
    let delays = delays("random-delay:shape=exponential,lambda=50", 100_000);
    let (mean, sd) = mean_and_sd(&delays);
    near(mean, 0.02, 3e-4);
    near(sd, 0.02, 4e-4);
    assert!(delays[0] < 1e-5);
}

#[test]
fn losses_are_as_frequent_as_asked_for() {
    const N: u64 = 100_000;
    for loss in [0.0, 0.01, 0.1, 0.5, 1.0] {
        let spec = format!("random-delay:loss={loss}");
        let lost = N as f64 - delays(&spec, N).len() as f64;
        // Four standard deviations of the binomial distribution.
        near(
            lost / N as f64,
            loss,
            4.0 * (loss * (1.0 - loss) / N as f64).sqrt(),
        );
    }
}

#[test]
fn a_links_fates_do_not_depend_on_other_traffic() {
    let spec = "random-delay:loss=0.3";
    let alone = fates(&mut *network(spec, 5), 1, Direction::ToListener, 500);
    let mut busy = network(spec, 5);
    let mut among_others = Vec::new();
    for index in 0..500 {
        for other in [0, 7, 2] {
            busy.transit(&datagram(other, Direction::ToListener, index))
                .unwrap();
        }
        busy.transit(&datagram(1, Direction::ToSeeder, index))
            .unwrap();
        among_others.push(
            busy.transit(&datagram(1, Direction::ToListener, index))
                .unwrap(),
        );
    }
    assert_eq!(alone, among_others);
    let other = fates(&mut *network(spec, 5), 2, Direction::ToListener, 500);
    let back = fates(&mut *network(spec, 5), 1, Direction::ToSeeder, 500);
    assert_ne!(alone, other);
    assert_ne!(alone, back);
}

#[test]
fn control_messages_take_no_draw_of_media() {
    let spec = "random-delay:loss=0.3";
    let alone = fates(&mut *network(spec, 5), 1, Direction::ToListener, 500);
    let mut talkative = network(spec, 5);
    let (mut media, mut control) = (Vec::new(), Vec::new());
    for index in 0..500 {
        let datagram = datagram(1, Direction::ToListener, index);
        let report = Datagram {
            traffic: Traffic::Control,
            ..datagram
        };
        control.push(talkative.transit(&report).unwrap());
        media.push(talkative.transit(&datagram).unwrap());
    }
    assert_eq!(alone, media);
    assert_ne!(media, control, "each has its own");
}

#[test]
fn the_weather_of_a_loss_rate_is_that_of_every_policy() {
    // The loss draw of the k-th datagram is the same whatever was lost before.
    let lost = |loss| -> Vec<bool> {
        let spec = format!("random-delay:loss={loss}");
        fates(&mut *network(&spec, 9), 0, Direction::ToListener, 2000)
            .iter()
            .map(|fate| fate.delays_ns().is_empty())
            .collect()
    };
    let (few, many) = (lost(0.1), lost(0.5));
    assert!(few.iter().zip(&many).all(|(few, many)| !few || *many));
}

#[test]
fn the_same_seed_gives_the_same_fates() {
    let run = |seed| {
        fates(
            &mut *network("random-delay:loss=0.2", seed),
            0,
            Direction::ToListener,
            1000,
        )
    };
    assert_eq!(run(1), run(1));
    assert_ne!(run(1), run(2));
}

#[test]
fn none_changes_nothing() {
    let fates = fates(&mut *network("none", 0), 3, Direction::ToSeeder, 10);
    assert!(fates.iter().all(|fate| fate.delays_ns() == [0]));
}
