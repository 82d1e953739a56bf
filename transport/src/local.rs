//! Tracks in files of this machine, as entries of a queue: neither network nor
//! policy is in the way.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use segue_core::index::{IndexError, IndexedTrack, index};
use segue_core::mp3::PacketTable;
use segue_core::playback::{FrameSource, Gone, OpenError, Opening, Playable, Playback, Start};
use segue_core::track::TrackInfo;

use crate::library::label;

/// Bytes read at once: some seconds of music.
const BLOCK_BYTES: u64 = 128 << 10;

/// A track in a file.
#[derive(Clone, Debug)]
pub struct LocalFile {
    track: TrackInfo,
    table: Arc<PacketTable>,
    path: PathBuf,
}

impl LocalFile {
    /// Reads a file once, to find its packets.
    ///
    /// # Errors
    /// When it cannot be read, or Segue does not play it.
    pub fn read(path: &Path) -> Result<Self, IndexError> {
        let IndexedTrack { info, table, .. } = index(File::open(path)?, &label(path))?;
        Ok(Self::new(info, Arc::new(table), path.to_owned()))
    }

    /// Of a file that was read before.
    pub fn new(track: TrackInfo, table: Arc<PacketTable>, path: PathBuf) -> Self {
        Self { track, table, path }
    }

    /// Where in the file each packet is.
    pub fn table(&self) -> &PacketTable {
        &self.table
    }

    pub(crate) fn shared_table(&self) -> Arc<PacketTable> {
        Arc::clone(&self.table)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Playable for LocalFile {
    fn track(&self) -> &TrackInfo {
        &self.track
    }

    fn open(&self, opening: Opening) -> Result<Box<dyn FrameSource>, OpenError> {
        let failed = |error: io::Error| {
            let reason = format!("{}: {error}", self.path.display());
            OpenError::new(&self.track, reason)
        };
        let mut frames = LocalFrames {
            local: self.clone(),
            file: File::open(&self.path).map_err(failed)?,
            next: opening.start.first(),
            asked: 0,
            block: Vec::new(),
            block_at: 0,
        };
        frames.fill(frames.next).map_err(failed)?;
        Ok(Box::new(frames))
    }
}

struct LocalFrames {
    local: LocalFile,
    file: File,
    next: u32,
    asked: u32,
    /// Bytes of the file from `block_at` on.
    block: Vec<u8>,
    block_at: u64,
}

impl LocalFrames {
    /// Brings a packet into the block, if there is such a packet.
    fn fill(&mut self, packet: u32) -> io::Result<()> {
        let Some(range) = self.local.table.get(packet) else {
            return Ok(());
        };
        let here = self.block_at..self.block_at + self.block.len() as u64;
        if !here.contains(&range.start) || range.end > here.end {
            self.block.clear();
            self.block_at = range.start;
            self.file.seek(SeekFrom::Start(range.start))?;
            let mut block = self.file.by_ref().take(BLOCK_BYTES);
            block.read_to_end(&mut self.block)?;
        }
        Ok(())
    }

    fn frame(&mut self, packet: u32) -> io::Result<Option<Arc<[u8]>>> {
        let Some(range) = self.local.table.get(packet) else {
            return Ok(None);
        };
        self.fill(packet)?;
        let from = (range.start - self.block_at) as usize;
        let frame = self
            .block
            .get(from..from + (range.end - range.start) as usize);
        let frame = frame.ok_or(io::ErrorKind::UnexpectedEof)?;
        Ok(Some(frame.into()))
    }
}

impl FrameSource for LocalFrames {
    fn track(&self) -> &TrackInfo {
        &self.local.track
    }

    fn ask(&mut self) {
        self.asked += 1;
    }

    fn next(&mut self, patience: Duration) -> Result<Option<Playback>, Gone> {
        if self.asked == 0 {
            std::thread::sleep(patience);
            return Ok(None);
        }
        self.asked -= 1;
        let packet = self.next;
        let frame = self.frame(packet).map_err(|error| {
            tracing::warn!("{}: {error}", self.local.path.display());
            Gone
        })?;
        self.next += u32::from(frame.is_some());
        Ok(Some(frame.map_or(Playback::End, |bytes| Playback::Frame {
            packet,
            bytes,
        })))
    }

    fn seek(&mut self, start: Start) -> Result<(), OpenError> {
        (self.next, self.asked) = (start.first(), 0);
        Ok(())
    }
}
