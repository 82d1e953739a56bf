//! What a seeder sent that did not come.

/// What came after so many that were sent later is lost: on most ways packets
/// overtake each other less.
const OVERTAKING: u32 = 8;
/// The mean is that of all packets so far, and then of so many of late: enough
/// to know a loss of a tenth within a quarter of it.
const MEMORY: f64 = 128.0;
/// Of a longer gap only the end is counted: the mean is near 1 by then.
const GAP: u32 = 4 * MEMORY as u32;

/// The share of packets lost, by the sequence numbers of those that came.
#[derive(Clone, Copy, Debug, Default)]
pub struct Losses {
    /// Bit `n`: packet `end - 1 - n` came.
    came: u64,
    end: u32,
    /// Packets before this one are not counted, or were.
    counted: u32,
    counts: f64,
    share: f64,
}

impl Losses {
    /// The packet of this sequence came. Answers the share that is lost, once
    /// enough came to tell of any packet.
    pub fn came(&mut self, sequence: u32) -> Option<f64> {
        if sequence >= self.end {
            let step = sequence - self.end;
            self.count_until(sequence.saturating_sub(OVERTAKING));
            self.came = self.came.checked_shl(step).unwrap_or(0) << 1;
            self.end = sequence.saturating_add(1);
        }
        let behind = self.end.saturating_sub(1).saturating_sub(sequence);
        self.came |= 1u64.checked_shl(behind).unwrap_or(0);
        (self.counts > 0.0).then_some(self.share)
    }

    /// Whatever was sent before this packet is not of interest.
    pub fn skip_to(&mut self, sequence: u32) {
        self.counted = self.counted.max(sequence);
    }

    /// The seeder counts from 0 again.
    pub fn restart(&mut self) {
        (self.came, self.end, self.counted) = (0, 0, 0);
    }

    fn count_until(&mut self, sequence: u32) {
        for settled in self.counted.max(sequence.saturating_sub(GAP))..sequence {
            // What is beyond the end did not come before.
            let behind = self.end.wrapping_sub(1).wrapping_sub(settled);
            let came = self.came.checked_shr(behind).unwrap_or(0) & 1;
            self.counts = (self.counts + 1.0).min(MEMORY);
            self.share += (1.0 - came as f64 - self.share) / self.counts;
        }
        self.counted = self.counted.max(sequence);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share(sequences: impl IntoIterator<Item = u32>) -> Option<f64> {
        let mut losses = Losses::default();
        sequences.into_iter().map(|n| losses.came(n)).last()?
    }

    #[test]
    fn what_did_not_come_is_lost_and_what_was_overtaken_is_not() {
        assert_eq!(share(0..8), None, "all may be late");
        assert_eq!(share(0..100), Some(0.0));
        assert_eq!(share((0..100).map(|n| n ^ 7)), Some(0.0), "overtaken");
        let quarter = share((0..109).filter(|n| n % 4 != 3));
        assert!(quarter.is_some_and(|loss| (loss - 0.25).abs() < 1e-9));
    }

    #[test]
    fn what_was_lost_long_ago_is_forgotten() {
        let before = share((0..1000).filter(|n| n % 2 == 0));
        assert!(before.is_some_and(|loss| (loss - 0.5).abs() < 0.05));
        let after = share((0..1000).filter(|n| n % 2 == 0).chain(1000..1600));
        assert!(after.is_some_and(|loss| loss < 0.02), "{after:?}");
    }

    #[test]
    fn the_largest_numbers_and_gaps_are_borne() {
        let gap = share([0, 1, 2, u32::MAX]);
        assert!(gap.is_some_and(|loss| loss > 0.95), "{gap:?}");
        let mut losses = Losses::default();
        losses.skip_to(5000);
        assert_eq!(
            (5000..5100).filter_map(|n| losses.came(n)).last(),
            Some(0.0)
        );
    }
}
