//! What an experiment found: every outcome, and what they say together.

mod csv;
mod json;

use crate::entry::Entry;
use crate::measure::{Better, MEASURES, Measure};
use crate::run::Outcome;
use crate::scenario::Scenario;
use crate::statistics::Summary;

/// A live run whose output asks later than this had to wait for the machine.
const DISTURBED_S: f64 = 0.01;

/// All outcomes of an experiment.
#[derive(Clone, Debug, PartialEq)]
pub struct Results {
    /// What was played.
    pub scenario: Scenario,
    /// It was played in real time, over real sockets.
    pub live: bool,
    /// For each policy, how it went.
    pub rows: Vec<Row>,
}

/// One policy.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The policy.
    pub entry: Entry,
    /// Its runs, in order: run k met the same losses as everyone's run k.
    pub outcomes: Vec<Outcome>,
}

impl Row {
    /// Runs that never started or never ended. They count in no mean.
    pub fn unfinished(&self) -> usize {
        let unfinished = |outcome: &&Outcome| outcome.metrics.unfinished;
        self.outcomes.iter().filter(unfinished).count()
    }

    /// One metric over all runs that ended; `None` if it has no value.
    pub fn summary(&self, measure: &Measure) -> Option<Summary> {
        if self.is_meaningless(measure) {
            return None;
        }
        let ended = self.outcomes.iter().filter(|o| !o.metrics.unfinished);
        Summary::of(ended.filter_map(|outcome| measure.of(outcome)))
    }

    /// One metric, run by run; infinite in a run that never ended or has no value.
    pub fn sample(&self, measure: &Measure) -> Vec<f64> {
        let value = |outcome: &Outcome| match outcome.metrics.unfinished {
            true => f64::INFINITY,
            false => measure.of(outcome).unwrap_or(f64::INFINITY),
        };
        self.outcomes.iter().map(value).collect()
    }

    /// One metric minus that of another policy, run by run, over the runs that
    /// ended with both.
    pub fn difference(&self, other: &Self, measure: &Measure) -> Option<Summary> {
        if self.is_meaningless(measure) {
            return None;
        }
        let pairs = self.outcomes.iter().zip(&other.outcomes);
        let both = pairs.filter(|(a, b)| !a.metrics.unfinished && !b.metrics.unfinished);
        Summary::of(both.filter_map(|(a, b)| Some(measure.of(a)? - measure.of(b)?)))
    }

    /// A ratio to the limit, where the limit of some runs is next to nothing: the
    /// mean of the others would tell of other networks.
    fn is_meaningless(&self, measure: &Measure) -> bool {
        measure.name == "vs_limit" && self.outcomes.iter().any(Outcome::has_tiny_limit)
    }

    /// Failures of the policy or the network, each once, with the run that it
    /// was first seen in.
    pub fn faults(&self) -> Vec<(usize, &str)> {
        let mut faults: Vec<(usize, &str)> = Vec::new();
        for (run, outcome) in self.outcomes.iter().enumerate() {
            for fault in &outcome.faults {
                if faults.iter().all(|(_, known)| known != fault) {
                    faults.push((run, fault));
                }
            }
        }
        faults
    }
}

impl Results {
    /// How many runs of each policy there are: less than the scenario wants if
    /// somebody stopped it.
    pub fn runs(&self) -> u32 {
        self.rows.first().map_or(0, |row| row.outcomes.len() as u32)
    }

    /// The least startup that anybody could have had, over all runs.
    pub fn limit(&self) -> Option<Summary> {
        let outcomes = &self.rows.first()?.outcomes;
        Summary::of(outcomes.iter().filter_map(|outcome| outcome.limit_s))
    }

    /// The rows that are best by a metric: that of the best mean, and those
    /// whose paired difference from it is not significant (95 %). Rows with
    /// runs that never ended are out.
    pub fn best(&self, measure: &Measure) -> Vec<usize> {
        let sign = match measure.better {
            Better::Lower => 1.0,
            Better::Higher => -1.0,
            Better::Neither => return Vec::new(),
        };
        let mean = |row: &Row| {
            let whole = row.unfinished() == 0;
            let summary = row.summary(measure).filter(|_| whole);
            summary.map(|summary| sign * summary.mean)
        };
        let means = self.rows.iter().map(mean).enumerate();
        let Some((first, _)) = means
            .clone()
            .filter_map(|(row, mean)| Some((row, mean?)))
            .min_by(|a, b| a.1.total_cmp(&b.1))
        else {
            return Vec::new();
        };
        let as_good = |row: usize| {
            let difference = self.rows[row].difference(&self.rows[first], measure);
            difference.is_some_and(|d| (d.ci95[0]..=d.ci95[1]).contains(&0.0))
        };
        means
            .filter(|&(row, mean)| mean.is_some() && (row == first || as_good(row)))
            .map(|(row, _)| row)
            .collect()
    }

    /// How many live runs of all rows were disturbed, and how late their outputs
    /// were at most, seconds; `None` if none was.
    pub fn disturbed(&self) -> Option<(usize, f64)> {
        let outcomes = self.rows.iter().flat_map(|row| &row.outcomes);
        let late = outcomes.map(|outcome| outcome.latest_s);
        let late: Vec<f64> = late.filter(|&s| s > DISTURBED_S).collect();
        let latest = late.iter().copied().fold(0.0, f64::max);
        (!late.is_empty()).then_some((late.len(), latest))
    }

    /// Metrics that have a value in some row.
    pub fn measures(&self) -> impl Iterator<Item = &'static Measure> {
        let known = |measure: &&Measure| {
            let rows = self.rows.iter().filter(|row| !row.is_meaningless(measure));
            rows.flat_map(|row| &row.outcomes)
                .any(|outcome| measure.of(outcome).is_some())
        };
        MEASURES.iter().filter(known)
    }
}
