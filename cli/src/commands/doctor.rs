//! `segue doctor`: what is wrong here, and what to do.

use std::path::PathBuf;
use std::time::Duration;

use serde::Serialize;

use crate::args::{DEFAULT_POLICY, Doctor};
use crate::doctor::network::Surroundings;
use crate::doctor::{
    self, Check, Finding, Verdict, clock, library, network, plugins, settings, sound,
};
use crate::error::Error;
use crate::print::{self, BAD, DOUBTFUL, GOOD};
use crate::start::Start;

#[derive(Serialize)]
struct Told {
    check: &'static str,
    #[serde(flatten)]
    finding: Finding,
}

pub fn run(args: &Doctor, start: &'static Start) -> Result<(), Error> {
    let mut all: Vec<Told> = Vec::new();
    let mut printed = Ok(());
    doctor::examine(checks(args, start), |check, findings| {
        for finding in findings {
            if !args.json && printed.is_ok() {
                printed = print::result(&line(check, &finding));
            }
            all.push(Told { check, finding });
        }
    });
    printed?;
    if args.json {
        print::json(&all)?;
    }
    let problems = all
        .iter()
        .filter(|told| told.finding.verdict == Verdict::Problem)
        .count();
    match problems {
        0 => Ok(()),
        some => Err(Error::Problems(some)),
    }
}

fn checks(args: &Doctor, start: &'static Start) -> Vec<Check> {
    let seconds = Duration::from_secs;
    let policy = start.default_of("play", "policy").into_iter().next();
    let policy = policy.unwrap_or_else(|| DEFAULT_POLICY.to_owned());
    let folders: Vec<PathBuf> = start
        .default_of("share", "paths")
        .into_iter()
        .map(PathBuf::from)
        .collect();
    let device = start.default_of("play", "device").into_iter().next();
    let around = Surroundings {
        discovery_port: start.args.globals.discovery_port,
        named: args.peers.peers.clone(),
        named_by_settings: !start.was_said("peers"),
    };
    vec![
        Check::new("program", seconds(5), settings::program),
        Check::new("settings", seconds(5), || {
            settings::look(start.place.as_ref(), start.configured())
        }),
        Check::new("plugins", seconds(20), move || {
            plugins::look(&start.args.globals, &policy)
        }),
        Check::new("network", seconds(15), move || network::look(&around)),
        Check::new("folders", seconds(15), move || library::look(&folders)),
        Check::new("sound", seconds(10), move || sound::look(device.as_deref())),
        Check::new("clock", seconds(10), clock::look),
    ]
}

/// `ok  network: ...`, and below it what to do.
fn line(check: &str, finding: &Finding) -> String {
    let (style, verdict) = match finding.verdict {
        Verdict::Ok => (GOOD, "ok"),
        Verdict::Warning => (DOUBTFUL, "warning"),
        Verdict::Problem => (BAD, "problem"),
    };
    let remedy = finding
        .remedy
        .as_ref()
        .map_or_else(String::new, |remedy| format!("\n{:9}{remedy}", ""));
    format!(
        "{style}{verdict:8}{style:#} {check}: {}{remedy}",
        finding.text
    )
}
