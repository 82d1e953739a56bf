//! New ground, divided among the seeders as each has room.

use segue_policy::{State, View};

use crate::Session;
use crate::due::{Due, seconds};
use crate::pipe::{LaneKind, Pipe};
use crate::plan::{PLAN_SHARE, list, plan_every_s};
use crate::tries::{Use, copies, copies_blind, tries};

/// The seeders that have room for more.
struct Rooms {
    /// Each one's number, and how soon it would answer, seconds.
    list: Vec<(usize, f64)>,
    /// How soon the best of all would have answered before it was asked for more.
    best_s: f64,
}

impl Session {
    /// Asks for new ground, as far as seeders have room: what was taken back, then
    /// what was never asked for.
    pub(crate) fn ask_first(&mut self, view: &View<'_>, first: u32) {
        let due = self.due(view, first, None);
        let end = view.askable().end;
        self.frontier = self.frontier.max(first);
        let mut rooms = self.rooms(seconds(view.now_ns()));
        let returned = std::mem::take(&mut self.returned).into_iter();
        let returned = returned.filter(|&packet| packet >= first && !view.is_here(packet));
        let mut new = returned.chain(view.missing(self.frontier..end));
        let stops_at = new.find(|&packet| !self.ask_new(view, packet, &due, &mut rooms));
        self.returned = stops_at
            .into_iter()
            .chain(new)
            .take_while(|&packet| packet < self.frontier)
            .collect();
        match stops_at {
            Some(packet) => self.frontier = self.frontier.max(packet),
            None => self.frontier = self.frontier.max(end),
        }
    }

    fn rooms(&self, now: f64) -> Rooms {
        let (mut list, mut best_s) = (Vec::new(), f64::INFINITY);
        for (index, pipe) in self.pipes.iter().enumerate().filter(|(_, pipe)| pipe.alive) {
            let answer_s = pipe.answer_s(LaneKind::First, now);
            best_s = best_s.min(answer_s);
            let room = pipe.most(now) - f64::from(pipe.waiting());
            // Short lists in long requests: one for each packet would be long.
            if room >= (pipe.most(now) * PLAN_SHARE).max(1.0) {
                list.push((index, answer_s));
            }
        }
        Rooms { list, best_s }
    }

    /// Asks for a packet for the first time. Answers whether it is looked after:
    /// it is not if whoever would bring it in time has no room.
    fn ask_new(&mut self, view: &View<'_>, packet: u32, due: &Due, rooms: &mut Rooms) -> bool {
        let Rooms {
            list: rooms,
            best_s,
        } = rooms;
        if rooms.is_empty() {
            return false;
        }
        let now = seconds(view.now_ns());
        let left = due.at(packet) - now;
        let in_time = |&(index, answer_s): &(usize, f64)| {
            let pipe = &self.pipes[index];
            answer_s + pipe.cycle_s() <= left || answer_s <= *best_s * 2.0 + 0.05
        };
        let has =
            |&(index, _): &(usize, f64)| view.seeder(index as u32).is_some_and(|s| s.has(packet));
        let soonest = (0..rooms.len())
            .filter(|&room| has(&rooms[room]))
            .filter(|&room| in_time(&rooms[room]))
            .min_by(|&a, &b| rooms[a].1.total_cmp(&rooms[b].1));
        let Some(room) = soonest else {
            let mut seeders = view.seeders().zip(&self.pipes);
            if seeders.any(|(seeder, pipe)| pipe.alive && seeder.has(packet)) {
                return false;
            }
            self.again.push(packet);
            return true;
        };
        let (index, answer_s) = rooms[room];
        let pipe = &self.pipes[index];
        let cycle_s = pipe.lived_cycle_s(now);
        let wanted = copies(pipe.loss(), tries(left, answer_s, cycle_s)) - 1;
        let others = rooms.len().min(2) as u32 - 1;
        let on = self.copies_for(view);
        let copied = self.spare.spend(1, wanted.min(others), pipe.loss(), on);
        self.ask_in(room, packet, copied + 1, rooms, now);
        let other = (0..rooms.len())
            .filter(|&other| copied > 0 && rooms[other].0 != index && has(&rooms[other]))
            .min_by(|&a, &b| rooms[a].1.total_cmp(&rooms[b].1));
        if let Some(other) = other {
            let place = self.books.get(packet).copied();
            self.ask_in(other, packet, copied + 1, rooms, now);
            if let Some(first) = place {
                self.books.restore(first);
            }
        }
        let pipes = &self.pipes;
        rooms.retain(|&(index, _)| {
            pipes[index].most(now) - f64::from(pipes[index].waiting()) >= 1.0
        });
        true
    }

    /// As long as nobody has answered, the way is known to be long, and longer
    /// from moment to moment: a packet that would be due before a second try can
    /// come gets copies at once.
    pub(crate) fn top_up(&mut self, view: &View<'_>, first: u32) {
        let starting = view.paced() && view.state() == State::Starting;
        if !starting || self.answered {
            return;
        }
        let now = seconds(view.now_ns());
        let alive: Vec<usize> = (0..self.pipes.len())
            .filter(|&index| self.pipes[index].alive)
            .collect();
        self.answered = self.pipes.iter().any(Pipe::is_known);
        let end = first.saturating_add(self.due_soon(view, &alive, now));
        for packet in view.missing(first..end.min(self.frontier)) {
            self.copy_blind(view, packet, &alive, now);
        }
    }

    /// How many packets from the first on are due before a second try can come.
    fn due_soon(&self, view: &View<'_>, alive: &[usize], now: f64) -> u32 {
        let pipes = || alive.iter().map(|&index| &self.pipes[index]);
        let waited_s = pipes().map(|pipe| now - pipe.joined()).fold(0.0, f64::max);
        let each_s = plan_every_s(waited_s);
        if !self.answered {
            return ((waited_s + each_s) / view.packet_s()) as u32;
        }
        let packets = (waited_s - each_s) / view.packet_s();
        // The second try of a packet follows its first, and those come faster than
        // they are played: the first that has time for one is further on than a
        // round trip of music.
        let sends_per_s: f64 = pipes().map(|pipe| pipe.sends_per_s(now)).sum();
        let speed = (sends_per_s * view.packet_s()).max(2.0);
        (packets * speed / (speed - 1.0)) as u32
    }

    /// Asks for copies of a packet of the seeders in turn.
    fn copy_blind(&mut self, view: &View<'_>, packet: u32, alive: &[usize], now: f64) {
        let Some(&asked) = self.books.get(packet) else {
            return;
        };
        // Once: the books know only the last of its copies, and would take those
        // before for lost.
        if asked.copied_at > asked.at {
            return;
        }
        let loss = self.pipes[asked.pipe as usize].loss();
        let wanted = copies_blind(loss).saturating_sub(asked.copies);
        // All or none: few are likely lost, and yet it is not asked for again until
        // they should have come.
        let mut spare = self.spare;
        let spent = spare.spend(asked.copies, wanted, loss, Use::Blind);
        if spent < wanted {
            return;
        }
        self.spare = spare;
        let from = alive.iter().position(|&index| index == asked.pipe as usize);
        let (mut copies, mut last) = (0, asked.last_copy);
        for copy in 1..=spent as usize {
            let nth = from.unwrap_or(0) + copy;
            let (seeder, level) = (alive[nth % alive.len()], nth / alive.len() + 1);
            if view.seeder(seeder as u32).is_some_and(|s| s.has(packet)) {
                let place = self.pipes[seeder].ask(LaneKind::Again, packet, now);
                last = (seeder as u32, place);
                copies += 1;
                list(&mut self.lists[seeder], level).push(packet);
            }
        }
        if copies > 0 {
            self.books.add_copies(packet, copies, last, now);
        }
    }

    fn ask_in(
        &mut self,
        room: usize,
        packet: u32,
        copies: u32,
        rooms: &mut [(usize, f64)],
        now: f64,
    ) {
        let index = rooms[room].0;
        self.ask_one(packet, index, LaneKind::First, copies, now);
        // What is asked next of it comes after this.
        let pipe = &self.pipes[index];
        let then_s = rooms[room].1.max(pipe.answer_s(LaneKind::First, now));
        rooms[room].1 = then_s + 1.0 / pipe.sends_per_s(now).max(0.1);
    }
}
