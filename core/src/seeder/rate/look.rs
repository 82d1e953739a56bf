//! Looks at the path without our own queue: so little is sent for a moment that
//! what still stands there is others'. After BBR's ProbeRTT, but counted from
//! when all that was under way before has come through.

use std::time::Duration;

use crate::time::Timestamp;

/// The usual time from one look to the next.
const EVERY: Duration = Duration::from_millis(2500);
/// The least, where a queue stands that cannot be our own.
const SOONEST: Duration = Duration::from_millis(500);
/// A look is of so long.
const LOOK: Duration = Duration::from_millis(100);
/// All that was under way has come, or is lost, after this at the latest.
const LONGEST_DRAIN: Duration = Duration::from_secs(1);

/// A queue of this is none.
const EMPTY_US: f64 = 5e3;
/// A queue of this above what stands anyway is noticed.
const NOTICED_US: f64 = 12e3;
/// A queue is strange that is longer by this than our own can be.
const STRANGE_US: f64 = 10e3;

/// What a path is like without us.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bare {
    /// Round trip, seconds.
    pub rtt_s: f64,
    /// One-way delay above the least ever, microseconds: what others queue.
    pub queue_us: f64,
}

impl Bare {
    /// No queue stands, as far as known.
    fn is_empty_as(self, known: Self) -> bool {
        self.rtt_s <= known.rtt_s * 1.05 + 1e-3 && self.queue_us < EMPTY_US
    }

    fn least(self, other: Self) -> Self {
        Self {
            rtt_s: self.rtt_s.min(other.rtt_s),
            queue_us: self.queue_us.min(other.queue_us),
        }
    }
}

#[derive(Debug)]
enum State {
    /// The last one ended then, or something as good was seen.
    Between {
        since: Timestamp,
    },
    /// Until this packet has come.
    Draining {
        packet: u32,
        latest: Timestamp,
    },
    Looking {
        until: Timestamp,
        least: Bare,
    },
}

/// When to look, and what was seen.
#[derive(Debug)]
pub struct Looks {
    /// The least since the last look, and from the one before it until then. What
    /// one look saw may be the queue of another session; when that one looks in
    /// its turn, it is gone.
    now: Option<Bare>,
    before: Option<Bare>,
    state: State,
}

impl Looks {
    pub fn new() -> Self {
        Self {
            now: None,
            before: None,
            state: State::Between {
                since: Timestamp::ZERO,
            },
        }
    }

    /// `None` as long as nothing is known.
    pub fn bare(&self) -> Option<Bare> {
        let now = self.now?;
        Some(self.before.map_or(now, |before| before.least(now)))
    }

    /// Little is to be sent.
    pub fn is_on(&self) -> bool {
        !matches!(self.state, State::Between { .. })
    }

    /// Of this queue so much is not others', microseconds.
    pub fn own_us(&self, queue_us: f64) -> f64 {
        self.bare().map_or(0.0, |bare| queue_us - bare.queue_us)
    }

    /// A queue of our own is noticed above this. Others' comes and goes by half:
    /// as much as a download takes back after a loss.
    pub fn noticed_us(&self) -> f64 {
        let others_us = self.bare().map_or(0.0, |bare| bare.queue_us);
        NOTICED_US.max(others_us / 2.0)
    }

    /// Takes in what a feedback says, `path_end` packets being known to have
    /// passed of `sent`. Our own queue is at most `own_us`. When a look is over,
    /// answers what was known before.
    pub fn take(
        &mut self,
        at: Timestamp,
        seen: Bare,
        own_us: f64,
        path_end: u32,
        sent: u32,
    ) -> Option<Bare> {
        let known = self.bare().unwrap_or(seen);
        self.now = Some(self.now.map_or(seen, |now| now.least(seen)));
        match &mut self.state {
            State::Between { since } if *since == Timestamp::ZERO => *since = at,
            // Perhaps it is another session that looks: those that share a path
            // come to look together, and see what it is without any of them.
            State::Between { since } if seen.is_empty_as(known) => *since = at,
            State::Between { since } => {
                let rested = at.since(*since);
                let most_us = match self.before {
                    Some(_) => own_us,
                    None => own_us.min(NOTICED_US), // nothing is known of the path
                };
                let is_strange = seen.queue_us - known.queue_us > most_us + STRANGE_US;
                if rested >= EVERY || (is_strange && rested >= SOONEST) {
                    self.state = State::Draining {
                        packet: sent,
                        latest: at + LONGEST_DRAIN,
                    };
                }
            }
            State::Draining { packet, latest } => {
                if path_end > *packet || at >= *latest {
                    self.state = State::Looking {
                        until: at + LOOK,
                        least: seen,
                    };
                }
            }
            State::Looking { until, least } => {
                *least = least.least(seen);
                if at >= *until {
                    self.before = self.now;
                    self.now = Some(*least);
                    self.state = State::Between { since: at };
                    return Some(known);
                }
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What our own queue may be, microseconds.
    const OWN_US: f64 = 20e3;

    /// A path of 10 ms, of which a feedback tells each 20 ms.
    struct Path {
        looks: Looks,
        now: Timestamp,
        packets: u32,
    }

    impl Path {
        fn new() -> Self {
            Self {
                looks: Looks::new(),
                now: Timestamp(1),
                packets: 0,
            }
        }

        /// Others queue so much; we as much again, but not while we look. Answers
        /// for how long we did.
        fn run(&mut self, seconds: f64, others_ms: f64, own_ms: f64) -> f64 {
            let mut on_s = 0.0;
            for _ in 0..(seconds * 50.0) as u32 {
                self.now += Duration::from_millis(20);
                self.packets += 10;
                let own_ms = if self.looks.is_on() { 0.0 } else { own_ms };
                on_s += f64::from(u8::from(self.looks.is_on())) * 0.02;
                let seen = Bare {
                    rtt_s: (10.0 + others_ms + own_ms) / 1e3,
                    queue_us: (others_ms + own_ms) * 1e3,
                };
                let sent = self.packets + 10;
                self.looks.take(self.now, seen, OWN_US, self.packets, sent);
            }
            on_s
        }

        fn others_ms(&self) -> f64 {
            self.looks.bare().expect("feedbacks came").queue_us / 1e3
        }
    }

    #[test]
    fn our_own_queue_is_not_taken_for_others() {
        let mut path = Path::new();
        path.run(0.1, 0.0, 0.0);
        let on_s = path.run(60.0, 0.0, 15.0);
        assert_eq!(path.others_ms(), 0.0);
        assert!((1.0..6.0).contains(&on_s), "looked for {on_s} of 60 s");
    }

    #[test]
    fn a_download_that_joins_is_known_within_a_second_or_two() {
        let mut path = Path::new();
        path.run(10.0, 0.0, 15.0);
        path.run(1.5, 80.0, 5.0);
        assert_eq!(path.others_ms(), 80.0);
        path.run(0.1, 0.0, 15.0);
        assert_eq!(path.others_ms(), 15.0, "it is over");
        path.run(6.0, 0.0, 15.0);
        assert_eq!(path.others_ms(), 0.0);
    }

    #[test]
    fn where_no_queue_stands_nobody_looks() {
        let mut path = Path::new();
        assert_eq!(path.run(60.0, 0.0, 0.0), 0.0);
    }

    /// While one of two looks, what the other sends at its pace makes no queue: it
    /// need not look itself soon.
    #[test]
    fn two_that_share_a_path_look_together() {
        let mut looks = [Looks::new(), Looks::new()];
        let (mut alone, mut both) = (0, 0);
        for step in 1..=3000_u64 {
            let now = Timestamp(step * 20_000_000);
            // The second joins later, and never saw the path empty.
            let here = if step < 70 { 1 } else { 2 };
            let on = looks.iter().filter(|looks| looks.is_on()).count();
            let queue_s = if on > 0 || step == 1 { 0.0 } else { 0.015 };
            let seen = Bare {
                rtt_s: 0.010 + queue_s,
                queue_us: queue_s * 1e6,
            };
            match on {
                0 => {}
                1 => alone += 1,
                _ => both += 1,
            }
            let packets = step as u32 * 10;
            for look in &mut looks[..here] {
                look.take(now, seen, OWN_US, packets, packets + 10);
            }
        }
        assert!(
            both > 5 * alone && both > 50,
            "{both} together, {alone} not"
        );
        for look in looks {
            assert_eq!(look.bare().map(|bare| bare.queue_us), Some(0.0));
        }
    }
}
