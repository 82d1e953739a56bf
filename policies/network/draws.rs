//! Random numbers for network models: part of several of these plugins, each
//! of which includes this file, because a plugin depends on the contract alone.
//!
//! Logarithms come from the `libm` crate, so that a seed gives the same
//! numbers on every machine.
#![allow(dead_code)] // not every model draws everything

use rand::rngs::ChaCha8Rng;
use rand::{Rng, SeedableRng};

/// What a stream of numbers is for; the numbers of one use never depend on how
/// many another one took.
#[derive(Clone, Copy)]
pub enum Use {
    /// Fates of datagrams: the k-th draw belongs to the k-th datagram.
    Datagrams = 0,
    /// When the state changes: a function of time.
    Weather = 1,
    /// Other things that are a function of time.
    Slots = 2,
}

/// One stream of random numbers.
pub struct Draws(ChaCha8Rng);

impl Draws {
    /// The stream for this use of a link (or of a link and direction).
    pub fn new(seed: u64, of: Use, lane: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream((of as u64) << 40 | lane);
        Self(rng)
    }

    /// Goes to a page of the stream; each has room for 32,768 numbers.
    pub fn turn_to(&mut self, page: u64) {
        self.0.set_word_pos(u128::from(page) << 16);
    }

    /// Goes to the n-th pair of numbers of the stream.
    pub fn turn_to_pair(&mut self, n: u64) {
        self.0.set_word_pos(u128::from(n) << 2);
    }

    /// Uniform on (0, 1], 53 bits: never 0, whose logarithm is infinite.
    pub fn unit(&mut self) -> f64 {
        ((self.0.next_u64() >> 11) + 1) as f64 / (1u64 << 53) as f64
    }

    /// Whether something of this probability happens.
    pub fn happens(&mut self, probability: f64) -> bool {
        // 1 − u lies in [0, 1): probability 0 never happens, 1 always.
        1.0 - self.unit() < probability
    }

    /// Uniform between two numbers.
    pub fn between(&mut self, least: f64, greatest: f64) -> f64 {
        least + (1.0 - self.unit()) * (greatest - least)
    }

    /// Exponentially distributed, of this mean.
    pub fn exponential(&mut self, mean: f64) -> f64 {
        -libm::log(self.unit()) * mean
    }

    /// Trials until something of this probability happens: 1, 2, ...; mean
    /// 1 / probability.
    pub fn trials(&mut self, probability: f64) -> u64 {
        let q = libm::log1p(-probability); // −∞ if it always happens
        libm::ceil(libm::log(self.unit()) / q).max(1.0) as u64
    }
}

/// Nanoseconds of so many milliseconds.
pub fn ms(milliseconds: f64) -> u64 {
    (milliseconds * 1e6) as u64
}
