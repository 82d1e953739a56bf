//! The way to the node's thread: commands, and questions that it answers.
//!
//! Policies decide in that thread. One that does not come back keeps it for good,
//! and whoever asked would wait with it; who has not that patience is told instead.

use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

use tokio::sync::mpsc::UnboundedSender;

use crate::driver::Command;
use crate::peer::PeerError;
use crate::stopwatch::Vitals;

/// Where the answer to a question goes: there is room for one.
pub type Reply<T> = SyncSender<T>;

/// Answers come at once, unless a policy decides: so often it is looked whether
/// one does.
const LOOK: Duration = Duration::from_millis(20);

/// Clones lead to the same thread.
#[derive(Clone)]
pub struct Line {
    pub commands: UnboundedSender<Command>,
    pub vitals: Vitals,
    /// How long to wait for a policy that decides; `None`: for ever.
    pub patience: Option<Duration>,
}

impl Line {
    pub fn send(&self, command: Command) -> Result<(), PeerError> {
        self.commands.send(command).map_err(|_| PeerError::Gone)
    }

    /// Asks, and waits for the answer.
    ///
    /// # Errors
    /// When the thread is gone, or a policy keeps it for too long.
    pub fn ask<T>(&self, question: impl FnOnce(Reply<T>) -> Command) -> Result<T, PeerError> {
        // Nothing piles up before a thread that does not listen.
        if self.is_kept() {
            return Err(PeerError::Busy);
        }
        let (reply, answer) = sync_channel(1);
        self.send(question(reply))?;
        self.wait(&answer)
    }

    fn wait<T>(&self, answer: &Receiver<T>) -> Result<T, PeerError> {
        loop {
            match answer.recv_timeout(LOOK) {
                Ok(answer) => return Ok(answer),
                Err(RecvTimeoutError::Disconnected) => return Err(PeerError::Gone),
                Err(RecvTimeoutError::Timeout) if self.is_kept() => return Err(PeerError::Busy),
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }

    /// Whether a policy has been deciding for longer than the patience lasts.
    pub fn is_kept(&self) -> bool {
        let deciding = self.vitals.deciding();
        self.patience
            .zip(deciding)
            .is_some_and(|(patience, deciding)| deciding > patience)
    }
}

#[cfg(test)]
mod tests;
