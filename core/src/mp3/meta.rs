//! The first frame that is no music: Xing/Info (LAME and others) or VBRI (Fraunhofer).

use super::header::{FrameHeader, HEADER_BYTES};
use crate::track::Gapless;

/// A VBRI header stands here whatever the version and channels.
const VBRI_OFFSET: usize = 36;

/// LAME's own part: encoder (9), method and lowpass (2), replay gain (8), flags and
/// bitrate (2), then delay and padding (3).
const LAME_DELAY_OFFSET: usize = 21;

/// What a metadata frame tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MetaFrame {
    /// Number of frames behind this one, if told.
    pub frames: Option<u32>,
    /// Delay and padding, if LAME or libavformat wrote the frame.
    pub gapless: Option<Gapless>,
}

impl MetaFrame {
    /// Reads a whole frame; `None` if it is music.
    ///
    /// The tag must stand exactly where it belongs: the same letters further back
    /// are sound.
    pub fn parse(header: &FrameHeader, frame: &[u8]) -> Option<Self> {
        let plain = HEADER_BYTES + header.side_info_bytes();
        // LAME puts the tag there with a checksum too; others count its two bytes.
        let with_crc = header.crc.then_some(plain + 2);
        [Some(plain), with_crc]
            .into_iter()
            .flatten()
            .find_map(|offset| parse_xing(frame.get(offset..)?))
            .or_else(|| parse_vbri(frame.get(VBRI_OFFSET..)?))
    }
}

fn parse_xing(tag: &[u8]) -> Option<MetaFrame> {
    let mut rest = tag
        .strip_prefix(b"Xing")
        .or_else(|| tag.strip_prefix(b"Info"))?;
    let mut meta = MetaFrame::default();
    // A tag cut short is still a tag: the frame is no music in any case.
    let Some(flags) = take_u32(&mut rest) else {
        return Some(meta);
    };
    if flags & 1 != 0 {
        meta.frames = take_u32(&mut rest);
    }
    let skipped = [(2, 4), (4, 100), (8, 4)]
        .iter()
        .filter(|(flag, _)| flags & flag != 0)
        .map(|(_, bytes)| bytes)
        .sum();
    meta.gapless = rest.get(skipped..).and_then(parse_lame);
    Some(meta)
}

fn parse_lame(lame: &[u8]) -> Option<Gapless> {
    // Others leave zeros or their own things here.
    if ![b"LAME", b"Lavf", b"Lavc"].contains(&lame.first_chunk()?) {
        return None;
    }
    let &[a, b, c] = lame.get(LAME_DELAY_OFFSET..)?.first_chunk()?;
    Some(Gapless {
        delay: u16::from(a) << 4 | u16::from(b) >> 4,
        padding: u16::from(b & 0xf) << 8 | u16::from(c),
    })
}

fn parse_vbri(tag: &[u8]) -> Option<MetaFrame> {
    // version 2, delay 2, quality 2, bytes 4, frames 4; its delay is no LAME delay
    let mut rest = tag.strip_prefix(b"VBRI")?.get(10..).unwrap_or_default();
    Some(MetaFrame {
        frames: take_u32(&mut rest),
        gapless: None,
    })
}

fn take_u32(bytes: &mut &[u8]) -> Option<u32> {
    let (number, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(u32::from_be_bytes(*number))
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEREO: [u8; 4] = [0xff, 0xfb, 0x90, 0x64];

    fn frame(bytes: [u8; 4], offset: usize, tag: &[u8]) -> (FrameHeader, Vec<u8>) {
        let header = FrameHeader::parse(&bytes).expect("valid");
        let mut frame = bytes.to_vec();
        frame.resize(header.frame_bytes(), 0);
        frame[offset..offset + tag.len()].copy_from_slice(tag);
        (header, frame)
    }

    fn lame(flags: u8, optional: usize, encoder: &[u8; 4]) -> Vec<u8> {
        let mut tag = b"Info\0\0\0".to_vec();
        tag.push(flags);
        tag.extend(1234_u32.to_be_bytes());
        tag.extend(vec![0; optional]);
        tag.extend(encoder);
        tag.extend([0; 17]);
        tag.extend([0x24, 0x05, 0x67]); // 576 and 1383
        tag
    }

    #[test]
    fn lame_delay_and_padding() {
        for (flags, optional) in [(15, 108), (1, 0), (3, 4)] {
            let (header, frame) = frame(STEREO, 36, &lame(flags, optional, b"LAME"));
            let meta = MetaFrame::parse(&header, &frame).expect("metadata");
            assert_eq!(meta.frames, Some(1234));
            assert_eq!(
                meta.gapless,
                Some(Gapless {
                    delay: 576,
                    padding: 1383
                })
            );
        }
    }

    #[test]
    fn other_encoders_promise_no_delay() {
        let (header, frame) = frame(STEREO, 36, &lame(1, 0, b"GOGO"));
        let meta = MetaFrame::parse(&header, &frame).expect("metadata");
        assert_eq!(meta.gapless, None);
    }

    #[test]
    fn a_tag_belongs_behind_the_side_info() {
        let cases = [
            (STEREO, 36, true),
            (STEREO, 21, false),
            (STEREO, 38, false),
            ([0xff, 0xfa, 0x90, 0x64], 36, true),
            ([0xff, 0xfa, 0x90, 0x64], 38, true),
            ([0xff, 0xfb, 0x90, 0xc4], 21, true),
            ([0xff, 0xfb, 0x90, 0xc4], 36, false),
            ([0xff, 0xf3, 0x90, 0xc4], 13, true),
            ([0xff, 0xf3, 0x90, 0x64], 21, true),
        ];
        for (bytes, offset, is_meta) in cases {
            let (header, frame) = frame(bytes, offset, b"Xing");
            assert_eq!(
                MetaFrame::parse(&header, &frame).is_some(),
                is_meta,
                "{bytes:x?} {offset}"
            );
        }
    }

    #[test]
    fn vbri_stands_at_36_always() {
        let tag = b"VBRI\0\x01\x08\xef\0\x4b\0\0\x10\0\0\0\0\x2a";
        for bytes in [STEREO, [0xff, 0xf3, 0x90, 0xc4]] {
            let (header, frame) = frame(bytes, 36, tag);
            assert_eq!(
                MetaFrame::parse(&header, &frame),
                Some(MetaFrame {
                    frames: Some(42),
                    gapless: None
                })
            );
        }
    }

    #[test]
    fn a_short_frame_is_no_trouble() {
        let header = FrameHeader::parse(&[0xff, 0xf3, 0x14, 0xc4]).expect("valid");
        for bytes in 0..header.frame_bytes() {
            let mut frame = vec![0; bytes];
            if let Some(tag) = frame.get_mut(13..17) {
                tag.copy_from_slice(b"Info");
            }
            let meta = MetaFrame::parse(&header, &frame);
            assert_eq!(meta.is_some(), bytes >= 17);
        }
    }
}
