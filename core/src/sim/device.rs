//! A virtual sound device: asks once for each frame's duration, in whatever time
//! its driver lives.

use std::time::Duration;

use crate::listener::Output;
use crate::time::Timestamp;
use crate::track::TrackInfo;

/// Asks for frames. Times are counted in samples, so they never drift.
pub struct Device {
    paced: bool,
    sample_rate: u64,
    samples_per_packet: u64,
    /// Since when frames go out without a hold, and how many did.
    base: Timestamp,
    frames: u64,
    /// Silence since the last frame: the next one goes out when it is there.
    silent: bool,
    state: State,
}

#[derive(PartialEq)]
enum State {
    Asking(Timestamp),
    Waiting,
    Over,
}

impl Device {
    /// One that asks for its first frame now.
    pub fn new(now: Timestamp, track: &TrackInfo, paced: bool) -> Self {
        Self {
            paced,
            sample_rate: track.sample_rate.max(1).into(),
            samples_per_packet: track.samples_per_packet.into(),
            base: now,
            frames: 0,
            silent: true,
            state: State::Asking(now),
        }
    }

    /// When it asks next.
    pub fn next_ask(&self) -> Timestamp {
        match self.state {
            State::Asking(at) => at,
            State::Waiting | State::Over => Timestamp::NEVER,
        }
    }

    /// It has asked.
    pub fn asked(&mut self) {
        self.state = State::Waiting;
    }

    /// What a session wants of it.
    #[inline]
    pub fn on_output(&mut self, now: Timestamp, output: &Output) {
        match output {
            Output::Play { .. } | Output::Conceal { .. } => self.play(now),
            Output::Hold => self.hold(),
            Output::End => self.end(),
            _ => {}
        }
    }

    /// Nothing is there to be played.
    pub fn hold(&mut self) {
        self.silent = true;
    }

    /// A frame, real or concealed, goes out. In real time it is here a little
    /// later than it is heard: only one that is later than its whole duration
    /// was waited for.
    pub fn play(&mut self, now: Timestamp) {
        if !self.paced {
            self.state = State::Asking(now);
            return;
        }
        self.frames += 1;
        let mut next = self.frame_at(self.frames);
        if std::mem::take(&mut self.silent) || now > next {
            (self.base, self.frames) = (now, 1);
            next = self.frame_at(1);
        }
        self.state = State::Asking(next);
    }

    /// The track is over.
    pub fn end(&mut self) {
        self.state = State::Over;
    }

    /// When this run's frame number `frames` goes out.
    fn frame_at(&self, frames: u64) -> Timestamp {
        const SECOND: u64 = 1_000_000_000;
        let samples = frames * self.samples_per_packet;
        let (seconds, rest) = (samples / self.sample_rate, samples % self.sample_rate);
        let nanos = seconds * SECOND + rest * SECOND / self.sample_rate;
        self.base + Duration::from_nanos(nanos)
    }
}
