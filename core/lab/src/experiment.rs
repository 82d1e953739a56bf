//! All runs of all policies of a scenario, on all cores.
//!
//! Each run is by itself; in the simulator what comes out depends on scenario and
//! seed alone, in an order that does not depend on the number of threads. Whoever
//! has a network can play the same scenes in real time: see [`Player`].

use std::error::Error;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use rayon::prelude::*;
use segue_core::scene::{Played, Scene};
use segue_core::track::TrackInfo;
use segue_policy_host::{CreateError, Registry};

use crate::entry::{Entry, EntryError, entries};
use crate::limit::least_startup_s;
use crate::results::{Results, Row};
use crate::run::{Keep, Outcome, Record, Stage, simulate};
use crate::scenario::{Contender, Scenario};

/// A scenario, and who is compared in it.
#[derive(Clone)]
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
    /// It was stopped from outside before each policy had played once.
    #[error("stopped")]
    Stopped,
    /// A scene could not be played.
    #[error("a run failed: {0}")]
    Failed(Box<dyn Error + Send + Sync>),
    /// A process for a policy that did not come with the program could not be
    /// started or watched.
    #[error("cannot play a policy in a process of its own: {0}")]
    Worker(std::io::Error),
    /// A policy ended the process that it was played in.
    #[error("{policy}: {fault}")]
    Lost {
        /// The policy, as it was asked for.
        policy: String,
        /// What it did.
        fault: String,
    },
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

    /// A policy begins this run, counted from 0.
    fn on_begin(&self, _run: u32) {}

    /// A policy is through with it.
    fn on_end(&self, _run: u32) {
        self.on_runs(1);
    }

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

/// Who plays the scenes, called from many threads at once.
pub trait Player: Sync {
    /// Whether they pass in real time, over real sockets.
    fn is_live(&self) -> bool;

    /// Plays a scene to its end; `Ok(None)` if it was stopped before.
    ///
    /// # Errors
    /// When it cannot be played.
    fn play(&self, scene: Scene) -> Result<Option<Played>, Box<dyn Error + Send + Sync>>;
}

/// The simulator.
pub struct Simulator;

impl Player for Simulator {
    fn is_live(&self) -> bool {
        false
    }

    fn play(&self, scene: Scene) -> Result<Option<Played>, Box<dyn Error + Send + Sync>> {
        Ok(Some(simulate(scene)))
    }
}

/// How an experiment is done.
pub struct Conduct<'a> {
    /// Runs at a time; 0: one for each core.
    pub threads: usize,
    /// What is kept of each policy's first run.
    pub first: Keep,
    /// Who waits for it.
    pub watch: &'a dyn Watch,
    /// Who plays.
    pub player: &'a dyn Player,
}

/// What an experiment found.
pub struct Findings {
    /// Every outcome. It has less runs than the scenario wants if it was stopped.
    pub results: Results,
    /// For each policy its first run.
    pub records: Vec<Record>,
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

    pub(crate) fn of(stage: Stage, entries: Vec<Entry>) -> Self {
        Self { stage, entries }
    }

    /// What is played, by whom, over what.
    pub fn stage(&self) -> &Stage {
        &self.stage
    }

    /// The same with some of its policies, by their place.
    pub fn only(&self, keep: impl Fn(usize) -> bool) -> Self {
        let kept = self
            .entries
            .iter()
            .enumerate()
            .filter(|(place, _)| keep(*place));
        Self {
            stage: self.stage.clone(),
            entries: kept.map(|(_, entry)| entry.clone()).collect(),
        }
    }

    /// The same with other chance, so many runs of each policy.
    pub fn with_chance(&self, seed: u64, runs: u32) -> Self {
        let mut other = self.clone();
        other.stage.set_chance(seed, runs);
        other
    }

    /// The same on a machine that was late as in these live runs of its policies.
    pub fn as_late_as(&self, live: &Results) -> Self {
        let mut other = self.clone();
        for (entry, row) in other.entries.iter_mut().zip(&live.rows) {
            let lapses = row.outcomes.iter().map(|outcome| outcome.lapses.clone());
            entry.lapses = lapses.collect();
        }
        other
    }

    /// Who is compared.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// How many runs there are, of all policies together.
    pub fn runs(&self) -> u64 {
        u64::from(self.stage.scenario().runs) * self.entries.len() as u64
    }

    /// Does all runs in the simulator, on so many threads (0: one for each core).
    ///
    /// # Errors
    /// When a plugin cannot make an instance, or it is stopped.
    pub fn run(&self, threads: usize, watch: &dyn Watch) -> Result<Results, ExperimentError> {
        let conduct = Conduct {
            threads,
            first: Keep::Outcome,
            watch,
            player: &Simulator,
        };
        let results = self.conduct(&conduct)?.results;
        match results.runs() == self.stage.scenario().runs {
            true => Ok(results),
            false => Err(ExperimentError::Stopped),
        }
    }

    /// Does all runs, in their order, several at a time. When it is stopped,
    /// those that every policy has played until then count.
    ///
    /// # Errors
    /// When a run cannot be played, or it is stopped before there is any.
    pub fn conduct(&self, how: &Conduct<'_>) -> Result<Findings, ExperimentError> {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(how.threads)
            .build()
            .map_err(|error| ExperimentError::Threads {
                threads: how.threads,
                reason: error.to_string(),
            })?;
        let rows = self.entries.len();
        let runs = self.stage.scenario().runs as usize;
        let limits: Vec<OnceLock<Option<f64>>> = (0..runs).map(|_| OnceLock::new()).collect();
        let one = |number: usize| {
            let (run, row) = (number / rows, number % rows);
            Ok((number, self.play(how, row, run as u32, &limits[run])?))
        };
        let played: Vec<(usize, Option<Record>)> = pool.install(|| {
            // A bridge hands out the runs one by one, the first ones first.
            let all = (0..runs * rows).par_bridge();
            all.map(one).collect::<Result<_, ExperimentError>>()
        })?;
        let mut slots: Vec<Option<Record>> = Vec::new();
        slots.resize_with(runs * rows, || None);
        for (number, record) in played {
            slots[number] = record;
        }
        let whole = slots
            .chunks(rows)
            .take_while(|run| run.iter().all(Option::is_some));
        let whole = whole.count() * rows;
        let mut by_row = vec![Vec::new(); rows];
        let mut records = Vec::new();
        for (number, record) in slots.into_iter().take(whole).flatten().enumerate() {
            by_row[number % rows].push(record.outcome.clone());
            if number < rows {
                records.push(record);
            }
        }
        if records.is_empty() {
            return Err(ExperimentError::Stopped);
        }
        let row = |(entry, outcomes): (&Entry, Vec<Outcome>)| Row {
            entry: entry.clone(),
            outcomes,
        };
        let results = Results {
            scenario: self.stage.scenario().clone(),
            live: how.player.is_live(),
            rows: self.entries.iter().zip(by_row).map(row).collect(),
        };
        Ok(Findings { results, records })
    }

    /// One run of one policy; `None` if it was stopped.
    fn play(
        &self,
        how: &Conduct<'_>,
        row: usize,
        run: u32,
        limit: &OnceLock<Option<f64>>,
    ) -> Result<Option<Record>, ExperimentError> {
        if how.watch.is_stopped() {
            return Ok(None);
        }
        let keep = match run {
            0 => how.first,
            _ => Keep::Outcome,
        };
        how.watch.on_begin(run);
        // The same for every policy.
        let limit_s = match limit.get() {
            Some(&known) => known,
            None => {
                let found = least_startup_s(&self.stage, run)?;
                *limit.get_or_init(|| found)
            }
        };
        let scene = self.stage.scene(&self.entries[row], run, keep)?;
        let played = how.player.play(scene).map_err(ExperimentError::Failed)?;
        if played.is_some() {
            how.watch.on_end(run);
        }
        Ok(played.map(|played| Record::new(played, limit_s)))
    }

    /// One run of the first policy; what comes of it is no matter.
    pub(crate) fn play_one(&self, run: u32, player: &dyn Player) -> Result<(), ExperimentError> {
        let scene = self.stage.scene(&self.entries[0], run, Keep::Outcome)?;
        player.play(scene).map_err(ExperimentError::Failed)?;
        Ok(())
    }

    /// One run in the simulator, looked at closely.
    ///
    /// # Errors
    /// When a plugin cannot make an instance.
    pub fn record(&self, entry: &Entry, run: u32, keep: Keep) -> Result<Record, CreateError> {
        let played = simulate(self.stage.scene(entry, run, keep)?);
        Ok(Record::new(played, least_startup_s(&self.stage, run)?))
    }
}
