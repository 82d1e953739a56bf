//! What a peer shares: MP3 files, found, indexed into packets and watched by a
//! thread of its own.
//!
//! What a cache knows is shared at once, the rest as it is indexed; files that
//! come, change, move or go are noticed while it runs. A file is read when its
//! [`Stamp`] is new, and not before it has been quiet for a moment: it may still
//! be on its way.

mod cache;
mod edition;
mod keeper;
mod places;
mod stamp;
mod status;
#[cfg(test)]
mod tests;
mod watch;
mod workers;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use segue_core::track::{TrackId, TrackInfo};

pub(crate) use cache::Tables;
pub(crate) use edition::{Edition, SharedFile, Table};
pub(crate) use stamp::Stamp;
pub use status::{Damaged, LibraryStatus, Refused};

use keeper::{Keeper, Message};
use places::Place;
use status::Board;

/// What to share, and how to keep it.
#[derive(Clone, Debug, Default)]
pub struct LibraryConfig {
    /// Folders with MP3 files, and MP3 files.
    pub paths: Vec<PathBuf>,
    /// Folder for what is found out about files; several programs may use one.
    /// `None`: nothing is kept, each start reads all files, and the packet tables
    /// stay in memory (about 10 kB for a track of four minutes).
    pub cache: Option<PathBuf>,
    /// Notice files that come, change and go. Without it, files are taken to be
    /// as they will stay.
    pub watch: bool,
}

/// Tracks to share. Clones are handles to the same library; its thread ends with
/// the last of them. The default one shares nothing.
#[derive(Clone, Debug, Default)]
pub struct Library {
    running: Option<Arc<Running>>,
}

#[derive(Debug)]
struct Running {
    messages: Sender<Message>,
    board: Arc<Board>,
    thread: Option<JoinHandle<()>>,
}

/// Nothing can be shared.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LibraryError {
    /// A folder or file that was named is not there.
    #[error("cannot share {}: {source}. Name a folder with MP3 files, or an MP3 file", path.display())]
    Missing {
        /// What was named.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Nothing in it can be played.
    #[error("no MP3 file in {paths}{}", hint(refused))]
    Empty {
        /// What was named.
        paths: String,
        /// Files that were looked at, and why they cannot be shared.
        refused: Arc<[Refused]>,
    },
    /// The thread cannot be started.
    #[error("cannot start: {0}")]
    System(#[from] io::Error),
}

fn hint(refused: &[Refused]) -> String {
    let each = refused.iter().take(5);
    let lines: String = each
        .map(|file| format!("\n  {}: {}", file.path.display(), file.reason))
        .collect();
    match refused.len().saturating_sub(5) {
        0 => lines,
        more => format!("{lines}\n  and {more} more"),
    }
}

impl Library {
    /// Starts looking for files. Answers at once; [`Library::status`] tells how
    /// it goes.
    ///
    /// # Errors
    ///
    /// A folder or file that was named is not there. One that has no MP3 file is
    /// no error: they may come.
    pub fn start(config: LibraryConfig) -> Result<Self, LibraryError> {
        let place = |path: &PathBuf| {
            Place::new(path).map_err(|source| LibraryError::Missing {
                path: path.clone(),
                source,
            })
        };
        let places = config.paths.iter().map(place).collect::<Result<_, _>>()?;
        let board = Arc::new(Board::default());
        let (messages, inbox) = channel();
        let keeper = Keeper::new(places, config, board.clone(), messages.clone(), inbox);
        let thread = thread::Builder::new()
            .name("segue-library".into())
            .spawn(move || keeper.run())?;
        Ok(Self {
            running: Some(Arc::new(Running {
                messages,
                board,
                thread: Some(thread),
            })),
        })
    }

    /// Indexes these folders and files, once, and waits until that is done.
    ///
    /// # Errors
    ///
    /// Something that was named is not there, or there is no track at all.
    pub fn open(paths: &[PathBuf]) -> Result<Self, LibraryError> {
        let library = Self::start(LibraryConfig {
            paths: paths.to_vec(),
            ..LibraryConfig::default()
        })?;
        while !library.wait(Duration::MAX) {}
        library.not_empty(paths)?;
        Ok(library)
    }

    /// An error if there is no track, for those who know that none will come.
    pub fn not_empty(&self, paths: &[PathBuf]) -> Result<(), LibraryError> {
        let status = self.status();
        if status.tracks > 0 {
            return Ok(());
        }
        let names = paths.iter().map(|path| path.display().to_string());
        Err(LibraryError::Empty {
            paths: names.collect::<Vec<_>>().join(", "),
            refused: status.refused,
        })
    }

    /// How it stands now. Never waits.
    pub fn status(&self) -> LibraryStatus {
        self.board(Board::status)
    }

    /// Waits until all files that were there at the start have been looked at,
    /// for at most `limit`; answers whether it is so.
    pub fn wait(&self, limit: Duration) -> bool {
        self.running
            .as_ref()
            .is_none_or(|running| running.board.wait(limit))
    }

    /// The tracks that are shared now, by id. Equal music in two files is one
    /// track.
    pub fn tracks(&self) -> Vec<TrackInfo> {
        self.board(Board::tracks)
    }

    /// The file that a track of this library is in.
    pub fn path_of(&self, track: TrackId) -> Option<PathBuf> {
        self.board(|board| board.path_of(track))
    }

    fn board<T: Default>(&self, look: impl FnOnce(&Board) -> T) -> T {
        let board = self.running.as_ref().map(|running| &running.board);
        board.map_or_else(T::default, |board| look(board))
    }

    /// Whether there is anything to serve, now or later.
    pub(crate) fn is_some(&self) -> bool {
        self.running.is_some()
    }

    /// Tells `subscriber` each edition from now on, the present one first, until
    /// it answers that nobody wants them any more.
    pub(crate) fn subscribe(&self, subscriber: impl Fn(Edition) -> bool + Send + 'static) {
        self.send(Message::Subscribe(Box::new(subscriber)));
    }

    /// A file is not as its index says, or cannot be read.
    pub(crate) fn suspect(&self, file: Arc<SharedFile>) {
        self.send(Message::Suspect(file));
    }

    fn send(&self, message: Message) {
        if let Some(running) = &self.running {
            // Its thread ends after the last handle only.
            let _ = running.messages.send(message);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.messages.send(Message::Stop);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// What a file is called: its name without folder and extension.
pub(crate) fn label(path: &Path) -> String {
    path.file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}
