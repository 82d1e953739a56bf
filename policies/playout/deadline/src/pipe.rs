//! One seeder as a pipe: what is under way in it.

mod forecast;

use segue_policy::{Seeder, View};

use crate::books::Asked;
use crate::lane::{Ask, Came, Lane};
use crate::measure::{Interval, Least, Loss, Rate, Spread};
use crate::silences::Silences;

/// A seeder of which nothing is known answers about this soon, seconds.
pub const BASE_FIRST_S: f64 = 0.1;
/// Most doublings of that while nothing comes.
const STRIKES_MOST: u32 = 5;

/// Which asks are served first: those made again before those made first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LaneKind {
    /// What was lost, or is needed soon.
    Again = 0,
    /// New ground.
    First = 1,
}

/// One seeder.
#[derive(Debug)]
pub struct Pipe {
    lanes: [Lane; 2],
    base: Least,
    spread: Spread,
    rate: Rate,
    /// Packets that came from it.
    heard: u32,
    last_arrival: f64,
    joined: f64,
    /// How long after it joined the first packet came.
    first_answer: Option<f64>,
    /// How often it let a timeout pass without a sound.
    strikes: u32,
    silences: Silences,
    /// From one try for an urgent packet to the next.
    again: Interval,
    /// As the host has it.
    pub alive: bool,
    loss: Loss,
    told_rtt: Option<(f64, f64)>,
    media_rate: f64,
}

impl Pipe {
    /// For music of so many packets per second.
    pub fn new(joined: f64, media_rate: f64) -> Self {
        Self {
            lanes: Default::default(),
            base: Least::default(),
            spread: Spread::default(),
            rate: Rate::default(),
            heard: 0,
            last_arrival: joined,
            joined,
            first_answer: None,
            strikes: 0,
            silences: Silences::default(),
            again: Interval::default(),
            alive: true,
            loss: Loss::default(),
            told_rtt: None,
            media_rate,
        }
    }

    /// Takes over what the host measured. Answers whether the host has nothing
    /// open there any more, though something waits here.
    pub fn refresh(&mut self, seeder: &Seeder<'_>) -> bool {
        self.alive = seeder.alive();
        self.loss.is_told(seeder.loss());
        self.told_rtt = seeder
            .rtt_ns()
            .map(|rtt| (rtt as f64 / 1e9, seeder.rtt_var_ns() as f64 / 1e9));
        self.waiting() > 0 && (!self.alive || seeder.outstanding() == 0)
    }

    // -- what it is told -------------------------------------------------------

    /// Notes an ask; answers its place.
    pub fn ask(&mut self, lane: LaneKind, packet: u32, now: f64) -> u32 {
        if self.waiting() == 0 {
            self.rate.pause();
            // Silence counts from now on.
            self.last_arrival = self.last_arrival.max(now);
        }
        self.lanes[lane as usize].push(packet, now)
    }

    /// Something came from it.
    pub fn hear(&mut self, now: f64) {
        self.heard = self.heard.saturating_add(1);
        self.first_answer.get_or_insert(now - self.joined);
        if self.waiting() > 0 && self.heard > 1 {
            let usual_s = 4.0 / self.sends_per_s(now).max(0.1) + self.spread_s() * 4.0;
            if self.silences.take(now - self.last_arrival, usual_s) {
                self.rate.pause();
            }
        }
        self.last_arrival = now;
        self.strikes = 0;
        let span = (self.base_s() / 2.0).clamp(0.05, 0.25);
        self.rate.take(now, span);
    }

    /// What was asked at `asked` under this place came.
    pub fn settle(&mut self, asked: &Asked, packet: u32, now: f64) {
        let Asked {
            lane, place, at, ..
        } = *asked;
        if asked.copies > 1 && lane == LaneKind::First && self.copy_came(packet, now) {
            return;
        }
        match self.lanes[lane as usize].settle(place, now) {
            Came::InOrder => {}
            // A later copy would look like a late first one.
            Came::Overtaken(lateness) if asked.copies == 1 => self.spread.take(lateness),
            Came::Overtaken(_) => {}
            Came::Again => return,
        }
        // Of several copies one comes more often than of one: that would tell too
        // small a loss.
        if asked.copies == 1 {
            self.loss.came();
        }
        // Of several tries nobody knows which one is answered.
        if asked.tries == 1 && asked.copied_at == at {
            self.base.take(now, now - at);
        }
        self.pass_before(lane, place, at, now);
    }

    /// Whether what came may be a copy that was asked for again: it says nothing
    /// of what is new.
    fn copy_came(&mut self, packet: u32, now: f64) -> bool {
        let again = LaneKind::Again as usize;
        let found = self.lanes[again].find(packet);
        let known = |&(_, at): &(u32, f64)| now - at >= self.base_s() * 0.95;
        let Some((place, _)) = found.filter(known) else {
            return false;
        };
        self.lanes[again].settle(place, now);
        self.lanes[again].pass_before(place, now);
        true
    }

    /// A packet came of which a copy, or an earlier ask, may stand here.
    pub fn settle_copy(&mut self, asked: &Asked, packet: u32, now: f64) {
        let found = [LaneKind::Again, LaneKind::First]
            .into_iter()
            .filter_map(|lane| {
                let (place, at) = self.lanes[lane as usize].find(packet)?;
                // It may answer an ask that was passed, or is forgotten.
                (now - at >= self.base_s() * 0.95).then_some((lane, place, at))
            });
        let Some((lane, place, at)) = found.min_by(|a, b| a.2.total_cmp(&b.2)) else {
            return;
        };
        self.lanes[lane as usize].settle(place, now);
        if asked.tries == 1 && asked.copied_at == asked.at {
            self.base.take(now, now - at);
        }
        self.pass_before(lane, place, at, now);
    }

    /// What was asked under this place is asked of somebody else.
    pub fn withdraw(&mut self, lane: LaneKind, place: u32) {
        self.lanes[lane as usize].withdraw(place);
    }

    fn pass_before(&mut self, lane: LaneKind, place: u32, at: f64, now: f64) {
        self.lanes[lane as usize].pass_before(place, now);
        if lane == LaneKind::First {
            // What is asked again is served before all that is new: what of it had
            // reached the seeder when this was sent has been sent, too.
            let known_there = at.max(now - self.way_s());
            self.lanes[LaneKind::Again as usize].pass_earlier(known_there, now);
        }
    }

    /// An urgent packet is asked for again so long after the last time.
    pub fn asks_again(&mut self, after_s: f64) {
        self.again.take(after_s);
    }

    /// What was asked of it once did not come.
    pub fn lost(&mut self) {
        self.loss.lost();
    }

    /// So many packets are overdue, and not yet given up.
    pub fn overdue(&mut self, packets: u32) {
        self.loss.overdue(packets);
    }

    /// A packet came that it had been thought to have lost.
    pub fn was_hasty(&mut self) {
        self.spread.was_hasty();
    }

    /// Passes what is overdue though nothing passed it. `others_base` is how soon
    /// others answer, if nothing is known of this one. Where there is `no_hurry`, a
    /// silence may be as long again as an answer takes: a seeder that looks at the
    /// path sends next to nothing for a moment, and all would come twice. Answers when
    /// to look again.
    pub fn time_out(
        &mut self,
        now: f64,
        here: &View<'_>,
        others_base: Option<f64>,
        no_hurry: bool,
    ) -> f64 {
        let base = match (self.base.get(), self.told_rtt, others_base) {
            (Some(base), ..) => base,
            (None, Some((rtt, _)), _) => rtt,
            // The others have answered long ago.
            (None, None, Some(others)) => others * 3.0 + 0.2,
            // The host may know in a moment.
            (None, None, None) => return now + BASE_FIRST_S,
        };
        let margin = self.margin_s(now) + if no_hurry { base } else { 0.0 };
        let last_arrival = self.last_arrival;
        let (mut again, mut struck) = (f64::INFINITY, false);
        let overdue_at = |ask: &Ask| (ask.at + base).max(last_arrival) + margin;
        for lane in &mut self.lanes {
            while let Some(ask) = lane.next() {
                let overdue = overdue_at(ask) <= now;
                // What came from elsewhere is sent all the same, or was taken back
                // in time: until it could have come it stays in the queue.
                let elsewhere = here.is_here(ask.packet) && ask.at + base <= now;
                if !overdue && !elsewhere {
                    break;
                }
                struck |= overdue;
                lane.pass(f64::NEG_INFINITY);
            }
            let missing = lane.open().find(|ask| !here.is_here(ask.packet));
            again = again.min(missing.map_or(f64::INFINITY, overdue_at));
        }
        if struck && last_arrival + base < now {
            self.strikes = (self.strikes + 1).min(STRIKES_MOST);
        }
        again
    }

    /// What was asked so far counts no more.
    pub fn forget_asks(&mut self) {
        self.lanes = Default::default();
    }

    /// All that waits will not come.
    pub fn void(&mut self) {
        for lane in &mut self.lanes {
            while lane.next().is_some() {
                lane.pass(f64::NEG_INFINITY);
            }
        }
    }

    /// Its asks that were passed; see [`Lane::review`].
    pub fn review(&mut self, mut verdict: impl FnMut(LaneKind, u32, u32, f64) -> bool) {
        for kind in [LaneKind::Again, LaneKind::First] {
            self.lanes[kind as usize]
                .review(|packet, place, passed_at| verdict(kind, packet, place, passed_at));
        }
    }

    /// Takes back what it will not get to for long, and at most so much.
    pub fn take_back(&mut self, now: f64, room: usize, mut each: impl FnMut(u32, u32)) {
        let most = self.most(now);
        if f64::from(self.waiting()) > most * 4.0 && self.rate.is_sure() {
            let first = &mut self.lanes[LaneKind::First as usize];
            let keep = (most * 2.0) as u32;
            let keep = keep.max(first.waiting().saturating_sub(room as u32));
            first.take_back(keep, &mut each);
        }
    }

    // -- how it stands ---------------------------------------------------------

    /// Asks under way or queued there.
    pub fn waiting(&self) -> u32 {
        self.lanes.iter().map(Lane::waiting).sum()
    }

    /// How many are ahead of a place; `None` if it is passed.
    pub fn ahead_of(&self, lane: LaneKind, place: u32) -> Option<u32> {
        let ahead = self.lanes[lane as usize].ahead_of(place)?;
        let before = match lane {
            LaneKind::Again => 0,
            LaneKind::First => self.lanes[LaneKind::Again as usize].waiting(),
        };
        Some(ahead + before)
    }

    /// When it joined, seconds.
    pub fn joined(&self) -> f64 {
        self.joined
    }

    /// Whether anything came from it.
    pub fn is_known(&self) -> bool {
        self.heard > 0
    }

    /// Whether it has let what was asked of it time out, and said nothing since.
    pub fn is_silent(&self) -> bool {
        self.strikes > 1
    }

    /// How often it was silent in a second, and the mean length, seconds.
    pub fn silences(&self, now: f64) -> (f64, f64) {
        let per_s = self.silences.per_s(now - self.joined);
        (per_s, self.silences.mean_s())
    }

    /// Packets that came in all.
    pub fn heard(&self) -> u32 {
        self.heard
    }
}

#[cfg(test)]
mod tests {
    use segue_policy::testing::Scene;

    use super::*;
    use crate::books::Books;

    /// A seeder that answers after a second, and was heard so at 1 s.
    fn a_second_away() -> (Pipe, Books) {
        let (mut pipe, mut books) = (Pipe::new(0.0, 50.0), Books::new(100));
        let place = pipe.ask(LaneKind::First, 0, 0.0);
        books.note(0, 1, (0, LaneKind::First, place), 0.0);
        pipe.hear(1.0);
        pipe.settle(books.get(0).expect("it was noted"), 0, 1.0);
        assert_eq!((pipe.measured_base_s(), pipe.waiting()), (Some(1.0), 0));
        (pipe, books)
    }

    #[test]
    fn a_copy_of_what_is_here_is_in_the_queue_until_it_could_have_come() {
        let (mut pipe, _) = a_second_away();
        let mut scene = Scene::new(100, 1);
        pipe.ask(LaneKind::Again, 5, 1.0);
        scene.put([5]);
        pipe.time_out(1.9, &scene.view(), None, false);
        assert_eq!(pipe.waiting(), 1, "it is sent all the same");
        pipe.time_out(2.0, &scene.view(), None, false);
        assert_eq!(pipe.waiting(), 0);
    }

    #[test]
    fn what_comes_too_soon_is_no_answer_to_a_copy() {
        let (mut pipe, mut books) = a_second_away();
        books.note(7, 2, (1, LaneKind::First, 0), 1.0);
        pipe.ask(LaneKind::Again, 7, 1.0);
        let asked = books.get(7).expect("it was noted");
        pipe.settle_copy(asked, 7, 1.5);
        assert_eq!(pipe.waiting(), 1, "it answers an ask of before");
        pipe.settle_copy(asked, 7, 2.0);
        assert_eq!(pipe.waiting(), 0);
    }
}
