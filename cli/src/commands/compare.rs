//! `segue compare`: which policy on this network?

mod files;
mod listen;
pub mod loopback;
mod table;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use indicatif::ProgressBar;
use segue_core::playback::Playable;
use segue_lab::agreement::Agreement;
use segue_lab::experiment::{Conduct, Experiment, ExperimentError, Player, Simulator, Watch};
use segue_lab::report::{self, Chapter};
use segue_lab::results::Results;
use segue_lab::run::Keep;
use segue_lab::scenario::{Scenario, Track};
use segue_lab::strangers::{self, Workers};
use segue_policy_host::{PluginSpec, Registry};

use crate::args::{Compare, Globals};
use crate::error::Error;
use crate::{live, plugins, print};
use loopback::Live;

/// So many simulated runs at least say where live ones should be.
const SIMULATED_RUNS: u32 = 200;

/// What is compared on when nothing is said.
const DEFAULT_SCENARIO: &str = "wifi-bad";

pub fn run(globals: &Globals, args: &Compare) -> Result<(), Error> {
    let registry = plugins::registry(globals)?;
    let experiments = experiments(&registry, args)?;
    if let (Some(policy), Some(output)) = (&args.listen, &args.output) {
        return listen::run(&registry, &experiments, policy, output, &workers(args)?);
    }
    if let Some(folder) = &args.out {
        report::make_folder(folder)?; // better told before than after
    }
    let waiting = Waiting::new(experiments.iter().map(Experiment::runs).sum());
    let mut chapters = Vec::new();
    for experiment in &experiments {
        waiting
            .bar
            .set_message(experiment.stage().scenario().name.clone());
        match chapter(experiment, args, &waiting) {
            Err(Error::Experiment(ExperimentError::Stopped)) if !chapters.is_empty() => break,
            chapter => chapters.push(chapter?),
        }
    }
    waiting.bar.finish_and_clear();
    if let Some(folder) = &args.out {
        files::write(folder, &chapters)?;
    }
    show(&chapters, args)?;
    if let Some(folder) = &args.out {
        print::note(&format!("Report: {}", folder.join("report.html").display()));
    }
    match waiting.is_stopped() {
        true => Err(Error::Interrupted), // what was done until then is shown
        false => Ok(()),
    }
}

/// The scenarios as the command line changes them, with their policies.
fn experiments(registry: &Registry, args: &Compare) -> Result<Vec<Experiment>, Error> {
    let names = match args.scenario.is_empty() {
        true => vec![DEFAULT_SCENARIO.to_owned()],
        false => args.scenario.clone(),
    };
    let one = |name: &String| {
        let mut scenario = Scenario::open(name)?;
        scenario.runs = args.runs.unwrap_or(scenario.runs);
        scenario.seed = args.seed.unwrap_or(scenario.seed);
        if let Some(network) = &args.network {
            let chain = PluginSpec::parse_chain(network);
            scenario.set_network(chain.map_err(|source| Error::Spec {
                flag: "network",
                source,
            })?);
        }
        if let Some(what) = args.network_applies_to {
            scenario.applies_to = what.into();
        }
        if let Some(track) = &args.track {
            scenario.track = Track::File(track.clone());
        }
        if let Some(seconds) = args.length
            && !scenario.cut(seconds)
        {
            return Err(Error::Uncut(scenario.name));
        }
        let file = match &scenario.track {
            Track::File(path) => Some(files::track(path)?.track().clone()),
            Track::Made { .. } => None,
        };
        let experiment = Experiment::new(registry, scenario, &args.policy, file)?;
        Ok(experiment)
    };
    names.iter().map(one).collect()
}

/// What was found, with each policy's first run if somebody will look at it.
fn chapter(experiment: &Experiment, args: &Compare, waiting: &Waiting) -> Result<Chapter, Error> {
    let live = match args.live {
        true => Some(Live::new(experiment, Arc::clone(&waiting.stopped))?),
        false => None,
    };
    let player: &dyn Player = match &live {
        Some(live) => live,
        None => &Simulator,
    };
    let threads = args.threads.map(usize::from);
    let how = Conduct {
        threads: threads.unwrap_or_else(|| match args.live {
            true => loopback::runs_at_a_time(),
            false => 0,
        }),
        first: match (&args.out, args.log) {
            (None, _) => Keep::Outcome,
            (Some(_), false) => Keep::Timeline,
            (Some(_), true) => Keep::Everything,
        },
        watch: waiting,
        player,
    };
    let workers = workers(args)?;
    let findings = strangers::conduct(experiment, &how, &workers)?;
    let agreement = match args.agreement {
        true => Some(agreement(experiment, &findings.results, &workers, waiting)?),
        false => None,
    };
    Ok(Chapter {
        agreement,
        track: experiment.stage().track().clone(),
        results: findings.results,
        records: findings.records,
    })
}

/// Strangers are played by this program in processes of its own.
fn workers(args: &Compare) -> Result<Workers, Error> {
    Ok(Workers {
        program: std::env::current_exe()?,
        arguments: ["plugins", "worker", "compare"].map(Into::into).to_vec(),
        patience: Duration::from_secs_f64(args.patience),
    })
}

/// Live runs held against simulated ones with other losses, on a machine as late.
fn agreement(
    experiment: &Experiment,
    live: &Results,
    workers: &Workers,
    waiting: &Waiting,
) -> Result<Agreement, Error> {
    let seed = experiment.stage().scenario().seed.wrapping_add(1);
    let simulated = experiment
        .with_chance(seed, live.runs().max(SIMULATED_RUNS))
        .as_late_as(live);
    // Not stopped by Ctrl-C: it takes seconds, and minutes of live runs are done.
    let how = Conduct {
        threads: 0,
        first: Keep::Outcome,
        watch: &(),
        player: &Simulator,
    };
    let simulated = strangers::conduct(&simulated, &how, workers)?;
    waiting.bar.tick();
    Ok(Agreement::of(live, &simulated.results))
}

fn show(chapters: &[Chapter], args: &Compare) -> Result<(), Error> {
    if args.json {
        return match chapters {
            [only] => print::json(&only.to_json()),
            several => {
                let all: Vec<_> = several.iter().map(Chapter::to_json).collect();
                print::json(&all)
            }
        };
    }
    if args.csv {
        return print::result(report::csv(chapters)?.trim_end());
    }
    for (number, chapter) in chapters.iter().enumerate() {
        if number > 0 {
            print::result("")?;
        }
        print::result(&table::text(chapter))?;
    }
    Ok(())
}

/// A bar on the terminal, and Ctrl-C.
struct Waiting {
    bar: ProgressBar,
    stopped: Arc<AtomicBool>,
}

impl Waiting {
    fn new(runs: u64) -> Self {
        static STOPPED: OnceLock<Arc<AtomicBool>> = OnceLock::new();
        let stopped = STOPPED.get_or_init(|| {
            let stopped = Arc::new(AtomicBool::new(false));
            let told = Arc::clone(&stopped);
            // Without it Ctrl-C ends the program at once, which is as good.
            let _ = ctrlc::set_handler(move || told.store(true, Ordering::Relaxed));
            stopped
        });
        Self {
            bar: live::runs(runs),
            stopped: Arc::clone(stopped),
        }
    }
}

impl Watch for Waiting {
    fn on_runs(&self, over: u64) {
        self.bar.inc(over);
    }

    fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }
}
