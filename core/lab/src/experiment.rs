//! All runs of all policies of a scenario, on all cores.
//!
//! Each run is by itself, in one thread; what comes out depends on scenario and
//! seed alone, in an order that does not depend on the number of threads.

use std::sync::atomic::{AtomicBool, Ordering};

use rayon::prelude::*;
use segue_core::track::TrackInfo;
use segue_policy_host::{CreateError, Registry};

use crate::entry::{Entry, EntryError, entries};
use crate::limit::least_startup_s;
use crate::results::{Results, Row};
use crate::run::{Keep, Outcome, Record, Stage};
use crate::scenario::{Contender, Scenario};

/// A scenario, and who is compared in it.
pub struct Experiment {
    stage: Stage,
    entries: Vec<Entry>,
}

/// An experiment came to no end.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExperimentError {
    /// A plugin could not make an instance.
    #[error(transparent)]
    Create(#[from] CreateError),
    /// It was stopped from outside.
    #[error("stopped")]
    Stopped,
    /// The threads could not be started.
    #[error("cannot start {threads} threads: {reason}")]
    Threads {
        /// How many were wanted.
        threads: usize,
        /// Why not.
        reason: String,
    },
}

/// Whoever waits for an experiment, called from its threads.
pub trait Watch: Sync {
    /// So many runs, of all policies together, are over.
    fn on_runs(&self, _over: u64) {}

    /// Whether to stop.
    fn is_stopped(&self) -> bool {
        false
    }
}

/// Nobody waits.
impl Watch for () {}

/// Stops when told.
impl Watch for AtomicBool {
    fn is_stopped(&self) -> bool {
        self.load(Ordering::Relaxed)
    }
}

impl Experiment {
    /// A scenario with the plugins that it needs, and the policies to compare
    /// (see [`entries`]). `file` is what is known of the track's file, where
    /// the scenario names one.
    ///
    /// # Errors
    /// When a plugin or a setting does not exist.
    pub fn new(
        registry: &Registry,
        scenario: Scenario,
        contenders: &[Contender],
        file: Option<TrackInfo>,
    ) -> Result<Self, EntryError> {
        Ok(Self {
            entries: entries(registry, &scenario, contenders)?,
            stage: Stage::new(registry, scenario, file)?,
        })
    }

    /// What is played, by whom, over what.
    pub fn stage(&self) -> &Stage {
        &self.stage
    }

    /// Who is compared.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// How many runs there are, of all policies together.
    pub fn runs(&self) -> u64 {
        u64::from(self.stage.scenario().runs) * self.entries.len() as u64
    }

    /// Does all runs on so many threads (0: one for each core).
    ///
    /// # Errors
    /// When a plugin cannot make an instance, or it is stopped.
    pub fn run(&self, threads: usize, watch: &dyn Watch) -> Result<Results, ExperimentError> {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .map_err(|error| ExperimentError::Threads {
                threads,
                reason: error.to_string(),
            })?;
        let runs = self.stage.scenario().runs;
        let by_run: Vec<Vec<Outcome>> = pool.install(|| {
            let runs = (0..runs).into_par_iter();
            runs.map(|run| self.run_all(run, watch))
                .collect::<Result<_, _>>()
        })?;
        let row = |(number, entry): (usize, &Entry)| Row {
            entry: entry.clone(),
            outcomes: by_run.iter().map(|run| run[number].clone()).collect(),
        };
        Ok(Results {
            scenario: self.stage.scenario().clone(),
            rows: self.entries.iter().enumerate().map(row).collect(),
        })
    }

    /// One run, looked at closely.
    ///
    /// # Errors
    /// When a plugin cannot make an instance.
    pub fn record(&self, entry: &Entry, run: u32, keep: Keep) -> Result<Record, CreateError> {
        let mut record = self.stage.record(entry, run, keep)?;
        record.outcome.limit_s = least_startup_s(&self.stage, run)?;
        Ok(record)
    }

    /// Every policy on the same losses.
    fn run_all(&self, run: u32, watch: &dyn Watch) -> Result<Vec<Outcome>, ExperimentError> {
        let limit_s = least_startup_s(&self.stage, run)?;
        let one = |entry: &Entry| {
            if watch.is_stopped() {
                return Err(ExperimentError::Stopped);
            }
            let mut outcome = self.stage.play(entry, run)?;
            outcome.limit_s = limit_s;
            watch.on_runs(1);
            Ok(outcome)
        };
        self.entries.iter().map(one).collect()
    }
}
