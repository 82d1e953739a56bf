//! Walks a file from front to end and tells packets from everything else.
//!
//! Four bytes that look like a header prove little: one in 20,000 positions of random
//! bytes does. So a header is believed if the frame before ended there, and
//! otherwise only if frames that match it follow.

use std::io::{self, Read, Seek, SeekFrom};

use super::header::{FrameHeader, HEADER_BYTES, Kind};
use super::meta::MetaFrame;
use super::window::Window;
use super::{MAX_FILE_BYTES, MAX_FRAME_BYTES, Notes, PacketTable, edges};
use crate::track::Gapless;

/// How far a judgement may look: many whole frames.
const AHEAD_BYTES: usize = 16 * 1024;

/// Frames that must follow the very first one. In a large file that is no MP3,
/// two headers by chance fit each other now and then; three do not.
const FOLLOWERS_AT_START: usize = 2;
/// Frames that must follow to go on after junk.
const FOLLOWERS_AFTER_JUNK: usize = 1;
/// Frames that must follow before the file is called one that changes midway.
const FOLLOWERS_OF_CHANGE: usize = 2;

/// Free format is looked for at so many places only; each costs a long look.
const FREE_FORMAT_TRIES: u32 = 64;

/// Why a file cannot be a track.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ScanError {
    /// The file could not be read.
    #[error("cannot read the file")]
    Io(#[from] io::Error),
    /// No MP3 frame anywhere.
    #[error("not an MP3 file: it has no Layer III frames")]
    NotMp3,
    /// Layer I or II.
    #[error("this is Layer {}, Segue plays Layer III: convert it to MP3", roman(*layer))]
    OtherLayer {
        /// 1 or 2.
        layer: u8,
    },
    /// Frames do not tell their length.
    #[error("free format: its frames do not tell their length; encode it at a standard bitrate")]
    FreeFormat,
    /// Sample rate, and maybe MPEG version, change midway.
    #[error(
        "the sample rate changes from {from} to {to} Hz at packet {packet}: encode it again at one rate"
    )]
    SampleRateChanged {
        /// The first packet at the new rate.
        packet: u32,
        /// Hz before.
        from: u32,
        /// Hz from there on.
        to: u32,
    },
    /// Mono becomes stereo or the other way round.
    #[error(
        "the number of channels changes from {from} to {to} at packet {packet}: encode it again as mono or stereo"
    )]
    ChannelsChanged {
        /// The first packet with the new number.
        packet: u32,
        /// Channels before.
        from: u8,
        /// Channels from there on.
        to: u8,
    },
    /// A frame fits no datagram.
    #[error(
        "packet {packet} has {bytes} bytes and a datagram carries {MAX_FRAME_BYTES} at most: encode it at a lower bitrate"
    )]
    FrameTooLarge {
        /// The packet.
        packet: u32,
        /// Its length.
        bytes: usize,
    },
    /// A metadata frame and nothing behind it.
    #[error("the file has no music, only a metadata frame")]
    NoPackets,
    /// More than [`MAX_FILE_BYTES`].
    #[error("the file has {bytes} bytes, Segue takes 4 GiB at most: split it")]
    FileTooLarge {
        /// Its size.
        bytes: u64,
    },
}

fn roman(layer: u8) -> &'static str {
    if layer == 1 { "I" } else { "II" }
}

/// What a file turned out to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scan {
    /// Where the packets are.
    pub table: PacketTable,
    /// Samples per second.
    pub sample_rate: u32,
    /// Samples per channel in each packet.
    pub samples_per_packet: u16,
    /// 1 or 2.
    pub channels: u8,
    /// From the LAME header.
    pub gapless: Option<Gapless>,
    /// What was odd.
    pub notes: Notes,
}

/// Walks a whole file, calling `on_packet` with each packet in order.
///
/// Reads the file once, through a buffer of its own; `reader` needs none.
///
/// # Errors
///
/// The file cannot be read, or is none that Segue plays: see [`ScanError`].
pub fn scan(
    mut reader: impl Read + Seek,
    mut on_packet: impl FnMut(&[u8]),
) -> Result<Scan, ScanError> {
    let bytes = reader.seek(SeekFrom::End(0))?;
    if bytes > MAX_FILE_BYTES {
        return Err(ScanError::FileTooLarge { bytes });
    }
    let end = edges::music_end(&mut reader, bytes)?;
    let mut window = Window::new(reader, end)?;
    let mut walk = Walk::default();
    loop {
        let (position, remaining) = (window.position(), window.remaining());
        let ahead = window.peek(AHEAD_BYTES)?;
        if ahead.is_empty() {
            return walk.finish();
        }
        let step = walk.judge(ahead, remaining)?;
        walk.take(step, position, ahead, &mut on_packet)?;
        let bytes = step.bytes(ahead);
        window.advance(bytes)?;
    }
}

/// What the next bytes are.
#[derive(Clone, Copy)]
enum Step {
    Packet(FrameHeader),
    Meta(FrameHeader, MetaFrame),
    Tag(u64),
    Junk(usize),
    /// The last frame, cut short.
    Truncated,
}

impl Step {
    fn bytes(&self, ahead: &[u8]) -> u64 {
        match self {
            Self::Packet(header) | Self::Meta(header, _) => header.frame_bytes() as u64,
            Self::Tag(bytes) => *bytes,
            Self::Junk(bytes) => *bytes as u64,
            Self::Truncated => ahead.len() as u64,
        }
    }
}

#[derive(Default)]
struct Walk {
    table: PacketTable,
    /// The first packet's header: all others match it.
    like: Option<FrameHeader>,
    meta: Option<MetaFrame>,
    in_junk: bool,
    free_format_tries: u32,
    notes: Notes,
}

impl Walk {
    fn judge(&mut self, ahead: &[u8], remaining: u64) -> Result<Step, ScanError> {
        if !self.in_junk
            && let Some(bytes) = edges::tag_at(ahead, remaining)
        {
            return Ok(Step::Tag(bytes));
        }
        let step = match self.like {
            None => self.judge_first(ahead)?,
            Some(like) => self.judge_next(ahead, &like)?,
        };
        Ok(step.unwrap_or_else(|| Step::Junk(to_next_sync(ahead))))
    }

    /// Until the first packet is found.
    fn judge_first(&mut self, ahead: &[u8]) -> Result<Option<Step>, ScanError> {
        let header = match Kind::of(ahead) {
            Some(Kind::Layer3(header)) => header,
            Some(Kind::OtherLayer { layer, .. }) if is_other_layer(ahead) => {
                return Err(ScanError::OtherLayer { layer });
            }
            Some(Kind::FreeFormat) if self.free_format_tries < FREE_FORMAT_TRIES => {
                self.free_format_tries += 1;
                return match is_free_format(ahead) {
                    true => Err(ScanError::FreeFormat),
                    false => Ok(None),
                };
            }
            _ => return Ok(None),
        };
        if followers(ahead, &header, FOLLOWERS_AT_START).is_none() {
            return Ok(None);
        }
        if self.meta.is_none()
            && let Some(meta) = MetaFrame::parse(&header, &ahead[..header.frame_bytes()])
        {
            return Ok(Some(Step::Meta(header, meta)));
        }
        Ok(Some(Step::Packet(header)))
    }

    /// Once it is known what the track's packets look like.
    fn judge_next(&self, ahead: &[u8], like: &FrameHeader) -> Result<Option<Step>, ScanError> {
        let Some(header) = FrameHeader::parse(ahead) else {
            return Ok(None);
        };
        if !header.consistent_with(like) {
            return match followers(ahead, &header, FOLLOWERS_OF_CHANGE) {
                Some(FOLLOWERS_OF_CHANGE) => Err(self.changed(like, &header)),
                _ => Ok(None),
            };
        }
        if followers(ahead, &header, FOLLOWERS_AFTER_JUNK).is_some() {
            return Ok(Some(Step::Packet(header)));
        }
        if self.in_junk {
            return Ok(None);
        }
        // The frame before ended here, and no frame follows where this one ends. If one
        // begins inside of it, bytes are missing; else junk follows, or the end.
        let bytes = header.frame_bytes();
        if let Some(at) = hidden_frame(&ahead[..bytes.min(ahead.len())], ahead, like) {
            return Ok(Some(Step::Junk(at)));
        }
        Ok(Some(if bytes <= ahead.len() {
            Step::Packet(header)
        } else {
            Step::Truncated
        }))
    }

    fn changed(&self, from: &FrameHeader, to: &FrameHeader) -> ScanError {
        let packet = self.table.len();
        if from.sample_rate != to.sample_rate {
            ScanError::SampleRateChanged {
                packet,
                from: from.sample_rate,
                to: to.sample_rate,
            }
        } else {
            ScanError::ChannelsChanged {
                packet,
                from: from.channels(),
                to: to.channels(),
            }
        }
    }

    fn take(
        &mut self,
        step: Step,
        position: u64,
        ahead: &[u8],
        on_packet: &mut impl FnMut(&[u8]),
    ) -> Result<(), ScanError> {
        match step {
            Step::Packet(header) => {
                let bytes = header.frame_bytes();
                if bytes > MAX_FRAME_BYTES {
                    let packet = self.table.len();
                    return Err(ScanError::FrameTooLarge { packet, bytes });
                }
                self.table.push(position, &header);
                self.like.get_or_insert(header);
                self.in_junk = false;
                on_packet(&ahead[..bytes]);
            }
            Step::Meta(_, meta) => {
                self.meta = Some(meta);
                self.in_junk = false;
            }
            Step::Tag(_) => {}
            Step::Junk(bytes) => {
                self.notes.junk_bytes += bytes as u64;
                self.in_junk = true;
            }
            Step::Truncated => self.notes.truncated_bytes = ahead.len() as u32,
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Scan, ScanError> {
        let Some(like) = self.like else {
            return Err(match self.meta {
                Some(_) => ScanError::NoPackets,
                None => ScanError::NotMp3,
            });
        };
        self.table.shrink();
        let meta = self.meta.unwrap_or_default();
        let mut gapless = meta.gapless;
        // Padding stands at the very end: it went with the end that is missing. (One
        // frame less than promised is no sign: some encoders count the metadata frame.)
        if meta
            .frames
            .is_some_and(|frames| frames > self.table.len() + 1)
            && let Some(gapless) = &mut gapless
        {
            gapless.padding = 0;
        }
        Ok(Scan {
            table: self.table,
            sample_rate: like.sample_rate,
            samples_per_packet: like.samples(),
            channels: like.channels(),
            gapless,
            notes: self.notes,
        })
    }
}

/// Junk ends where a header may begin.
fn to_next_sync(ahead: &[u8]) -> usize {
    let next = ahead.iter().skip(1).position(|&byte| byte == 0xff);
    next.map_or(ahead.len(), |at| at + 1)
}

/// Whether frames that match follow the one in front: how many of `wanted`, or `None`
/// if something else comes. Fewer than `wanted` are told only where the music
/// ends; the frame in front must be whole.
fn followers(ahead: &[u8], header: &FrameHeader, wanted: usize) -> Option<usize> {
    let mut rest = ahead.get(header.frame_bytes()..)?;
    let mut seen = 0;
    while seen < wanted {
        if rest.len() < HEADER_BYTES {
            return Some(seen);
        }
        let next = FrameHeader::parse(rest).filter(|next| next.consistent_with(header))?;
        seen += 1;
        rest = rest.get(next.frame_bytes()..).unwrap_or_default();
    }
    Some(seen)
}

/// Where inside the frame in front another one begins, with others behind it.
fn hidden_frame(frame: &[u8], ahead: &[u8], like: &FrameHeader) -> Option<usize> {
    (1..frame.len()).find(|&at| {
        frame[at] == 0xff
            && FrameHeader::parse(&ahead[at..])
                .filter(|header| header.consistent_with(like))
                .and_then(|header| followers(&ahead[at..], &header, 2))
                .is_some_and(|seen| seen > 0)
    })
}

/// Whether two more frames of the same layer follow a Layer I or II frame.
fn is_other_layer(ahead: &[u8]) -> bool {
    let mut rest = ahead;
    let mut seen = None;
    for _ in 0..3 {
        match Kind::of(rest) {
            Some(Kind::OtherLayer { layer, frame_bytes })
                if seen.is_none_or(|seen| seen == layer) && frame_bytes > 0 =>
            {
                seen = Some(layer);
                rest = rest.get(frame_bytes..).unwrap_or_default();
            }
            _ => return false,
        }
    }
    true
}

/// Whether frames without a bitrate follow each other at one distance.
fn is_free_format(ahead: &[u8]) -> bool {
    // All but padding and the kind of stereo stays.
    let same = |at: usize| {
        Kind::of(ahead.get(at..).unwrap_or_default()) == Some(Kind::FreeFormat)
            && ahead[at + 1] == ahead[1]
            && ahead[at + 2] & 0xfc == ahead[2] & 0xfc
    };
    let Some(distance) = (HEADER_BYTES..ahead.len() / 3).find(|&at| same(at)) else {
        return false;
    };
    (2 * distance - 1..=2 * distance + 1)
        .any(|second| same(second) && (3 * distance - 2..=3 * distance + 2).any(same))
}

#[cfg(test)]
mod tests;
