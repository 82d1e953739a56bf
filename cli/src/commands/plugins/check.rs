//! `segue plugin check`: is this file what the contract says?

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use segue_policy_validator::{Report, Suite, Verdict};
use serde::Serialize;

use crate::args::Check;
use crate::error::Error;
use crate::print::{self, BAD, DOUBTFUL, GOOD};

pub fn run(args: &Check, json: bool) -> Result<(), Error> {
    let limit = Duration::from_secs_f64(args.limit);
    let report = report(
        &args.file,
        args.seed,
        limit,
        &args.with,
        args.only.as_deref(),
    )?;
    match json {
        true => print::json(&Told {
            failed: report.failed(),
            warnings: report.warnings(),
            report: &report,
        })?,
        false => tell(&report)?,
    }
    sound(&report)
}

#[derive(Serialize)]
struct Told<'a> {
    failed: usize,
    warnings: usize,
    #[serde(flatten)]
    report: &'a Report,
}

/// Runs the checks.
pub fn report(
    file: &Path,
    seed: u64,
    limit: Duration,
    with: &str,
    only: Option<&str>,
) -> Result<Report, Error> {
    file.metadata().map_err(|source| Error::Read {
        path: file.to_path_buf(),
        source,
    })?;
    let program = std::env::current_exe()?;
    let process = |name: &str| {
        let mut command = Command::new(&program);
        command.args(["plugins", "worker", "check", name, "--"]);
        command.arg(file).arg(seed.to_string()).arg(with);
        command
    };
    let suite = Suite {
        path: file.to_path_buf(),
        seed,
        limit,
        process: &process,
    };
    Ok(suite.run(only))
}

/// Fails if a check failed.
pub fn sound(report: &Report) -> Result<(), Error> {
    match report.failed() {
        0 => Ok(()),
        failed => Err(Error::Unsound {
            path: report.path.clone(),
            failed,
        }),
    }
}

/// Everything as text.
pub fn tell(report: &Report) -> Result<(), Error> {
    let path = report.path.display();
    print::result(&match &report.plugin {
        Some(about) => {
            let kind = if about.policy {
                "policy"
            } else {
                "network model"
            };
            format!("{} {} ({kind}), {path}", about.name, about.version)
        }
        None => path.to_string(),
    })?;
    let mut unasked: Vec<(&str, Vec<&str>)> = Vec::new();
    for result in &report.checks {
        if let Verdict::Skipped(why) = &result.verdict {
            match unasked.last_mut().filter(|(known, _)| known == why) {
                Some((_, names)) => names.push(result.name),
                None => unasked.push((why, vec![result.name])),
            }
            continue;
        }
        let (style, word, why) = match &result.verdict {
            Verdict::Passed => (GOOD, "ok", None),
            Verdict::Warning(why) => (DOUBTFUL, "warning", Some(why)),
            Verdict::Failed(why) => (BAD, "failed", Some(why)),
            Verdict::Skipped(_) => continue, // told below
        };
        let (name, question) = (result.name, result.question);
        print::result(&format!(
            "  {style}{word:<9}{style:#}  {name:<15} {question}"
        ))?;
        if let Some(why) = why {
            print::result(&format!("             {why}"))?;
        }
    }
    for (why, names) in unasked {
        let names = names.join(", ");
        print::result(&format!(
            "  {DOUBTFUL}not asked{DOUBTFUL:#}  {names}: {why}"
        ))?;
    }
    let checks = report.checks.len();
    let (failed, warnings) = (report.failed(), report.warnings());
    print::result(&format!(
        "{checks} checks with seed {}: {failed} failed, {warnings} warnings",
        report.seed
    ))
}
