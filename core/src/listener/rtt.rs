//! Round-trip time, as RFC 6298 estimates it.

use std::time::Duration;

/// Smoothed round-trip time and its mean deviation.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rtt {
    estimate: Option<(f64, f64)>,
}

impl Rtt {
    /// Takes a sample in; gains are 1/8 and 1/4.
    pub fn sample(&mut self, rtt: Duration) {
        let sample = rtt.as_nanos() as f64;
        self.estimate = Some(match self.estimate {
            None => (sample, sample / 2.0),
            Some((smoothed, deviation)) => (
                smoothed + (sample - smoothed) / 8.0,
                deviation + ((sample - smoothed).abs() - deviation) / 4.0,
            ),
        });
    }

    /// Smoothed value in nanoseconds; at least 1 once there is a sample, 0
    /// before.
    pub fn smoothed_ns(&self) -> u64 {
        self.estimate
            .map_or(0, |(smoothed, _)| (smoothed as u64).max(1))
    }

    /// Mean deviation in nanoseconds.
    pub fn deviation_ns(&self) -> u64 {
        self.estimate.map_or(0, |(_, deviation)| deviation as u64)
    }

    /// After this long an answer is overdue: SRTT + 4·RTTVAR.
    pub fn timeout(&self) -> Duration {
        Duration::from_nanos(self.smoothed_ns() + 4 * self.deviation_ns())
    }

    /// Smoothed value; zero before the first sample.
    pub fn smoothed(&self) -> Duration {
        Duration::from_nanos(self.smoothed_ns())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn follows_rfc_6298() {
        let mut rtt = Rtt::default();
        assert_eq!(rtt.smoothed_ns(), 0);
        rtt.sample(Duration::from_millis(100));
        assert_eq!(
            (rtt.smoothed_ns(), rtt.deviation_ns()),
            (100_000_000, 50_000_000)
        );
        rtt.sample(Duration::from_millis(180));
        assert_eq!(
            (rtt.smoothed_ns(), rtt.deviation_ns()),
            (110_000_000, 57_500_000)
        );
        assert_eq!(rtt.timeout(), Duration::from_millis(340));
    }
}
