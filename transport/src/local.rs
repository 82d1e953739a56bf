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
        // Frames begin with eleven set bits: what does not was put there later.
        match frame {
            Some(frame @ [0xff, 0xe0..=0xff, ..]) => Ok(Some(frame.into())),
            _ => Err(io::Error::other("the file was changed while it played")),
        }
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
            let path = self.local.path.display();
            Gone::because(format!("{path}: {error}"))
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Frames of silence, 104 bytes each.
    fn mp3(frames: usize) -> Vec<u8> {
        let mut frame = [0; 104];
        frame[..4].copy_from_slice(&[0xff, 0xfb, 0x10, 0xc0]);
        frame.repeat(frames)
    }

    /// What a file plays after its first frames if it is changed then.
    fn changed(change: impl Fn(&Path)) -> Gone {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.mp3");
        std::fs::write(&path, mp3(5000)).unwrap();
        let opening = Opening {
            start: Start::BEGINNING,
            paced: false,
        };
        let mut frames = LocalFile::read(&path).unwrap().open(opening).unwrap();
        change(&path);
        loop {
            frames.ask();
            match frames.next(Duration::ZERO) {
                Ok(Some(Playback::End)) => panic!("it played on to the end"),
                Ok(_) => {}
                Err(gone) => return gone,
            }
        }
    }

    #[test]
    fn a_file_that_changes_while_it_plays_says_so() {
        let cut = changed(|path| {
            let file = File::options().write(true).open(path).unwrap();
            file.set_len(200_000).unwrap();
        });
        let other = changed(|path| std::fs::write(path, vec![7; 520_000]).unwrap());
        for gone in [cut, other] {
            let text = gone.to_string();
            assert!(
                text.contains("a.mp3") && text.contains("was changed"),
                "{text}"
            );
        }
    }
}
