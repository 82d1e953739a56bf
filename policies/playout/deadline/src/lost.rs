//! What was lost, or would come too late.

use segue_policy::View;

use crate::Session;
use crate::due::{Due, seconds};
use crate::pipe::{LaneKind, Pipe};

/// What was passed is lost if it comes with this probability only: far from its
/// deadline, and near.
const DOUBT_FAR: f64 = 0.005;
const DOUBT_NEAR: f64 = 0.2;
/// What is late by so many times the usual is more likely lost than late.
const OVERDUE_SPREADS: f64 = 2.0;
/// What is due within this, and two answers, is due soon, seconds.
const DUE_SOON_S: f64 = 0.3;
/// Near the playhead, so many missing packets may be asked of a second seeder
/// because the first is slow.
const HEDGE_PACKETS: usize = 64;

impl Session {
    /// Finds what was lost or is better asked of somebody else.
    pub(crate) fn find_lost(&mut self, view: &View<'_>, first: u32) {
        let now = seconds(view.now_ns());
        let due = self.due(view, first, None);
        let Self {
            pipes,
            books,
            again,
            overdue_at,
            ..
        } = self;
        for (index, pipe) in (0..).zip(pipes.iter_mut()) {
            let last = |packet, lane, place| {
                let asked = books.get(packet)?;
                ((asked.pipe, asked.lane, asked.place) == (index, lane, place)).then_some(asked)
            };
            let base_s = pipe.base_s();
            let near_s = pipe.cycle_s() * 2.0;
            let patience = [DOUBT_FAR, DOUBT_NEAR].map(|doubt| pipe.patience_s(doubt));
            let overdue_s = pipe.spread_s() * OVERDUE_SPREADS;
            let (mut lost, mut overdue) = (0, 0);
            pipe.review(|lane, packet, place, passed_at| {
                let Some(asked) = last(packet, lane, place) else {
                    return true;
                };
                if view.is_here(packet) || packet < first {
                    return true;
                }
                let near = due.at(packet) - now < near_s;
                // Of copies, all must be lost: that tells of no single one.
                let tells = passed_at.is_finite() && asked.copies == 1;
                overdue += u32::from(tells && now - passed_at > overdue_s);
                let mut lost_at = passed_at;
                if asked.copies > 1 && passed_at.is_finite() {
                    lost_at = lost_at.max(asked.copied_at + base_s);
                }
                lost_at += patience[usize::from(near)];
                if lost_at > now {
                    *overdue_at = overdue_at.min(lost_at);
                    return false;
                }
                again.push(packet);
                if tells {
                    lost += 1;
                    overdue -= u32::from(now - passed_at > overdue_s);
                }
                true
            });
            (0..lost).for_each(|_| pipe.lost());
            pipe.overdue(overdue);
        }
        self.take_back(view, now);
        self.hedge(view, first, &due);
        self.again
            .retain(|&packet| packet >= first && !view.is_here(packet));
        self.again.sort_unstable();
        self.again.dedup();
    }

    /// What a slow seeder will not get to for long is as if it had not been asked
    /// for, as far as there is room for it.
    fn take_back(&mut self, view: &View<'_>, now: f64) {
        let room = |pipe: &Pipe| (pipe.most(now) - f64::from(pipe.waiting())).max(0.0);
        let alive = self.pipes.iter().filter(|pipe| pipe.alive);
        let mut left = alive.map(room).sum::<f64>() as usize;
        let Self {
            pipes,
            books,
            returned,
            ..
        } = self;
        for (index, pipe) in (0..).zip(pipes.iter_mut()) {
            if left == 0 {
                break;
            }
            pipe.take_back(now, left, |packet, place| {
                let asked = books.get(packet);
                let stands = (index, LaneKind::First, place);
                let is_last = asked.is_some_and(|a| (a.pipe, a.lane, a.place) == stands);
                if !view.is_here(packet) && is_last {
                    books.forget(packet);
                    returned.push(packet);
                    left = left.saturating_sub(1);
                }
            });
        }
        self.returned.sort_unstable();
    }

    /// What stands in the queue of a slow seeder, or is far away, and would come
    /// too late is asked of a faster one.
    fn hedge(&mut self, view: &View<'_>, first: u32, due: &Due) {
        let now = seconds(view.now_ns());
        let known = |&index: &usize| self.pipes[index].is_known();
        let Some(best) = self.best().filter(known).filter(|_| view.paced()) else {
            return;
        };
        let soon = &self.pipes[best];
        // As if it stood at the end of the queue there: who is moved to the front
        // makes others wait.
        let soon_s = soon.answer_s(LaneKind::First, now) + soon.spread_s() * 2.0;
        let each_s = 1.0 / soon.sends_per_s(now).max(0.1);
        let mut moved = 0.0;
        let mut withdrawn = Vec::new();
        let use_for = self.copies_for(view);
        for packet in view.missing(first..self.frontier).take(HEDGE_PACKETS) {
            // Moved once: what is moved to and fro never comes to its turn.
            let Some(asked) = self.books.get(packet).filter(|asked| asked.tries == 1) else {
                continue;
            };
            let pipe = &self.pipes[asked.pipe as usize];
            let Some(ahead) = pipe.ahead_of(asked.lane, asked.place) else {
                continue; // it is lost, or just about to come
            };
            let queue_s = f64::from(ahead) / pipe.sends_per_s(now).max(0.1);
            // A much slower one may still serve what was asked of others since: what
            // is due soon does not wait for it.
            let sure = pipe.rate_is_sure() && soon.rate_is_sure();
            let much_slower = sure && pipe.sends_per_s(now) * 4.0 < soon.sends_per_s(now);
            let due_soon = due.at(packet) - now < soon_s * 2.0 + DUE_SOON_S;
            let comes = match pipe.measured_base_s() {
                _ if much_slower && due_soon => f64::INFINITY,
                Some(base) => (asked.at + base).max(now + queue_s),
                // Nobody knows. It is late when the best would have answered.
                None if now - asked.at > soon_s * 2.0 => f64::INFINITY,
                None => now,
            };
            let there = now + (soon_s + moved * each_s) * 2.0;
            let late = comes > due.at(packet) && comes > there;
            // Where all are equally busy nothing is gained by moving.
            let crowded = f64::from(ahead) > pipe.most(now) * 2.0;
            let far = pipe.base_s() > soon.base_s() * 2.0 + soon.spread_s() * 4.0;
            let slow = comes > now + soon_s * 4.0 + 0.2;
            let odd = crowded || far || slow || !pipe.is_known();
            let overtaken = asked.lane == LaneKind::First && slow;
            let is_best = asked.pipe as usize == best;
            if !late || !odd || (is_best && !overtaken) {
                continue;
            }
            // Taken out of a queue it costs nothing.
            let queued = queue_s > pipe.base_s() * 2.0;
            if queued || self.spare.spend(1, 1, pipe.loss(), use_for) == 1 {
                withdrawn.push((asked.pipe as usize, asked.lane, asked.place));
                self.again.push(packet);
                moved += 1.0;
            }
        }
        for (pipe, lane, place) in withdrawn {
            self.pipes[pipe].withdraw(lane, place);
        }
    }
}
