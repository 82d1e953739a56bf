//! Whether the policy behaves: it may neither stand still where it could go on,
//! nor flood session, network and log.
//!
//! It is judged by what it does in the session's own time, so a simulated session
//! comes to the same verdict as a live one. How long a policy thinks no engine can
//! know: a driver that keeps real time says so with [`Input::PolicySlow`].
//!
//! [`Input::PolicySlow`]: super::Input::PolicySlow

use std::time::Duration;

use crate::time::Timestamp;

/// A policy that stands still for so long is replaced.
pub const STANDSTILL: Duration = Duration::from_secs(10);

/// What a policy may ask of each seeder in a second, however few packets come...
const REQUESTS: u32 = 500;
const PACKETS: u32 = 50_000;
/// ... and do in all...
const LINES: u32 = 1000;
const WAKES: u32 = 400;
/// ... and this much more for each packet that comes. Good ones need less than a
/// tenth.
const FOR_EACH_PACKET: u32 = 8;

const SECOND: Duration = Duration::from_secs(1);
/// A wake-up is at least this far away: a policy cannot spin the engine.
const SOONEST_WAKE: Duration = Duration::from_millis(1);
/// ... and so far, once it has itself woken too often.
const LATER_WAKE: Duration = Duration::from_millis(20);

/// What else it may do now.
#[derive(Clone, Copy, Default)]
pub struct Left {
    /// Requests and streams.
    pub requests: u32,
    /// Packets in requests.
    pub packets: u32,
    /// Lines of the decision log.
    pub lines: u32,
    pub soonest_wake: Duration,
}

/// What a policy does that is refused; it goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misdeed {
    Wishes,
    Decision,
    Requests,
    Lines,
    Wakes,
    Slow,
}

impl Misdeed {
    /// The same words each time, so that the runs of a comparison can be counted
    /// together.
    pub fn text(self) -> String {
        match self {
            Self::Wishes => "it asks for what is not there: such wishes are refused".into(),
            Self::Decision => {
                "it decides to play what is not here: there is silence instead".into()
            }
            Self::Requests => format!(
                "it floods: of more than {REQUESTS} requests, or {PACKETS} packets, for each \
                 seeder in a second, with few coming, the rest is refused"
            ),
            Self::Lines => format!(
                "it floods: of more than {LINES} lines of log in a second the rest is left out"
            ),
            Self::Wakes => format!(
                "it floods: woken by itself more than {WAKES} times in a second, it is woken \
                 less often"
            ),
            Self::Slow => "it takes too long to decide".into(),
        }
    }
}

/// The policy's conduct so far.
#[derive(Default)]
pub struct Conduct {
    /// When the second began that is counted now.
    second: Timestamp,
    arrivals: u32,
    wakes: u32,
    used: Left,
    told: Vec<Misdeed>,
    still: Option<Still>,
}

/// It could go on and does not.
#[derive(Clone, Copy, PartialEq)]
struct Still {
    since: Timestamp,
    mark: Mark,
}

/// What was played and is here: a session where these grow goes on.
#[derive(Clone, Copy, PartialEq)]
pub struct Mark {
    pub playhead: u32,
    pub here: u32,
}

impl Conduct {
    /// It had itself woken.
    pub fn on_wake(&mut self) {
        self.wakes = self.wakes.saturating_add(1);
    }

    /// It is its turn, so many packets after the last one.
    pub fn begin_turn(&mut self, now: Timestamp, arrivals: usize, seeders: usize) -> Left {
        if now >= self.second + SECOND {
            self.second = now;
            (self.arrivals, self.wakes, self.used) = (0, 0, Left::default());
        }
        self.arrivals = self.arrivals.saturating_add(arrivals as u32);
        let more = self.arrivals.saturating_mul(FOR_EACH_PACKET);
        let left = |most: u32, used: u32| most.saturating_add(more).saturating_sub(used);
        let seeders = seeders as u32;
        Left {
            requests: left(seeders * REQUESTS, self.used.requests),
            packets: left(seeders * PACKETS, self.used.packets),
            lines: left(LINES, self.used.lines),
            soonest_wake: match left(WAKES, self.wakes) {
                0 => LATER_WAKE,
                _ => SOONEST_WAKE,
            },
        }
    }

    /// Its turn is over: that was left, and this is left now.
    pub fn end_turn(&mut self, before: Left, now: Left) {
        self.used.requests += before.requests - now.requests;
        self.used.packets += before.packets - now.packets;
        self.used.lines += before.lines - now.lines;
    }

    /// Whether it wakes itself too often.
    pub fn wakes_too_often(left: Left) -> bool {
        left.soonest_wake > SOONEST_WAKE
    }

    /// Whether this is to be told: once in a session.
    pub fn is_new(&mut self, misdeed: Misdeed) -> bool {
        let is_new = !self.told.contains(&misdeed);
        if is_new {
            self.told.push(misdeed);
        }
        is_new
    }

    /// It stands still, or not. Answers whether a timer changed.
    pub fn note_still(&mut self, now: Timestamp, mark: Option<Mark>) -> bool {
        let still = mark.map(|mark| match self.still {
            Some(still) if still.mark == mark => still,
            _ => Still { since: now, mark },
        });
        std::mem::replace(&mut self.still, still) != still
    }

    /// When it will have stood still for too long.
    pub fn still_until(&self) -> Timestamp {
        let until = |still: Still| still.since + STANDSTILL;
        self.still.map_or(Timestamp::NEVER, until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> Timestamp {
        Timestamp::ZERO + Duration::from_millis(ms)
    }

    #[test]
    fn what_is_left_shrinks_with_use_and_grows_with_what_comes() {
        let mut conduct = Conduct::default();
        let before = conduct.begin_turn(at(0), 0, 2);
        assert_eq!(before.requests, 2 * REQUESTS);
        let after = Left {
            requests: 0,
            ..before
        };
        conduct.end_turn(before, after);
        assert_eq!(conduct.begin_turn(at(500), 0, 2).requests, 0);
        assert_eq!(
            conduct.begin_turn(at(600), 3, 2).requests,
            3 * FOR_EACH_PACKET
        );
        assert_eq!(conduct.begin_turn(at(1000), 0, 1).requests, REQUESTS);
    }

    #[test]
    fn who_wakes_too_often_is_woken_later_until_the_second_is_over() {
        let mut conduct = Conduct::default();
        conduct.begin_turn(at(0), 0, 1);
        (0..WAKES).for_each(|_| conduct.on_wake());
        let left = conduct.begin_turn(at(500), 0, 1);
        assert!(Conduct::wakes_too_often(left));
        assert_eq!(left.soonest_wake, LATER_WAKE);
        assert!(!Conduct::wakes_too_often(conduct.begin_turn(
            at(1000),
            0,
            1
        )));
    }

    #[test]
    fn it_stands_still_from_the_first_moment_on_unless_something_moves() {
        let mut conduct = Conduct::default();
        let mark = |here| Some(Mark { playhead: 0, here });
        assert!(conduct.note_still(at(0), mark(1)));
        assert!(!conduct.note_still(at(5000), mark(1)));
        assert_eq!(conduct.still_until(), at(0) + STANDSTILL);
        assert!(conduct.note_still(at(6000), mark(2)));
        assert_eq!(conduct.still_until(), at(6000) + STANDSTILL);
        assert!(conduct.note_still(at(7000), None));
        assert_eq!(conduct.still_until(), Timestamp::NEVER);
    }
}
