//! Tracks in files of this machine, as entries of a queue: neither network nor
//! policy is in the way.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use segue_core::index::{IndexError, IndexedTrack, index};
use segue_core::mp3::PacketTable;
use segue_core::playback::{FrameSource, Gone, OpenError, Opening, Playable, Playback, Start};
use segue_core::track::TrackInfo;

use crate::library::{Stamp, label};

/// Bytes read at once: some seconds of music.
const BLOCK_BYTES: u64 = 128 << 10;

/// A track in a file.
#[derive(Clone, Debug)]
pub struct LocalFile {
    track: TrackInfo,
    table: Arc<PacketTable>,
    path: PathBuf,
    /// Of the state in which the packets are where the table says.
    stamp: Stamp,
}

impl LocalFile {
    /// Reads a file once, to find its packets.
    ///
    /// # Errors
    /// When it cannot be read, or Segue does not play it.
    pub fn read(path: &Path) -> Result<Self, IndexError> {
        let file = File::open(path)?;
        // Before it is read: what is written meanwhile is noticed later.
        let stamp = Stamp::of(&file.metadata()?);
        let IndexedTrack { info, table, .. } = index(file, &label(path))?;
        Ok(Self {
            track: info,
            table: Arc::new(table),
            path: path.to_owned(),
            stamp,
        })
    }

    /// The same track in what the file has become since: tags are written at any
    /// time, and move all packets.
    fn anew(&self) -> io::Result<Self> {
        let gone = |why: String| io::Error::other(format!("the file was changed{why}"));
        let now = Self::read(&self.path).map_err(|error| gone(format!(": {error}")))?;
        if now.track.id != self.track.id {
            return Err(gone(" and holds other music now".to_owned()));
        }
        Ok(Self {
            track: self.track.clone(), // as it was announced
            ..now
        })
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
    /// Brings a packet into the block; answers where it is there, if there is such
    /// a packet.
    fn fill(&mut self, packet: u32) -> io::Result<Option<Range<usize>>> {
        let Some(mut range) = self.local.table.get(packet) else {
            return Ok(None);
        };
        let here = self.block_at..self.block_at + self.block.len() as u64;
        if !here.contains(&range.start) || range.end > here.end {
            self.read_block(range.start)?;
            // Afterwards: a change while it was read counts, too. Who replaces a
            // file leaves us the old one, which is open; who writes into it does not.
            if self.stamp()? != self.local.stamp {
                self.local = self.local.anew()?;
                self.file = File::open(&self.local.path)?;
                range = self.local.table.get(packet).unwrap_or_default();
                self.read_block(range.start)?;
                if self.stamp()? != self.local.stamp {
                    return Err(io::Error::other("the file is being written"));
                }
            }
        }
        let from = (range.start - self.block_at) as usize;
        let until = from + (range.end - range.start) as usize;
        if until > self.block.len() {
            return Err(io::Error::other("the file ends too early"));
        }
        Ok(Some(from..until))
    }

    fn read_block(&mut self, from: u64) -> io::Result<()> {
        self.block.clear();
        self.block_at = from;
        self.file.seek(SeekFrom::Start(from))?;
        let mut block = self.file.by_ref().take(BLOCK_BYTES);
        block.read_to_end(&mut self.block)?;
        Ok(())
    }

    fn stamp(&self) -> io::Result<Stamp> {
        Ok(Stamp::of(&self.file.metadata()?))
    }

    fn frame(&mut self, packet: u32) -> io::Result<Option<Arc<[u8]>>> {
        let place = self.fill(packet)?;
        Ok(place.map(|place| self.block[place].into()))
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

    /// Plays a file that is changed after it was opened: how many frames came, and
    /// what it said if it did not play to the end.
    fn changed(change: impl Fn(&Path)) -> (usize, Result<(), String>) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.mp3");
        std::fs::write(&path, mp3(5000)).unwrap();
        let opening = Opening {
            start: Start::BEGINNING,
            paced: false,
        };
        let mut frames = LocalFile::read(&path).unwrap().open(opening).unwrap();
        change(&path);
        // Some systems tell the time of a change in steps that a test is faster than.
        let file = File::options().append(true).open(&path).unwrap();
        let later = file.metadata().unwrap().modified().unwrap() + Duration::from_secs(1);
        file.set_modified(later).unwrap();
        for count in 0.. {
            frames.ask();
            match frames.next(Duration::ZERO) {
                Ok(Some(Playback::Frame { bytes, .. })) => assert_eq!(bytes[..], mp3(1)),
                Ok(Some(Playback::End)) => return (count, Ok(())),
                Ok(other) => panic!("{other:?}"),
                Err(gone) => return (count, Err(gone.to_string())),
            }
        }
        unreachable!()
    }

    #[test]
    fn other_music_in_a_file_that_plays_is_told_and_not_played() {
        let cut = changed(|path| {
            let file = File::options().write(true).open(path).unwrap();
            file.set_len(200_000).unwrap();
        });
        let no_music = changed(|path| std::fs::write(path, vec![7; 520_000]).unwrap());
        // Frames in the same places, of the same length: only the sound is another.
        let other = changed(|path| {
            let mut other = mp3(5000);
            other[100 * 104 + 50] = 1;
            std::fs::write(path, other).unwrap();
        });
        for (count, said) in [cut, no_music, other] {
            let said = said.unwrap_err();
            assert!(said.contains("a.mp3: the file was changed"), "{said}");
            // What had been read by then was as it should be.
            assert!((1000..2000).contains(&count), "{count} frames");
        }
    }

    #[test]
    fn tags_written_into_a_file_that_plays_are_not_heard() {
        let tagged = changed(|path| {
            let tag = [b"ID3\x04\0\0\0\0\x07\x76".as_slice(), &[0; 1014]].concat();
            std::fs::write(path, [tag, mp3(5000)].concat()).unwrap();
        });
        let replaced = changed(|path| {
            let new = path.with_extension("new");
            std::fs::write(&new, vec![7; 520_000]).unwrap();
            std::fs::rename(new, path).unwrap();
        });
        assert_eq!(tagged, (5000, Ok(())));
        assert_eq!(replaced, (5000, Ok(())));
    }
}
