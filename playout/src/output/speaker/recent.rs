//! The last of what was played, in case it was not heard.

use std::collections::VecDeque;

/// Keeps the newest samples of a track, interleaved.
pub(super) struct Recent {
    samples: VecDeque<f32>,
    channels: usize,
    most: usize,
}

/// More than any ring and device hold, seconds.
const KEPT_S: usize = 1;

impl Recent {
    pub(super) fn new(rate: u32, channels: usize) -> Self {
        Self {
            samples: VecDeque::new(),
            channels,
            most: rate as usize * KEPT_S * channels,
        }
    }

    pub(super) fn push(&mut self, samples: &[f32]) {
        let newest = &samples[samples.len().saturating_sub(self.most)..];
        let over = (self.samples.len() + newest.len()).saturating_sub(self.most);
        self.samples.drain(..over);
        self.samples.extend(newest);
    }

    /// The last `count` samples per channel, or all there are.
    pub(super) fn last(&self, count: usize) -> Vec<f32> {
        let from = self.samples.len().saturating_sub(count * self.channels);
        self.samples.range(from..).copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_are_kept_in_order() {
        let mut recent = Recent::new(4, 2);
        recent.push(&[1.0, -1.0, 2.0, -2.0, 3.0, -3.0]);
        recent.push(&[4.0, -4.0, 5.0, -5.0]);
        assert_eq!(recent.last(2), [4.0, -4.0, 5.0, -5.0]);
        assert_eq!(recent.last(9).len(), 8);
        recent.push(&[6.0; 20]);
        assert_eq!(recent.last(9), [6.0; 8]);
        assert!(recent.last(0).is_empty());
    }
}
