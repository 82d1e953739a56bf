//! Noticing that plugin folders change.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

use notify::event::{AccessKind, AccessMode};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use thiserror::Error;

use crate::registry::Registry;

/// A copy in progress makes many events; they count as one when it has been
/// quiet for so long.
const QUIET: Duration = Duration::from_millis(300);

/// The folders cannot be watched; [`Registry::rescan`] still works.
#[derive(Debug, Error)]
#[error("plugin folders cannot be watched: {0}")]
pub struct WatchError(#[from] notify::Error);

/// Watches until dropped.
#[derive(Debug)]
pub struct Watch {
    stop: Sender<Message>,
}

enum Message {
    Event(Event),
    Stop,
}

impl Registry {
    /// Calls `on_change`, in a thread of its own, whenever files in the search
    /// path came, went or changed and it has been quiet for a moment. It is
    /// then time for a [`Registry::rescan`]; nothing may have changed for it.
    pub fn watch(&self, on_change: impl FnMut() + Send + 'static) -> Result<Watch, WatchError> {
        let (stop, messages) = mpsc::channel();
        let events = stop.clone();
        let watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            if let Ok(event) = event {
                // Fails when the watch ended, which is no matter.
                let _ = events.send(Message::Event(event));
            }
        })?;
        let folders = self.search_path().folders();
        let mut watched = Watched {
            watcher,
            places: folders.map(Place::new).collect(),
        };
        watched.arm();
        thread::Builder::new()
            .name("segue-plugin-watch".into())
            .spawn(move || run(&messages, &mut watched, on_change))
            .map_err(notify::Error::io)?;
        Ok(Watch { stop })
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        // Fails when the thread ended, which is no matter.
        let _ = self.stop.send(Message::Stop);
    }
}

fn run(messages: &Receiver<Message>, watched: &mut Watched, mut on_change: impl FnMut()) {
    let mut pending = false;
    loop {
        let next = if pending {
            messages.recv_timeout(QUIET)
        } else {
            messages.recv().map_err(|_| RecvTimeoutError::Disconnected)
        };
        match next {
            Ok(Message::Event(event)) => pending |= watched.concerns(&event),
            Ok(Message::Stop) | Err(RecvTimeoutError::Disconnected) => return,
            Err(RecvTimeoutError::Timeout) => {
                pending = false;
                on_change();
            }
        }
    }
}

struct Watched {
    watcher: RecommendedWatcher,
    places: Vec<Place>,
}

/// A place of the search path, and what is watched for it: the folder, or as
/// long as there is none, its nearest ancestor.
struct Place {
    path: PathBuf,
    at: Option<PathBuf>,
}

impl Place {
    fn new(path: &Path) -> Self {
        // As the system will name it in its events.
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
        let real = path.ancestors().find_map(|folder| {
            let rest = path.strip_prefix(folder).ok()?;
            Some(folder.canonicalize().ok()?.join(rest))
        });
        Self {
            path: real.unwrap_or(path),
            at: None,
        }
    }
}

impl Watched {
    /// Watches each place as near as possible; answers whether that changed.
    fn arm(&mut self) -> bool {
        let mut changed = false;
        for place in &mut self.places {
            // Until nothing nearer turns up: a folder may be made after the look
            // and before the watch, and then no event tells of it.
            loop {
                let nearest = place.path.ancestors().find(|folder| folder.is_dir());
                if place.at.as_deref() == nearest {
                    break;
                }
                // Folders can be watched twice; one left behind only costs events.
                if let Some(folder) = nearest
                    && let Err(error) = self.watcher.watch(folder, RecursiveMode::NonRecursive)
                {
                    tracing::warn!(folder = %folder.display(), "cannot watch: {error}");
                }
                place.at = nearest.map(Path::to_path_buf);
                changed = true;
            }
        }
        changed
    }

    fn concerns(&mut self, event: &Event) -> bool {
        let changes = match event.kind {
            EventKind::Access(AccessKind::Close(AccessMode::Write)) => true,
            EventKind::Access(_) => false, // reading is no change: rescans do it
            _ => true,
        };
        if !changes {
            return false;
        }
        if matches!(event.kind, EventKind::Remove(_)) {
            // With a folder goes its watch, also if it is there again already.
            for place in &mut self.places {
                place
                    .at
                    .take_if(|folder| event.paths.iter().any(|path| path == folder));
            }
        }
        let moved = self.arm();
        moved
            || event.paths.iter().any(|path| {
                self.places
                    .iter()
                    .any(|place| path.starts_with(&place.path) || place.path.starts_with(path))
            })
    }
}
