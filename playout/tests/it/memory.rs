//! A session that has the whole track in memory, less what a test takes away.

use std::sync::Arc;
use std::time::Duration;

use segue_core::playback::{FrameSource, Gone, OpenError, Opening, Playable, Playback, Start};
use segue_core::track::TrackInfo;
use segue_playout::output::Output;
use segue_playout::player::{Controls, Outcome, Player};

use crate::split::Mp3;

#[derive(Clone)]
pub struct Memory {
    track: TrackInfo,
    steps: Arc<[Playback]>,
    next: usize,
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
            next: 0,
        }
    }
}

/// Plays sources one after the other; answers how the last one went.
#[allow(dead_code)] // the example has a player of its own
pub fn play(sources: impl IntoIterator<Item = Memory>, output: Box<dyn Output>) -> Outcome {
    let controls = Controls::default();
    for source in sources {
        controls.append(source);
    }
    Player::start(output, controls).unwrap().join().unwrap()
}

/// What stands in for a missing packet.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Gap {
    Conceal,
    #[allow(dead_code)] // the example has no gaps
    Skip,
}

impl Playable for Memory {
    fn track(&self) -> &TrackInfo {
        &self.track
    }

    fn open(&self, opening: Opening) -> Result<Box<dyn FrameSource>, OpenError> {
        let mut source = self.clone();
        source.seek(opening.start)?;
        Ok(Box::new(source))
    }
}

impl FrameSource for Memory {
    fn track(&self) -> &TrackInfo {
        &self.track
    }

    fn ask(&mut self) {}

    fn next(&mut self, _: Duration) -> Result<Option<Playback>, Gone> {
        self.next += 1;
        let step = self.steps.get(self.next - 1);
        step.cloned()
            .map(Some)
            .ok_or_else(|| Gone::because("no more steps"))
    }

    fn seek(&mut self, start: Start) -> Result<(), OpenError> {
        self.next = start.first() as usize; // each packet is one step
        Ok(())
    }
}
