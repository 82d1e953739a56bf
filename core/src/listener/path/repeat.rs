//! Saying something again until it is heard.

use std::time::Duration;

use crate::time::Timestamp;

/// Most time between two tries.
const LAST_REPEAT: Duration = Duration::from_secs(2);

/// Something to be said again until it is heard.
#[derive(Clone, Copy)]
pub struct Repeat {
    pub at: Timestamp,
    pub wait: Duration,
}

impl Repeat {
    /// Notes that it was said now, and waits longer each time.
    pub fn again(&mut self, now: Timestamp, first_wait: Duration) {
        self.wait = if self.wait.is_zero() {
            first_wait
        } else {
            (self.wait * 3 / 2).min(LAST_REPEAT)
        };
        self.at = now + self.wait;
    }
}
