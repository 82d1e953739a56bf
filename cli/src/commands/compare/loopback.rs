//! `segue compare --live`: scenes in real time, over this machine's sockets.

use std::error::Error as StdError;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use segue_core::scene::{Played, Scene};
use segue_lab::experiment::{Experiment, Player};
use segue_lab::scenario::Track;
use segue_transport::{SceneError, Stock, perform};

use super::files;
use crate::error::Error;

/// Runs at a time for each core, unless `--threads` says otherwise. A run with two
/// seeders of 45 packets/s keeps a core busy for a sixtieth of its time: so many
/// leave it idle nearly always, and seldom meet.
const RUNS_FOR_EACH_CORE: usize = 5;
/// Runs begin one after the other: making their nodes is most of their work.
const APART: Duration = Duration::from_millis(100);

/// Plays over sockets.
pub struct Live {
    stock: Stock,
    stopped: Arc<AtomicBool>,
    /// When the next run may begin.
    next: Mutex<Instant>,
}

impl Live {
    /// Makes the experiment's track ready to be served.
    pub fn new(experiment: &Experiment, stopped: Arc<AtomicBool>) -> Result<Self, Error> {
        let stock = match &experiment.stage().scenario().track {
            Track::File(path) => {
                let read = Stock::read(&files::track(path)?);
                read.map_err(|source| Error::Read {
                    path: path.clone(),
                    source,
                })?
            }
            Track::Made { .. } => Stock::made(experiment.stage().track().clone()),
        };
        Ok(Self {
            stock,
            stopped,
            next: Mutex::new(Instant::now()),
        })
    }

    fn wait_for_turn(&self) {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let turn = Instant::now().max(*next);
        *next = turn + APART;
        drop(next);
        std::thread::sleep(turn.saturating_duration_since(Instant::now()));
    }
}

impl Player for Live {
    fn is_live(&self) -> bool {
        true
    }

    fn play(&self, scene: Scene) -> Result<Option<Played>, Box<dyn StdError + Send + Sync>> {
        self.wait_for_turn();
        let is_stopped = || self.stopped.load(Ordering::Relaxed);
        match perform(scene, &self.stock, &is_stopped) {
            Ok(played) => Ok(Some(played)),
            Err(SceneError::Stopped) => Ok(None),
            Err(error) => Err(Box::new(error)),
        }
    }
}

/// How many runs at a time, if nobody says.
pub fn runs_at_a_time() -> usize {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    cores * RUNS_FOR_EACH_CORE
}
