//! One seeder as a pipe: what is under way in it, and what it can do.

use segue_policy::{Seeder, View};

use crate::books::Asked;
use crate::lane::{Came, Lane};
use crate::math::{decay, log_odds};
use crate::measure::{Interval, Least, Loss, Rate, Spread};
use crate::plan::plan_every_s;
use crate::silences::Silences;

/// Until something came, it is asked as if it sent this many times faster than
/// music plays, and answered this soon after now.
const SPEED_FIRST: f64 = 5.0;
const ANSWER_FIRST_S: f64 = 0.25;
/// It is to have work for this long beyond its answer time, and for a share more
/// than it is known to do, lest it never shows what it can.
const RESERVE_S: f64 = 0.1;
const PROBE: f64 = 1.25;
/// Fewest packets under way.
const LEAST: f64 = 2.0;
/// A seeder of which nothing is known answers about this soon, seconds.
pub const BASE_FIRST_S: f64 = 0.1;
/// What does not come though nothing else does either is late by this at least.
const TIMEOUT_MIN_S: f64 = 0.03;
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
                Some((lane, place, at))
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

    /// From an ask to its answer, unless it is an unusually slow one, seconds.
    fn way_s(&self) -> f64 {
        let (rtt, deviation) = self.told_rtt.unwrap_or_default();
        self.base_s().max(rtt) + self.spread_s().max(deviation) * 2.0
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

    /// Passes what is overdue though nothing passed it. `since` is when the
    /// others are known to have answered, if nothing is known of this one.
    /// Answers when to look again.
    pub fn time_out(&mut self, now: f64, here: &View<'_>, others_base: Option<f64>) -> f64 {
        let base = match (self.base.get(), self.told_rtt, others_base) {
            (Some(base), ..) => base,
            (None, Some((rtt, _)), _) => rtt,
            // The others have answered long ago.
            (None, None, Some(others)) => others * 3.0 + 0.2,
            // The host may know in a moment.
            (None, None, None) => return now + BASE_FIRST_S,
        };
        let margin = self.margin_s(now);
        let last_arrival = self.last_arrival;
        let (mut again, mut struck) = (f64::INFINITY, false);
        for lane in &mut self.lanes {
            while let Some(ask) = lane.next() {
                let at = (ask.at + base).max(last_arrival) + margin;
                if at <= now {
                    struck = true;
                } else if !here.is_here(ask.packet) {
                    again = again.min(at);
                    break;
                }
                lane.pass(f64::NEG_INFINITY);
            }
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

    // -- what it can do --------------------------------------------------------

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

    /// Probability that an ask that was passed is lost, not late, if `loss` of all
    /// are: the longer it is overdue, the more likely.
    pub fn passed_is_lost(&self, lane: LaneKind, place: u32, loss: f64, now: f64) -> f64 {
        let Some(passed_at) = self.lanes[lane as usize].passed_at(place) else {
            return 1.0;
        };
        let late = (1.0 - loss) * decay((now - passed_at) / self.spread_s());
        loss / (loss + late).max(1e-9)
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

    /// Share of its packets that is lost.
    pub fn loss(&self) -> f64 {
        self.loss.get()
    }

    /// The same, as long as little came not what is planned for but what is likely.
    pub fn expected_loss(&self) -> f64 {
        self.loss.expected()
    }

    /// Packets that this is known from, and those that were expected.
    pub fn loss_weight(&self) -> f64 {
        self.loss.weight()
    }

    /// Its fastest answer of late, seconds.
    pub fn base_s(&self) -> f64 {
        let told = self.told_rtt.map(|(rtt, _)| rtt);
        match (self.base.get(), told) {
            // The first answers may have stood in a queue.
            (Some(base), Some(told)) => base.min(told),
            (base, told) => base.or(told).or(self.first_answer).unwrap_or(BASE_FIRST_S),
        }
    }

    /// The same, if anything came.
    pub fn measured_base_s(&self) -> Option<f64> {
        self.base.get()
    }

    /// How far packets overtake each other, seconds.
    pub fn spread_s(&self) -> f64 {
        self.spread.get()
    }

    /// How much later than the fastest an answer usually comes, seconds: the way
    /// there and the way back both vary, and a lost request waits for the next
    /// plan.
    pub fn lateness_s(&self) -> f64 {
        let lost = self.loss() / (1.0 - self.loss());
        self.spread_s() * 2.0 + plan_every_s(self.base_s()) * lost
    }

    /// How long what was passed is waited for, if it is to come with a
    /// probability of `doubt` only.
    pub fn patience_s(&self, doubt: f64) -> f64 {
        let loss = self.loss().max(0.005);
        self.spread_s() * log_odds((1.0 - loss) / (loss * doubt))
    }

    /// From one try to the next, seconds.
    pub fn cycle_s(&self) -> f64 {
        self.base_s() + self.patience_s(0.2)
    }

    /// The same as it turns out: that something is lost is seen when something
    /// later comes, and it is asked for again with the next plan.
    pub fn lived_cycle_s(&self, now: f64) -> f64 {
        let least_s = self.cycle_s();
        let comes = self.sends_per_s(now) * (1.0 - self.loss());
        let seen_s = 2.0 / comes.max(0.1) + plan_every_s(self.base_s());
        self.again.mixed_with(least_s + seen_s).max(least_s)
    }

    /// Packets that it sends in a second.
    pub fn sends_per_s(&self, now: f64) -> f64 {
        match self.rate.mean() {
            Some(rate) => rate / (1.0 - self.loss()),
            None => {
                let first = self.media_rate * SPEED_FIRST;
                self.rate.bound(now).map_or(first, |most| most.min(first))
            }
        }
    }

    /// Packets that come in a second; `None` before it is known.
    pub fn comes_per_s(&self) -> Option<f64> {
        self.rate.mean().filter(|_| !self.is_silent())
    }

    /// Packets that came in all.
    pub fn heard(&self) -> u32 {
        self.heard
    }

    /// Most asks that are to wait there.
    pub fn most(&self, now: f64) -> f64 {
        if self.is_silent() {
            return LEAST;
        }
        let answer_s = match self.measured_base_s() {
            Some(base) => base,
            None if self.is_known() => self.base_s(),
            // As long as nothing comes, the way is at least this long.
            None => now - self.joined + ANSWER_FIRST_S - RESERVE_S,
        };
        if !self.rate.is_sure() {
            let first = self.media_rate * SPEED_FIRST * (answer_s + RESERVE_S);
            return first.max(LEAST);
        }
        let could = self.rate.peak().unwrap_or_default() / (1.0 - self.loss());
        (could * (answer_s + RESERVE_S) * PROBE).max(LEAST)
    }

    /// When something that is asked now comes, seconds from now.
    pub fn answer_s(&self, lane: LaneKind, now: f64) -> f64 {
        let again = self.lanes[LaneKind::Again as usize].waiting();
        let queue_s = match lane {
            LaneKind::Again => self.queue_s(lane, again + 1, now),
            LaneKind::First => self.queue_s(lane, self.waiting() + 1, now),
        };
        let silence_s = if self.is_silent() {
            self.margin_s(now)
        } else {
            0.0
        };
        self.base_s().max(queue_s) + silence_s
    }

    /// How long it takes to serve so many asks, the last of which is in `lane`.
    /// What of new ground is lost is sent again before more of it.
    pub fn queue_s(&self, lane: LaneKind, asks: u32, now: f64) -> f64 {
        let queue_s = f64::from(asks) / self.sends_per_s(now).max(0.1);
        let lost = self.loss() / (1.0 - self.loss());
        match lane {
            LaneKind::Again => queue_s,
            LaneKind::First => queue_s * (1.0 + lost),
        }
    }

    fn margin_s(&self, now: f64) -> f64 {
        let comes = self.sends_per_s(now) * (1.0 - self.loss());
        let deviation = self.told_rtt.map_or(0.0, |(_, deviation)| deviation);
        let spread = self.spread_s().max(deviation / 2.0);
        let margin = spread * 4.0 + 4.0 / comes.max(0.1);
        margin.max(TIMEOUT_MIN_S) * f64::from(1 << self.strikes)
    }
}
