//! Who is asked for what, and when.

use segue_policy::{Actions, Range, State, View};

use crate::Session;
use crate::due::{Due, seconds};
use crate::pipe::{LaneKind, Pipe};
use crate::tries::{Use, copies, tries};

/// Between plans: a share of the round trip, within these, seconds.
const PLAN_SHARE: f64 = 1.0 / 16.0;
const PLAN_MIN_S: f64 = 0.008;
const PLAN_MAX_S: f64 = 0.1;
/// With nobody to ask, it looks again this often, seconds.
const IDLE_S: f64 = 0.25;
/// What was passed is lost if it comes with this probability only: far from its
/// deadline, and near.
const DOUBT_FAR: f64 = 0.005;
const DOUBT_NEAR: f64 = 0.2;
/// Near the playhead, so many missing packets may be asked of a second seeder
/// because the first is slow.
const HEDGE_PACKETS: usize = 64;
/// As long as nobody answers, copies are asked for when the wait has grown by
/// this.
const TOP_UP_STEP: f64 = 1.12;
/// Another seeder counts as better if it is better by a tenth.
const BETTER: f64 = 0.9;

impl Session {
    /// Makes a plan if it is time, and there is a reason to.
    pub(crate) fn plan_if_due(&mut self, view: &View<'_>, actions: &mut Actions<'_>) {
        let now = seconds(view.now_ns());
        if now < self.next_plan || !(self.changed || now >= self.overdue_at) {
            return;
        }
        let Some(first) = view.next_missing(view.playhead()) else {
            self.overdue_at = f64::INFINITY;
            self.changed = false;
            return;
        };
        self.refresh(view, actions);
        self.find_lost(view, first);
        self.lists.resize_with(self.pipes.len(), Vec::new);
        self.ask_again(view, first, actions);
        self.ask_first(view, first);
        self.top_up(view, first);
        self.send(view, actions);
        let shortest = self.pipes.iter().filter(|pipe| pipe.alive);
        let way_s = |pipe: &Pipe| match pipe.is_known() {
            true => pipe.base_s(),
            false => now - pipe.joined(),
        };
        let base = shortest.map(way_s).fold(2.0, f64::min);
        self.next_plan = now + (base * PLAN_SHARE).clamp(PLAN_MIN_S, PLAN_MAX_S);
        if self.pipes.iter().all(|pipe| pipe.waiting() == 0) {
            self.overdue_at = self.overdue_at.min(now + IDLE_S);
        }
        self.time_out(view, now); // with what was asked just now
        // As long as a seeder has not answered, more is asked of it by and by.
        let unknown = |pipe: &Pipe| pipe.alive && !pipe.is_known();
        self.changed = self.pipes.iter().any(unknown) && self.frontier < view.packets();
    }

    fn refresh(&mut self, view: &View<'_>, actions: &mut Actions<'_>) {
        let now = seconds(view.now_ns());
        for (pipe, seeder) in self.pipes.iter_mut().zip(view.seeders()) {
            if pipe.refresh(&seeder) {
                pipe.void();
            }
        }
        self.overdue_at = f64::INFINITY;
        self.time_out(view, now);
        self.journal.silence(&self.pipes, actions);
    }

    fn time_out(&mut self, view: &View<'_>, now: f64) {
        let measured = self.pipes.iter().filter(|pipe| pipe.alive);
        let others = measured
            .filter_map(|pipe| pipe.measured_base_s())
            .reduce(f64::min);
        for pipe in &mut self.pipes {
            let overdue_at = pipe.time_out(now, view, others);
            self.overdue_at = self.overdue_at.min(overdue_at);
        }
    }

    /// Finds what was lost or is better asked of somebody else.
    fn find_lost(&mut self, view: &View<'_>, first: u32) {
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
            let mut lost = 0;
            pipe.review(|lane, packet, place, passed_at| {
                let Some(asked) = last(packet, lane, place) else {
                    return true;
                };
                if view.is_here(packet) || packet < first {
                    return true;
                }
                let near = due.at(packet) - now < near_s;
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
                if passed_at.is_finite() {
                    lost += 1;
                }
                true
            });
            (0..lost).for_each(|_| pipe.lost());
            pipe.take_back(now, |packet, place| {
                if !view.is_here(packet) && last(packet, LaneKind::First, place).is_some() {
                    again.push(packet);
                }
            });
        }
        self.hedge(view, first, &due);
        self.again
            .retain(|&packet| packet >= first && !view.is_here(packet));
        self.again.sort_unstable();
        self.again.dedup();
    }

    /// Before playing, what a slow seeder would bring too late is asked of a
    /// faster one as well.
    fn hedge(&mut self, view: &View<'_>, first: u32, due: &Due) {
        if view.state() == State::Playing || !view.paced() {
            return;
        }
        let now = seconds(view.now_ns());
        let known = |&index: &usize| self.pipes[index].is_known();
        let Some(best) = self.best().filter(known) else {
            return;
        };
        let soon = &self.pipes[best];
        let soon_at = now + (soon.answer_s(LaneKind::Again, now) + soon.spread_s() * 2.0) * 2.0;
        for packet in view.missing(first..self.frontier).take(HEDGE_PACKETS) {
            let Some(asked) = self.books.get(packet) else {
                continue;
            };
            let pipe = &self.pipes[asked.pipe as usize];
            let comes = match pipe.measured_base_s() {
                Some(base) => asked.at + base,
                // Nobody knows; so long at least.
                None => now.max(asked.at + (soon_at - now)),
            };
            let unknown_for = now - asked.at > soon_at - now;
            let slower = match pipe.measured_base_s() {
                Some(_) => comes > soon_at && comes > due.at(packet),
                None => unknown_for,
            };
            if asked.pipe as usize != best
                && slower
                && self.spare.spend(1, pipe.loss(), Use::Starting) == 1
            {
                self.again.push(packet);
            }
        }
    }

    /// When packets are due. Before playing: the soonest start that lost packets
    /// allow, the first of which is `lost`.
    fn due(&self, view: &View<'_>, first: u32, lost: Option<u32>) -> Due {
        if let Some(due) = Due::of(view) {
            return due;
        }
        let now = seconds(view.now_ns());
        let answer_s = self.best().map_or(0.0, |best| self.pipes[best].base_s());
        let first_comes = match self.books.get(first) {
            Some(asked) => (asked.at + answer_s).max(now),
            None => now + answer_s,
        };
        let lost_comes = lost.map(|packet| (packet, now + answer_s));
        Due::after(view, [(first, first_comes)].into_iter().chain(lost_comes))
    }

    /// The seeder that answers soonest.
    pub(crate) fn best(&self) -> Option<usize> {
        let alive = (0..self.pipes.len()).filter(|&index| self.pipes[index].alive);
        alive.min_by(|&a, &b| self.wait_s(a).total_cmp(&self.wait_s(b)))
    }

    /// How long a packet takes with this seeder, with the tries that its loss
    /// costs.
    fn wait_s(&self, index: usize) -> f64 {
        let pipe = &self.pipes[index];
        let tries_lost = pipe.loss() / (1.0 - pipe.loss());
        let silence = if pipe.is_silent() { 10.0 } else { 0.0 };
        pipe.base_s() + pipe.spread_s() + tries_lost * pipe.cycle_s() + silence
    }

    /// Asks again for what was lost, the most urgent first.
    fn ask_again(&mut self, view: &View<'_>, first: u32, actions: &mut Actions<'_>) {
        let now = seconds(view.now_ns());
        let due = self.due(view, first, self.again.first().copied());
        let again = std::mem::take(&mut self.again);
        let mut told = false;
        for &packet in &again {
            let last = self.books.get(packet).map(|asked| asked.pipe);
            let Some(seeder) = self.soonest(view, packet, last, now) else {
                self.again.push(packet); // nobody has it now
                continue;
            };
            let pipe = &self.pipes[seeder];
            let left = due.at(packet) - now;
            let answer_s = pipe.answer_s(LaneKind::Again, now);
            let loss = pipe.loss();
            let wanted = copies(loss, tries(left, answer_s, pipe.cycle_s()));
            let copies = 1 + self.spare.spend(wanted - 1, loss, self.copies_for(view));
            if !std::mem::replace(&mut told, true) {
                self.journal.copies(now, (packet, copies, left), actions);
            }
            if copies < wanted && self.spare.is_spent() {
                self.journal.spare_is_spent(actions);
            }
            self.spread_copies(view, packet, seeder, copies, now);
        }
    }

    fn copies_for(&self, view: &View<'_>) -> Use {
        match view.state() {
            State::Starting => Use::Starting,
            _ => Use::Playing,
        }
    }

    /// Whom to ask for a lost packet: who brings it soonest.
    fn soonest(&self, view: &View<'_>, packet: u32, last: Option<u32>, now: f64) -> Option<usize> {
        let cost = |index: usize| {
            let pipe = &self.pipes[index];
            let queue_s = pipe.answer_s(LaneKind::Again, now) - pipe.base_s();
            let cost = self.wait_s(index) + queue_s;
            // Among equals, another than last time.
            if last == Some(index as u32) {
                cost / BETTER
            } else {
                cost
            }
        };
        view.seeders()
            .map(|seeder| (seeder.index() as usize, seeder))
            .filter(|&(index, _)| index < self.pipes.len() && self.pipes[index].alive)
            .filter(|(_, seeder)| seeder.has(packet))
            .map(|(index, _)| (index, cost(index)))
            .min_by(|(_, a), (_, b)| a.total_cmp(b))
            .map(|(index, _)| index)
    }

    /// Asks `seeder` for a packet, and for copies of it in turn with all others
    /// that are about as good.
    fn spread_copies(
        &mut self,
        view: &View<'_>,
        packet: u32,
        seeder: usize,
        copies: u32,
        now: f64,
    ) {
        let most_s = self.wait_s(seeder) * 1.5 + 0.02;
        let place = self.pipes[seeder].ask(LaneKind::Again, packet, now);
        let stands = (seeder as u32, LaneKind::Again, place);
        self.books.note(packet, copies, stands, now);
        let (mut at, mut level) = (seeder, 1);
        list(&mut self.lists[at], level).push(packet);
        for _ in 1..copies {
            loop {
                at = (at + 1) % self.pipes.len();
                if at == seeder {
                    level += 1;
                    break;
                }
                let has = view.seeder(at as u32).is_some_and(|s| s.has(packet));
                if has && self.pipes[at].alive && self.wait_s(at) <= most_s {
                    break;
                }
            }
            self.pipes[at].ask(LaneKind::Again, packet, now);
            list(&mut self.lists[at], level).push(packet);
        }
    }

    /// Asks for new ground, as far as seeders have room.
    fn ask_first(&mut self, view: &View<'_>, first: u32) {
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
        let best_s = self.best().map_or(0.0, |best| self.wait_s(best));
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
                answer_s + pipe.cycle_s() <= left || self.wait_s(index) <= best_s * 1.5 + 0.05
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
            let copied = self.spare.spend((wanted - 1).min(others), pipe.loss(), on);
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
    fn top_up(&mut self, view: &View<'_>, first: u32) {
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
            let wanted = copies(loss, 1).saturating_sub(asked.copies);
            let spent = self.spare.spend(wanted, loss, Use::Blind);
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
        let place = self.pipes[index].ask(LaneKind::First, packet, now);
        let stands = (index as u32, LaneKind::First, place);
        self.books.note(packet, copies, stands, now);
        list(&mut self.lists[index], 0).push(packet);
        // What is asked next of it comes after this.
        rooms[room].1 = rooms[room]
            .1
            .max(self.pipes[index].answer_s(LaneKind::First, now))
            + 1.0 / self.pipes[index].sends_per_s(now).max(0.1);
    }

    /// Requests what was put on the lists. What was lost comes first: of the
    /// requests of a seeder, the lowest id is served first.
    fn send(&mut self, view: &View<'_>, actions: &mut Actions<'_>) {
        const FIRST_ASKS: u64 = 1 << 48;
        const LEVELS: u64 = 16;
        let _ = view;
        self.plans += 1;
        for (seeder, lists) in (0..).zip(&mut self.lists) {
            for (level, packets) in (0..).zip(lists.iter_mut()) {
                if packets.is_empty() {
                    continue;
                }
                let class = if level == 0 { FIRST_ASKS } else { 0 };
                let id = class + (self.plans << 12 | u64::from(seeder)) * LEVELS + level;
                // A refusal shows in the log; what does not come is asked again.
                let _ = actions.request(id, seeder, &Range::compress(packets), 0.0);
                packets.clear();
            }
        }
    }
}

/// The list of this level: 0 for first asks, then the copies of what was lost.
fn list(lists: &mut Vec<Vec<u32>>, level: usize) -> &mut Vec<u32> {
    if lists.len() <= level {
        lists.resize_with(level + 1, Vec::new);
    }
    &mut lists[level]
}
