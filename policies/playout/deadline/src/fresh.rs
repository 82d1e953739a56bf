//! New ground, divided among the seeders as each has room.

use segue_policy::{State, View};

use crate::Session;
use crate::due::seconds;
use crate::pipe::{LaneKind, Pipe};
use crate::plan::{PLAN_SHARE, list};
use crate::tries::{Use, copies, copies_blind, tries};

/// As long as nobody answers, copies are asked for when the wait has grown by
/// this.
const TOP_UP_STEP: f64 = 1.12;

impl Session {
    /// Asks for new ground, as far as seeders have room.
    pub(crate) fn ask_first(&mut self, view: &View<'_>, first: u32) {
        let now = seconds(view.now_ns());
        let due = self.due(view, first, None);
        let end = view.askable().end;
        self.frontier = self.frontier.max(first);
        let mut rooms: Vec<(usize, f64)> = Vec::with_capacity(self.pipes.len());
        for (index, pipe) in self.pipes.iter().enumerate().filter(|(_, pipe)| pipe.alive) {
            let room = pipe.most(now) - f64::from(pipe.waiting());
            // Short lists in long requests: one for each packet would be long.
            if room >= (pipe.most(now) * PLAN_SHARE).max(1.0) {
                rooms.push((index, pipe.answer_s(LaneKind::First, now)));
            }
        }
        let alive = self.pipes.iter().filter(|pipe| pipe.alive);
        let best_s = alive
            .map(|pipe| pipe.answer_s(LaneKind::First, now))
            .fold(f64::INFINITY, f64::min);
        let on = self.copies_for(view);
        while self.frontier < end && !rooms.is_empty() {
            let packet = self.frontier;
            if view.is_here(packet) {
                self.frontier += 1;
                continue;
            }
            let left = due.at(packet) - now;
            let in_time = |&(index, answer_s): &(usize, f64)| {
                let pipe = &self.pipes[index];
                answer_s + pipe.cycle_s() <= left || answer_s <= best_s * 2.0 + 0.05
            };
            let has = |&(index, _): &(usize, f64)| {
                view.seeder(index as u32).is_some_and(|s| s.has(packet))
            };
            let soonest = (0..rooms.len())
                .filter(|&room| has(&rooms[room]))
                .filter(|&room| in_time(&rooms[room]))
                .min_by(|&a, &b| rooms[a].1.total_cmp(&rooms[b].1));
            let Some(room) = soonest else {
                let anybody = view
                    .seeders()
                    .zip(&self.pipes)
                    .any(|(seeder, pipe)| pipe.alive && seeder.has(packet));
                if anybody {
                    break; // whoever is in time has no room now
                }
                self.again.push(packet);
                self.frontier += 1;
                continue;
            };
            let index = rooms[room].0;
            let pipe = &self.pipes[index];
            let wanted = copies(pipe.loss(), tries(left, rooms[room].1, pipe.cycle_s()));
            let others = rooms.len().min(2) as u32 - 1;
            let copied = self
                .spare
                .spend(1, (wanted - 1).min(others), pipe.loss(), on);
            self.ask_new(packet, room, copied + 1, &mut rooms, now);
            if copied > 0 {
                let other = (0..rooms.len())
                    .filter(|&other| rooms[other].0 != index && has(&rooms[other]))
                    .min_by(|&a, &b| rooms[a].1.total_cmp(&rooms[b].1));
                if let Some(other) = other {
                    let place = self.books.get(packet).copied();
                    self.ask_new(packet, other, copied + 1, &mut rooms, now);
                    if let Some(first) = place {
                        self.books.restore(first);
                    }
                }
            }
            let pipes = &self.pipes;
            rooms.retain(|&(index, _)| {
                pipes[index].most(now) - f64::from(pipes[index].waiting()) >= 1.0
            });
            self.frontier += 1;
        }
    }

    /// As long as nobody has answered, the way is known to be long, and longer
    /// from moment to moment: a packet that would be due before a second try can
    /// come gets copies at once.
    pub(crate) fn top_up(&mut self, view: &View<'_>, first: u32) {
        let starting = view.paced() && view.state() == State::Starting;
        if !starting || self.pipes.iter().any(Pipe::is_known) {
            return;
        }
        let alive: Vec<usize> = (0..self.pipes.len())
            .filter(|&index| self.pipes[index].alive)
            .collect();
        let now = seconds(view.now_ns());
        let waited = alive.iter().map(|&index| now - self.pipes[index].joined());
        let waited_s = waited.fold(0.0, f64::max);
        if waited_s < self.topped_up_s * TOP_UP_STEP {
            return;
        }
        self.topped_up_s = waited_s;
        let packets = (waited_s / view.packet_s()) as u32;
        let end = first.saturating_add(packets).min(self.frontier);
        for packet in view.missing(first..end) {
            let Some(&asked) = self.books.get(packet) else {
                continue;
            };
            let loss = self.pipes[asked.pipe as usize].loss();
            let wanted = copies_blind(loss).saturating_sub(asked.copies);
            let spent = self.spare.spend(asked.copies, wanted, loss, Use::Blind);
            if spent == 0 {
                continue;
            }
            let from = alive.iter().position(|&index| index == asked.pipe as usize);
            for copy in 1..=spent as usize {
                let nth = from.unwrap_or(0) + copy;
                let seeder = alive[nth % alive.len()];
                let level = nth / alive.len() + 1;
                if view.seeder(seeder as u32).is_some_and(|s| s.has(packet)) {
                    self.pipes[seeder].ask(LaneKind::Again, packet, now);
                    list(&mut self.lists[seeder], level).push(packet);
                }
            }
            self.books.add_copies(packet, spent, now);
        }
    }

    fn ask_new(
        &mut self,
        packet: u32,
        room: usize,
        copies: u32,
        rooms: &mut [(usize, f64)],
        now: f64,
    ) {
        let index = rooms[room].0;
        self.ask_one(packet, index, LaneKind::First, copies, now);
        // What is asked next of it comes after this.
        rooms[room].1 = rooms[room]
            .1
            .max(self.pipes[index].answer_s(LaneKind::First, now))
            + 1.0 / self.pipes[index].sends_per_s(now).max(0.1);
    }
}
