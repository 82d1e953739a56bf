//! What is under way, in the order in which it comes.

use std::collections::VecDeque;
use std::hint::select_unpredictable;

use crate::time::Timestamp;

/// Things by the time at which they come; of the same time, what was put in first
/// comes first.
///
/// A ring in order: on most networks a datagram overtakes few others, or none, so
/// that its place is found from the end in less time than a heap takes.
pub struct Upcoming<T>(VecDeque<(Timestamp, T)>);

impl<T> Default for Upcoming<T> {
    fn default() -> Self {
        Self(VecDeque::new())
    }
}

/// So many overtaken ones are looked at one by one.
const FEW: usize = 8;

impl<T: Copy> Upcoming<T> {
    /// When the first of them comes.
    #[inline]
    pub fn next_at(&self) -> Option<Timestamp> {
        self.0.front().map(|&(at, _)| at)
    }

    /// Puts a thing in.
    #[inline]
    pub fn put(&mut self, at: Timestamp, thing: T) {
        let new = (at, thing);
        let end = self.0.len();
        if end < 2 || self.0[end - 2].0 > at {
            return self.put_between(at, thing);
        }
        // Whether it overtakes one cannot be foretold, and its time may have taken long
        // to compute: nothing waits for it so.
        let last = self.0[end - 1];
        let overtakes = last.0 > at;
        self.0[end - 1] = select_unpredictable(overtakes, new, last);
        self.0.push_back(select_unpredictable(overtakes, last, new));
    }

    #[inline(never)]
    fn put_between(&mut self, at: Timestamp, thing: T) {
        let latest = self.0.iter().rev().take(FEW);
        let overtaken = latest.take_while(|&&(other, _)| other > at).count();
        let place = match overtaken {
            FEW => self.0.partition_point(|&(other, _)| other <= at),
            _ => self.0.len() - overtaken,
        };
        self.0.insert(place, (at, thing));
    }

    /// Takes the first out.
    #[inline]
    pub fn pop(&mut self) -> Option<(Timestamp, T)> {
        self.0.pop_front()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drain<T>(mut upcoming: Upcoming<T>) -> Vec<(u64, T)> {
        let all = std::iter::from_fn(|| upcoming.pop());
        all.map(|(at, thing)| (at.0, thing)).collect()
    }

    #[test]
    fn the_earliest_comes_first_and_of_the_same_time_the_one_put_in_first() {
        let mut upcoming = Upcoming::default();
        for (at, name) in [(5, 'a'), (7, 'b'), (5, 'c'), (1, 'd'), (7, 'e')] {
            upcoming.put(Timestamp(at), name);
        }
        assert_eq!(upcoming.next_at(), Some(Timestamp(1)));
        let all = drain(upcoming);
        assert_eq!(all, [(1, 'd'), (5, 'a'), (5, 'c'), (7, 'b'), (7, 'e')]);
    }

    #[test]
    fn however_many_are_overtaken_the_order_is_that_of_a_stable_sort() {
        // Each of 101 times once, out of order, then all of them again.
        let times: Vec<u64> = (0..202).map(|n| n * 37 % 101).collect();
        let mut upcoming = Upcoming::default();
        for (number, &at) in times.iter().enumerate() {
            upcoming.put(Timestamp(at), number);
        }
        let mut sorted: Vec<_> = times.into_iter().zip(0..).collect();
        sorted.sort_by_key(|&(at, _)| at);
        assert_eq!(drain(upcoming), sorted);
    }
}
