//! Policies that did not come with the program play in processes of their own:
//! one that crashes or hangs spoils its own row only.
//!
//! A worker is any program that calls [`work`] when started with the arguments of
//! [`Workers`]. It reads its task, a line of JSON, from standard input, and tells
//! on standard output, a line of JSON each, which runs it begins and ends, and
//! last all outcomes and what is to be kept of the first run.

use std::collections::BTreeSet;
use std::error::Error;
use std::ffi::OsString;
use std::io::{self, BufRead, Write};
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use segue_core::metrics::Metrics;
use segue_core::scene::Lapse;
use segue_core::track::TrackInfo;
use segue_policy_host::child::{self, Ended, Follower};
use segue_policy_host::{ConfigError, Plugin, PluginSpec, Registry, SearchPath, UnknownPlugin};
use serde::{Deserialize, Serialize};

use crate::entry::{Entry, EntryError};
use crate::experiment::{Conduct, Experiment, ExperimentError, Findings, Player, Simulator, Watch};
use crate::results::{Results, Row};
use crate::run::{Keep, Outcome, Record, Stage};
use crate::scenario::Scenario;

/// How to start a worker.
#[derive(Clone, Debug)]
pub struct Workers {
    /// The program.
    pub program: PathBuf,
    /// With which it calls [`work`].
    pub arguments: Vec<OsString>,
    /// A worker that ends no run for so long hangs.
    pub patience: Duration,
}

/// What a worker is to do.
#[derive(Serialize, Deserialize)]
struct Task {
    scenario: Scenario,
    /// From where the scenario's files are named.
    folder: Option<PathBuf>,
    track: TrackInfo,
    policy: PluginSpec,
    /// See [`Entry::lapses`].
    lapses: Vec<Vec<Lapse>>,
    /// What the policy's file has in it.
    hash: String,
    /// The files of policy and network models.
    plugins: Vec<PathBuf>,
    threads: usize,
    /// What is to be kept of the first run.
    first: Keep,
    /// In real time, over real sockets.
    live: bool,
    /// Only this one; `None`: all runs.
    run: Option<u32>,
}

/// What a worker tells.
#[derive(Serialize, Deserialize)]
enum Said {
    Begun(u32),
    Over(u32),
    First(Box<Record>),
    All(Vec<Outcome>),
}

/// Makes a player in real time ready for an experiment: what a worker needs to play
/// live.
pub type MakeLive<'a> =
    dyn Fn(&Experiment) -> Result<Box<dyn Player>, Box<dyn Error + Send + Sync>> + 'a;

/// Does all runs, those of strangers elsewhere.
///
/// # Errors
/// As [`Experiment::conduct`], and when a worker cannot be started.
pub fn conduct(
    experiment: &Experiment,
    how: &Conduct<'_>,
    workers: &Workers,
) -> Result<Findings, ExperimentError> {
    // A network that crashes takes every policy with it, so none plays here.
    let everywhere = experiment.stage().networks().any(is_stranger);
    let entries = experiment.entries();
    let is_strange = |place: usize| everywhere || is_stranger(entries[place].policy.plugin());
    if !(0..entries.len()).any(is_strange) {
        return experiment.conduct(how);
    }
    let ours = experiment.only(|place| !is_strange(place));
    let mut known = match ours.entries().is_empty() {
        true => Vec::new(),
        false => {
            let Findings { results, records } = ours.conduct(how)?;
            let records = records.into_iter();
            results.rows.into_iter().zip(records).collect()
        }
    }
    .into_iter();
    let mut rows = Vec::new();
    let mut records = Vec::new();
    for (place, entry) in entries.iter().enumerate() {
        if is_strange(place) {
            let (outcomes, first) = outcomes(experiment, entry, how, workers)?;
            records.push(first);
            rows.push(Row {
                entry: entry.clone(),
                outcomes,
            });
        } else if let Some((row, record)) = known.next() {
            rows.push(row);
            records.push(record);
        }
    }
    // As many runs of each, where it was stopped; the limits are everybody's.
    let runs = rows.iter().map(|row| row.outcomes.len()).min().unwrap_or(0);
    for run in 0..runs {
        let limit_s = rows.iter().find_map(|row| row.outcomes[run].limit_s);
        rows.iter_mut()
            .for_each(|row| row.outcomes[run].limit_s = limit_s);
    }
    rows.iter_mut().for_each(|row| row.outcomes.truncate(runs));
    Ok(Findings {
        results: Results {
            scenario: experiment.stage().scenario().clone(),
            live: how.player.is_live(),
            rows,
        },
        records,
    })
}

fn is_stranger(plugin: &Plugin) -> bool {
    !plugin.is_bundled()
}

/// The first run of a policy in the simulator, looked at closely; that of a stranger
/// is played elsewhere.
///
/// # Errors
/// When a plugin cannot make an instance, or the policy ended its process.
pub fn record(
    experiment: &Experiment,
    entry: &Entry,
    keep: Keep,
    workers: &Workers,
) -> Result<Record, ExperimentError> {
    let everywhere = experiment.stage().networks().any(is_stranger);
    if !everywhere && !is_stranger(entry.policy.plugin()) {
        return Ok(experiment.record(entry, 0, keep)?);
    }
    let how = Conduct {
        threads: 1,
        first: keep,
        watch: &(),
        player: &Simulator,
    };
    let once = experiment.with_chance(experiment.stage().scenario().seed, 1);
    let (_, record) = outcomes(&once, entry, &how, workers)?;
    match record.outcome.faults.first() {
        Some(fault) if record.log.is_empty() => Err(ExperimentError::Lost {
            policy: entry.label.clone(),
            fault: fault.clone(),
        }),
        _ => Ok(record),
    }
}

/// All runs of one policy, and what is kept of the first, from a process of its own.
fn outcomes(
    experiment: &Experiment,
    entry: &Entry,
    how: &Conduct<'_>,
    workers: &Workers,
) -> Result<(Vec<Outcome>, Record), ExperimentError> {
    let mut task = task(experiment, entry, how);
    let mut heard = Heard::new(how.watch);
    let ended = workers.send(&task, &mut heard)?;
    if how.watch.is_stopped() {
        return Err(ExperimentError::Stopped);
    }
    if let (Some(outcomes), Ended::Well(_)) = (heard.outcomes, &ended) {
        return Ok((outcomes, heard.first));
    }
    let (culprits, ended) = culprits(heard.playing, ended, &mut task, how.watch, workers)?;
    let lost = Outcome {
        metrics: Metrics {
            unfinished: true,
            ..Metrics::default()
        },
        ..Outcome::default()
    };
    let runs = task.scenario.runs;
    let mut outcomes = vec![lost; runs as usize];
    // What no run did is told with the first.
    let first = culprits.first().copied().unwrap_or(0);
    if let Some(outcome) = outcomes.get_mut(first as usize) {
        outcome.faults = vec![fault(&ended, &culprits, task.scenario.seed)];
    }
    how.watch
        .on_runs(u64::from(runs).saturating_sub(heard.over));
    let first = Record {
        outcome: outcomes.first().cloned().unwrap_or_default(),
        ..Record::default()
    };
    Ok((outcomes, first))
}

/// Which of the runs that were being played ended the process, and how: each is
/// played alone until one does it again. All of them, if none does.
fn culprits(
    playing: BTreeSet<u32>,
    ended: Ended,
    task: &mut Task,
    watch: &dyn Watch,
    workers: &Workers,
) -> Result<(BTreeSet<u32>, Ended), ExperimentError> {
    if playing.len() > 1 {
        for &run in &playing {
            task.run = Some(run);
            let alone = workers.send(task, &mut Alone(watch))?;
            if alone == Ended::Stopped {
                return Err(ExperimentError::Stopped);
            }
            if !matches!(alone, Ended::Well(_)) {
                return Ok((BTreeSet::from([run]), alone));
            }
        }
    }
    Ok((playing, ended))
}

/// What happened, and how to see it again.
fn fault(ended: &Ended, culprits: &BTreeSet<u32>, seed: u64) -> String {
    let Some(last) = culprits.last() else {
        return format!("{ended}, but in no run (seed {seed})");
    };
    let which = match culprits.len() {
        1 => String::new(),
        several => format!(" in one of {several} runs at once"),
    };
    let runs = last + 1;
    format!("{ended}{which}; again with --seed {seed} --runs {runs}")
}

impl Workers {
    /// Has a process of its own do it.
    fn send(&self, task: &Task, follower: &mut dyn Follower) -> Result<Ended, ExperimentError> {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments);
        let text = serde_json::to_vec(task);
        let mut input = text.map_err(|error| ExperimentError::Worker(error.into()))?;
        input.push(b'\n');
        let patience = match task.live {
            // Nothing is told before a track is over.
            true => self.patience + Duration::from_secs_f64(task.track.duration_s()),
            false => self.patience,
        };
        child::follow(&mut command, input, patience, follower).map_err(ExperimentError::Worker)
    }
}

fn task(experiment: &Experiment, entry: &Entry, how: &Conduct<'_>) -> Task {
    let stage = experiment.stage();
    let policy = entry.policy.plugin();
    let plugins = std::iter::once(policy).chain(stage.networks());
    Task {
        scenario: stage.scenario().clone(),
        folder: stage.scenario().folder.clone(),
        track: stage.track().clone(),
        policy: entry.policy.spec(),
        lapses: entry.lapses.clone(),
        hash: policy.hash().to_owned(),
        plugins: plugins.map(|plugin| plugin.path().to_owned()).collect(),
        threads: how.threads,
        first: how.first,
        live: how.player.is_live(),
        run: None,
    }
}

/// What a worker told so far.
struct Heard<'a> {
    watch: &'a dyn Watch,
    playing: BTreeSet<u32>,
    over: u64,
    first: Record,
    outcomes: Option<Vec<Outcome>>,
}

impl<'a> Heard<'a> {
    fn new(watch: &'a dyn Watch) -> Self {
        Self {
            watch,
            playing: BTreeSet::new(),
            over: 0,
            first: Record::default(),
            outcomes: None,
        }
    }
}

impl Follower for Heard<'_> {
    fn on_line(&mut self, line: &str) {
        // A plugin may write, too.
        match serde_json::from_str(line) {
            Ok(Said::Begun(run)) => drop(self.playing.insert(run)),
            Ok(Said::Over(run)) => {
                self.playing.remove(&run);
                self.over += 1;
                self.watch.on_runs(1);
            }
            Ok(Said::First(record)) => self.first = *record,
            Ok(Said::All(outcomes)) => self.outcomes = Some(outcomes),
            Err(_) => {}
        }
    }

    fn is_stopped(&self) -> bool {
        self.watch.is_stopped()
    }
}

/// Follows a run that counted before.
struct Alone<'a>(&'a dyn Watch);

impl Follower for Alone<'_> {
    fn on_line(&mut self, _: &str) {}

    fn is_stopped(&self) -> bool {
        self.0.is_stopped()
    }
}

/// A worker could not do its task.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WorkError {
    /// Nothing comes in, or what it says goes nowhere.
    #[error("this is for Segue itself, which writes a task to standard input: {0}")]
    Io(#[from] io::Error),
    /// What comes in is no task.
    #[error("this is for Segue itself, which writes a task to standard input: {0}")]
    Task(#[from] serde_json::Error),
    /// A plugin is gone.
    #[error(transparent)]
    Unknown(#[from] UnknownPlugin),
    /// A plugin is another.
    #[error("{} was replaced while it was compared", .0.display())]
    Replaced(PathBuf),
    /// The policy takes other settings.
    #[error(transparent)]
    Setting(#[from] ConfigError),
    /// It is to play in real time and cannot.
    #[error("this program plays in the simulator alone")]
    NotLive,
    /// A network model is another.
    #[error(transparent)]
    Network(#[from] EntryError),
    /// It came to no end.
    #[error(transparent)]
    Experiment(#[from] ExperimentError),
}

/// What the other process does. Without `live` it plays in the simulator alone.
///
/// # Errors
/// When there is no task, or it cannot be done.
pub fn work(
    input: impl BufRead,
    output: impl Write + Send + Sync,
    live: Option<&MakeLive<'_>>,
) -> Result<(), WorkError> {
    let task: Task = match input.lines().next() {
        Some(line) => serde_json::from_str(&line?)?,
        None => return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()),
    };
    let registry = Registry::open(&SearchPath::only(task.plugins));
    let policy = registry.policy(task.policy.name())?;
    if policy.hash() != task.hash {
        return Err(WorkError::Replaced(policy.path().to_owned()));
    }
    let entry = Entry {
        label: task.policy.to_string(),
        policy: policy.configure(&task.policy)?,
        lapses: task.lapses,
    };
    let scenario = Scenario {
        folder: task.folder,
        ..task.scenario
    };
    let stage = Stage::new(&registry, scenario, Some(task.track))?;
    let telling = Telling(Mutex::new(output));
    let experiment = Experiment::of(stage, vec![entry]);
    let live = match (task.live, live) {
        (false, _) => None,
        (true, Some(make)) => Some(make(&experiment).map_err(ExperimentError::Failed)?),
        (true, None) => return Err(WorkError::NotLive),
    };
    let player = live.as_deref().unwrap_or(&Simulator);
    if let Some(run) = task.run {
        experiment.play_one(run, player)?;
        return Ok(());
    }
    let findings = experiment.conduct(&Conduct {
        threads: task.threads,
        first: task.first,
        watch: &telling,
        player,
    })?;
    if let Some(first) = findings.records.into_iter().next() {
        telling.say(&Said::First(Box::new(first)))?;
    }
    let outcomes = findings.results.rows.into_iter().next();
    let outcomes = outcomes.map(|row| row.outcomes).unwrap_or_default();
    Ok(telling.say(&Said::All(outcomes))?)
}

/// Says how far it is.
struct Telling<W>(Mutex<W>);

impl<W: Write> Telling<W> {
    /// On a line of its own, whatever the plugin wrote before.
    fn say(&self, said: &Said) -> io::Result<()> {
        let mut output = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        writeln!(output, "\n{}", serde_json::to_string(said)?)?;
        output.flush()
    }
}

impl<W: Write + Send> Watch for Telling<W> {
    fn on_begin(&self, run: u32) {
        // Who does not listen any more ends this process.
        let _ = self.say(&Said::Begun(run));
    }

    fn on_end(&self, run: u32) {
        let _ = self.say(&Said::Over(run));
    }
}
