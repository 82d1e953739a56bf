//! Where the random numbers of a run come from: a stream for each purpose, so
//! that every policy meets the same losses, and one seeder more changes nothing
//! for the others.

use rand::rngs::ChaCha8Rng;
use rand::{Rng, SeedableRng};

/// The seeds of one run.
pub struct Seeds {
    seed: u64,
    run: u32,
}

/// What a seed is for.
pub enum Purpose {
    Policy,
    /// A network model, by its place in the chain.
    Network(usize),
    /// A seeder, by its number.
    Seeder(usize),
    /// A model in the chain of a seeder's own network.
    OwnNetwork(usize, usize),
}

impl Seeds {
    pub fn new(seed: u64, run: u32) -> Self {
        Self { seed, run }
    }

    pub fn of(&self, purpose: &Purpose) -> u64 {
        let purpose = match *purpose {
            Purpose::Policy => 0,
            Purpose::Network(place) => 0x1_0000 + place as u64,
            Purpose::Seeder(number) => 0x2_0000 + number as u64,
            Purpose::OwnNetwork(number, place) => 0x100_0000 + number as u64 * 0x100 + place as u64,
        };
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        rng.set_stream(u64::from(self.run) << 32 | purpose);
        rng.next_u64()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_run_and_purpose_has_a_seed_of_its_own() {
        let mut seen = std::collections::BTreeSet::new();
        for run in 0..50 {
            let seeds = Seeds::new(1, run);
            seen.insert(seeds.of(&Purpose::Policy));
            for number in 0..4 {
                seen.insert(seeds.of(&Purpose::Network(number)));
                seen.insert(seeds.of(&Purpose::Seeder(number)));
                seen.insert(seeds.of(&Purpose::OwnNetwork(number, 0)));
            }
        }
        assert_eq!(seen.len(), 50 * 13);
    }
}
