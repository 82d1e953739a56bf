//! Whether live runs are what the simulator predicts.
//!
//! For each policy and metric: from N simulated runs with mean m and standard
//! deviation s, the mean of n further runs lies with probability 1 − α within
//!
//! m ± t(N − 1, 1 − α/2) · s · √(1/N + 1/n)
//!
//! (the prediction interval of a mean; Student's t). All metrics together are to
//! be outside by chance in one of a hundred comparisons at most, so each of k
//! gets α = 1 %/k (Bonferroni). The simulated runs have another seed: with the
//! same one they would meet the live runs' own losses, and chance would be
//! counted twice.
//!
//! A live run's times are only as good as the system that wakes its threads: the
//! interval is wider on both sides by [`RESOLUTION_S`] for metrics in seconds, and
//! by what that much changes those that are made of them. Others have no such
//! allowance.

use serde::Serialize;
use statrs::distribution::{ContinuousCDF, StudentsT};

use crate::measure::{MEASURES, Measure};
use crate::results::{Results, Row};
use crate::statistics::Summary;

/// How surely all means are within, if the simulator is right.
const ALPHA: f64 = 0.01;
/// How late the threads of a live run do what they are to do, together.
pub const RESOLUTION_S: f64 = 0.001;

/// One metric of one policy.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Compared {
    /// The policy's number.
    pub row: usize,
    /// The metric's name.
    pub metric: &'static str,
    /// Mean of the live runs.
    pub live: f64,
    /// Mean of the simulated runs.
    pub simulated: f64,
    /// Where the live mean lies if the simulator is right.
    pub predicted: [f64; 2],
    /// Whether it lies there.
    pub agrees: bool,
}

/// Live runs held against simulated ones.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Agreement {
    /// Live runs of each policy.
    pub live_runs: u32,
    /// Simulated runs of each policy.
    pub simulated_runs: u32,
    /// How surely each mean is within, if the simulator is right.
    pub level: f64,
    /// All metrics of all policies.
    pub metrics: Vec<Compared>,
}

impl Agreement {
    /// Of the same scenario and policies, both ways.
    pub fn of(live: &Results, simulated: &Results) -> Self {
        let rows = || live.rows.iter().zip(&simulated.rows).enumerate();
        let count = rows().map(|(_, (a, b))| means(a, b).count()).sum::<usize>();
        let alpha = ALPHA / count.max(1) as f64;
        let metrics = rows().flat_map(|(row, (a, b))| compare(row, a, b, alpha));
        Self {
            live_runs: live.runs(),
            simulated_runs: simulated.runs(),
            level: 1.0 - alpha,
            metrics: metrics.collect(),
        }
    }

    /// Whether every metric agrees.
    pub fn agrees(&self) -> bool {
        self.metrics.iter().all(|compared| compared.agrees)
    }
}

/// All metrics of one policy.
fn compare<'a>(
    row: usize,
    live: &'a Row,
    simulated: &'a Row,
    alpha: f64,
) -> impl Iterator<Item = Compared> + 'a {
    let played = Measure::named("played_s").and_then(|m| simulated.summary(m));
    let media_s = played.map_or(f64::INFINITY, |summary| summary.mean);
    means(live, simulated).map(move |(measure, live, simulated)| {
        let [low, high] = predict(&simulated, live.n, alpha, allowance(measure, media_s));
        Compared {
            row,
            metric: measure.name,
            live: live.mean,
            simulated: simulated.mean,
            predicted: [low, high],
            agrees: (low..=high).contains(&live.mean),
        }
    })
}

/// Metrics that have a value both ways; `vs_limit` says nothing that startup and
/// stalls do not.
fn means<'a>(
    live: &'a Row,
    simulated: &'a Row,
) -> impl Iterator<Item = (&'static Measure, Summary, Summary)> + 'a {
    let measures = MEASURES.iter().filter(|m| m.name != "vs_limit");
    measures.filter_map(|m| Some((m, live.summary(m)?, simulated.summary(m)?)))
}

/// What [`RESOLUTION_S`] more of waiting changes, where so much is played.
fn allowance(measure: &Measure, media_s: f64) -> f64 {
    match measure.name {
        "stall_ratio" => RESOLUTION_S / media_s,
        // The steepest that the score ever falls (see segue_core::metrics).
        "stall_score" => 4.0 / 0.918_908_15 * RESOLUTION_S / media_s,
        name if name.ends_with("_s") => RESOLUTION_S,
        _ => 0.0,
    }
}

/// Where the mean of `n` further runs lies, give or take `allowance`.
fn predict(simulated: &Summary, n: usize, alpha: f64, allowance: f64) -> [f64; 2] {
    let (known, n) = (simulated.n as f64, n as f64);
    let sure = StudentsT::new(0.0, 1.0, known - 1.0);
    let t = sure.map_or(f64::INFINITY, |t| t.inverse_cdf(1.0 - alpha / 2.0));
    let spread = t * simulated.sd * (1.0 / known + 1.0 / n).sqrt();
    // Sums of many runs that are all alike differ in their last digits.
    let rounding = simulated.mean.abs() * 1e-9;
    let half = spread + rounding + allowance;
    [simulated.mean - half, simulated.mean + half]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prediction_is_wider_than_what_is_known_of_the_mean() {
        let simulated = Summary::of((0..101).map(|i| f64::from(i % 2))).expect("values");
        let [low, high] = predict(&simulated, 20, 0.05, 0.0);
        // t(100) = 1.98397, sd = 0.50244: times √(1/101 + 1/20).
        let half = 1.98397 * 0.50244 * (1.0 / 101.0 + 1.0 / 20.0_f64).sqrt();
        assert!(((high - low) / 2.0 - half).abs() < 1e-4);
        let [_, many] = predict(&simulated, 2000, 0.05, 0.0);
        assert!(many < high, "more runs are predicted more sharply");
    }

    #[test]
    fn what_never_varies_is_predicted_exactly_but_for_the_clock() {
        let simulated = Summary::of([2.0; 50]).expect("values");
        let [low, high] = predict(&simulated, 20, 0.01, 0.0);
        assert!(high - low < 1e-6);
        let startup = Measure::named("startup_s").expect("a metric");
        let allowance = allowance(startup, 60.0);
        let [low, high] = predict(&simulated, 20, 0.01, allowance);
        assert!((high - low - 2.0 * RESOLUTION_S).abs() < 1e-6);
    }
}
