//! What is known of a track: its identity, its shape in packets, its names.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Samples that every Layer III decoder adds in front (ISO 11172-3 filter bank, 528 + 1).
pub const DECODER_DELAY_SAMPLES: u32 = 529;

/// Identity of a track: the root of the Merkle tree over its packets (see
/// [`crate::merkle`]), never a file name. Equal music is one track, whoever has it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TrackId(pub [u8; 32]);

impl TrackId {
    /// The first eight hex digits: enough to name a track to a person.
    pub fn short(&self) -> String {
        self.to_string()[..8].to_owned()
    }
}

impl fmt::Display for TrackId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for TrackId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TrackId({})", self.short())
    }
}

/// The text is not 64 hex digits.
#[derive(Debug, thiserror::Error)]
#[error("a track id is 64 hex digits")]
pub struct ParseTrackIdError;

impl FromStr for TrackId {
    type Err = ParseTrackIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut id = [0; 32];
        if text.len() != 64 || !text.is_ascii() {
            return Err(ParseTrackIdError);
        }
        for (byte, digits) in id.iter_mut().zip(text.as_bytes().chunks(2)) {
            let digits = std::str::from_utf8(digits).map_err(|_| ParseTrackIdError)?;
            *byte = u8::from_str_radix(digits, 16).map_err(|_| ParseTrackIdError)?;
        }
        Ok(Self(id))
    }
}

/// A track as it is announced: what a listener must know before the first packet.
///
/// A packet is one MP3 frame, numbered from 0; a Xing/Info/VBRI frame is
/// metadata and is no packet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrackInfo {
    /// Merkle root over packets and shape.
    pub id: TrackId,
    /// Number of packets.
    pub packets: u32,
    /// Samples per second.
    pub sample_rate: u32,
    /// Samples per channel in each packet: 1152 (MPEG-1) or 576 (MPEG-2, 2.5).
    pub samples_per_packet: u16,
    /// 1 or 2.
    pub channels: u8,
    /// What the encoder added at both ends, from the LAME header; `None` without one.
    pub gapless: Option<Gapless>,
    /// Bytes of all packets.
    pub bytes: u64,
    /// Title from the tags, or empty.
    pub title: String,
    /// Artist from the tags, or empty.
    pub artist: String,
    /// Album from the tags, or empty.
    pub album: String,
    /// The file's own name without folder or extension: a label, never a path.
    pub name: String,
}

/// What the encoder added in front and behind, from the LAME header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gapless {
    /// Samples that the encoder put in front.
    pub delay: u16,
    /// Samples that the encoder put behind.
    pub padding: u16,
}

impl TrackInfo {
    /// Samples per channel to throw away at the start of the decoded sound.
    pub fn trim_start(&self) -> u64 {
        self.gapless
            .map_or(0, |g| u64::from(g.delay) + u64::from(DECODER_DELAY_SAMPLES))
    }

    /// Samples per channel of the music itself, after trimming both ends.
    pub fn samples(&self) -> u64 {
        let coded = u64::from(self.packets) * u64::from(self.samples_per_packet);
        let added = self
            .gapless
            .map_or(0, |g| u64::from(g.delay) + u64::from(g.padding));
        coded.saturating_sub(added)
    }

    /// Length in seconds, for people.
    pub fn duration_s(&self) -> f64 {
        self.samples() as f64 / f64::from(self.sample_rate.max(1))
    }

    /// Length of one packet in seconds.
    pub fn packet_s(&self) -> f64 {
        f64::from(self.samples_per_packet) / f64::from(self.sample_rate.max(1))
    }

    /// Mean bitrate in kbit/s.
    pub fn kbit_s(&self) -> f64 {
        let coded_s = f64::from(self.packets) * self.packet_s();
        if coded_s > 0.0 {
            self.bytes as f64 * 8.0 / 1000.0 / coded_s
        } else {
            0.0
        }
    }

    /// What to call the track: its title, or else the file's name.
    pub fn label(&self) -> &str {
        if self.title.is_empty() {
            &self.name
        } else {
            &self.title
        }
    }
}
