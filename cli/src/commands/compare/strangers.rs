//! Policies that did not come with the program play in processes of their own:
//! one that crashes or hangs spoils its own row only.

use std::collections::BTreeSet;
use std::process::Command;
use std::time::Duration;

use segue_core::metrics::Metrics;
use segue_lab::experiment::{Conduct, Experiment, ExperimentError, Findings, Simulator, Watch};
use segue_lab::results::{Results, Row};
use segue_lab::run::{Keep, Outcome, Record};
use segue_policy_host::child::{self, Ended};
use segue_policy_host::{PluginSpec, Registry};
use serde::{Deserialize, Serialize};

use crate::args::Compare;
use crate::error::Error;
use crate::print;

/// Does all runs, those of strangers elsewhere.
pub fn conduct(
    registry: &Registry,
    experiment: &Experiment,
    number: usize,
    args: &Compare,
    how: &Conduct<'_>,
) -> Result<Findings, Error> {
    let everywhere = has_strange_network(registry, experiment);
    let entries = experiment.entries();
    let is_strange = |place: usize| everywhere || !entries[place].policy.plugin().is_bundled();
    if !(0..entries.len()).any(is_strange) {
        return Ok(experiment.conduct(how)?);
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
            let outcomes = outcomes(experiment, (number, place), args, how)?;
            records.push(record(experiment, place, &outcomes, how.first)?);
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
            live: false,
            rows,
        },
        records,
    })
}

/// A network that crashes takes every policy with it, so none plays here.
fn has_strange_network(registry: &Registry, experiment: &Experiment) -> bool {
    let scenario = experiment.stage().scenario();
    let own = scenario
        .seeders
        .iter()
        .filter_map(|seeder| seeder.network.as_ref());
    let is_strange = |spec: &PluginSpec| {
        let model = registry.network(spec.name());
        model.is_ok_and(|model| !model.is_bundled())
    };
    scenario.network.iter().chain(own.flatten()).any(is_strange)
}

/// All runs of one policy, from a process of its own.
fn outcomes(
    experiment: &Experiment,
    place: (usize, usize),
    args: &Compare,
    how: &Conduct<'_>,
) -> Result<Vec<Outcome>, Error> {
    let mut found: Option<Vec<Outcome>> = None;
    let mut over = 0;
    let mut playing = BTreeSet::new();
    let ended = elsewhere(place, None, args, |said| match said {
        Said::Begun(run) => {
            playing.insert(run);
        }
        Said::Over(run) => {
            playing.remove(&run);
            over += 1;
            how.watch.on_runs(1);
        }
        Said::All(outcomes) => found = Some(outcomes),
    })?;
    if how.watch.is_stopped() {
        return Err(ExperimentError::Stopped.into());
    }
    if let (Some(outcomes), Ended::Well(_)) = (found, &ended) {
        return Ok(outcomes);
    }
    let scenario = experiment.stage().scenario();
    let (culprits, ended) = culprits(playing, ended, place, args)?;
    let lost = Outcome {
        metrics: Metrics {
            unfinished: true,
            ..Metrics::default()
        },
        ..Outcome::default()
    };
    let mut outcomes = vec![lost; scenario.runs as usize];
    // What no run did is told with the first.
    let first = culprits.first().copied().unwrap_or(0);
    if let Some(outcome) = outcomes.get_mut(first as usize) {
        outcome.faults = vec![fault(&ended, &culprits, scenario.seed)];
    }
    how.watch.on_runs(u64::from(scenario.runs) - over);
    Ok(outcomes)
}

/// Which of the runs that were being played ended the process, and how: each is
/// played alone until one does it again. All of them, if none does.
fn culprits(
    playing: BTreeSet<u32>,
    ended: Ended,
    place: (usize, usize),
    args: &Compare,
) -> Result<(BTreeSet<u32>, Ended), Error> {
    if playing.len() > 1 {
        for &run in &playing {
            let alone = elsewhere(place, Some(run), args, |_| {})?;
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

/// What the other process tells, a line each.
#[derive(Serialize, Deserialize)]
enum Said {
    Begun(u32),
    Over(u32),
    All(Vec<Outcome>),
}

/// One policy, all its runs or one, in a process of its own.
fn elsewhere(
    (number, place): (usize, usize),
    run: Option<u32>,
    args: &Compare,
    mut on_said: impl FnMut(Said),
) -> Result<Ended, Error> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(std::env::args_os().skip(1));
    command.args(["--worker", &number.to_string(), &place.to_string()]);
    command.args(run.map(|run| run.to_string()));
    let patience = Duration::from_secs_f64(args.patience);
    Ok(child::follow(&mut command, patience, |line| {
        // A plugin may write, too.
        if let Ok(said) = serde_json::from_str(line) {
            on_said(said);
        }
    })?)
}

/// Its first run to look at; empty if it cannot be played again here.
fn record(
    experiment: &Experiment,
    place: usize,
    outcomes: &[Outcome],
    keep: Keep,
) -> Result<Record, Error> {
    let outcome = outcomes.first().cloned().unwrap_or_default();
    let entry = &experiment.entries()[place];
    if matches!(keep, Keep::Outcome) || outcome.metrics.unfinished {
        return Ok(Record {
            outcome,
            ..Record::default()
        });
    }
    Ok(experiment
        .record(entry, 0, keep)
        .map_err(ExperimentError::from)?)
}

/// What the other process does.
pub fn work(
    experiments: &[Experiment],
    (number, place): (usize, usize),
    run: Option<usize>,
    args: &Compare,
) -> Result<(), Error> {
    let Some(experiment) = experiments.get(number) else {
        return Ok(());
    };
    if let (Some(run), Some(entry)) = (run, experiment.entries().get(place)) {
        let record = experiment.record(entry, run as u32, Keep::Outcome);
        record.map_err(ExperimentError::from)?;
        return Ok(());
    }
    let findings = experiment.only(|other| other == place).conduct(&Conduct {
        threads: args.threads.map_or(0, usize::from),
        first: Keep::Outcome,
        watch: &Telling,
        player: &Simulator,
    })?;
    let outcomes = findings.results.rows.into_iter().next();
    let outcomes = outcomes.map(|row| row.outcomes).unwrap_or_default();
    tell(&Said::All(outcomes))
}

/// On a line of its own, whatever the plugin wrote before.
fn tell(said: &Said) -> Result<(), Error> {
    print::result(&format!("\n{}", serde_json::to_string(said)?))
}

/// Says how far it is.
struct Telling;

impl Watch for Telling {
    fn on_begin(&self, run: u32) {
        // Who does not listen any more ends this process.
        let _ = tell(&Said::Begun(run));
    }

    fn on_end(&self, run: u32) {
        let _ = tell(&Said::Over(run));
    }
}
