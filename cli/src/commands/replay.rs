//! `segue replay`: other policies on what came in a recorded session.

use std::path::Path;

use segue_core::metrics::Metrics;
use segue_core::session_log::{Divergence, SessionLog};
use segue_lab::measure::{MEASURES, Measure};
use segue_policy_host::Registry;
use serde::Serialize;

use crate::args::{self, Globals};
use crate::error::Error;
use crate::rehearsal::{Role, rehearse};
use crate::{plugins, print, record};

/// One way the session went, or would have gone.
#[derive(Serialize)]
struct Run {
    policy: String,
    /// As it was, not as it would have been.
    recorded: bool,
    metrics: Metrics,
}

pub fn run(globals: &Globals, args: &args::Replay) -> Result<(), Error> {
    let log = record::read(&args.log)?;
    let registry = plugins::registry(globals)?;
    let mut runs = Vec::new();
    match as_it_was(&registry, &log, &args.log) {
        Ok(run) => runs.push(run),
        // Others can be tried all the same.
        Err(error) if !args.policies.is_empty() => print::note(&format!("segue: {error}")),
        Err(error) => return Err(error),
    }
    let mut failed = None;
    for text in &args.policies {
        let policy = segue_stage::policy(registry.plugins(), text)?;
        if let Err(error) = rehearse(&args.log, &policy, Role::Another) {
            failed = Some(error); // the others can be tried all the same
            continue;
        }
        let listener = log.rerun(policy.policy(log.begin.seed)?);
        runs.push(Run {
            policy: policy.spec().to_string(),
            recorded: false,
            metrics: listener.metrics(),
        });
    }
    if args.json {
        print::json(&runs)?;
        return failed.map_or(Ok(()), Err);
    }
    print::result(&table(&runs))?;
    if args.policies.is_empty() {
        print::note("Played again, it did exactly the same.");
    } else {
        print::note(
            "Of a policy that asks for other packets this tells only what it would have done with those that came.",
        );
    }
    failed.map_or(Ok(()), Err)
}

/// The recorded policy plays again, and must do the same.
fn as_it_was(registry: &Registry, log: &SessionLog, path: &Path) -> Result<Run, Error> {
    let policy = record::policy(registry, log, path)?;
    let begin = || policy.policy(log.begin.seed);
    if let Some(Divergence { output, .. }) = log.replay(begin()?) {
        return Err(Error::Diverges {
            policy: log.begin.policy.clone(),
            version: log.begin.policy_version.clone(),
            output,
        });
    }
    let listener = log.relive(begin()?, |_, _, _| {});
    Ok(Run {
        policy: log.begin.policy.clone(),
        recorded: true,
        metrics: listener.metrics(),
    })
}

/// A column for each policy, a row for each metric.
fn table(runs: &[Run]) -> String {
    let name = |run: &Run| match run.recorded {
        true => format!("{}\n(recorded)", run.policy),
        false => run.policy.clone(),
    };
    let names: Vec<_> = runs.iter().map(name).collect();
    let mut heads = vec!["metric"];
    heads.extend(names.iter().map(String::as_str));
    heads.push("meaning");
    let mut table = print::table(&heads);
    for measure in MEASURES {
        if runs
            .iter()
            .all(|run| measure.in_one(&run.metrics).is_none())
        {
            continue;
        }
        let mut row = vec![measure.name.to_owned()];
        row.extend(runs.iter().map(|run| value(measure, run)));
        row.push(measure.meaning.to_owned());
        table.add_row(row);
    }
    for run in runs.iter().filter(|run| run.metrics.unfinished) {
        print::note(&format!("{} never came to the end.", run.policy));
    }
    table.to_string()
}

fn value(measure: &Measure, run: &Run) -> String {
    let Some(value) = measure.in_one(&run.metrics) else {
        return "-".to_owned();
    };
    let text = format!("{} {}", measure.unit.value(value), measure.unit.sign());
    text.trim_end().to_owned()
}
