//! The bundled network models, against the closed forms of what they model.
//!
//! Seeds are fixed. Tolerances are four standard errors, where not said
//! otherwise.

mod bursts;
mod composed;
mod edges;
mod g1050;
mod gilbert_elliott;
mod rate_limit;
mod trace;

use segue_policy::host::Network;
use segue_policy::{Datagram, Direction, Fate};
use segue_policy_host::PluginSpec;

use crate::support::bundled;

/// A millisecond in nanoseconds.
pub const MS: u64 = 1_000_000;

/// A model at work.
pub fn network(spec: &str, seed: u64) -> Box<dyn Network> {
    try_network(spec, seed).unwrap_or_else(|error| panic!("{error}"))
}

/// The same, or what the user would read.
pub fn try_network(spec: &str, seed: u64) -> Result<Box<dyn Network>, String> {
    let spec: PluginSpec = spec.parse().unwrap();
    let plugin = bundled().network(spec.name()).unwrap();
    let configured = plugin.configure(&spec).map_err(|error| error.to_string())?;
    configured.network(seed).map_err(|error| error.to_string())
}

/// The traffic of one direction of a link: a datagram every so often.
#[derive(Clone, Copy)]
pub struct Traffic {
    pub link: u32,
    pub direction: Direction,
    pub every_ns: u64,
    pub bytes: u32,
}

/// 472 bytes, with headers 500, to the listener of the first link.
pub fn every(every_ns: u64) -> Traffic {
    Traffic {
        link: 0,
        direction: Direction::ToListener,
        every_ns,
        bytes: 472,
    }
}

impl Traffic {
    pub fn on(self, link: u32) -> Self {
        Self { link, ..self }
    }

    pub fn back(self) -> Self {
        let direction = Direction::ToSeeder;
        Self { direction, ..self }
    }

    pub fn datagram(self, index: u64) -> Datagram {
        Datagram {
            link: self.link,
            direction: self.direction,
            traffic: segue_policy::Traffic::Media,
            bytes: self.bytes,
            now_ns: index * self.every_ns,
            index,
        }
    }

    /// What becomes of so many datagrams.
    pub fn through(self, network: &mut dyn Network, count: u64) -> Vec<Fate> {
        let fates = (0..count).map(|index| network.transit(&self.datagram(index)).unwrap());
        fates.collect()
    }
}

/// The delay in ms; `None` if it was lost.
pub fn delay_ms(fate: &Fate) -> Option<f64> {
    match fate.delays_ns() {
        [] => None,
        [delay_ns] => Some(*delay_ns as f64 / 1e6),
        more => panic!("{} copies", more.len()),
    }
}

/// Which ones were lost.
pub fn lost(fates: &[Fate]) -> Vec<bool> {
    fates.iter().map(|fate| delay_ms(fate).is_none()).collect()
}

/// Lengths of the runs of `true` that begin and end within.
pub fn runs(flags: &[bool]) -> Vec<f64> {
    let mut runs: Vec<f64> = flags
        .chunk_by(|a, b| a == b)
        .map(|run| if run[0] { run.len() as f64 } else { 0.0 })
        .collect();
    runs.pop();
    runs.reverse();
    runs.pop();
    runs.retain(|&length| length > 0.0);
    runs
}

/// Share of `true`.
pub fn share(flags: &[bool]) -> f64 {
    flags.iter().filter(|flag| **flag).count() as f64 / flags.len() as f64
}

/// Mean and standard deviation.
pub fn mean_and_sd(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (n - 1.0);
    (mean, variance.sqrt())
}

/// The mean of `values` is that of a distribution with this mean and sd.
#[track_caller]
pub fn mean_is(values: &[f64], mean: f64, sd: f64) {
    let found = mean_and_sd(values).0;
    near(found, mean, 4.0 * sd / (values.len() as f64).sqrt());
}

/// So many of `n` independent trials succeeded as the probability says.
#[track_caller]
pub fn share_is(found: f64, probability: f64, n: u64) {
    let sd = (probability * (1.0 - probability) / n as f64).sqrt();
    near(found, probability, 4.0 * sd);
}

/// The value below which this share of `values` lies.
pub fn quantile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[(share * (sorted.len() - 1) as f64) as usize]
}

#[track_caller]
pub fn near(found: f64, expected: f64, tolerance: f64) {
    assert!(
        (found - expected).abs() <= tolerance,
        "{found} is not {expected} ± {tolerance}"
    );
}
