//! A random order of a track's packets in no memory.

/// A permutation of `0..len`: a four-round Feistel network over the next power
/// of four, walked until the result falls inside (Black and Rogaway, 2002,
/// "cycle walking"). The round function is SplitMix64's mixer.
#[derive(Clone, Copy, Debug)]
pub struct Permutation {
    len: u32,
    half_bits: u32,
    key: u64,
}

impl Permutation {
    /// The permutation of `0..len` that belongs to `key`.
    pub fn new(len: u32, key: u64) -> Self {
        let bits = u32::BITS - len.saturating_sub(1).leading_zeros();
        Self {
            len,
            half_bits: bits.div_ceil(2).max(1),
            key,
        }
    }

    /// How many it permutes.
    pub fn len(&self) -> u32 {
        self.len
    }

    /// Where `index` goes; `index` must be below `len`.
    pub fn at(&self, index: u32) -> u32 {
        debug_assert!(index < self.len);
        let mut at = u64::from(index);
        loop {
            at = self.round_trip(at);
            if at < u64::from(self.len) {
                return at as u32;
            }
        }
    }

    fn round_trip(&self, value: u64) -> u64 {
        let mask = (1u64 << self.half_bits) - 1;
        let (mut left, mut right) = (value >> self.half_bits, value & mask);
        for round in 0..4 {
            let mixed = mix(self.key ^ (round << 60) ^ right) & mask;
            (left, right) = (right, left ^ mixed);
        }
        left << self.half_bits | right
    }
}

fn mix(value: u64) -> u64 {
    let z = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_packet_comes_exactly_once_whatever_the_length() {
        for len in [1, 2, 3, 64, 65, 1000, 4097] {
            let order = Permutation::new(len, 42);
            let mut seen: Vec<u32> = (0..len).map(|i| order.at(i)).collect();
            seen.sort_unstable();
            assert!(seen.into_iter().eq(0..len), "length {len}");
        }
    }

    #[test]
    fn the_order_looks_random_and_depends_on_the_key() {
        let order = |key| {
            let order = Permutation::new(1000, key);
            (0..1000).map(move |i| order.at(i)).collect::<Vec<_>>()
        };
        assert_ne!(order(1), order(2));
        // Independent positions agree in one place out of 1000 on average.
        let fixed = order(1).iter().zip(0..).filter(|&(&a, b)| a == b).count();
        assert!(fixed < 10, "{fixed} packets in their own place");
    }
}
