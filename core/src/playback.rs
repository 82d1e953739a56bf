//! The seam between what brings frames and the sound: what a session (or a
//! file) offers to whatever decodes and plays it. Neither side knows the other.
//!
//! A queue is made of [`Playable`]s. Each one, opened, is a [`FrameSource`],
//! from which one thread takes the frames of one track.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::track::TrackInfo;

/// One step of playback, in playing order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Playback {
    /// Play this packet (one MP3 frame) now.
    Frame {
        /// Its number.
        packet: u32,
        /// The frame, header included.
        bytes: Arc<[u8]>,
    },
    /// Fill the time of this many packets from `packet` on with concealment.
    Conceal {
        /// Number of the first packet that is missing.
        packet: u32,
        /// How many.
        count: u32,
    },
    /// These packets are left out; no time passes for them.
    Skip {
        /// Number of the first packet left out.
        packet: u32,
        /// How many.
        count: u32,
    },
    /// Nothing to play yet: stay silent until the next step comes.
    Hold,
    /// The track is over.
    End,
}

/// Where playing begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Start {
    /// The first packet that is heard.
    pub packet: u32,
    /// So many packets before it come first: the decoder needs them, nobody
    /// hears them, and no metric counts them. At most `packet`.
    pub preroll: u32,
}

impl Start {
    /// Of a track from its beginning.
    pub const BEGINNING: Self = Self {
        packet: 0,
        preroll: 0,
    };

    /// The first packet that comes.
    pub fn first(&self) -> u32 {
        self.packet.saturating_sub(self.preroll)
    }

    /// Where to begin in order to be heard from a moment of the music on
    /// (samples per channel, both ends cut). A frame leans on at most 511 bytes
    /// before it and overlaps with its neighbour: as many packets come before.
    pub fn at_sample(track: &TrackInfo, sample: u64) -> Self {
        const RESERVOIR_BYTES: u64 = 511;
        /// Header and side information, which the reservoir does not count.
        const HEAD_BYTES: u64 = 40;
        /// A quiet passage has shorter frames than the track's mean.
        const LEAST: u64 = 10;
        const MOST: u64 = 64;
        let last = track.packets.saturating_sub(1);
        let packet = (sample + track.trim_start()) / u64::from(track.samples_per_packet.max(1));
        let packet = u32::try_from(packet).unwrap_or(u32::MAX).min(last);
        let mean = track.bytes / u64::from(track.packets.max(1));
        let main_data = mean.saturating_sub(HEAD_BYTES).max(1);
        let preroll = (RESERVOIR_BYTES.div_ceil(main_data) + 2).clamp(LEAST, MOST) as u32;
        Self {
            packet,
            preroll: preroll.min(packet),
        }
    }
}

/// How to open a track.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opening {
    /// Where to begin.
    pub start: Start,
    /// The output keeps time (a device), or takes frames at once (a file).
    pub paced: bool,
}

/// A track that can be played: from peers, from a file, whatever it takes.
/// Queues are made of these.
pub trait Playable: Send + Sync {
    /// What it is.
    fn track(&self) -> &TrackInfo;

    /// Begins to bring its frames, before anybody asks for the first one. May
    /// take its time: called in a thread where waiting harms nobody.
    ///
    /// # Errors
    /// When it cannot be played now.
    fn open(&self, opening: Opening) -> Result<Box<dyn FrameSource>, OpenError>;
}

/// A track cannot be played.
#[derive(Debug, thiserror::Error)]
#[error("cannot play `{track}`: {reason}")]
pub struct OpenError {
    /// What it is called.
    pub track: String,
    /// Why not.
    #[source]
    pub reason: Box<dyn std::error::Error + Send + Sync>,
}

impl OpenError {
    /// For this track and reason.
    pub fn new(
        track: &TrackInfo,
        reason: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self {
            track: track.label().to_owned(),
            reason: reason.into(),
        }
    }
}

/// What brought the frames went away in the middle of the track; says why, for
/// people.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Gone(String);

impl Gone {
    /// For this reason.
    pub fn because(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }
}

/// An open track as the sound side sees it. One thread calls it, and never from
/// an async task: [`FrameSource::next`] waits. Dropping it ends it.
pub trait FrameSource: Send {
    /// What is being played.
    fn track(&self) -> &TrackInfo;

    /// The device needs its next frame. Exactly one [`Playback::Frame`],
    /// [`Playback::Conceal`] or [`Playback::End`] answers each ask, `Hold` and
    /// `Skip` may come before it.
    fn ask(&mut self);

    /// The next step, waited for at most this long; `None` when there is none
    /// yet.
    ///
    /// # Errors
    /// When none will come any more.
    fn next(&mut self, patience: Duration) -> Result<Option<Playback>, Gone>;

    /// Whether nothing of the track is still to be fetched.
    fn is_fetched(&self) -> bool {
        true
    }

    /// The listener pauses, or goes on. An ask that was not answered yet stands,
    /// and is answered after the pause; buffers go on filling.
    fn pause(&mut self, _paused: bool) {}

    /// Goes on at another place; what was asked and not answered is void.
    ///
    /// # Errors
    /// When it cannot: the source is of no use any more.
    fn seek(&mut self, start: Start) -> Result<(), OpenError>;
}
