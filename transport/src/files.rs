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

    /// The tracks.
    pub fn library(&self) -> &Library {
        &self.library
    }

    /// Leaves a track out from now on.
    pub fn forget(&mut self, track: TrackId) {
        self.library.remove(track);
        self.files.pop(&track);
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

#[cfg(test)]
mod tests {
    use super::*;

    /// A file of more blocks than one, each frame different.
    fn shared(frames: u32) -> (tempfile::TempDir, Vec<Vec<u8>>, Library) {
        let frames: Vec<Vec<u8>> = (0..frames)
            .map(|number| {
                let mut frame = vec![0xff, 0xfb, 0x90, 0x64]; // 128 kb/s, 44.1 kHz
                frame.extend(number.to_le_bytes());
                frame.resize(417, 0);
                frame
            })
            .collect();
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("track.mp3");
        std::fs::write(&path, frames.concat()).unwrap();
        let library = Library::open(&[path], |_, _, _| {}).unwrap();
        (dir, frames, library)
    }

    #[test]
    fn every_packet_is_whole_wherever_blocks_end() {
        let (_dir, frames, library) = shared(500);
        let track = library.tracks().next().unwrap().id;
        let mut packets = Packets::new(library);
        let mut bytes = Vec::new();
        for number in (0..500).rev() {
            bytes.clear();
            packets.read(track, number, &mut bytes).unwrap();
            assert!(bytes == frames[number as usize], "packet {number}");
        }
        assert_eq!(packets.blocks.len(), 500 * 417 / BLOCK_BYTES as usize + 1);
        assert!(packets.read(track, 500, &mut bytes).is_err());
        assert!(packets.read(TrackId([0; 32]), 0, &mut bytes).is_err());
    }

    #[test]
    fn a_file_that_became_shorter_is_an_error_and_no_panic() {
        let (dir, _, library) = shared(500);
        let track = library.tracks().next().unwrap().id;
        let path = dir.path().join("track.mp3");
        let file = File::options().write(true).open(path).unwrap();
        file.set_len(1000).unwrap();
        let mut packets = Packets::new(library);
        let mut bytes = Vec::new();
        packets.read(track, 1, &mut bytes).unwrap();
        assert!(packets.read(track, 2, &mut bytes).is_err());
        assert!(packets.read(track, 499, &mut bytes).is_err());
    }
}
