//! Asks of one seeder in the order in which it serves them.

use std::collections::VecDeque;

/// One ask on its way.
#[derive(Clone, Copy, Debug)]
pub struct Ask {
    /// For which packet.
    pub packet: u32,
    /// When it was asked, seconds.
    pub at: f64,
    /// When something that was asked later came, seconds; infinite before.
    passed_at: f64,
    /// It came, or is looked after elsewhere.
    done: bool,
}

/// What became of an ask that was settled.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Came {
    /// In its order.
    InOrder,
    /// So many seconds after a later one.
    Overtaken(f64),
    /// It was settled before.
    Again,
}

/// A copy is looked for among so many that are next.
const FIND_MOST: usize = 64;

/// Asks in order. What comes tells of those before it: each is passed once, so
/// all this costs a constant time for each packet.
#[derive(Debug, Default)]
pub struct Lane {
    asks: VecDeque<Ask>,
    /// Place of the first of `asks`.
    first: u32,
    /// All places before this one are passed.
    passed: u32,
    /// Asks that are neither passed nor done.
    waiting: u32,
}

impl Lane {
    /// Adds an ask; answers its place.
    pub fn push(&mut self, packet: u32, at: f64) -> u32 {
        self.asks.push_back(Ask {
            packet,
            at,
            passed_at: f64::INFINITY,
            done: false,
        });
        self.waiting += 1;
        self.first + self.asks.len() as u32 - 1
    }

    /// Asks of which nothing is known yet.
    pub fn waiting(&self) -> u32 {
        self.waiting
    }

    /// How many wait before this place; `None` if it is passed.
    pub fn ahead_of(&self, place: u32) -> Option<u32> {
        place.checked_sub(self.passed)
    }

    /// How many that wait were asked before this time; some of them may have been
    /// withdrawn.
    pub fn waiting_before(&self, at: f64) -> u32 {
        let end = self.asks.partition_point(|ask| ask.at < at) as u32;
        (self.first + end)
            .saturating_sub(self.passed)
            .min(self.waiting)
    }

    /// When an ask was passed that did not come; `None` if it was not, or is
    /// settled.
    pub fn passed_at(&self, place: u32) -> Option<f64> {
        let index = place.wrapping_sub(self.first) as usize;
        let ask = self.asks.get(index).filter(|ask| !ask.done);
        ask.filter(|_| place < self.passed).map(|ask| ask.passed_at)
    }

    /// The packet of an ask came.
    pub fn settle(&mut self, place: u32, now: f64) -> Came {
        let passed = place < self.passed;
        let index = place.wrapping_sub(self.first) as usize;
        let Some(ask) = self.asks.get_mut(index).filter(|ask| !ask.done) else {
            return Came::Again;
        };
        ask.done = true;
        if passed {
            return Came::Overtaken(now - ask.passed_at);
        }
        self.waiting -= 1;
        self.skip_done();
        Came::InOrder
    }

    /// Where a packet stands that is served soon, and when it was asked for.
    pub fn find(&self, packet: u32) -> Option<(u32, f64)> {
        let from = (self.passed - self.first) as usize;
        let soon = (self.passed..).zip(self.asks.iter().skip(from));
        soon.take(FIND_MOST)
            .find(|(_, ask)| ask.packet == packet && !ask.done)
            .map(|(place, ask)| (place, ask.at))
    }

    /// Nothing more is expected of an ask.
    pub fn withdraw(&mut self, place: u32) {
        let index = place.wrapping_sub(self.first) as usize;
        let Some(ask) = self.asks.get_mut(index).filter(|ask| !ask.done) else {
            return;
        };
        ask.done = true;
        if place >= self.passed {
            self.waiting -= 1;
            self.skip_done();
        }
    }

    /// What is done at the front is not ahead of anything.
    fn skip_done(&mut self) {
        while self.next().is_some_and(|ask| ask.done) {
            self.passed += 1;
        }
    }

    /// All asks before this place are passed.
    pub fn pass_before(&mut self, place: u32, now: f64) {
        while self.passed < place {
            self.pass(now);
        }
    }

    /// All asks from before this time are passed.
    pub fn pass_earlier(&mut self, than: f64, now: f64) {
        while self.next().is_some_and(|ask| ask.at < than) {
            self.pass(now);
        }
    }

    /// The first ask that is not passed.
    pub fn next(&self) -> Option<&Ask> {
        self.asks.get((self.passed - self.first) as usize)
    }

    /// Asks that are neither passed nor done.
    pub fn open(&self) -> impl Iterator<Item = &Ask> {
        let from = (self.passed - self.first) as usize;
        self.asks.range(from..).filter(|ask| !ask.done)
    }

    /// Passes the first ask that is not.
    pub fn pass(&mut self, at: f64) {
        let index = (self.passed - self.first) as usize;
        if let Some(ask) = self.asks.get_mut(index) {
            ask.passed_at = at;
            self.waiting -= u32::from(!ask.done);
            self.passed += 1;
            self.skip_done();
        }
    }

    /// Goes through what was passed and did not come: `verdict` is told the
    /// packet, the place, and when it was passed, and answers whether that is
    /// settled.
    pub fn review(&mut self, mut verdict: impl FnMut(u32, u32, f64) -> bool) {
        let passed = (self.passed - self.first) as usize;
        for (place, ask) in (self.first..).zip(self.asks.iter_mut().take(passed)) {
            if !ask.done {
                ask.done = verdict(ask.packet, place, ask.passed_at);
            }
        }
        while self.first < self.passed && self.asks.front().is_some_and(|ask| ask.done) {
            self.asks.pop_front();
            self.first += 1;
        }
    }

    /// Takes back all that wait but the first `keep`; each is told.
    pub fn take_back(&mut self, keep: u32, mut each: impl FnMut(u32, u32)) {
        let from = (self.passed - self.first) as usize;
        let waiting = (self.passed..).zip(self.asks.iter_mut().skip(from));
        let open = waiting.filter(|(_, ask)| !ask.done);
        for (place, ask) in open.skip(keep as usize) {
            ask.done = true;
            self.waiting -= 1;
            each(ask.packet, place);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lane() -> Lane {
        let mut lane = Lane::default();
        for packet in 0..6 {
            lane.push(packet * 10, f64::from(packet));
        }
        lane
    }

    fn left(lane: &mut Lane) -> Vec<u32> {
        let mut left = Vec::new();
        lane.review(|packet, _, _| {
            left.push(packet);
            false
        });
        left
    }

    #[test]
    fn what_comes_tells_of_what_was_asked_before() {
        let mut lane = lane();
        assert_eq!(lane.settle(3, 7.0), Came::InOrder);
        lane.pass_before(3, 7.0);
        assert_eq!((lane.waiting(), left(&mut lane)), (2, vec![0, 10, 20]));
        assert_eq!(lane.settle(1, 7.5), Came::Overtaken(0.5));
        assert_eq!(lane.settle(1, 7.6), Came::Again);
        assert_eq!(left(&mut lane), [0, 20]);
        assert_eq!(lane.ahead_of(5), Some(1), "3 has come, 4 is ahead");
        assert_eq!(lane.ahead_of(2), None);
        lane.pass_earlier(5.0, 8.0);
        assert_eq!((lane.waiting(), left(&mut lane)), (1, vec![0, 20, 40]));
    }

    #[test]
    fn places_stay_what_they_are_when_the_settled_leave() {
        let mut lane = lane();
        lane.pass_before(4, 7.0);
        lane.review(|packet, place, passed_at| {
            assert_eq!((packet, passed_at), (place * 10, 7.0));
            true
        });
        assert_eq!(lane.settle(0, 8.0), Came::Again);
        assert_eq!(lane.settle(4, 8.0), Came::InOrder);
        assert_eq!(lane.push(60, 9.0), 6);
    }

    #[test]
    fn the_last_that_wait_are_taken_back() {
        let mut lane = lane();
        lane.pass_before(2, 7.0);
        lane.settle(3, 7.0);
        let mut back = Vec::new();
        lane.take_back(1, |packet, place| back.push((packet, place)));
        assert_eq!(back, [(40, 4), (50, 5)]);
        assert_eq!(lane.waiting(), 1);
    }
}
