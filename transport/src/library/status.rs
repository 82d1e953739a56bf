//! How a library stands, for programs to show.

use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use segue_core::mp3::Notes;
use segue_core::track::{TrackId, TrackInfo};

use super::edition::Files;

/// A file that cannot be shared, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Which.
    pub path: PathBuf,
    /// Why, in words.
    pub reason: String,
}

/// A file that is shared though it is damaged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damaged {
    /// Which.
    pub path: PathBuf,
    /// What is wrong with it; shown, it says so in words.
    pub notes: Notes,
}

/// How a library stands.
#[derive(Clone, Debug, Default)]
pub struct LibraryStatus {
    /// Files found so far, those that cannot be shared included.
    pub found: usize,
    /// Files read since the start.
    pub indexed: usize,
    /// Files that the cache knew.
    pub from_cache: usize,
    /// Files that are still to be read.
    pub to_index: usize,
    /// Files that somebody is writing, as it seems: left alone until they are
    /// quiet.
    pub growing: usize,
    /// Bytes of files read since the start.
    pub bytes_read: u64,
    /// Bytes of files still to be read.
    pub bytes_to_read: u64,
    /// Tracks shared now.
    pub tracks: usize,
    /// Files that cannot be shared.
    pub refused: Arc<[Refused]>,
    /// Files that are shared though they are damaged.
    pub damaged: Arc<[Damaged]>,
    /// Whether all files that were there at the start have been looked at.
    pub complete: bool,
    /// Why changes may be noticed late, if so.
    pub unwatched: Option<String>,
}

/// Where the library's thread writes how it stands.
#[derive(Debug, Default)]
pub(super) struct Board {
    state: Mutex<State>,
    completed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    status: LibraryStatus,
    files: Arc<Files>,
    ended: bool,
}

impl Board {
    /// A panic elsewhere leaves it whole: it is replaced at once or not at all.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn status(&self) -> LibraryStatus {
        self.state().status.clone()
    }

    pub fn tracks(&self) -> Vec<TrackInfo> {
        let files = self.state().files.clone();
        files.values().map(|file| file.info.clone()).collect()
    }

    pub fn path_of(&self, track: TrackId) -> Option<PathBuf> {
        Some(self.state().files.get(&track)?.path.clone())
    }

    pub fn wait(&self, limit: Duration) -> bool {
        let waiting = |state: &mut State| !state.status.complete && !state.ended;
        let waited = self
            .completed
            .wait_timeout_while(self.state(), limit, waiting);
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        state.status.complete || state.ended
    }

    pub fn write(&self, status: LibraryStatus) {
        self.state().status = status;
        self.completed.notify_all();
    }

    pub fn publish(&self, files: Arc<Files>) {
        self.state().files = files;
    }

    /// Nothing more will come.
    pub fn end(&self) {
        self.state().ended = true;
        self.completed.notify_all();
    }
}
