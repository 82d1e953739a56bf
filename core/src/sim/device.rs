//! A virtual sound device: asks once for each frame's duration, in whatever time
//! its driver lives.

use crate::listener::Output;
use crate::time::Timestamp;
use crate::track::TrackInfo;

/// Asks for frames. Times are exact to parts of a nanosecond, so they never drift.
pub struct Device {
    paced: bool,
    frame: Frame,
    /// When the frames that go out without a hold are over.
    over_at: Moment,
    /// Silence since the last frame: the next one goes out when it is there.
    silent: bool,
    state: State,
}

/// A frame's duration: so many nanoseconds, and `rest / sample_rate` of one.
struct Frame {
    ns: u64,
    rest: u64,
    sample_rate: u64,
}

/// `rest / sample_rate` of a nanosecond after `at`.
#[derive(Clone, Copy)]
struct Moment {
    at: Timestamp,
    rest: u64,
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
            frame: Frame::new(track.samples_per_packet, track.sample_rate),
            over_at: Moment { at: now, rest: 0 },
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
        self.over_at = self.frame.after(self.over_at);
        if std::mem::take(&mut self.silent) || now > self.over_at.at {
            self.over_at = self.frame.after(Moment { at: now, rest: 0 });
        }
        self.state = State::Asking(self.over_at.at);
    }

    /// The track is over.
    pub fn end(&mut self) {
        self.state = State::Over;
    }
}

impl Frame {
    fn new(samples: u16, sample_rate: u32) -> Self {
        let sample_rate = u64::from(sample_rate.max(1));
        let parts = u64::from(samples) * 1_000_000_000;
        Self {
            ns: parts / sample_rate,
            rest: parts % sample_rate,
            sample_rate,
        }
    }

    /// When a frame is over that begins then.
    fn after(&self, begin: Moment) -> Moment {
        let rest = begin.rest + self.rest;
        let (carry, rest) = match rest.checked_sub(self.sample_rate) {
            Some(rest) => (1, rest),
            None => (0, rest),
        };
        let at = begin.at.0.saturating_add(self.ns + carry);
        Moment {
            at: Timestamp(at),
            rest,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_an_hour_of_frames_the_time_is_right_to_the_nanosecond() {
        for (samples, sample_rate) in [(1152, 44_100), (576, 22_050), (1152, 48_000)] {
            let frame = Frame::new(samples, sample_rate);
            let mut moment = Moment {
                at: Timestamp(7),
                rest: 0,
            };
            let samples = u64::from(samples);
            for frames in 1..=3600 * u64::from(sample_rate) / samples {
                moment = frame.after(moment);
                let exact_ns = frames * samples * 1_000_000_000 / u64::from(sample_rate);
                assert_eq!(moment.at, Timestamp(7 + exact_ns));
            }
        }
    }
}
