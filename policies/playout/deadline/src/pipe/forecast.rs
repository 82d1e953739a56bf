//! What a seeder can be expected to do: how soon it answers, how much it loses,
//! how much it can be asked for.

use super::{BASE_FIRST_S, LaneKind, Pipe};
use crate::math::{decay, log_odds};
use crate::plan::plan_every_s;

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
/// Near their deadline, as they are at first, lost packets take so many copies in
/// the mean.
const AGAIN_COPIES: f64 = 2.0;
/// So often it is looked how many get before a packet until it comes.
const COMES_ROUNDS: u32 = 12;
/// What does not come though nothing else does either is late by this at least.
const TIMEOUT_MIN_S: f64 = 0.03;

impl Pipe {
    /// Probability that an ask that was passed is lost, not late, if `loss` of all
    /// are: the longer it is overdue, the more likely.
    pub fn passed_is_lost(&self, lane: LaneKind, place: u32, loss: f64, now: f64) -> f64 {
        let Some(passed_at) = self.lanes[lane as usize].passed_at(place) else {
            return 1.0;
        };
        let late = (1.0 - loss) * decay((now - passed_at) / self.spread_s());
        loss / (loss + late).max(1e-9)
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
        let seen_s = 2.0 / comes.max(0.1) + plan_every_s(self.base_s()) + self.lateness_s();
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

    /// Whether that was measured for a while.
    pub fn rate_is_sure(&self) -> bool {
        self.rate.is_sure()
    }

    /// Packets that come in a second; `None` before it is known.
    pub fn comes_per_s(&self) -> Option<f64> {
        self.rate.mean().filter(|_| !self.is_silent())
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
    /// What of new ground is lost is sent again before more of it, from when it can
    /// have been asked for again.
    pub fn queue_s(&self, lane: LaneKind, asks: u32, now: f64) -> f64 {
        let queue_s = f64::from(asks) / self.sends_per_s(now).max(0.1);
        let lost = self.loss() / (1.0 - self.loss());
        let later_s = (queue_s - self.base_s()).max(0.0);
        match lane {
            LaneKind::Again => queue_s,
            LaneKind::First => queue_s + later_s * lost * AGAIN_COPIES,
        }
    }

    /// When the answer to an ask that waits may come; `None` if it is passed.
    pub fn comes(&self, lane: LaneKind, place: u32, asked_at: f64, now: f64) -> Option<f64> {
        let ahead = self.lanes[lane as usize].ahead_of(place)?;
        let comes = |ahead| (asked_at + self.base_s()).max(now + self.queue_s(lane, ahead, now));
        let mut at = comes(ahead);
        if lane == LaneKind::Again {
            return Some(at);
        }
        // What is asked again is served before it, if it gets there before it is
        // served: with each that does there may be more of them.
        for _ in 0..COMES_ROUNDS {
            let again = &self.lanes[LaneKind::Again as usize];
            let then = comes(ahead + again.waiting_before(at - self.base_s()));
            if then <= at {
                break;
            }
            at = then;
        }
        Some(at)
    }

    /// From an ask to its answer, unless it is an unusually slow one, seconds.
    pub(super) fn way_s(&self) -> f64 {
        let (rtt, deviation) = self.told_rtt.unwrap_or_default();
        self.base_s().max(rtt) + self.spread_s().max(deviation) * 2.0
    }

    pub(super) fn margin_s(&self, now: f64) -> f64 {
        let comes = self.sends_per_s(now) * (1.0 - self.loss());
        let deviation = self.told_rtt.map_or(0.0, |(_, deviation)| deviation);
        let spread = self.spread_s().max(deviation / 2.0);
        let margin = spread * 4.0 + 4.0 / comes.max(0.1);
        margin.max(TIMEOUT_MIN_S) * f64::from(1 << self.strikes)
    }
}
