//! From a file to a track: framing, identity and names in one go.

mod stored;

pub use stored::VERSION;

use std::io::{Read, Seek};

use crate::merkle::{Shape, TrackHasher};
use crate::mp3::{self, Notes, PacketTable, read_names, tags};
use crate::track::TrackInfo;

/// Why a file cannot be a track.
pub type IndexError = mp3::ScanError;

/// A track with what it takes to serve it from its file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexedTrack {
    /// What is announced.
    pub info: TrackInfo,
    /// Where in the file the packets are.
    pub table: PacketTable,
    /// What was odd about the file.
    pub notes: Notes,
}

/// Reads a file once from front to end, then its tags.
///
/// `name` is a label for the track, usually the file's name without its extension; it is
/// cleaned and loses path separators.
///
/// # Errors
///
/// The file cannot be read, or Segue does not play it: see [`IndexError`]. Broken tags
/// are no error.
pub fn index(mut reader: impl Read + Seek, name: &str) -> Result<IndexedTrack, IndexError> {
    let mut hasher = TrackHasher::new();
    let scan = mp3::scan(&mut reader, |frame| hasher.push(frame))?;
    let shape = Shape {
        sample_rate: scan.sample_rate,
        samples_per_packet: scan.samples_per_packet,
        channels: scan.channels,
        gapless: scan.gapless,
    };
    let names = read_names(&mut reader);
    let info = TrackInfo {
        id: hasher.finish(&shape),
        packets: scan.table.len(),
        sample_rate: scan.sample_rate,
        samples_per_packet: scan.samples_per_packet,
        channels: scan.channels,
        gapless: scan.gapless,
        bytes: scan.table.bytes(),
        title: names.title,
        artist: names.artist,
        album: names.album,
        name: label(name),
    };
    Ok(IndexedTrack {
        info,
        table: scan.table,
        notes: scan.notes,
    })
}

/// A name that is safe to show, and never a path.
fn label(name: &str) -> String {
    tags::clean(&name.replace(['/', '\\'], ""))
}

#[cfg(test)]
pub(crate) mod tests {
    use std::io::Cursor;

    use super::*;

    /// A file of so many frames of changing length, with junk here and there.
    pub(crate) fn vbr_file(packets: u32) -> Vec<u8> {
        let mut file = Vec::new();
        for packet in 0..packets {
            let bitrate = (packet % 13 + 1) as u8;
            let header = [0xff, 0xfb, bitrate << 4, 0x64];
            let parsed = mp3::FrameHeader::parse(&header).expect("valid");
            let start = file.len();
            file.extend_from_slice(&header);
            file.extend_from_slice(&packet.to_le_bytes());
            file.resize(start + parsed.frame_bytes(), 0);
            if packet % 200 == 77 {
                file.extend_from_slice(&[7; 50]);
            }
        }
        file
    }

    pub(crate) fn track_of(file: &[u8]) -> IndexedTrack {
        index(Cursor::new(file), "track").expect("an MP3")
    }

    #[test]
    fn what_is_known_of_a_track_comes_back_as_it_was() {
        let track = track_of(&vbr_file(300));
        assert_eq!(track.notes.junk_bytes, 100);
        let bytes = IndexedTrack::parts_to_bytes(&track.info, &track.notes);
        let back = IndexedTrack::parts_from_bytes(&bytes);
        assert_eq!(back, Some((track.info, track.notes)));
        for at in 0..bytes.len() {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1;
            assert_eq!(IndexedTrack::parts_from_bytes(&flipped), None);
            assert_eq!(IndexedTrack::parts_from_bytes(&bytes[..at]), None);
        }
    }

    #[test]
    fn the_name_is_a_label_and_never_a_path() {
        let mut frame = vec![0xff, 0xfb, 0x90, 0x64];
        frame.resize(417, 0);
        let track = index(Cursor::new(frame.repeat(3)), "../..\\etc/\0passwd\n").expect("an MP3");
        assert_eq!(track.info.name, "....etcpasswd");
        assert_eq!(track.info.label(), "....etcpasswd");
        assert_eq!((track.info.packets, track.info.bytes), (3, 3 * 417));
        assert_eq!(Shape::from(&track.info).gapless, None);
    }
}
