//! Cuts an MP3 file into frames: as much as these tests need.

use std::sync::Arc;

use segue_core::track::{Gapless, TrackId, TrackInfo};

/// A file's frames and what its headers tell.
pub struct Mp3 {
    pub track: TrackInfo,
    pub frames: Vec<Arc<[u8]>>,
}

struct Header {
    mpeg1: bool,
    channels: u8,
    rate: u32,
    length: usize,
}

const KBIT_MPEG1: [usize; 15] = [
    0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320,
];
const KBIT_MPEG2: [usize; 15] = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];

fn header(bytes: &[u8]) -> Option<Header> {
    let &[0xff, b1, b2, b3] = bytes.first_chunk::<4>()? else {
        return None;
    };
    let version = b1 >> 3 & 3;
    if b1 & 0xe6 != 0xe2 || version == 1 || b2 >> 2 & 3 == 3 {
        return None;
    }
    let mpeg1 = version == 3;
    let table = if mpeg1 { KBIT_MPEG1 } else { KBIT_MPEG2 };
    let kbit = *table.get(usize::from(b2 >> 4)).filter(|kbit| **kbit > 0)?;
    let halvings = match version {
        3 => 0,
        2 => 1,
        _ => 2,
    };
    let rate = [44_100, 48_000, 32_000][usize::from(b2 >> 2 & 3)] >> halvings;
    let per_kbit = if mpeg1 { 144_000 } else { 72_000 };
    Some(Header {
        mpeg1,
        channels: if b3 >> 6 == 3 { 1 } else { 2 },
        rate,
        length: per_kbit * kbit / rate as usize + usize::from(b2 >> 1 & 1),
    })
}

/// Splits a file; its Xing/Info frame becomes the gapless values.
pub fn split(file: &[u8], name: &str) -> Mp3 {
    let mut at = match file.first_chunk::<10>() {
        Some(tag) if tag.starts_with(b"ID3") => {
            10 + tag[6..]
                .iter()
                .fold(0, |size, b| size << 7 | usize::from(*b))
        }
        _ => 0,
    };
    let mut frames: Vec<Arc<[u8]>> = Vec::new();
    let mut first = None;
    let mut gapless = None;
    while let Some(head) = header(&file[at.min(file.len())..]) {
        let Some(frame) = file.get(at..at + head.length) else {
            break;
        };
        at += head.length;
        let side_info = match (head.mpeg1, head.channels) {
            (true, 2) => 32,
            (false, 1) => 9,
            _ => 17,
        };
        let info = &frame[4 + side_info..];
        if first.is_none() && (info.starts_with(b"Xing") || info.starts_with(b"Info")) {
            gapless = lame(info);
        } else {
            frames.push(frame.into());
        }
        first.get_or_insert(head);
    }
    let first = first.unwrap_or_else(|| panic!("{name} has no MP3 frame"));
    let track = TrackInfo {
        id: TrackId([1; 32]),
        packets: frames.len() as u32,
        sample_rate: first.rate,
        samples_per_packet: if first.mpeg1 { 1152 } else { 576 },
        channels: first.channels,
        gapless,
        bytes: frames.iter().map(|frame| frame.len() as u64).sum(),
        title: String::new(),
        artist: String::new(),
        album: String::new(),
        name: name.to_owned(),
    };
    Mp3 { track, frames }
}

/// The encoder's delay and padding: three bytes, 21 behind the optional fields.
fn lame(info: &[u8]) -> Option<Gapless> {
    let flags = info[7];
    let optional = [(1, 4), (2, 4), (4, 100), (8, 4)]
        .iter()
        .filter(|(flag, _)| flags & flag != 0)
        .map(|(_, size)| size)
        .sum::<usize>();
    let at = 8 + optional;
    if info.get(at..at + 4)? == [0; 4] {
        return None;
    }
    let &[a, b, c] = info.get(at + 21..at + 24)?.first_chunk::<3>()?;
    Some(Gapless {
        delay: u16::from(a) << 4 | u16::from(b >> 4),
        padding: u16::from(b & 0xf) << 8 | u16::from(c),
    })
}
