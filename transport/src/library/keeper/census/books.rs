//! The census's books: what is shared, what was refused, and what is new since
//! the last edition.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use segue_core::mp3::Notes;
use segue_core::track::TrackInfo;

use super::{Census, Entry};
use crate::library::cache::{Cache, Tables};
use crate::library::edition::{Files, SharedFile, Table};
use crate::library::stamp::Stamp;
use crate::library::status::{Damaged, LibraryStatus, Refused};

impl Census {
    pub(super) fn share(
        &mut self,
        path: &Path,
        stamp: Stamp,
        info: TrackInfo,
        notes: Notes,
        table: Table,
    ) {
        tracing::debug!("{} is {}", path.display(), info.id.short());
        let file = SharedFile {
            number: self.next_number,
            path: path.to_owned(),
            stamp,
            info,
            notes,
            table,
        };
        self.next_number += 1;
        self.set(path, Entry::Track(Arc::new(file)));
    }

    /// From now on, each change is worth a word.
    pub fn speak(&mut self) {
        self.aloud = true;
    }

    pub(super) fn set(&mut self, path: &Path, entry: Entry) {
        if self.aloud {
            let path = path.display();
            match &entry {
                Entry::Track(file) => tracing::info!("shared now: {path} ({})", file.info.label()),
                Entry::Refused(_, reason) => tracing::info!("not shared: {path}: {reason}"),
                Entry::Queued(_) => tracing::info!("reading {path}"),
                Entry::Growing(_) => tracing::debug!("{path} is left alone until it is quiet"),
            }
        }
        self.count(&entry, true);
        if let Some(before) = self.entries.insert(path.to_owned(), entry) {
            self.count(&before, false);
        }
    }

    pub(super) fn remove(&mut self, path: &Path) {
        if let Some(before) = self.entries.remove(path) {
            if self.aloud {
                tracing::info!("shared no more: {}", path.display());
            }
            self.count(&before, false);
        }
    }

    /// A file, or a folder with all that was in it, is gone.
    pub fn forget(&mut self, path: &Path) {
        let below = self.entries.range(path.to_owned()..);
        let below = below.take_while(|(at, _)| at.starts_with(path));
        let below: Vec<_> = below.map(|(at, _)| at.clone()).collect();
        for path in below {
            self.remove(&path);
        }
    }

    fn count(&mut self, entry: &Entry, comes: bool) {
        match entry {
            Entry::Track(file) => {
                self.fresh += 1;
                self.lost_any |= !comes;
                self.dirty_since.get_or_insert_with(Instant::now);
                self.odd |= !file.notes.is_clean();
            }
            Entry::Refused(..) => self.odd = true,
            Entry::Growing(_) if comes => self.growing += 1,
            Entry::Growing(_) => self.growing -= 1,
            Entry::Queued(_) => {}
        }
    }

    #[cfg(test)]
    pub fn knows(&self, path: &Path) -> bool {
        self.entries.contains_key(path)
    }

    pub fn found(&self) -> usize {
        self.entries.len()
    }

    /// How many tracks came or went since the last edition.
    pub fn fresh(&self) -> usize {
        self.fresh
    }

    /// Since when there has been something for an edition.
    pub fn dirty_since(&self) -> Option<Instant> {
        self.dirty_since
    }

    /// Whether a track went.
    pub fn lost_any(&self) -> bool {
        self.lost_any
    }

    pub fn is_growing(&self) -> bool {
        self.growing > 0
    }

    /// Lets other programs see what the cache got, and write to it.
    pub fn commit(&mut self) {
        if let Some(cache) = &mut self.cache {
            cache.commit();
        }
    }

    /// The next edition's files. Of equal tracks, the first by path is taken.
    pub fn files(&mut self) -> Files {
        self.commit(); // they are to find their tables
        self.fresh = 0;
        self.dirty_since = None;
        self.lost_any = false;
        let mut files = Files::new();
        for file in self.shared() {
            files.entry(file.info.id).or_insert_with(|| file.clone());
        }
        files
    }

    fn shared(&self) -> impl Iterator<Item = &Arc<SharedFile>> {
        self.entries.values().filter_map(|entry| match entry {
            Entry::Track(file) => Some(file),
            _ => None,
        })
    }

    pub fn tables(&self) -> Option<Tables> {
        self.cache.as_ref().map(Cache::tables)
    }

    pub fn status(&mut self) -> LibraryStatus {
        if std::mem::take(&mut self.odd) {
            let refused = self.entries.iter().filter_map(|(path, entry)| match entry {
                Entry::Refused(_, reason) => Some(Refused {
                    path: path.clone(),
                    reason: reason.clone(),
                }),
                _ => None,
            });
            self.status.refused = refused.collect();
            let damaged = self.shared().filter(|file| !file.notes.is_clean());
            self.status.damaged = damaged
                .map(|file| Damaged {
                    path: file.path.clone(),
                    notes: file.notes,
                })
                .collect();
        }
        self.status.found = self.entries.len();
        self.status.growing = self.growing;
        self.status.clone()
    }
}
