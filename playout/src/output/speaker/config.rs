//! Which of the device's configurations to take.

use cpal::{SampleFormat, SupportedBufferSize, SupportedStreamConfig, SupportedStreamConfigRange};

/// The best one at exactly the track's rate; `None` when the device has none, and
/// the sound must be resampled to whatever it prefers.
pub(super) fn choose(
    ranges: impl Iterator<Item = SupportedStreamConfigRange>,
    rate: u32,
    channels: u8,
) -> Option<SupportedStreamConfig> {
    ranges
        .filter(|range| range.contains_rate(rate))
        .filter_map(|range| {
            let rank = (
                channel_rank(range.channels(), channels)?,
                format_rank(range.sample_format())?,
            );
            Some((rank, range))
        })
        .min_by_key(|(rank, _)| *rank)
        .and_then(|(_, range)| range.try_with_sample_rate(rate))
}

/// The period nearest to the wanted one that the device can have.
pub(super) fn period(config: &SupportedStreamConfig, wanted: u32) -> u32 {
    match *config.buffer_size() {
        SupportedBufferSize::Range { min, max } => wanted.clamp(min.min(max), max),
        SupportedBufferSize::Unknown => wanted,
    }
}

/// Stereo is what devices play best, mono tracks too; lower is better.
fn channel_rank(device: u16, track: u8) -> Option<u16> {
    match (device, track) {
        (0, _) => None,
        (2, _) => Some(0),
        (1, 1) => Some(1),
        (1, _) => Some(u16::MAX), // loses the stereo image
        (many, _) => Some(many),
    }
}

fn format_rank(format: SampleFormat) -> Option<u8> {
    [
        SampleFormat::F32,
        SampleFormat::I32,
        SampleFormat::I24,
        SampleFormat::F64,
        SampleFormat::I16,
        SampleFormat::U16,
        SampleFormat::U8,
    ]
    .iter()
    .position(|known| *known == format)
    .map(|rank| rank as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(channels: u16, rates: (u32, u32), format: SampleFormat) -> SupportedStreamConfigRange {
        let size = SupportedBufferSize::Range { min: 64, max: 512 };
        SupportedStreamConfigRange::new(channels, rates.0, rates.1, size, format)
    }

    #[test]
    fn the_tracks_rate_before_all() {
        let ranges = [
            range(2, (48_000, 48_000), SampleFormat::F32),
            range(2, (8_000, 44_100), SampleFormat::I16),
        ];
        let chosen = choose(ranges.into_iter(), 44_100, 2).unwrap();
        assert_eq!(chosen.sample_rate(), 44_100);
        assert_eq!(chosen.sample_format(), SampleFormat::I16);
        assert!(choose(ranges.into_iter(), 96_000, 2).is_none());
    }

    #[test]
    fn stereo_then_the_finest_format() {
        let rates = (8_000, 48_000);
        let ranges = [
            range(1, rates, SampleFormat::F32),
            range(6, rates, SampleFormat::F32),
            range(2, rates, SampleFormat::U8),
            range(2, rates, SampleFormat::I32),
            range(2, rates, SampleFormat::I16),
        ];
        let chosen = choose(ranges.into_iter(), 44_100, 1).unwrap();
        assert_eq!(chosen.channels(), 2);
        assert_eq!(chosen.sample_format(), SampleFormat::I32);
        // More than two rather than one.
        let chosen = choose(ranges[..2].iter().copied(), 44_100, 2).unwrap();
        assert_eq!(chosen.channels(), 6);
    }

    #[test]
    fn a_format_that_no_one_speaks_is_passed_over() {
        let ranges = [range(2, (8_000, 48_000), SampleFormat::DsdU8)];
        assert!(choose(ranges.into_iter(), 44_100, 2).is_none());
    }

    #[test]
    fn the_period_is_bent_to_what_is_possible() {
        let config = range(2, (8_000, 48_000), SampleFormat::F32).with_sample_rate(44_100);
        assert_eq!(period(&config, 1024), 512);
        assert_eq!(period(&config, 256), 256);
        assert_eq!(period(&config, 8), 64);
    }
}
