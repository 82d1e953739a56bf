//! Plays a queue of tracks through one output: asks, waits, decodes, plays.
//!
//! One track is a queue of one. Tracks follow each other without a gap: the
//! output stays open, each decoder trims its track to the sample, and the next
//! track is opened before the current one ends. At most two are open at once.

mod ahead;
mod controls;
mod deck;
mod gain;
mod opened;
mod progress;
mod queue;
mod run;

use std::thread::{self, JoinHandle};

use segue_core::playback::OpenError;
use segue_core::track::TrackInfo;

use crate::decode::DecodeError;
use crate::output::{Output, OutputError};

pub use controls::{Controls, MoreToCome};
pub use opened::opened;
pub use progress::{Ending, Event, Outcome, Progress, State};
pub use queue::{Item, ItemId};
use run::{Outlet, Run};

/// Opens an output for a track.
pub type OpenOutput = Box<dyn FnMut(&TrackInfo) -> Result<Box<dyn Output>, OutputError> + Send>;

/// Playing failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlayError {
    /// The output failed.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// The track cannot be had.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The track cannot be decoded.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// No thread to play in.
    #[error("cannot start the playing thread: {0}")]
    Thread(#[source] std::io::Error),
    /// A bug of ours.
    #[error("the playing thread panicked; please report this with the track's name")]
    Panicked,
}

/// A queue at work, in a thread of its own.
#[derive(Debug)]
pub struct Player {
    controls: Controls,
    thread: Option<JoinHandle<Result<Outcome, PlayError>>>,
}

impl Player {
    /// Plays what is queued in `controls`, and what is added until the last track
    /// ends; then it ends itself. The output is open already: for programs that
    /// want to know first whether it can be had.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(output: Box<dyn Output>, controls: Controls) -> Result<Self, PlayError> {
        let outlet = Outlet {
            paced: output.paced(),
            output: Some(output),
            open: None,
        };
        Self::run(outlet, controls)
    }

    /// Waits for [`Controls::play`], and for more whenever the queue is over,
    /// until [`Controls::quit`]. The output is opened when there is something to
    /// play, and closed when there is not; `paced` says whether it keeps time.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn stay(open: OpenOutput, paced: bool, controls: Controls) -> Result<Self, PlayError> {
        let outlet = Outlet {
            output: None,
            open: Some(open),
            paced,
        };
        Self::run(outlet, controls)
    }

    fn run(outlet: Outlet, controls: Controls) -> Result<Self, PlayError> {
        let shared = controls.clone();
        let thread = thread::Builder::new()
            .name("segue-player".to_owned())
            .spawn(move || Run::new(shared, outlet).until_over())
            .map_err(PlayError::Thread)?;
        Ok(Self {
            controls,
            thread: Some(thread),
        })
    }

    /// To watch and steer it with, from anywhere.
    pub fn controls(&self) -> Controls {
        self.controls.clone()
    }

    /// Whether it has ended, so that [`Player::join`] would not wait.
    pub fn is_finished(&self) -> bool {
        self.thread.as_ref().is_none_or(JoinHandle::is_finished)
    }

    /// Waits for the end; answers how the last track went.
    ///
    /// # Errors
    /// When the output failed, or the last track could not be played.
    pub fn join(mut self) -> Result<Outcome, PlayError> {
        let ended = self.thread.take().map(JoinHandle::join);
        ended
            .and_then(Result::ok)
            .unwrap_or(Err(PlayError::Panicked))
    }
}

impl Drop for Player {
    /// Ends it, without waiting.
    fn drop(&mut self) {
        self.controls.quit();
    }
}

#[cfg(test)]
mod tests;
