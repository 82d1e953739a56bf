//! All checks, each in a process of its own.

use std::collections::VecDeque;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::result;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use segue_policy_host::child::{self, Ended};
use segue_policy_host::{CreateError, Kind, ParamInfo, ParamKind, Plugin, PluginSpec, trial};
use serde::{Deserialize, Serialize};

use crate::{CHECKS, Check, Subject, Verdict, Work, loading};

/// How to run checks.
pub struct Suite<'a> {
    /// The plugin's file.
    pub path: PathBuf,
    /// Where everything random comes from.
    pub seed: u64,
    /// A check that takes longer hangs.
    pub limit: Duration,
    /// Makes the process that runs the check of this name and prints what
    /// [`answer`] says.
    pub process: &'a (dyn Fn(&str) -> Command + Sync),
}

/// What a suite found.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The plugin's file.
    pub path: PathBuf,
    /// What the plugin says that it is, if it could be loaded.
    pub plugin: Option<About>,
    /// The seed: with it, everything comes out again.
    pub seed: u64,
    /// One for each check that was asked for and is for this kind of plugin.
    pub checks: Vec<Result>,
}

/// What a plugin says that it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// Policy or network model.
    pub policy: bool,
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Of its file.
    pub hash: String,
}

/// What one check found.
#[derive(Clone, Debug, Serialize)]
pub struct Result {
    /// The check's name.
    pub name: &'static str,
    /// What it asked.
    pub question: &'static str,
    /// What it found.
    #[serde(flatten)]
    pub verdict: Verdict,
    /// How long it took, seconds.
    pub seconds: f64,
}

/// What a process answers.
#[derive(Serialize, Deserialize)]
struct Answer {
    verdict: Verdict,
    plugin: Option<About>,
}

impl Report {
    /// How many checks failed.
    pub fn failed(&self) -> usize {
        let failed = |result: &&Result| matches!(result.verdict, Verdict::Failed(_));
        self.checks.iter().filter(failed).count()
    }

    /// How many warn.
    pub fn warnings(&self) -> usize {
        let warns = |result: &&Result| matches!(result.verdict, Verdict::Warning(_));
        self.checks.iter().filter(warns).count()
    }
}

impl Suite<'_> {
    /// Runs all checks, or one.
    pub fn run(&self, only: Option<&str>) -> Report {
        let wanted = |check: &&Check| only.is_none_or(|name| name == check.name);
        let mut report = Report {
            path: self.path.clone(),
            plugin: None,
            seed: self.seed,
            checks: Vec::new(),
        };
        let (loads, uses): (Vec<_>, Vec<_>) = CHECKS
            .iter()
            .partition(|check| matches!(check.work, Work::Load(_)));
        let mut broken = None;
        // Without loading nothing else can be asked; so that is always looked
        // at, also when it is not to be told.
        for check in loads {
            let (result, about) = match broken {
                Some(name) => (skipped(check, name), None),
                None => self.ask(check),
            };
            if matches!(result.verdict, Verdict::Failed(_)) {
                broken = Some(check.name);
            }
            report.plugin = about.or(report.plugin);
            if wanted(&check) || Some(check.name) == broken {
                report.checks.push(result);
            }
        }
        let kind = report.plugin.as_ref().map(|plugin| match plugin.policy {
            true => Kind::Policy,
            false => Kind::Network,
        });
        let fits = |check: &&Check| kind.is_none() || check.kind.is_none_or(|of| Some(of) == kind);
        let uses: Vec<&Check> = uses.into_iter().filter(wanted).filter(fits).collect();
        report.checks.extend(match broken {
            Some(name) => uses.iter().map(|check| skipped(check, name)).collect(),
            None => self.ask_all(&uses),
        });
        report
    }

    /// Some at once, but told in order.
    fn ask_all(&self, checks: &[&'static Check]) -> Vec<Result> {
        let left: Mutex<VecDeque<_>> = Mutex::new(checks.iter().enumerate().collect());
        let found = Mutex::new(Vec::new());
        let workers = thread::available_parallelism().map_or(2, |cores| cores.get().min(8));
        let work = || {
            while let Some((place, check)) = left.lock().ok().and_then(|mut all| all.pop_front()) {
                let (result, _) = self.ask(check);
                if let Ok(mut found) = found.lock() {
                    found.push((place, result));
                }
            }
        };
        thread::scope(|scope| {
            for _ in 0..workers {
                scope.spawn(work);
            }
        });
        let mut found = found.into_inner().unwrap_or_default();
        found.sort_by_key(|(place, _)| *place);
        found.into_iter().map(|(_, result)| result).collect()
    }

    fn ask(&self, check: &'static Check) -> (Result, Option<About>) {
        let begun = Instant::now();
        let ended = child::run(&mut (self.process)(check.name), self.limit);
        let answer = match &ended {
            Ok(Ended::Well(said)) => trial::last_line::<Answer>(said),
            _ => None,
        };
        let (verdict, plugin) = match (answer, ended) {
            (Some(answer), _) => (answer.verdict, answer.plugin),
            (None, Ok(ended)) => (Verdict::Failed(ended.to_string()), None),
            (None, Err(error)) => (
                Verdict::Failed(format!("its process cannot be started: {error}")),
                None,
            ),
        };
        let result = Result {
            name: check.name,
            question: check.question,
            verdict,
            seconds: begun.elapsed().as_secs_f64(),
        };
        (result, plugin)
    }
}

fn skipped(check: &Check, broken: &str) -> Result {
    Result {
        name: check.name,
        question: check.question,
        verdict: Verdict::Skipped(format!("`{broken}` failed")),
        seconds: 0.0,
    }
}

/// What the process does that runs one check: the line that it has to print,
/// or `None` if there is no such check. `settings` are as in a
/// [`PluginSpec`]: `key=value,...`, or empty.
pub fn answer(name: &str, path: &Path, settings: &str, seed: u64) -> Option<String> {
    let check = CHECKS.iter().find(|check| check.name == name)?;
    let about = |plugin: Plugin| About {
        policy: plugin.kind() == Kind::Policy,
        name: plugin.name().to_owned(),
        version: plugin.version().to_owned(),
        hash: plugin.hash().to_owned(),
    };
    let answer = match check.work {
        Work::Load(step) => Answer {
            verdict: loading::check(path, step),
            plugin: Plugin::load(path).ok().map(about),
        },
        Work::Use(work) => Answer {
            verdict: match subject(path, settings, seed) {
                Ok(subject) => work(&subject),
                Err(verdict) => verdict,
            },
            plugin: None,
        },
    };
    serde_json::to_string(&answer).ok()
}

fn subject(path: &Path, settings: &str, seed: u64) -> result::Result<Subject, Verdict> {
    let failed = |error: &dyn fmt::Display| Verdict::Failed(error.to_string());
    let plugin = Plugin::load(path).map_err(|error| failed(&error))?;
    let configured = match settings {
        "" => plugin.defaults(),
        some => {
            let spec = format!("{}:{some}", plugin.name()).parse::<PluginSpec>();
            let spec = spec.map_err(|error| failed(&error))?;
            plugin.configure(&spec).map_err(|error| failed(&error))?
        }
    };
    let wants_file = |param: &ParamInfo| param.kind == ParamKind::File;
    let tried = match plugin.kind() {
        Kind::Policy => configured.policy(seed).map(drop),
        Kind::Network => configured.network(seed).map(drop),
    };
    match tried {
        // Without its file there is nothing to look at.
        Err(CreateError::Refused { why, .. })
            if settings.is_empty() && plugin.params().iter().any(wants_file) =>
        {
            Err(Verdict::Skipped(format!("{why} (here: --with)")))
        }
        Err(error) => Err(failed(&error)),
        Ok(()) => Ok(Subject { seed, configured }),
    }
}
