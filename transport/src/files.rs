//! Reading packets by position, through a cache of bounded size.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::Arc;

use lru::LruCache;
use segue_core::mp3::PacketTable;
use segue_core::offer::Offer;
use segue_core::track::TrackId;

use crate::library::{Edition, SharedFile, Stamp, Table, Tables};

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
    tables: Option<Tables>,
    caches: Caches,
}

type Files = std::collections::BTreeMap<TrackId, Arc<SharedFile>>;

/// By the number of a file's state: one that changed shares nothing with what it
/// was, though it may be the same track.
struct Caches {
    blocks: LruCache<(u64, u64), Box<[u8]>>,
    open: LruCache<u64, Open>,
}

struct Open {
    track: TrackId,
    file: File,
    table: Arc<PacketTable>,
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
        self.tables = tables;
        self.close_outdated();
        offer
    }

    /// A deleted file takes room on the disk for as long as it is open.
    fn close_outdated(&mut self) {
        let outdated = |(number, open): (&u64, &Open)| {
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

    /// Appends packet `number` of a track to `to`. An error of kind `NotFound`,
    /// `UnexpectedEof` or `InvalidData` says that the file is not what it was.
    pub fn read(&mut self, track: TrackId, number: u32, to: &mut Vec<u8>) -> io::Result<()> {
        let file = self
            .files
            .get(&track)
            .or_else(|| self.lingering.get(&track))
            .ok_or(ErrorKind::NotFound)?;
        let tables = &mut self.tables;
        let open = self
            .caches
            .open
            .try_get_or_insert_mut(file.number, || Open::new(file, tables))?;
        let range = open.table.get(number).ok_or(ErrorKind::NotFound)?;
        let Range { mut start, end } = range;
        while start < end {
            let block = start / BLOCK_BYTES;
            let bytes = self
                .caches
                .blocks
                .try_get_or_insert((file.number, block), || open.read_block(block, file))?;
            let from = (start - block * BLOCK_BYTES) as usize;
            let until = bytes.len().min((end - block * BLOCK_BYTES) as usize);
            let part = bytes.get(from..until).filter(|part| !part.is_empty());
            let part = part.ok_or(ErrorKind::UnexpectedEof)?;
            to.extend_from_slice(part);
            start += part.len() as u64;
        }
        Ok(())
    }
}

impl Open {
    fn new(shared: &SharedFile, tables: &mut Option<Tables>) -> io::Result<Self> {
        let open = Self {
            track: shared.info.id,
            file: File::open(&shared.path)?,
            table: match &shared.table {
                Table::Held(table) => table.clone(),
                Table::Kept(id) => {
                    let table = tables
                        .as_mut()
                        .and_then(|tables| tables.load(*id, &shared.info));
                    let lost = || io::Error::new(ErrorKind::InvalidData, "its index is lost");
                    Arc::new(table.ok_or_else(lost)?)
                }
            },
        };
        open.check(shared)?;
        Ok(open)
    }

    /// Whoever replaces a file leaves us the old one, which is open; whoever
    /// writes into it does not.
    fn check(&self, shared: &SharedFile) -> io::Result<()> {
        if Stamp::of(&self.file.metadata()?) == shared.stamp {
            Ok(())
        } else {
            Err(io::Error::new(ErrorKind::InvalidData, "it was changed"))
        }
    }

    fn read_block(&mut self, block: u64, shared: &SharedFile) -> io::Result<Box<[u8]>> {
        let mut bytes = Vec::with_capacity(BLOCK_BYTES as usize);
        self.file.seek(SeekFrom::Start(block * BLOCK_BYTES))?;
        let mut part = Read::by_ref(&mut self.file).take(BLOCK_BYTES);
        part.read_to_end(&mut bytes)?;
        // Afterwards: a change while it was read counts, too.
        self.check(shared)?;
        tracing::trace!("read block {block} of {}", shared.path.display());
        Ok(bytes.into())
    }
}

#[cfg(test)]
pub(crate) mod tests;
