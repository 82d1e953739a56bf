//! The packets of a copy that have come so far: a file with one frame behind the
//! other, from the first one on, and nothing else.

use std::fs::{File, TryLockError};
use std::io::{self, BufReader, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use same_file::Handle;
use segue_core::mp3::header::HEADER_BYTES;
use segue_core::mp3::{FrameHeader, MAX_FRAME_BYTES};
use segue_core::track::TrackInfo;

use super::CopyError;

/// A copy that is not whole yet, and ours alone while it is open.
pub struct Part {
    path: PathBuf,
    file: File,
    packets: u32,
    bytes: u64,
    /// Nobody wants it any more.
    is_done: bool,
}

impl Part {
    /// Goes on with what is there of this track, or begins anew. What is cut off or
    /// no frame at its end is dropped.
    pub fn open(copy: &Path, track: &TrackInfo) -> Result<Self, CopyError> {
        // With the id: never packets of another track with this name.
        let stem = copy.file_stem().unwrap_or_default().to_string_lossy();
        let id = track.id.short();
        let path = copy.with_file_name(format!("{stem}.{id}.part"));
        let failed = CopyError::at(&path);
        let file = claim(&path)
            .map_err(&failed)?
            .ok_or_else(|| CopyError::Busy(copy.to_owned()))?;
        let (mut packets, mut bytes) = (0, 0);
        let mut part = Self {
            path: path.clone(),
            file,
            packets: track.packets,
            bytes: u64::MAX,
            is_done: false,
        };
        part.packets(|frame| {
            packets += 1;
            bytes += frame.len() as u64;
        })?;
        (part.packets, part.bytes) = (packets, bytes);
        part.file.set_len(bytes).map_err(&failed)?;
        part.file.seek(SeekFrom::End(0)).map_err(&failed)?;
        Ok(part)
    }

    /// How many packets are there.
    pub fn packets_here(&self) -> u32 {
        self.packets
    }

    /// Adds the next packet. `false`: it is no whole frame, so a peer lies.
    pub fn push(&mut self, frame: &[u8]) -> Result<bool, CopyError> {
        let whole = FrameHeader::parse(frame).is_some_and(|h| h.frame_bytes() == frame.len());
        if whole {
            self.file
                .write_all(frame)
                .map_err(CopyError::at(&self.path))?;
            self.packets += 1;
            self.bytes += frame.len() as u64;
        }
        Ok(whole)
    }

    /// Drops all packets.
    pub fn clear(&mut self) -> Result<(), CopyError> {
        (self.packets, self.bytes) = (0, 0);
        let cleared = self.file.set_len(0).and_then(|()| self.file.rewind());
        cleared.map_err(CopyError::at(&self.path))
    }

    /// Shows all packets, in order.
    pub fn packets(&self, mut on_packet: impl FnMut(&[u8])) -> Result<(), CopyError> {
        let mut reader = self.reader()?;
        let mut frame = [0; MAX_FRAME_BYTES];
        for _ in 0..self.packets {
            if reader.read_exact(&mut frame[..HEADER_BYTES]).is_err() {
                return Ok(());
            }
            let Some(header) = FrameHeader::parse(&frame) else {
                return Ok(());
            };
            let bytes = header.frame_bytes();
            let rest = frame.get_mut(HEADER_BYTES..bytes);
            if rest.is_none_or(|rest| reader.read_exact(rest).is_err()) {
                return Ok(());
            }
            on_packet(&frame[..bytes]);
        }
        Ok(())
    }

    /// Writes all packets.
    pub fn copy_to(&self, writer: &mut impl Write) -> Result<(), CopyError> {
        let mut reader = self.reader()?.take(self.bytes);
        let copied = io::copy(&mut reader, writer);
        copied.map(drop).map_err(CopyError::at(&self.path))
    }

    /// From the first byte on. The place in the file is shared: what is added later
    /// is sought for by whoever adds it.
    fn reader(&self) -> Result<BufReader<File>, CopyError> {
        let file = self.file.try_clone().and_then(|mut file| {
            file.rewind()?;
            Ok(file)
        });
        let file = file.map_err(CopyError::at(&self.path))?;
        Ok(BufReader::with_capacity(1 << 16, file))
    }

    /// The copy is made, or nothing of this is worth keeping.
    pub fn remove(mut self) {
        self.is_done = true;
    }
}

/// One without packets is not worth keeping, either.
impl Drop for Part {
    fn drop(&mut self) {
        // The lock goes with the file, behind this: whoever waits for it sees that
        // the file is gone.
        if (self.is_done || self.bytes == 0)
            && let Err(error) = std::fs::remove_file(&self.path)
        {
            tracing::warn!("cannot remove {}: {error}", self.path.display());
        }
    }
}

/// The file of this path for us alone; `None`: another has it.
fn claim(path: &Path) -> io::Result<Option<File>> {
    loop {
        let file = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => {
                tracing::debug!("no lock: {error}");
                return Ok(Some(file));
            }
        }
        // Between opening and locking, whoever had it may have removed it.
        if is_at(&file, path)? {
            return Ok(Some(file));
        }
    }
}

fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    match Handle::from_path(path) {
        Ok(there) => Ok(there == Handle::from_file(file.try_clone()?)?),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use segue_core::index::index;

    use super::*;

    fn track() -> TrackInfo {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../playout/stage/demo/prelude.mp3"
        );
        index(File::open(path).unwrap(), "t").unwrap().info
    }

    #[test]
    fn a_removed_part_is_nobodys() {
        let folder = tempfile::tempdir().unwrap();
        let (copy, track) = (folder.path().join("a.mp3"), track());
        let claims = |_| {
            let mut had = 0;
            while had < 200 {
                match Part::open(&copy, &track) {
                    Ok(part) => {
                        assert!(is_at(&part.file, &part.path).unwrap(), "after {had}");
                        part.remove();
                        had += 1;
                    }
                    Err(CopyError::Busy(_)) => std::thread::yield_now(),
                    Err(error) => panic!("{error}"),
                }
            }
        };
        std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|n| scope.spawn(move || claims(n))).collect();
            threads.into_iter().for_each(|one| one.join().unwrap());
        });
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn one_at_a_time_and_kept_only_with_packets() {
        let folder = tempfile::tempdir().unwrap();
        let (copy, track) = (folder.path().join("a.mp3"), track());
        let part = Part::open(&copy, &track).unwrap();
        assert!(matches!(Part::open(&copy, &track), Err(CopyError::Busy(_))));
        let path = part.path.clone();
        drop(part);
        assert!(!path.exists(), "empty");
        let mut part = Part::open(&copy, &track).unwrap();
        assert!(!part.push(b"no frame").unwrap());
        // MPEG-1 Layer III, 32 kbit/s, 44.1 kHz: 104 bytes.
        let mut frame = [0; 104];
        frame[..4].copy_from_slice(&[0xFF, 0xFB, 0x10, 0x00]);
        assert!(part.push(&frame).unwrap());
        drop(part);
        assert_eq!(Part::open(&copy, &track).unwrap().packets_here(), 1);
    }
}
