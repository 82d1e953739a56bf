//! A virtual sound device: asks once for each frame's duration.

use std::time::Duration;

use crate::listener::{ListenerConfig, Output};
use crate::time::Timestamp;

/// Asks for frames. Times are counted in samples, so they never drift.
pub struct Device {
    paced: bool,
    sample_rate: u64,
    samples_per_packet: u64,
    /// Since when frames go out without a hold, and how many did.
    base: Timestamp,
    frames: u64,
    /// When the frame after those goes out.
    next: Timestamp,
    state: State,
}

#[derive(PartialEq)]
enum State {
    Asking(Timestamp),
    Waiting,
    Over,
}

impl Device {
    pub fn new(now: Timestamp, config: &ListenerConfig) -> Self {
        Self {
            paced: config.paced,
            sample_rate: config.track.sample_rate.max(1).into(),
            samples_per_packet: config.track.samples_per_packet.into(),
            base: now,
            frames: 0,
            next: now,
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

    /// A frame goes out, or the track ends.
    pub fn on_output(&mut self, now: Timestamp, output: &Output) {
        match output {
            Output::Play { .. } | Output::Conceal { .. } if self.paced => {
                if now != self.next {
                    (self.base, self.frames) = (now, 0);
                }
                self.frames += 1;
                self.next = self.next_frame();
                self.state = State::Asking(self.next);
            }
            Output::Play { .. } | Output::Conceal { .. } => self.state = State::Asking(now),
            Output::End => self.state = State::Over,
            _ => {}
        }
    }

    /// When the frame after those of this run goes out.
    fn next_frame(&self) -> Timestamp {
        const SECOND: u64 = 1_000_000_000;
        let samples = self.frames * self.samples_per_packet;
        let (seconds, rest) = (samples / self.sample_rate, samples % self.sample_rate);
        let nanos = seconds * SECOND + rest * SECOND / self.sample_rate;
        self.base + Duration::from_nanos(nanos)
    }
}
