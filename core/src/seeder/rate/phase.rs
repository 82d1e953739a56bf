//! What the control is about: finding the rate, then asking for more and
//! draining what that queued, in turns.

use crate::time::Timestamp;

/// The start doubles what comes each round trip.
const START_GAIN: f64 = 2.0;
/// A cycle asks for more, drains what that queued, and then holds.
const PROBE_GAIN: f64 = 1.25;
const DRAIN_GAIN: f64 = 0.75;

#[derive(Clone, Copy, Debug)]
pub enum Phase {
    Start {
        /// The round trip ends when this packet is known to have come.
        round_end: u32,
        best: f64,
        flat_rounds: u32,
    },
    Probe {
        until: Timestamp,
        /// Bandwidth when it began.
        before: f64,
    },
    /// What was asked for in a probe shows in the rate when this is over.
    Drain {
        until: Timestamp,
        /// Bandwidth before the probe; none after a start.
        before: Option<f64>,
    },
    Hold {
        until: Timestamp,
    },
}

impl Phase {
    /// Begins to find the rate, `sent` packets having been, `best` a second.
    pub fn start(sent: u32, best: f64) -> Self {
        Self::Start {
            round_end: sent,
            best,
            flat_rounds: 0,
        }
    }

    /// Times the bandwidth, that is the pace.
    pub fn gain(self) -> f64 {
        match self {
            Self::Start { .. } => START_GAIN,
            Self::Probe { .. } => PROBE_GAIN,
            Self::Drain { .. } => DRAIN_GAIN,
            Self::Hold { .. } => 1.0,
        }
    }
}
