//! How full the ring is, and what follows from it.

use std::time::Duration;

/// The last time the device took samples.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pull {
    /// How many per channel.
    pub(super) frames: u32,
    /// How long ago.
    pub(super) elapsed: Duration,
}

/// The arithmetic of a ring that is kept at two packets.
///
/// Devices take samples a period at a time, which would make the asks uneven. So
/// the level is reckoned as if they took them one by one, the last period being
/// spread over the time since; the ring truly holds up to a period more.
#[derive(Debug, Clone, Copy)]
pub(super) struct Level {
    /// Device samples per packet: no whole number when resampled.
    packet: f64,
    rate: f64,
    track_rate: f64,
}

impl Level {
    pub(super) fn new(samples_per_packet: u16, track_rate: u32, device_rate: u32) -> Self {
        let rate = f64::from(device_rate.max(1));
        Self {
            packet: f64::from(samples_per_packet) * rate / f64::from(track_rate.max(1)),
            rate,
            track_rate: f64::from(track_rate.max(1)),
        }
    }

    /// Samples of the track per second.
    pub(super) fn track_rate(&self) -> f64 {
        self.track_rate
    }

    /// Device samples per second.
    pub(super) fn rate(&self) -> f64 {
        self.rate
    }

    /// The level that the ring is filled to.
    pub(super) fn two_packets(&self) -> usize {
        (2.0 * self.packet).ceil() as usize
    }

    /// How long until there is room for a packet, `filled` being in the ring.
    pub(super) fn due_in(&self, filled: usize, pull: Pull) -> Duration {
        let over = self.level(filled, pull) - self.packet;
        if over <= 0.0 {
            return Duration::ZERO;
        }
        let wait = Duration::from_secs_f64(over / self.rate);
        if self.is_late(pull) {
            // The level stands still until the device comes; don't spin on it.
            return wait.max(Duration::from_millis(1));
        }
        wait
    }

    /// Silence to put before `coming` samples so that they end two packets from
    /// now: the next packet is then due after one packet's duration.
    pub(super) fn silence_before(&self, filled: usize, pull: Pull, coming: usize) -> usize {
        let level = self.level(filled, pull) + coming as f64;
        (2.0 * self.packet - level).max(0.0).round() as usize
    }

    fn level(&self, filled: usize, pull: Pull) -> f64 {
        let since = pull.elapsed.as_secs_f64() * self.rate;
        filled as f64 - since.min(f64::from(pull.frames))
    }

    fn is_late(&self, pull: Pull) -> bool {
        pull.elapsed.as_secs_f64() * self.rate >= f64::from(pull.frames)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: u32 = 44_100;

    fn pulled(frames: u32, ago: f64) -> Pull {
        Pull {
            frames,
            elapsed: Duration::from_secs_f64(ago / f64::from(RATE)),
        }
    }

    fn samples(wait: Duration) -> f64 {
        (wait.as_secs_f64() * f64::from(RATE)).round()
    }

    #[test]
    fn due_when_one_packet_is_left() {
        let level = Level::new(1152, RATE, RATE);
        assert_eq!(samples(level.due_in(2304, pulled(1024, 0.0))), 1152.0);
        assert_eq!(samples(level.due_in(2304, pulled(1024, 1000.0))), 152.0);
        assert_eq!(level.due_in(1152, pulled(1024, 0.0)), Duration::ZERO);
        assert_eq!(level.due_in(0, pulled(1024, 0.0)), Duration::ZERO);
    }

    #[test]
    fn a_late_device_is_not_polled_in_a_spin() {
        let level = Level::new(1152, RATE, RATE);
        let wait = level.due_in(1152 + 1024 + 1, pulled(1024, 2000.0));
        assert_eq!(wait, Duration::from_millis(1));
    }

    #[test]
    fn a_hold_is_made_up_to_two_packets() {
        let level = Level::new(1152, RATE, RATE);
        // Short: half a packet is left, the hold lasted as long.
        assert_eq!(level.silence_before(576, pulled(1024, 0.0), 1152), 576);
        // Long: the ring ran dry, and the device is in the middle of a period.
        assert_eq!(level.silence_before(0, pulled(1024, 300.0), 1152), 1452);
        // Already full.
        assert_eq!(level.silence_before(3000, pulled(1024, 0.0), 1152), 0);
    }

    #[test]
    fn a_packet_counts_in_the_devices_samples() {
        let level = Level::new(1152, 44_100, 48_000);
        assert_eq!(level.two_packets(), 2508); // 2507.8
        assert_eq!(level.due_in(1253, pulled(1024, 0.0)), Duration::ZERO);
        assert!(level.due_in(1254, pulled(1024, 0.0)) > Duration::ZERO);
    }

    /// A device that takes a period at a time is asked for evenly all the same.
    #[test]
    fn asks_come_evenly() {
        let level = Level::new(1152, RATE, RATE);
        for period in [64_u64, 441, 1024, 2048, 4096] {
            let mut filled = level.silence_before(0, pulled(period as u32, 0.0), 0) as u64 + period;
            let mut last_pull = 0;
            let mut asks = Vec::new();
            for now in 0..200_000_u64 {
                if now % period == 0 {
                    assert!(filled >= period, "ran dry at {now}, period {period}");
                    filled -= period;
                    last_pull = now;
                }
                let pull = pulled(period as u32, (now - last_pull) as f64);
                if level.due_in(filled as usize, pull).is_zero() {
                    asks.push(now);
                    filled += 1152;
                }
            }
            for pair in asks.windows(2) {
                assert!(
                    (pair[1] - pair[0]).abs_diff(1152) <= 1,
                    "period {period}: {pair:?}"
                );
            }
        }
    }
}
