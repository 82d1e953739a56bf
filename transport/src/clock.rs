//! The one place where real time becomes the engine's.

use segue_core::time::Timestamp;
use tokio::time::{Duration, Instant};

/// Real time as nanoseconds since this clock was made. On most systems it stands
/// still while the machine sleeps, as timers do; after a program was stopped it
/// jumps, and the engine knows what to make of that.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    epoch: Instant,
}

impl Clock {
    pub fn new() -> Self {
        Self {
            epoch: Instant::now(),
        }
    }

    pub fn now(&self) -> Timestamp {
        Timestamp::ZERO + self.epoch.elapsed()
    }

    /// The instant of an engine time; a day ahead stands for "never".
    pub fn instant(&self, at: Timestamp) -> Instant {
        const DAY: Duration = Duration::from_secs(86_400);
        let ahead = at.since(Timestamp::ZERO);
        self.epoch + ahead.min(self.epoch.elapsed() + DAY)
    }
}
