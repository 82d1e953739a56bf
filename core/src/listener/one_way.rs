//! One-way delay, as far as two clocks that know nothing of each other tell it.

use std::time::Duration;

use crate::time::Timestamp;

/// The least delay is that of the last one or two of these: clocks drift, and
/// routes change.
const MEMORY: Duration = Duration::from_secs(120);

/// Delays from one seeder: each is the true one plus the difference of the
/// clocks, which is whatever it is. Arithmetic wraps: a clock may say anything.
#[derive(Default)]
pub struct OneWay {
    least: Option<Least>,
    /// Least since the last feedback.
    lately_us: Option<i64>,
}

#[derive(Clone, Copy)]
struct Least {
    since: Timestamp,
    now_us: i64,
    before_us: i64,
}

impl OneWay {
    /// Takes in when something came that was sent at `sent_us` of the far
    /// clock.
    pub fn take(&mut self, now: Timestamp, sent_us: u64) {
        let delay_us = micros(now).wrapping_sub(sent_us) as i64;
        let mut least = self.least.unwrap_or(Least {
            since: now,
            now_us: delay_us,
            before_us: delay_us,
        });
        if now >= least.since + MEMORY {
            least = Least {
                since: now,
                now_us: delay_us,
                before_us: least.now_us,
            };
        }
        least.now_us = least.now_us.min(delay_us);
        self.least = Some(least);
        self.lately_us = Some(self.lately_us.map_or(delay_us, |us| us.min(delay_us)));
    }

    /// The far clock may have begun anew: what it said so far means nothing.
    pub fn forget(&mut self) {
        *self = Self::default();
    }

    /// When something sent at this time of the far clock comes at the earliest;
    /// `None` as long as nothing is known.
    pub fn arrival_of(&self, sent_us: u64) -> Option<Timestamp> {
        let at_us = sent_us.wrapping_add(self.least?.us() as u64);
        Some(Timestamp(at_us.saturating_mul(1000)))
    }

    /// The queue that stood in the network since the last call, microseconds.
    pub fn take_queue_us(&mut self) -> u32 {
        let (Some(least), Some(lately_us)) = (self.least, self.lately_us.take()) else {
            return 0;
        };
        u32::try_from(lately_us.saturating_sub(least.us())).unwrap_or(0)
    }
}

impl Least {
    fn us(self) -> i64 {
        self.now_us.min(self.before_us)
    }
}

fn micros(at: Timestamp) -> u64 {
    at.as_nanos() / 1000
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> Timestamp {
        Timestamp(ms * 1_000_000)
    }

    #[test]
    fn the_queue_is_what_the_fastest_lately_took_longer_than_the_fastest_ever() {
        let mut delay = OneWay::default();
        assert_eq!(delay.take_queue_us(), 0);
        delay.take(at(1030), 5_000_000); // the far clock is ahead
        delay.take(at(1010), 5_000_000);
        assert_eq!(delay.take_queue_us(), 0);
        assert_eq!(delay.take_queue_us(), 0, "nothing came since");
        delay.take(at(2050), 6_000_000);
        delay.take(at(2090), 6_000_000);
        assert_eq!(delay.take_queue_us(), 40_000);
        assert_eq!(delay.arrival_of(7_000_000), Some(at(3010)));
    }

    #[test]
    fn a_clock_that_drifts_does_not_look_like_a_queue() {
        let mut delay = OneWay::default();
        for second in 0..3600u64 {
            let drift_us = second * 50; // 50 ppm
            delay.take(at(second * 1000), second * 1_000_000 - drift_us);
            assert!(delay.take_queue_us() <= 12_000);
        }
    }

    #[test]
    fn senseless_clocks_are_borne() {
        let mut delay = OneWay::default();
        for sent_us in [0, u64::MAX, 1 << 63, (1 << 63) - 1, 7] {
            delay.take(at(1), sent_us);
            delay.arrival_of(sent_us);
            delay.take_queue_us();
        }
    }
}
