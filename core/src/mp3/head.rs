//! What stands in front of the packets in a file of our own: a tag with the names,
//! and a metadata frame with length, places to seek to, delay and padding.

use std::io;

use lofty::config::WriteOptions;
use lofty::tag::{ItemKey, Tag, TagExt, TagType};

use super::header::{FrameHeader, HEADER_BYTES};
use super::tags::Names;
use crate::track::Gapless;

/// Entries of the table of places, one for each hundredth of the time.
const PLACES: usize = 100;
/// Marker, flags, frames, bytes, places and quality.
const XING_BYTES: usize = 4 + 4 + 4 + 4 + PLACES + 4;
const LAME_BYTES: usize = 36;
/// Frames, bytes, places and quality are there.
const ALL_FIELDS: u32 = 15;
/// Delay and padding have twelve bits each.
const MOST_SAMPLES: u16 = 0xfff;

/// Gathers what a metadata frame says of the packets behind it.
#[derive(Clone, Debug, Default)]
pub struct MetaWriter {
    /// The first packet's header, as it is and read.
    first: Option<([u8; HEADER_BYTES], FrameHeader)>,
    /// Where each packet ends, counted from the first one.
    ends: Vec<u32>,
    varies: bool,
    crc: Crc,
}

impl MetaWriter {
    /// Nothing gathered.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the next packet. `false` if it is no whole Layer III frame, or cannot
    /// be of one track with those before; then nothing is added.
    pub fn push(&mut self, frame: &[u8]) -> bool {
        let Some((bytes, header)) = frame.first_chunk().zip(FrameHeader::parse(frame)) else {
            return false;
        };
        let (_, first) = *self.first.get_or_insert((*bytes, header));
        let end = u64::from(self.ends.last().copied().unwrap_or(0)) + frame.len() as u64;
        let end = u32::try_from(end).ok();
        let Some(end) =
            end.filter(|_| frame.len() == header.frame_bytes() && header.consistent_with(&first))
        else {
            return false;
        };
        self.varies |= header.bitrate != first.bitrate;
        self.ends.push(end);
        self.crc.add(frame);
        true
    }

    /// The metadata frame; `None` without a packet, or with delay or padding of
    /// more than it has room for.
    ///
    /// It carries LAME's marker where there is a delay to tell: players look for
    /// it before they believe the number.
    pub fn finish(&self, gapless: Option<Gapless>) -> Option<Vec<u8>> {
        let (bytes, first) = self.first?;
        if gapless.is_some_and(|g| g.delay.max(g.padding) > MOST_SAMPLES) {
            return None;
        }
        let mut frame = empty_frame(bytes, &first)?;
        let total = u64::from(*self.ends.last()?) + frame.len() as u64;
        let mut at = HEADER_BYTES + first.side_info_bytes();
        let mut put = |bytes: &[u8]| {
            frame[at..at + bytes.len()].copy_from_slice(bytes);
            at += bytes.len();
        };
        put(if self.varies { b"Xing" } else { b"Info" });
        put(&ALL_FIELDS.to_be_bytes());
        put(&(self.ends.len() as u32).to_be_bytes());
        put(&u32::try_from(total).ok()?.to_be_bytes());
        put(&self.places(total));
        put(&0_u32.to_be_bytes()); // quality: not ours to judge
        if let Some(gapless) = gapless {
            put(&self.lame(gapless, total as u32));
            let crc = Crc::of(&frame[..at]);
            frame[at..at + 2].copy_from_slice(&crc.to_be_bytes());
        }
        Some(frame)
    }

    /// For each hundredth of the time, how far into the bytes it is, in 256ths.
    fn places(&self, total: u64) -> [u8; PLACES] {
        let before = total - u64::from(self.ends.last().copied().unwrap_or(0));
        std::array::from_fn(|percent| {
            let packet = percent * self.ends.len() / PLACES;
            let start = match packet.checked_sub(1) {
                Some(previous) => before + u64::from(self.ends[previous]),
                None => 0,
            };
            (start * 256 / total).min(255) as u8
        })
    }

    /// LAME's part but for the checksum at its end.
    fn lame(&self, Gapless { delay, padding }: Gapless, total: u32) -> [u8; LAME_BYTES - 2] {
        let mut lame = [0; LAME_BYTES - 2];
        lame[..4].copy_from_slice(b"LAME");
        lame[21] = (delay >> 4) as u8;
        lame[22] = (delay << 4) as u8 | (padding >> 8) as u8;
        lame[23] = padding as u8;
        lame[28..32].copy_from_slice(&total.to_be_bytes());
        lame[32..34].copy_from_slice(&self.crc.0.to_be_bytes());
        lame
    }
}

/// A frame of silence like the first packet, of the lowest bitrate with room for the
/// metadata, or the first packet's own: some players take it for that of the file.
fn empty_frame(first: [u8; HEADER_BYTES], like: &FrameHeader) -> Option<Vec<u8>> {
    let needed = HEADER_BYTES + like.side_info_bytes() + XING_BYTES + LAME_BYTES;
    let [sync, version, rate, mode] = first;
    let own = rate >> 4;
    std::iter::once(own).chain(1..15).find_map(|bitrate| {
        let header = [
            sync,
            version | 1,                // no checksum
            bitrate << 4 | rate & 0x0c, // no padding
            mode,
        ];
        let bytes = FrameHeader::parse(&header)?.frame_bytes();
        (bytes >= needed).then(|| {
            let mut frame = header.to_vec();
            frame.resize(bytes, 0);
            frame
        })
    })
}

/// An ID3v2 tag with these names; nothing if there are none.
///
/// # Errors
///
/// The tag cannot be built, which no name that is [`clean`](super::clean) can bring
/// about.
pub fn names_tag(names: &Names) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if *names == Names::default() {
        return Ok(bytes);
    }
    let mut tag = Tag::new(TagType::Id3v2);
    for (key, name) in [
        (ItemKey::TrackTitle, &names.title),
        (ItemKey::TrackArtist, &names.artist),
        (ItemKey::AlbumTitle, &names.album),
    ] {
        if !name.is_empty() {
            tag.insert_text(key, name.clone());
        }
    }
    tag.dump_to(&mut bytes, WriteOptions::default())
        .map_err(io::Error::other)?;
    Ok(bytes)
}

/// CRC-16 as LAME uses it: polynomial 0x8005, bits reflected, from 0.
#[derive(Clone, Copy, Debug, Default)]
struct Crc(u16);

const CRC_TABLE: [u16; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut crc = byte as u16;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 1 == 1 {
                crc >> 1 ^ 0xa001
            } else {
                crc >> 1
            };
            bit += 1;
        }
        table[byte] = crc;
        byte += 1;
    }
    table
};

impl Crc {
    fn of(bytes: &[u8]) -> u16 {
        let mut crc = Self::default();
        crc.add(bytes);
        crc.0
    }

    fn add(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = self.0 >> 8 ^ CRC_TABLE[usize::from(self.0 as u8 ^ byte)];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::meta::MetaFrame;
    use super::*;

    const LOW: Gapless = Gapless {
        delay: 576,
        padding: 1383,
    };

    fn packet(bytes: [u8; 4]) -> Vec<u8> {
        let header = FrameHeader::parse(&bytes).expect("valid");
        let mut frame = bytes.to_vec();
        frame.resize(header.frame_bytes(), 0x5a);
        frame
    }

    fn written(packets: &[[u8; 4]], gapless: Option<Gapless>) -> Vec<u8> {
        let mut writer = MetaWriter::new();
        assert!(packets.iter().all(|&bytes| writer.push(&packet(bytes))));
        writer.finish(gapless).expect("room")
    }

    #[test]
    fn what_is_written_is_read() {
        let most = Gapless {
            delay: 4095,
            padding: 4095,
        };
        // every version, rate, kind of stereo and bitrate that there is
        for pattern in 0..1_u32 << 16 {
            let [second, third] = (pattern as u16).to_be_bytes();
            let bytes = [0xff, second, third, second.rotate_left(3) & 0xf0];
            let Some(header) = FrameHeader::parse(&bytes) else {
                continue;
            };
            for gapless in [None, Some(LOW), Some(most)] {
                let frame = written(&[bytes; 3], gapless);
                let meta = FrameHeader::parse(&frame).expect("a frame");
                assert!(meta.consistent_with(&header) && !meta.crc && !meta.padding);
                assert_eq!(meta.frame_bytes(), frame.len());
                let read = MetaFrame::parse(&meta, &frame);
                let frames = Some(3);
                assert_eq!(read, Some(MetaFrame { frames, gapless }), "{bytes:x?}");
            }
        }
    }

    #[test]
    fn constant_and_variable_bitrates_are_told_apart() {
        let frame = written(&[[0xff, 0xfb, 0x90, 0x64]; 4], Some(LOW));
        assert_eq!(&frame[36..40], b"Info");
        assert_eq!(frame.len(), 417, "the bitrate of the packets");
        let varied = [[0xff, 0xfb, 0x10, 0x64], [0xff, 0xfb, 0x92, 0x64]];
        let frame = written(&varied, Some(LOW));
        assert_eq!(&frame[36..40], b"Xing");
        assert_eq!(frame.len(), 208, "the lowest bitrate with room");
        let bytes = u32::from_be_bytes(*frame[48..].first_chunk().expect("four"));
        assert_eq!(bytes as usize, 208 + 104 + 418);
        let places = &frame[52..152];
        assert_eq!(places[0], 0);
        assert_eq!(places[49], 0);
        assert_eq!(
            usize::from(places[50]),
            (208 + 104) * 256 / (208 + 104 + 418)
        );
    }

    #[test]
    fn the_checksum_is_lames() {
        assert_eq!(Crc::of(b"123456789"), 0xbb3d);
        let frame = written(&[[0xff, 0xfb, 0x90, 0x64]; 4], Some(LOW));
        assert_eq!(Crc::of(&frame[..190]).to_be_bytes(), frame[190..192]);
    }

    #[test]
    fn what_is_no_packet_of_the_track_is_refused() {
        let mut writer = MetaWriter::new();
        assert!(writer.finish(None).is_none());
        assert!(!writer.push(b"words"));
        let good = packet([0xff, 0xfb, 0x90, 0x64]);
        assert!(!writer.push(&good[..400]));
        assert!(writer.push(&good));
        assert!(!writer.push(&packet([0xff, 0xfb, 0x94, 0x64])), "48 kHz");
        assert!(!writer.push(&packet([0xff, 0xfb, 0x90, 0xc4])), "mono");
        let long = Gapless {
            delay: 4096,
            padding: 0,
        };
        assert!(writer.finish(Some(long)).is_none());
    }

    #[test]
    fn no_names_no_tag() {
        assert!(names_tag(&Names::default()).expect("nothing").is_empty());
    }
}
