//! Reading packets by position, through a cache of bounded size.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::num::NonZeroUsize;
use std::ops::Range;
use std::path::Path;

use lru::LruCache;
use segue_core::track::TrackId;

use crate::library::Library;

/// Bytes read at once, and how many such blocks are kept: 16 MiB in all. A
/// block is about a second of music at 320 kb/s for each of 400 listeners.
const BLOCK_BYTES: u64 = 40 << 10;
const BLOCKS: NonZeroUsize = NonZeroUsize::new(400).unwrap();
/// Files kept open.
const OPEN_FILES: NonZeroUsize = NonZeroUsize::new(64).unwrap();

/// Packets of a library's tracks.
pub struct Packets {
    library: Library,
    blocks: LruCache<(TrackId, u64), Box<[u8]>>,
    files: LruCache<TrackId, File>,
}

impl Packets {
    pub fn new(library: Library) -> Self {
        Self {
            library,
            blocks: LruCache::new(BLOCKS),
            files: LruCache::new(OPEN_FILES),
        }
    }

    /// Appends packet `number` of a track to `to`.
    pub fn read(&mut self, track: TrackId, number: u32, to: &mut Vec<u8>) -> io::Result<()> {
        let range = self
            .library
            .get(track)
            .and_then(|shared| shared.table.get(number))
            .ok_or(io::ErrorKind::NotFound)?;
        let Range { mut start, end } = range;
        while start < end {
            let block = start / BLOCK_BYTES;
            let bytes = self.block(track, block)?;
            let from = (start - block * BLOCK_BYTES) as usize;
            let until = bytes.len().min((end - block * BLOCK_BYTES) as usize);
            let part = bytes.get(from..until).filter(|part| !part.is_empty());
            let part = part.ok_or(io::ErrorKind::UnexpectedEof)?;
            to.extend_from_slice(part);
            start += part.len() as u64;
        }
        Ok(())
    }

    fn block(&mut self, track: TrackId, block: u64) -> io::Result<&[u8]> {
        let (library, files) = (&self.library, &mut self.files);
        let bytes = self.blocks.try_get_or_insert((track, block), || {
            let shared = library.get(track).ok_or(io::ErrorKind::NotFound)?;
            let file = files.try_get_or_insert_mut(track, || File::open(&shared.path))?;
            read_block(file, block, &shared.path)
        })?;
        Ok(bytes)
    }
}

fn read_block(file: &mut File, block: u64, path: &Path) -> io::Result<Box<[u8]>> {
    let mut bytes = Vec::with_capacity(BLOCK_BYTES as usize);
    file.seek(SeekFrom::Start(block * BLOCK_BYTES))?;
    file.by_ref().take(BLOCK_BYTES).read_to_end(&mut bytes)?;
    tracing::trace!("read block {block} of {}", path.display());
    Ok(bytes.into())
}
