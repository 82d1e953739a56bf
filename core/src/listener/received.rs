//! Which packets are here.

use std::ops::Range;

/// A bitmap of packets, and how many are set.
#[derive(Clone, Debug)]
pub struct ReceivedMap {
    words: Vec<u64>,
    packets: u32,
    count: u32,
}

impl ReceivedMap {
    /// Nothing is here of `packets` packets.
    pub fn new(packets: u32) -> Self {
        Self {
            words: vec![0; packets.div_ceil(64) as usize],
            packets,
            count: 0,
        }
    }

    /// Marks a packet as here; answers whether it was not.
    pub fn insert(&mut self, packet: u32) -> bool {
        debug_assert!(packet < self.packets);
        let (word, bit) = (&mut self.words[packet as usize / 64], 1 << (packet % 64));
        let new = *word & bit == 0;
        *word |= bit;
        self.count += u32::from(new);
        new
    }

    /// Whether a packet is here.
    pub fn contains(&self, packet: u32) -> bool {
        packet < self.packets && self.words[packet as usize / 64] >> (packet % 64) & 1 == 1
    }

    /// The lowest packet from `from` on that is not here; the number of packets
    /// if all are.
    pub fn next_missing(&self, from: u32) -> u32 {
        let mut index = from as usize / 64;
        let mut mask = u64::MAX << (from % 64);
        while let Some(word) = self.words.get(index) {
            let missing = !word & mask;
            if missing != 0 {
                let found = index as u32 * 64 + missing.trailing_zeros();
                return found.min(self.packets);
            }
            index += 1;
            mask = u64::MAX;
        }
        self.packets
    }

    /// How many are here.
    pub fn count(&self) -> u32 {
        self.count
    }

    /// How many are here of these.
    pub fn count_in(&self, range: Range<u32>) -> u32 {
        let end = range.end.min(self.packets);
        let (mut count, mut at) = (0, range.start);
        while at < end {
            let next = (at / 64 + 1) * 64;
            let word = self.words[at as usize / 64] >> (at % 64);
            let kept = next.min(end) - at;
            count += (word & (u64::MAX >> (64 - kept))).count_ones();
            at = next;
        }
        count
    }

    /// The bitmap itself: bit `n % 64` of word `n / 64`.
    pub fn words(&self) -> &[u64] {
        &self.words
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_each_packet_once_and_finds_gaps_across_words() {
        let mut map = ReceivedMap::new(130);
        assert!(
            (0..130)
                .filter(|n| *n != 64 && *n != 127)
                .all(|n| map.insert(n))
        );
        assert!(!map.insert(0));
        assert_eq!(map.count(), 128);
        assert_eq!(map.next_missing(0), 64);
        assert_eq!(map.next_missing(65), 127);
        assert_eq!(map.next_missing(128), 130);
        assert_eq!((map.count_in(0..130), map.count_in(63..66)), (128, 2));
        assert_eq!((map.count_in(65..127), map.count_in(5..5)), (62, 0));
        assert!(map.contains(63) && !map.contains(64) && !map.contains(1000));
    }
}
