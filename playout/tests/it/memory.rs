//! A session that has the whole track in memory, less what a test takes away.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use segue_core::playback::{FrameSource, Gone, OpenError, Playback, Start};
use segue_core::track::TrackInfo;

use crate::split::Mp3;

pub struct Memory {
    track: TrackInfo,
    steps: VecDeque<Playback>,
}

impl Memory {
    /// Every packet, in order.
    pub fn whole(mp3: &Mp3) -> Self {
        Self::with_gaps(mp3, |_| true, Gap::Conceal)
    }

    /// The packets that `here` says are here; the others as `gap` says.
    pub fn with_gaps(mp3: &Mp3, here: impl Fn(u32) -> bool, gap: Gap) -> Self {
        let steps = mp3
            .frames
            .iter()
            .zip(0..)
            .map(|(frame, packet)| match (here(packet), gap) {
                (true, _) => Playback::Frame {
                    packet,
                    bytes: Arc::clone(frame),
                },
                (false, Gap::Conceal) => Playback::Conceal { packet, count: 1 },
                (false, Gap::Skip) => Playback::Skip { packet, count: 1 },
            })
            .chain([Playback::End])
            .collect();
        Self {
            track: mp3.track.clone(),
            steps,
        }
    }
}

/// What stands in for a missing packet.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Gap {
    Conceal,
    #[allow(dead_code)] // the example has no gaps
    Skip,
}

impl FrameSource for Memory {
    fn track(&self) -> &TrackInfo {
        &self.track
    }

    fn ask(&mut self) {}

    fn next(&mut self, _: Duration) -> Result<Option<Playback>, Gone> {
        self.steps.pop_front().map(Some).ok_or(Gone)
    }

    fn seek(&mut self, _: Start) -> Result<(), OpenError> {
        Err(OpenError::new(&self.track, "it only plays on"))
    }
}
