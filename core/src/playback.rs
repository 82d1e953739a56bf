//! The seam between a session and the sound: what a session offers to whatever
//! decodes and plays it. Neither side knows the other.

use std::sync::Arc;

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

/// A session as the sound side sees it. Both methods may be called from any
/// thread, and never from an async task: [`FrameSource::next`] blocks.
pub trait FrameSource: Send {
    /// What is being played.
    fn track(&self) -> &TrackInfo;

    /// The device needs its next frame. Exactly one [`Playback::Frame`],
    /// [`Playback::Conceal`] or [`Playback::End`] answers each ask, `Hold` and
    /// `Skip` may come before it.
    fn ask(&mut self);

    /// Waits for the next step. `None` when the session is gone.
    fn next(&mut self) -> Option<Playback>;
}
