//! Our side of the ring: what goes in, and when.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rtrb::Producer;

use crate::fade;

use super::channels;
use super::feed::Shared;
use super::level::Level;
use super::resample::Resample;

/// Grace at the end for what the device's own figures leave out.
const DRAIN_GRACE: Duration = Duration::from_millis(30);
/// The ramp that hides a cut.
const FADE_S: f64 = 0.005;

/// Converts the track's samples to the device's and keeps the ring at its level.
pub(super) struct Line {
    ring: Producer<f32>,
    shared: Arc<Shared>,
    level: Level,
    track_channels: usize,
    channels: usize,
    resample: Option<Resample>,
    before: Before,
    /// Samples that are ready but had no room.
    backlog: Vec<f32>,
    scratch: Vec<f32>,
    /// When the last sample will have been heard.
    heard_by: Option<Instant>,
}

/// What came before the next packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Before {
    /// Nothing: the first packet is to come.
    Start,
    /// Silence, on purpose.
    Hold,
    /// The packet before.
    Sound,
}

impl Line {
    /// `channels` are those of the track and of the device.
    pub(super) fn new(
        ring: Producer<f32>,
        shared: Arc<Shared>,
        level: Level,
        channels: (usize, usize),
        resample: Option<Resample>,
    ) -> Self {
        Self {
            ring,
            shared,
            level,
            track_channels: channels.0,
            channels: channels.1,
            resample,
            before: Before::Start,
            backlog: Vec::new(),
            scratch: Vec::new(),
            heard_by: None,
        }
    }

    /// Fills the ring with silence and lets the device have it.
    pub(super) fn arm(&mut self) {
        self.top_up(0);
        self.push();
        self.shared.arm();
    }

    /// How long until there is room for a packet.
    pub(super) fn due_in(&mut self) -> Duration {
        self.push();
        self.level.due_in(self.filled(), self.shared.last_pull())
    }

    /// The ring may run empty.
    pub(super) fn hold(&mut self) {
        if self.before == Before::Sound {
            self.before = Before::Hold;
        }
        self.shared.mean_silence(true);
    }

    /// Takes one packet's samples. After silence it is topped up, so that the next
    /// packet is due one packet's duration from now.
    pub(super) fn write(&mut self, samples: &[f32]) {
        self.heard_by = None;
        let from = self.backlog.len();
        self.convert(samples);
        if self.before == Before::Hold {
            let length = (self.level.rate() * FADE_S) as usize;
            fade::fade_in(&mut self.backlog[from..], self.channels, length);
        }
        if self.before != Before::Sound {
            self.top_up(from);
        }
        self.push();
        // A packet that trimming left nothing of is silence too.
        if !samples.is_empty() {
            self.before = Before::Sound;
            self.shared.mean_silence(false);
        }
    }

    /// Another track follows without a pause: what the resampler holds of this one
    /// is played before it.
    pub(super) fn follow(
        &mut self,
        level: Level,
        track_channels: usize,
        resample: Option<Resample>,
    ) {
        self.flush();
        self.level = level;
        self.track_channels = track_channels;
        self.resample = resample;
    }

    /// Takes the sound that another device did not play; it begins softly, having
    /// been cut there.
    pub(super) fn rejoin(&mut self, samples: &[f32]) {
        self.before = Before::Hold;
        self.write(samples);
    }

    /// How long a sample written now takes to the ear.
    pub(super) fn latency(&self) -> Duration {
        let rate = self.level.rate();
        let waiting = self.resample.as_ref().map_or(0.0, Resample::pending_s);
        let pull = self.shared.last_pull();
        let taken = f64::from(pull.frames) - pull.elapsed.as_secs_f64() * rate;
        let queued = (self.filled() as f64 + taken).max(0.0) / rate;
        self.shared.latency() + Duration::from_secs_f64(queued + waiting)
    }

    /// How much of what was written nobody has heard yet, in samples of the track
    /// per channel, if the device stopped when it last came.
    pub(super) fn unheard(&self) -> usize {
        let rate = self.level.rate();
        let waiting = self.resample.as_ref().map_or(0.0, Resample::pending_s);
        let queued = self.filled() as f64 + self.shared.unplayed(rate);
        ((queued / rate + waiting) * self.level.track_rate()).ceil() as usize
    }

    /// Nothing more comes: how long until the last sample was heard.
    pub(super) fn finish_in(&mut self) -> Duration {
        self.shared.mean_silence(true);
        self.flush();
        self.push();
        let filled = self.filled();
        if filled > 0 {
            let left = Duration::from_secs_f64(filled as f64 / self.level.rate());
            return left.max(Duration::from_millis(1));
        }
        // The ring is empty, but the device still plays what it took.
        let heard_by = *self.heard_by.get_or_insert_with(|| {
            let period = f64::from(self.shared.last_pull().frames) / self.level.rate();
            let taken = self.shared.latency() + Duration::from_secs_f64(period);
            Instant::now() + taken + DRAIN_GRACE
        });
        heard_by.saturating_duration_since(Instant::now())
    }

    /// Samples per channel that the device has yet to take.
    fn filled(&self) -> usize {
        let queued = self.ring.buffer().capacity() - self.ring.slots() + self.backlog.len();
        queued / self.channels
    }

    /// Takes the rest out of the resampler.
    fn flush(&mut self) {
        if let Some(mut resample) = self.resample.take() {
            self.scratch.clear();
            resample.flush(&mut self.scratch);
            channels::remap(
                &self.scratch,
                self.track_channels,
                self.channels,
                &mut self.backlog,
            );
        }
    }

    fn push(&mut self) {
        let pushed = self.ring.push_partial_slice(&self.backlog).0.len();
        self.backlog.drain(..pushed);
    }

    /// Converts samples of the track to samples of the device, behind the backlog.
    fn convert(&mut self, samples: &[f32]) {
        let samples = match &mut self.resample {
            Some(resample) => {
                self.scratch.clear();
                resample.push(samples, &mut self.scratch);
                &self.scratch
            }
            None => samples,
        };
        channels::remap(
            samples,
            self.track_channels,
            self.channels,
            &mut self.backlog,
        );
    }

    /// Puts silence in front of what is new in the backlog, up to the level.
    fn top_up(&mut self, new_from: usize) {
        let coming = (self.backlog.len() - new_from) / self.channels;
        let filled = self.filled() - coming;
        let silence = self
            .level
            .silence_before(filled, self.shared.last_pull(), coming);
        let silence = std::iter::repeat_n(0.0, silence * self.channels);
        self.backlog.splice(new_from..new_from, silence);
    }
}

#[cfg(test)]
mod tests;
