//! Noticing that files change.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::mpsc::Sender;
use std::time::Duration;

use notify::event::{AccessKind, AccessMode, EventKind};
use notify::{ErrorKind, Event, RecommendedWatcher, RecursiveMode, Watcher};

use super::keeper::Message;
use super::places::Place;

/// Even where everything is watched, all is looked at again this often: changes
/// made by other machines make no event.
const CHECK: Duration = Duration::from_secs(300);
/// And this often where something is not watched.
const CHECK_UNWATCHED: Duration = Duration::from_secs(30);

/// Watches folders until dropped.
pub(super) struct Watch {
    watcher: Option<RecommendedWatcher>,
    watched: BTreeSet<PathBuf>,
    /// Why not everything is watched.
    trouble: Option<String>,
}

impl Watch {
    pub fn new(messages: Sender<Message>) -> Self {
        let on_event = move |event: notify::Result<Event>| {
            let message = match event {
                Ok(event) if event.need_rescan() => Message::Rescan,
                Ok(event) if is_reading(event.kind) => return,
                Ok(event) => Message::Touched(event.paths),
                Err(error) => Message::WatchFailed(text(&error)),
            };
            // Fails when the library ended, which is no matter.
            let _ = messages.send(message);
        };
        let watcher = notify::recommended_watcher(on_event);
        Self {
            trouble: watcher.as_ref().err().map(text),
            watcher: watcher.ok(),
            watched: BTreeSet::new(),
        }
    }

    /// Watches what is not watched yet and can be.
    pub fn arm(&mut self, places: &[Place]) {
        let Some(watcher) = &mut self.watcher else {
            return;
        };
        // Folders first: a watch on one may be more than a file in it needs.
        let (folders, files): (Vec<_>, Vec<_>) = places.iter().partition(|place| place.is_folder);
        for place in folders.into_iter().chain(files) {
            let folder = place.folder();
            if !folder.is_dir() {
                // It was taken away, and its watch with it.
                self.watched.remove(folder);
            } else if !self.watched.contains(folder) {
                let mode = match place.is_folder {
                    true => RecursiveMode::Recursive,
                    false => RecursiveMode::NonRecursive,
                };
                match watcher.watch(folder, mode) {
                    Ok(()) => drop(self.watched.insert(folder.to_owned())),
                    Err(error) => self.trouble = Some(text(&error)),
                }
            }
        }
    }

    /// Something is not watched.
    pub fn failed(&mut self, why: String) {
        self.trouble = Some(why);
    }

    /// What was here is gone, and its watch with it.
    pub fn lost(&mut self, path: &Path) {
        self.watched.remove(path);
    }

    /// Why changes may be noticed late.
    pub fn trouble(&self) -> Option<&String> {
        self.trouble.as_ref()
    }

    /// How soon all is to be looked at again, if that took so long the last
    /// time: never more than a small part of the time.
    pub fn pause(&self, took: Duration, places: &[Place]) -> Duration {
        let all = places
            .iter()
            .all(|place| self.watched.contains(place.folder()));
        let pause = if self.trouble.is_none() && all {
            CHECK
        } else {
            CHECK_UNWATCHED
        };
        pause.max(took * 50)
    }
}

/// Our own reading makes events, too.
fn is_reading(kind: EventKind) -> bool {
    let written = EventKind::Access(AccessKind::Close(AccessMode::Write));
    kind.is_access() && kind != written
}

fn text(error: &notify::Error) -> String {
    match &error.kind {
        ErrorKind::MaxFilesWatch => "the system's limit of watched folders is reached".into(),
        ErrorKind::Io(error) => error.to_string(),
        _ => error.to_string(),
    }
}
