//! An experiment at work in threads of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use iced::Task;
use iced::futures::channel::mpsc::{self, Sender};
use segue_core::playback::Playable;
use segue_lab::experiment::{Conduct, Experiment, Simulator, Watch};
use segue_lab::report::Chapter;
use segue_lab::run::Keep;
use segue_lab::scenario::{Contender, Scenario, Track};
use segue_lab::strangers::{self, Workers};
use segue_policy_host::Registry;
use segue_transport::LocalFile;

use super::Message;
use crate::{TRY, WORK};

/// A worker that ends no run for so long hangs, as on the command line.
const PATIENCE: Duration = Duration::from_secs(60);

/// What is to be compared.
pub struct Wish {
    /// The scenario's name, or the path of its file.
    pub origin: String,
    pub scenario: Scenario,
    pub contenders: Vec<Contender>,
}

/// An experiment that is under way.
pub struct Job {
    /// Runs that are over, as last told.
    pub over: u64,
    /// The scenario's name, or the path of its file.
    pub origin: String,
    progress: Arc<Progress>,
}

impl Job {
    /// Begins; the task tells how far it is, and at last what was found.
    pub fn start(wish: Wish) -> (Self, Task<Message>) {
        let (tell, told) = mpsc::channel(16);
        let progress = Arc::new(Progress {
            tell,
            over: AtomicU64::new(0),
            all: AtomicU64::new(0),
            stopped: AtomicBool::new(false),
        });
        let job = Self {
            over: 0,
            origin: wish.origin.clone(),
            progress: Arc::clone(&progress),
        };
        std::thread::spawn(move || {
            let found = segue_stage::registry([], &[TRY]).map_err(|error| error.to_string());
            let tell_runs = |runs| progress.all.store(runs, Ordering::Relaxed);
            let done = found.and_then(|found| compare(&found, wish, &*progress, tell_runs));
            let mut tell = progress.tell.clone();
            let mut done = Message::Done(done.map(Arc::new));
            // The window may have to read what was told before.
            while let Err(full) = tell.try_send(done) {
                if full.is_disconnected() {
                    break;
                }
                done = full.into_inner();
                std::thread::sleep(Duration::from_millis(10));
            }
        });
        (job, Task::stream(told))
    }

    /// Ends it: what every policy has played until then counts.
    pub fn stop(&self) {
        self.progress.stopped.store(true, Ordering::Relaxed);
    }

    /// Whether it is about to end.
    pub fn is_stopped(&self) -> bool {
        self.progress.is_stopped()
    }

    /// Runs of all policies together; 0 until it is known.
    pub fn all(&self) -> u64 {
        self.progress.all.load(Ordering::Relaxed)
    }
}

/// Tells about a hundred times how far it is.
struct Progress {
    tell: Sender<Message>,
    over: AtomicU64,
    all: AtomicU64,
    stopped: AtomicBool,
}

impl Watch for Progress {
    fn on_runs(&self, over: u64) {
        let before = self.over.fetch_add(over, Ordering::Relaxed);
        let step = (self.all.load(Ordering::Relaxed) / 100).max(1);
        if before / step != (before + over) / step {
            // If the window is behind, the next one tells.
            let _ = self.tell.clone().try_send(Message::Over(before + over));
        }
    }

    fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }
}

/// Does all runs; tells first how many there are, of all policies together.
pub fn compare(
    registry: &Registry,
    wish: Wish,
    watch: &dyn Watch,
    tell_runs: impl FnOnce(u64),
) -> Result<Chapter, String> {
    let file = match &wish.scenario.track {
        Track::File(path) => {
            let file = LocalFile::read(path);
            let file = file.map_err(|error| format!("{}: {error}", path.display()))?;
            Some(file.track().clone())
        }
        Track::Made { .. } => None,
    };
    let experiment = Experiment::new(registry, wish.scenario, &wish.contenders, file)
        .map_err(|error| error.to_string())?;
    tell_runs(experiment.runs());
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let workers = Workers {
        program,
        arguments: vec![WORK.into()],
        patience: PATIENCE,
    };
    let how = Conduct {
        threads: 0,
        first: match experiment.stage().scenario().track {
            // What it sounded like is in the log.
            Track::File(_) => Keep::Everything,
            Track::Made { .. } => Keep::Timeline,
        },
        watch,
        player: &Simulator,
    };
    let findings = strangers::conduct(&experiment, &how, &workers);
    let findings = findings.map_err(|error| error.to_string())?;
    Ok(Chapter {
        agreement: None,
        track: experiment.stage().track().clone(),
        results: findings.results,
        records: findings.records,
    })
}
