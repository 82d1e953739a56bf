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
//! Simulated nodes are never late; live ones wait for the system that runs them, now
//! and then for tens of milliseconds. What a run shows depends on that (packets that
//! are read late are of another speed to a policy that measures it, and it asks for one
//! more or less at a time), so it is part of what is given, as the losses' odds are:
//! each live node notes when its thread ran more than a millisecond late, and the nodes
//! of the simulated runs stand still in the same moments
//! ([`crate::experiment::Experiment::as_late_as`]), the lapses of the live runs in
//! turn. So a count that never varies in the simulator by itself varies as far as the
//! machine makes it. Lapses of the output's thread are not among them.
//!
//! Where all simulated runs are alike, their deviation tells nothing of how seldom one
//! would differ, and the interval has no width. If live and simulated runs are of one
//! kind, the k that differ are anywhere among all with the same odds: that they are all
//! among the n live ones and none among the N others has the probability
//! C(n, k)/C(N + n, k) (Fisher's exact test). As many as make that less than α differ
//! not by chance: of 20 beside 200 and with 75 metrics, four.
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
    means(live, simulated).map(move |(measure, of_live, of_simulated)| {
        let allowance = allowance(measure, media_s);
        let [low, high] = predict(&of_simulated, of_live.n, alpha, allowance);
        let is_within = |value: &f64| (low..=high).contains(value);
        let all_alike = of_simulated.sd <= rounding(&of_simulated);
        let differ = || {
            live.sample(measure)
                .iter()
                .filter(|v| !is_within(v))
                .count()
        };
        Compared {
            row,
            metric: measure.name,
            live: of_live.mean,
            simulated: of_simulated.mean,
            predicted: [low, high],
            agrees: is_within(&of_live.mean)
                || all_alike && is_chance(differ(), of_live.n, of_simulated.n, alpha),
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
    let half = spread + rounding(simulated) + allowance;
    [simulated.mean - half, simulated.mean + half]
}

/// Sums of many runs that are all alike differ in their last digits.
fn rounding(simulated: &Summary) -> f64 {
    simulated.mean.abs() * 1e-9
}

/// Whether so many of `n` runs may differ by chance from `known` ones that are all alike.
fn is_chance(differ: usize, n: usize, known: usize, alpha: f64) -> bool {
    let one_more = |i: usize| n.saturating_sub(i) as f64 / (known + n - i.min(n)) as f64;
    (0..differ).map(one_more).product::<f64>() >= alpha
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

    #[test]
    fn few_runs_may_differ_from_many_that_are_all_alike() {
        // 20/220 · 19/219 · 18/218 · 17/217 = 5.1e-5
        let alpha = 0.01 / 75.0;
        assert!((0..=3).all(|differ| is_chance(differ, 20, 200, alpha)));
        assert!((4..=20).all(|differ| !is_chance(differ, 20, 200, alpha)));
        assert!(!is_chance(2, 20, 20_000, alpha), "the more are known");
    }
}
