//! All files that were found, and what is known of each.

mod books;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::library::cache::{Cache, Known};
use crate::library::edition::{SharedFile, Table};
use crate::library::places::Met;
use crate::library::stamp::Stamp;
use crate::library::status::LibraryStatus;
use crate::library::workers::{Job, Outcome};

/// A file is read when nobody wrote to it for so long.
const QUIET: Duration = Duration::from_millis(500);

enum Entry {
    Track(Arc<SharedFile>),
    /// `None`: it could not be read this time, or not even be looked at.
    Refused(Option<Stamp>, String),
    /// To be read, or being read.
    Queued(Stamp),
    /// Somebody writes to it, as it seems.
    Growing(Growing),
}

#[derive(Clone, Copy)]
struct Growing {
    stamp: Stamp,
    look_at: Instant,
    /// The first scan waits for it.
    first: bool,
}

pub(super) struct Census {
    cache: Option<Cache>,
    /// Files may still be on their way.
    cautious: bool,
    entries: BTreeMap<PathBuf, Entry>,
    growing: usize,
    jobs: VecDeque<Job>,
    next_number: u64,
    /// What a walk has met so far.
    met: Option<BTreeSet<PathBuf>>,
    first_walk: bool,
    /// Changes since the last edition.
    fresh: usize,
    lost_any: bool,
    dirty_since: Option<Instant>,
    status: LibraryStatus,
    odd: bool,
    /// Each change is worth a word.
    aloud: bool,
}

impl Census {
    pub fn new(cache: Option<Cache>, cautious: bool) -> Self {
        Self {
            cache,
            cautious,
            entries: BTreeMap::new(),
            growing: 0,
            jobs: VecDeque::new(),
            next_number: 0,
            met: None,
            first_walk: true,
            fresh: 0,
            lost_any: false,
            dirty_since: None,
            status: LibraryStatus::default(),
            odd: false,
            aloud: false,
        }
    }

    // -- looking -----------------------------------------------------------------

    pub fn begin_walk(&mut self) {
        self.met = Some(BTreeSet::new());
    }

    /// What no place met is gone.
    pub fn end_walk(&mut self) {
        let met = self.met.take().unwrap_or_default();
        let gone = self.entries.keys().filter(|path| !met.contains(*path));
        let gone: Vec<_> = gone.cloned().collect();
        for path in gone {
            self.remove(&path);
        }
        self.first_walk = false;
    }

    /// The walk met something.
    pub fn meet(&mut self, met: Met) {
        match met {
            Met::File(path, metadata) => self.look(&path, &metadata),
            Met::Unreadable(path, reason) => self.unreadable(&path, reason),
        }
    }

    /// Whether not all places were looked at yet.
    pub fn is_first_walk(&self) -> bool {
        self.first_walk
    }

    /// Looks at a file that was named by hand.
    pub fn look_named(&mut self, path: &Path) {
        match path.metadata() {
            Ok(metadata) => self.look(path, &metadata),
            Err(error) => self.unreadable(path, error.to_string()),
        }
    }

    fn unreadable(&mut self, path: &Path, reason: String) {
        self.note(path);
        self.set(path, Entry::Refused(None, reason));
    }

    fn note(&mut self, path: &Path) {
        if let Some(met) = &mut self.met {
            met.insert(path.to_owned());
        }
    }

    pub fn look(&mut self, path: &Path, metadata: &Metadata) {
        self.note(path);
        let stamp = Stamp::of(metadata);
        let known = match self.entries.get(path) {
            Some(Entry::Track(file)) => file.stamp == stamp,
            Some(Entry::Refused(of, _)) => *of == Some(stamp),
            Some(Entry::Queued(of)) => *of == stamp,
            Some(Entry::Growing(growing)) => growing.stamp == stamp,
            None => false,
        };
        if known {
            return;
        }
        match self
            .cache
            .as_mut()
            .and_then(|cache| cache.find(path, stamp))
        {
            Some(Known::Track { id, info, notes }) => {
                self.status.from_cache += 1;
                self.share(path, stamp, info, notes, Table::Kept(id));
            }
            Some(Known::Refused(reason)) => {
                self.status.from_cache += 1;
                self.set(path, Entry::Refused(Some(stamp), reason));
            }
            None if self.cautious && !stamp.is_older_than(QUIET + stamp.grain()) => {
                self.wait_for(path, stamp)
            }
            None => self.enqueue(path, stamp, false),
        }
    }

    fn wait_for(&mut self, path: &Path, stamp: Stamp) {
        let growing = Growing {
            stamp,
            look_at: Instant::now() + QUIET + stamp.grain(),
            first: self.first_walk,
        };
        self.set(path, Entry::Growing(growing));
    }

    fn enqueue(&mut self, path: &Path, stamp: Stamp, anew: bool) {
        self.set(path, Entry::Queued(stamp));
        self.status.bytes_to_read += stamp.bytes;
        self.jobs.push_back(Job {
            path: path.to_owned(),
            stamp,
            anew,
        });
    }

    /// Looks again at files that were growing.
    pub fn on_time(&mut self, now: Instant) {
        if self.growing == 0 {
            return;
        }
        let due: Vec<_> = self
            .entries
            .iter()
            .filter_map(|(path, entry)| match entry {
                Entry::Growing(growing) if growing.look_at <= now => {
                    Some((path.clone(), growing.stamp))
                }
                _ => None,
            })
            .collect();
        for (path, before) in due {
            match path.metadata().map(|metadata| Stamp::of(&metadata)) {
                Ok(stamp) if stamp == before => self.enqueue(&path, stamp, false),
                Ok(stamp) => self.wait_for(&path, stamp),
                Err(_) => self.remove(&path),
            }
        }
    }

    pub fn next_timer(&self) -> Option<Instant> {
        if self.growing == 0 {
            return None;
        }
        self.growing_files().map(|growing| growing.look_at).min()
    }

    fn growing_files(&self) -> impl Iterator<Item = &Growing> {
        self.entries.values().filter_map(|entry| match entry {
            Entry::Growing(growing) => Some(growing),
            _ => None,
        })
    }

    /// Whether files of the first walk are still given a moment to become quiet.
    pub fn is_waiting_for_first(&self) -> bool {
        self.first_walk || self.growing > 0 && self.growing_files().any(|growing| growing.first)
    }

    // -- reading -----------------------------------------------------------------

    pub fn has_jobs(&self) -> bool {
        !self.jobs.is_empty()
    }

    pub fn jobs(&self) -> usize {
        self.jobs.len()
    }

    /// The next file to read.
    pub fn next_job(&mut self) -> Option<Job> {
        loop {
            let job = self.jobs.pop_front()?;
            if self.is_current(&job) {
                return Some(job);
            }
            self.done(&job);
        }
    }

    fn is_current(&self, job: &Job) -> bool {
        matches!(self.entries.get(&job.path), Some(Entry::Queued(stamp)) if *stamp == job.stamp)
    }

    fn done(&mut self, job: &Job) {
        let left = self.status.bytes_to_read.saturating_sub(job.stamp.bytes);
        self.status.bytes_to_read = left;
    }

    pub fn on_read(&mut self, job: Job, outcome: Outcome) {
        self.done(&job);
        self.status.bytes_read += job.stamp.bytes;
        if !self.is_current(&job) {
            return; // it has changed again, or is gone
        }
        let Job { path, stamp, anew } = job;
        if !matches!(outcome, Outcome::Changed) {
            self.status.indexed += 1;
        }
        match outcome {
            Outcome::Track(track) => {
                let kept = self
                    .cache
                    .as_mut()
                    .and_then(|cache| cache.put_track(&path, stamp, &track, anew));
                let table = match kept {
                    Some(id) => Table::Kept(id),
                    None => Table::Held(Arc::new(track.table)),
                };
                self.share(&path, stamp, track.info, track.notes, table);
            }
            Outcome::Refused(reason) => {
                if let Some(cache) = &mut self.cache {
                    cache.put_refusal(&path, stamp, &reason);
                }
                self.set(&path, Entry::Refused(Some(stamp), reason));
            }
            // Without a stamp: the next look tries again.
            Outcome::Unreadable(reason) => self.set(&path, Entry::Refused(None, reason)),
            Outcome::Changed => match path.metadata() {
                Ok(metadata) => self.wait_for(&path, Stamp::of(&metadata)),
                Err(_) => self.remove(&path),
            },
        }
    }

    /// A file that could not be served as it is known. It is read again, whatever
    /// the cache says.
    pub fn suspect(&mut self, file: &SharedFile) {
        let path = &file.path;
        if !matches!(self.entries.get(path), Some(Entry::Track(now)) if now.number == file.number) {
            return; // known already
        }
        match path.metadata() {
            Ok(metadata) if Stamp::of(&metadata) == file.stamp => {
                self.enqueue(path, file.stamp, true);
            }
            Ok(metadata) => self.look(path, &metadata),
            Err(_) => self.remove(path),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_could_not_be_read_is_read_at_the_next_look() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.mp3");
        std::fs::write(&path, "music").unwrap();
        let metadata = path.metadata().unwrap();
        let mut census = Census::new(None, false);
        for outcome in [
            Outcome::Unreadable("no permission".into()),
            Outcome::Refused("no MP3".into()),
        ] {
            census.look(&path, &metadata);
            let job = census.next_job().expect("to be read");
            census.on_read(job, outcome);
        }
        census.look(&path, &metadata);
        assert!(!census.has_jobs(), "what it is for good is known");
    }
}
