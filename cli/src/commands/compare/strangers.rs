//! Policies that did not come with the program play in processes of their own:
//! one that crashes or hangs spoils its own row only.

use std::process::Command;
use std::time::Duration;

use segue_core::metrics::Metrics;
use segue_lab::experiment::{Conduct, Experiment, ExperimentError, Findings, Simulator, Watch};
use segue_lab::results::{Results, Row};
use segue_lab::run::{Keep, Outcome, Record};
use segue_policy_host::child::{self, Ended};
use segue_policy_host::{PluginSpec, Registry};

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
    (number, place): (usize, usize),
    args: &Compare,
    how: &Conduct<'_>,
) -> Result<Vec<Outcome>, Error> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(std::env::args_os().skip(1));
    command.args(["--worker", &number.to_string(), &place.to_string()]);
    let mut found: Option<Vec<Outcome>> = None;
    let mut over = 0;
    let patience = Duration::from_secs_f64(args.patience);
    let ended = child::follow(&mut command, patience, |line| {
        if line == RUN_OVER {
            over += 1;
            how.watch.on_runs(1);
        } else if let Ok(outcomes) = serde_json::from_str(line) {
            found = Some(outcomes);
        }
    })?;
    if how.watch.is_stopped() {
        return Err(ExperimentError::Stopped.into());
    }
    if let (Some(outcomes), Ended::Well(_)) = (found, &ended) {
        return Ok(outcomes);
    }
    let scenario = experiment.stage().scenario();
    let (runs, seed) = (scenario.runs, scenario.seed);
    let fault = format!("{ended} (seed {seed}, {over} of {runs} runs were over)");
    let lost = Outcome {
        metrics: Metrics {
            unfinished: true,
            ..Metrics::default()
        },
        faults: vec![fault],
        ..Outcome::default()
    };
    how.watch.on_runs(u64::from(runs) - over);
    Ok(vec![lost; runs as usize])
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

const RUN_OVER: &str = "run over";

/// What the other process does.
pub fn work(
    experiments: &[Experiment],
    number: usize,
    place: usize,
    args: &Compare,
) -> Result<(), Error> {
    let Some(experiment) = experiments.get(number) else {
        return Ok(());
    };
    let findings = experiment.only(|other| other == place).conduct(&Conduct {
        threads: args.threads.map_or(0, usize::from),
        first: Keep::Outcome,
        watch: &Telling,
        player: &Simulator,
    })?;
    let outcomes = findings.results.rows.into_iter().next();
    let outcomes = outcomes.map(|row| row.outcomes).unwrap_or_default();
    print::result(&format!("\n{}", serde_json::to_string(&outcomes)?))
}

/// Says when a run is over.
struct Telling;

impl Watch for Telling {
    fn on_runs(&self, over: u64) {
        for _ in 0..over {
            // Who does not listen any more ends this process.
            let _ = print::result(RUN_OVER);
        }
    }
}
