//! What is under way, in the order in which it comes.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::hint::select_unpredictable;

use crate::time::Timestamp;

/// Slots of things by the time at which they come; of the same time, what was put in
/// first comes first.
///
/// On most networks a datagram overtakes few others, or none: its place in a ring is
/// found from the end in less time than a heap takes. What overtakes many goes into a
/// heap beside it.
#[derive(Default)]
pub struct Upcoming {
    ring: VecDeque<Key>,
    heap: BinaryHeap<Reverse<Key>>,
    order: u64,
}

/// A time, an order and a slot in one number: earlier first, and of the same
/// time what was put in first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Key(u128);

impl Key {
    const SLOT_BITS: u32 = 24;

    fn new(at: Timestamp, order: u64, slot: u32) -> Self {
        debug_assert!(slot >> Self::SLOT_BITS == 0, "too much is under way");
        let low = order << Self::SLOT_BITS | u64::from(slot);
        Self(u128::from(at.as_nanos()) << 64 | u128::from(low))
    }

    fn at(self) -> Timestamp {
        Timestamp((self.0 >> 64) as u64)
    }

    fn slot(self) -> u32 {
        self.0 as u32 & ((1 << Self::SLOT_BITS) - 1)
    }
}

/// Whoever overtakes so many goes into the heap.
const MANY: usize = 8;

impl Upcoming {
    /// When the first of them comes.
    #[inline]
    pub fn next_at(&self) -> Option<Timestamp> {
        let ring = self.ring.front().map(|key| key.at());
        match self.heap.peek() {
            Some(Reverse(key)) => Some(ring.map_or(key.at(), |at| at.min(key.at()))),
            None => ring,
        }
    }

    /// Puts one in.
    #[inline]
    pub fn put(&mut self, at: Timestamp, slot: u32) {
        self.order += 1;
        let new = Key::new(at, self.order, slot);
        let end = self.ring.len();
        if end < 2 || self.ring[end - 2].at() > at {
            return self.put_between(new);
        }
        // Whether it overtakes one cannot be foretold, and its time may have taken long
        // to compute: nothing waits for it so.
        let last = self.ring[end - 1];
        let overtakes = last.at() > at;
        self.ring[end - 1] = select_unpredictable(overtakes, new, last);
        self.ring
            .push_back(select_unpredictable(overtakes, last, new));
    }

    #[inline(never)]
    fn put_between(&mut self, new: Key) {
        let latest = self.ring.iter().rev().take(MANY);
        match latest.take_while(|&&other| other > new).count() {
            MANY => self.heap.push(Reverse(new)),
            overtaken => self.ring.insert(self.ring.len() - overtaken, new),
        }
    }

    /// Takes the first out.
    #[inline]
    pub fn pop(&mut self) -> Option<(Timestamp, u32)> {
        let ring = self.ring.front().copied();
        let next = match self.heap.peek() {
            Some(&Reverse(key)) if ring.is_none_or(|ring| key < ring) => {
                self.heap.pop();
                key
            }
            _ => self.ring.pop_front()?,
        };
        Some((next.at(), next.slot()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drain(mut upcoming: Upcoming) -> Vec<(u64, u32)> {
        let all = std::iter::from_fn(|| upcoming.pop());
        all.map(|(at, slot)| (at.0, slot)).collect()
    }

    #[test]
    fn the_earliest_comes_first_and_of_the_same_time_the_one_put_in_first() {
        let mut upcoming = Upcoming::default();
        for (at, slot) in [(5, 1), (7, 2), (5, 3), (1, 4), (7, 5)] {
            upcoming.put(Timestamp(at), slot);
        }
        assert_eq!(upcoming.next_at(), Some(Timestamp(1)));
        let all = drain(upcoming);
        assert_eq!(all, [(1, 4), (5, 1), (5, 3), (7, 2), (7, 5)]);
    }

    #[test]
    fn however_many_are_overtaken_the_order_is_that_of_a_stable_sort() {
        // Each of 101 times once, out of order, then all of them again.
        let times: Vec<u64> = (0..202).map(|n| n * 37 % 101).collect();
        let mut upcoming = Upcoming::default();
        for (slot, &at) in (0..).zip(&times) {
            upcoming.put(Timestamp(at), slot);
        }
        let mut sorted: Vec<_> = times.into_iter().zip(0..).collect();
        sorted.sort_by_key(|&(at, _)| at);
        assert_eq!(drain(upcoming), sorted);
    }
}
