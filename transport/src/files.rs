//! Reading packets by position, through a cache of bounded size.

mod fetch;

use std::io::{self, ErrorKind};
use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::{Arc, Mutex};

use lru::LruCache;
use segue_core::offer::Offer;
use segue_core::track::TrackId;

use crate::library::{Edition, SharedFile, Tables};
use crate::stock::Stock;
use fetch::Open;
pub use fetch::{Fetch, Fetched};

/// Bytes read at once, and how many such blocks are kept: 16 MiB in all. A
/// block is about a second of music at 320 kb/s for each of 400 listeners.
const BLOCK_BYTES: u64 = 40 << 10;
const BLOCKS: NonZeroUsize = NonZeroUsize::new(400).unwrap();
/// Files kept open, with their tables. Half of what some systems allow a program
/// (256 on macOS): sockets, the sound and the library's own reading need some,
/// too. More listeners than that take turns.
const OPEN_FILES: NonZeroUsize = NonZeroUsize::new(128).unwrap();

/// Packets of a library's tracks.
#[derive(Default)]
pub struct Packets {
    files: Arc<Files>,
    /// Tracks that left the library while somebody listens to them: as long as
    /// their files are open, they can be read.
    lingering: Files,
    tables: Option<Arc<Mutex<Tables>>>,
    caches: Caches,
    /// Served from memory, whatever the library holds.
    stock: Option<Stock>,
}

type Files = std::collections::BTreeMap<TrackId, Arc<SharedFile>>;

/// By the number of a file's state: one that changed shares nothing with what it
/// was, though it may be the same track.
struct Caches {
    blocks: LruCache<(u64, u64), Box<[u8]>>,
    open: LruCache<u64, Arc<Open>>,
}

impl Default for Caches {
    fn default() -> Self {
        Self {
            blocks: LruCache::new(BLOCKS),
            open: LruCache::new(OPEN_FILES),
        }
    }
}

impl Packets {
    /// Serves a track from memory.
    pub fn take_stock(&mut self, stock: Stock) {
        self.stock = Some(stock);
    }

    /// Serves this edition from now on. Tracks that are not in it any more, but
    /// `in_use` and still open, are served beside it. Answers what there is to
    /// offer.
    pub fn adopt(&mut self, edition: Edition, in_use: impl Fn(TrackId) -> bool) -> Offer {
        let Edition {
            files,
            mut offer,
            tables,
        } = edition;
        let before = std::mem::replace(&mut self.files, files);
        let opened = |file: &SharedFile| self.caches.open.contains(&file.number);
        let left = before.iter().filter(|(id, _)| !self.files.contains_key(id));
        let left = left.filter(|(id, file)| opened(file) && in_use(**id));
        let left: Vec<_> = left.map(|(&id, file)| (id, file.clone())).collect();
        self.lingering.extend(left);
        self.lingering
            .retain(|id, _| !self.files.contains_key(id) && in_use(*id));
        for file in self.lingering.values() {
            offer.serve_too(&file.info);
        }
        self.tables = tables.map(|tables| Arc::new(Mutex::new(tables)));
        self.close_outdated();
        offer
    }

    /// A deleted file takes room on the disk for as long as it is open.
    fn close_outdated(&mut self) {
        let outdated = |(number, open): (&u64, &Arc<Open>)| {
            let now = self.file(open.track);
            now.is_none_or(|file| file.number != *number)
                .then_some(*number)
        };
        let outdated: Vec<_> = self.caches.open.iter().filter_map(outdated).collect();
        for number in outdated {
            self.caches.open.pop(&number);
        }
    }

    fn file(&self, track: TrackId) -> Option<&Arc<SharedFile>> {
        let files = self.files.get(&track);
        files.or_else(|| self.lingering.get(&track))
    }

    /// Tracks that nobody listens to any more, though they were read until now.
    pub fn left_alone(&mut self, in_use: impl Fn(TrackId) -> bool) -> Vec<TrackId> {
        if self.lingering.is_empty() {
            return Vec::new();
        }
        let idle = self.lingering.keys().filter(|id| !in_use(**id));
        let idle: Vec<_> = idle.copied().collect();
        for id in &idle {
            if let Some(file) = self.lingering.remove(id) {
                self.caches.open.pop(&file.number);
            }
        }
        idle
    }

    /// Leaves a track out from now on; answers the file that it was in.
    pub fn forget(&mut self, track: TrackId) -> Option<Arc<SharedFile>> {
        let file = match self.lingering.remove(&track) {
            Some(file) => file,
            None => Arc::make_mut(&mut self.files).remove(&track)?,
        };
        self.caches.open.pop(&file.number);
        Some(file)
    }

    /// Whether a track is served.
    pub fn has(&self, track: TrackId) -> bool {
        self.file(track).is_some()
    }

    /// Appends packet `number` of a track to `to`, if it is at hand. Answers what
    /// is to be read first, if it is not: that may wait, so it is done elsewhere,
    /// and [`Packets::keep`] takes what came of it.
    ///
    /// # Errors
    /// There is no such packet, or the file ends before it: it is not what it was.
    pub fn read(
        &mut self,
        track: TrackId,
        number: u32,
        to: &mut Vec<u8>,
    ) -> io::Result<Option<Fetch>> {
        if let Some(stock) = self
            .stock
            .as_ref()
            .filter(|stock| stock.track().id == track)
        {
            to.extend_from_slice(stock.packet(number).ok_or(ErrorKind::NotFound)?);
            return Ok(None);
        }
        let shared = self.file(track).ok_or(ErrorKind::NotFound)?.clone();
        let open = self.caches.open.get(&shared.number);
        let Some(open) = open else {
            return Ok(Some(self.fetch(shared, number, None)));
        };
        let Range { mut start, end } = open.table.get(number).ok_or(ErrorKind::NotFound)?;
        let before = to.len();
        while start < end {
            let block = start / BLOCK_BYTES;
            let Some(bytes) = self.caches.blocks.get(&(shared.number, block)) else {
                to.truncate(before);
                let open = open.clone();
                return Ok(Some(self.fetch(shared, number, Some(open))));
            };
            let from = (start - block * BLOCK_BYTES) as usize;
            let until = bytes.len().min((end - block * BLOCK_BYTES) as usize);
            let part = bytes.get(from..until).filter(|part| !part.is_empty());
            let part = part.ok_or(ErrorKind::UnexpectedEof)?;
            to.extend_from_slice(part);
            start += part.len() as u64;
        }
        Ok(None)
    }

    fn fetch(&self, shared: Arc<SharedFile>, packet: u32, open: Option<Arc<Open>>) -> Fetch {
        Fetch {
            shared,
            packet,
            open,
            tables: self.tables.clone(),
        }
    }

    /// Takes what was read. Answers for which packet of which track, and whether
    /// it could be read: an error of kind `NotFound`, `UnexpectedEof` or
    /// `InvalidData` says that the file is not what it was.
    pub fn keep(&mut self, fetched: Fetched) -> (TrackId, u32, io::Result<()>) {
        let Fetched {
            shared,
            packet,
            result,
        } = fetched;
        let track = shared.info.id;
        let now = self.file(track).map(|file| file.number);
        if now != Some(shared.number) {
            return (track, packet, Ok(())); // of another file by now
        }
        let result = result.map(|(open, blocks)| {
            self.caches.open.put(shared.number, open);
            for (block, bytes) in blocks {
                self.caches.blocks.put((shared.number, block), bytes);
            }
        });
        (track, packet, result)
    }
}

#[cfg(test)]
pub(crate) mod tests;
