//! Plays in real time, and nobody hears it.

use std::time::{Duration, Instant};

use segue_core::track::TrackInfo;

use super::{Media, Output, OutputError, Takes};

/// A timer in the place of a sound card.
pub(super) struct Null {
    opened: Instant,
    pace: Pace,
}

impl Null {
    pub(super) fn new(track: &TrackInfo) -> Self {
        Self {
            opened: Instant::now(),
            pace: Pace::new(track.samples_per_packet, track.sample_rate),
        }
    }
}

impl Output for Null {
    fn name(&self) -> &str {
        "null"
    }

    fn paced(&self) -> bool {
        true
    }

    fn takes(&self) -> Takes {
        // Decoded all the same: what a gap mutes is measured here too.
        Takes::Samples
    }

    fn due_in(&mut self) -> Result<Duration, OutputError> {
        Ok(self.pace.due().saturating_sub(self.opened.elapsed()))
    }

    fn hold(&mut self) {
        self.pace.hold();
    }

    fn write(&mut self, _: Media<'_>) -> Result<(), OutputError> {
        self.pace.play(self.opened.elapsed());
        Ok(())
    }

    fn finish_in(&mut self) -> Result<Duration, OutputError> {
        self.due_in()
    }
}

/// When each packet of a device is due: `start + k · samples / rate`, never
/// summed up from rounded steps. A hold moves the start.
#[derive(Debug, Clone)]
pub(super) struct Pace {
    samples: u64,
    rate: u64,
    start: Duration,
    packets: u64,
    held: bool,
}

impl Pace {
    pub(super) fn new(samples_per_packet: u16, sample_rate: u32) -> Self {
        Self {
            samples: u64::from(samples_per_packet),
            rate: u64::from(sample_rate.max(1)),
            start: Duration::ZERO,
            packets: 0,
            // The first packet starts the clock, whenever it comes.
            held: true,
        }
    }

    /// When the next packet is due.
    pub(super) fn due(&self) -> Duration {
        let samples = u128::from(self.packets) * u128::from(self.samples);
        let nanos = samples * 1_000_000_000 / u128::from(self.rate);
        self.start + Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }

    /// The device runs empty, on purpose.
    pub(super) fn hold(&mut self) {
        self.held = true;
    }

    /// A packet came.
    pub(super) fn play(&mut self, now: Duration) {
        if std::mem::take(&mut self.held) {
            self.start = now;
            self.packets = 0;
        }
        self.packets += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PACKET_NS: u64 = 26_122_448; // 1152 / 44100 s, rounded down

    fn ns(nanos: u64) -> Duration {
        Duration::from_nanos(nanos)
    }

    #[test]
    fn the_schedule_does_not_drift() {
        let mut pace = Pace::new(1152, 44_100);
        assert_eq!(pace.due(), ns(0));
        // Answers come late, each by something else; the schedule does not care.
        for packet in 0..44_100 {
            let late = ns(packet % 7 * 1_000_000);
            let now = if packet == 0 {
                ns(0)
            } else {
                pace.due() + late
            };
            pace.play(now);
        }
        assert_eq!(pace.due(), Duration::from_secs(1152));
    }

    #[test]
    fn the_first_packet_starts_the_clock() {
        let mut pace = Pace::new(1152, 44_100);
        pace.play(ns(500_000_000));
        assert_eq!(pace.due(), ns(500_000_000 + PACKET_NS));
    }

    #[test]
    fn a_hold_restarts_it() {
        let mut pace = Pace::new(1152, 44_100);
        pace.play(ns(0));
        pace.play(ns(PACKET_NS));
        assert_eq!(pace.due(), ns(2 * PACKET_NS + 1)); // 52 244 897.96 ns
        pace.hold();
        pace.hold();
        assert_eq!(pace.due(), ns(2 * PACKET_NS + 1)); // asked by then, and held
        pace.play(ns(90_000_000));
        assert_eq!(pace.due(), ns(90_000_000 + PACKET_NS));
        pace.play(ns(90_000_000 + PACKET_NS));
        assert_eq!(pace.due(), ns(90_000_000 + 2 * PACKET_NS + 1));
    }
}
