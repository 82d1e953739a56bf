//! The tracks of a performance. Files are read while the first track plays.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::{io, thread};

use segue_core::playback::Playable;
use segue_playout::{Controls, ItemId};
use segue_stage::{Part, Stage};
use segue_transport::{LocalFile, Peer, Remote, TrackEntry};

use crate::find::{Found, Unread};

/// What plays, in order, as far as it is known; clones share it.
#[derive(Clone)]
pub struct Programme {
    stage: Arc<Stage>,
    controls: Controls,
    /// More than one track was asked for.
    pub several: bool,
    known: Arc<Mutex<Known>>,
    over: Arc<AtomicBool>,
}

/// A track that is about to be queued.
enum Entry {
    Known(Arc<dyn Playable>, Part),
    Unread(Unread),
}

#[derive(Default)]
struct Known {
    parts: Vec<Arc<Part>>,
    /// Those behind them, of which little is known.
    unread: usize,
    /// Files that were named and cannot be played.
    failed: usize,
    /// To be told.
    notes: Vec<String>,
}

impl Programme {
    /// Queues all tracks up to the first file that is yet to be read; it and all
    /// behind it follow from a thread of their own.
    pub fn queue(
        stage: Arc<Stage>,
        controls: &Controls,
        peer: &Peer,
        tracks: Vec<Found>,
    ) -> io::Result<Self> {
        let programme = Self {
            stage,
            controls: controls.clone(),
            several: tracks.len() > 1,
            known: Arc::default(),
            over: Arc::default(),
        };
        programme.known().unread = tracks.len();
        let entries = tracks.into_iter().map(|found| programme.entry(found, peer));
        let mut tracks: VecDeque<_> = entries.collect();
        let is_known = |entry: &mut Entry| matches!(entry, Entry::Known(..));
        while let Some(entry) = tracks.pop_front_if(is_known) {
            programme.add(entry);
        }
        if !tracks.is_empty() {
            let more = controls.more_to_come();
            let adding = programme.clone();
            thread::Builder::new()
                .name("segue-read".to_owned())
                .spawn(move || {
                    for entry in tracks {
                        if adding.over.load(Ordering::Relaxed) {
                            break;
                        }
                        adding.add(entry);
                    }
                    drop(more);
                })?;
        }
        Ok(programme)
    }

    fn entry(&self, found: Found, peer: &Peer) -> Entry {
        match found {
            Found::Peers(TrackEntry { track, .. }) => {
                let part = Part::new(track.clone(), false, Arc::clone(&self.stage));
                let remote = Remote::new(peer, track, part.sessions());
                Entry::Known(Arc::new(remote), part)
            }
            Found::File(file) => self.file(*file),
            Found::Unread(unread) => Entry::Unread(unread),
        }
    }

    fn file(&self, file: LocalFile) -> Entry {
        let part = Part::new(file.track().clone(), true, Arc::clone(&self.stage));
        Entry::Known(Arc::new(file), part)
    }

    fn add(&self, entry: Entry) {
        let (playable, part) = match entry {
            Entry::Known(playable, part) => (playable, part),
            Entry::Unread(unread) => match unread.read() {
                Ok(file) => return self.add(self.file(file)),
                Err(error) => {
                    let mut known = self.known();
                    known.unread -= 1;
                    known.failed += usize::from(unread.named);
                    known.notes.push(format!("segue: {error}"));
                    return;
                }
            },
        };
        // Before the player tells of it, it is known here.
        let mut known = self.known();
        let item = self.controls.insert(usize::MAX, playable);
        known.parts.push(Arc::new(part.queued(item)));
        known.unread -= 1;
    }

    /// A track, by its number from 0.
    pub fn part(&self, number: usize) -> Arc<Part> {
        Arc::clone(&self.known().parts[number])
    }

    /// The number of an entry of the queue.
    pub fn number(&self, item: Option<ItemId>) -> Option<usize> {
        self.known().parts.iter().position(|part| part.item == item)
    }

    /// How many there are, those included that may turn out not to play.
    pub fn all(&self) -> usize {
        let known = self.known();
        known.parts.len() + known.unread
    }

    /// Files that were named and cannot be played.
    pub fn failed(&self) -> usize {
        self.known().failed
    }

    /// What is to be told of the files that were read since the last call.
    pub fn take_notes(&self) -> Vec<String> {
        std::mem::take(&mut self.known().notes)
    }

    /// No more is read.
    pub fn close(&self) {
        self.over.store(true, Ordering::Relaxed);
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
