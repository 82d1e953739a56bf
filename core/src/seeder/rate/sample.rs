//! What two feedbacks tell of the path between them.

use crate::time::Timestamp;
use crate::wire::Feedback;

/// A feedback, and when it came.
#[derive(Clone, Copy, Debug)]
pub struct Heard {
    pub at: Timestamp,
    pub path_end: u32,
    pub received: u32,
    /// When it was said: the listener's clock.
    pub said_us: u64,
    /// When the newest packet was sent: our clock.
    newest_sent_us: u64,
    /// When it came: the listener's clock.
    newest_came_us: u64,
    held_us: u64,
}

impl Heard {
    pub fn new(at: Timestamp, feedback: &Feedback) -> Self {
        Self {
            at,
            path_end: feedback.path_end,
            received: feedback.received,
            said_us: feedback.sent_us,
            newest_sent_us: feedback.newest_sent_us,
            newest_came_us: feedback.sent_us.wrapping_sub(feedback.held_us.into()),
            held_us: feedback.held_us.into(),
        }
    }

    /// Round trip of the newest packet without the time that the listener held
    /// its answer; `None` if that makes no sense.
    pub fn rtt_s(&self) -> Option<f64> {
        let now_us = self.at.as_nanos() / 1000;
        let rtt_us = now_us
            .checked_sub(self.newest_sent_us)?
            .checked_sub(self.held_us)?;
        (rtt_us < 60_000_000).then_some(rtt_us as f64 / 1e6)
    }

    /// What happened since an earlier one; `None` if nothing did, or if the two
    /// do not fit together.
    pub fn since(&self, before: &Self) -> Option<Sample> {
        let passed = self.path_end.checked_sub(before.path_end)?;
        let came = self.received.checked_sub(before.received)?.min(passed);
        let between = |new: u64, old: u64| new.checked_sub(old).filter(|&us| us < 60_000_000);
        let sending_us = between(self.newest_sent_us, before.newest_sent_us)?;
        let coming_us = between(self.newest_came_us, before.newest_came_us)?;
        let us = sending_us.max(coming_us);
        (passed > 0 && us > 0).then(|| Sample {
            passed,
            came,
            seconds: us as f64 / 1e6,
        })
    }
}

/// How many packets took how long.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    /// Sent and, but for the lost ones, received.
    pub passed: u32,
    pub came: u32,
    /// To send or to come, whichever took longer: neither a burst let loose by
    /// a queue nor one put into it counts as bandwidth.
    pub seconds: f64,
}

impl Sample {
    pub fn loss(&self) -> f64 {
        1.0 - f64::from(self.came) / f64::from(self.passed)
    }

    /// Packets per second that came, and those that the path loses anyway.
    pub fn carried(&self, usual_loss: f64) -> f64 {
        let came = f64::from(self.came) / (1.0 - usual_loss).max(0.1);
        came.min(f64::from(self.passed)) / self.seconds
    }
}
