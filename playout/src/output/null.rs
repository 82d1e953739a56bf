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
            pace: Pace::new(track),
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

    fn write(&mut self, media: Media<'_>) -> Result<(), OutputError> {
        self.pace.play(self.opened.elapsed(), media);
        Ok(())
    }

    fn begin(&mut self, track: &TrackInfo) -> Result<Duration, OutputError> {
        self.pace.begin(track);
        Ok(Duration::ZERO)
    }

    fn finish_in(&mut self) -> Result<Duration, OutputError> {
        self.due_in()
    }
}

/// When each packet of a device is due: `start + samples / rate`, never summed up
/// from rounded steps. A hold moves the start.
#[derive(Debug, Clone)]
pub(super) struct Pace {
    packet: u64,
    channels: usize,
    rate: u64,
    start: Duration,
    samples: u64,
    held: bool,
    /// Sound came since the start or the last hold.
    sounding: bool,
}

impl Pace {
    pub(super) fn new(track: &TrackInfo) -> Self {
        Self {
            packet: u64::from(track.samples_per_packet),
            channels: usize::from(track.channels).max(1),
            rate: u64::from(track.sample_rate.max(1)),
            start: Duration::ZERO,
            samples: 0,
            // The first packet starts the clock, whenever it comes.
            held: true,
            sounding: false,
        }
    }

    /// Another track follows straight behind.
    pub(super) fn begin(&mut self, track: &TrackInfo) {
        *self = Self {
            start: self.due(),
            held: self.held,
            sounding: self.sounding,
            ..Self::new(track)
        };
    }

    /// When the next packet is due.
    pub(super) fn due(&self) -> Duration {
        let nanos = u128::from(self.samples) * 1_000_000_000 / u128::from(self.rate);
        self.start + Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }

    /// The device runs empty, on purpose.
    pub(super) fn hold(&mut self) {
        self.held = true;
        self.sounding = false;
    }

    /// A packet came. At the start it takes its whole time, as on a device that
    /// still plays silence; between two tracks, only what trimming left of it.
    pub(super) fn play(&mut self, now: Duration, media: Media<'_>) {
        if std::mem::take(&mut self.held) {
            self.start = now;
            self.samples = 0;
        }
        self.samples += match media {
            Media::Samples(samples) if self.sounding => (samples.len() / self.channels) as u64,
            _ => self.packet,
        };
        self.sounding |= matches!(media, Media::Samples(samples) if !samples.is_empty());
    }
}

#[cfg(test)]
mod tests {
    use segue_core::track::TrackId;

    use super::*;

    const PACKET_NS: u64 = 26_122_448; // 1152 / 44100 s, rounded down
    const PACKET: Media<'_> = Media::Frame(&[]);

    fn ns(nanos: u64) -> Duration {
        Duration::from_nanos(nanos)
    }

    fn track(sample_rate: u32) -> TrackInfo {
        TrackInfo {
            id: TrackId([0; 32]),
            packets: 10,
            sample_rate,
            samples_per_packet: 1152,
            channels: 2,
            gapless: None,
            bytes: 0,
            title: String::new(),
            artist: String::new(),
            album: String::new(),
            name: String::new(),
        }
    }

    #[test]
    fn the_schedule_does_not_drift() {
        let mut pace = Pace::new(&track(44_100));
        assert_eq!(pace.due(), ns(0));
        // Answers come late, each by something else; the schedule does not care.
        for packet in 0..44_100 {
            let late = ns(packet % 7 * 1_000_000);
            let now = if packet == 0 {
                ns(0)
            } else {
                pace.due() + late
            };
            pace.play(now, PACKET);
        }
        assert_eq!(pace.due(), Duration::from_secs(1152));
    }

    #[test]
    fn the_first_packet_starts_the_clock() {
        let mut pace = Pace::new(&track(44_100));
        pace.play(ns(500_000_000), PACKET);
        assert_eq!(pace.due(), ns(500_000_000 + PACKET_NS));
    }

    #[test]
    fn a_hold_restarts_it() {
        let mut pace = Pace::new(&track(44_100));
        pace.play(ns(0), PACKET);
        pace.play(ns(PACKET_NS), PACKET);
        assert_eq!(pace.due(), ns(2 * PACKET_NS + 1)); // 52 244 897.96 ns
        pace.hold();
        pace.hold();
        assert_eq!(pace.due(), ns(2 * PACKET_NS + 1)); // asked by then, and held
        pace.play(ns(90_000_000), PACKET);
        assert_eq!(pace.due(), ns(90_000_000 + PACKET_NS));
        pace.play(ns(90_000_000 + PACKET_NS), PACKET);
        assert_eq!(pace.due(), ns(90_000_000 + 2 * PACKET_NS + 1));
    }

    #[test]
    fn at_a_seam_only_the_music_takes_time() {
        let (cut, whole) = ([0.0; 94], [0.0; 2304]);
        let mut pace = Pace::new(&track(44_100));
        pace.play(ns(0), Media::Samples(&cut)); // the start: silence in front
        assert_eq!(pace.due(), ns(PACKET_NS));
        pace.play(ns(PACKET_NS), Media::Samples(&whole));
        let end = pace.due();
        pace.begin(&track(48_000));
        assert_eq!(pace.due(), end);
        pace.play(end, Media::Samples(&cut)); // 47 samples at 48 kHz
        assert_eq!(pace.due(), end + ns(979_166));
        pace.play(end, Media::Samples(&[]));
        assert_eq!(pace.due(), end + ns(979_166));
        pace.play(end, Media::Samples(&whole));
        assert_eq!(pace.due(), end + ns(24_979_166));
    }
}
