//! Who is asked for what, and when.

use segue_policy::{Actions, Range, State, View};

use crate::Session;
use crate::due::{Due, seconds};
use crate::pipe::{LaneKind, Pipe};
use crate::tries::{Use, copies, tries};

/// Between plans: a share of the round trip, within these, seconds.
pub(crate) const PLAN_SHARE: f64 = 1.0 / 16.0;
const PLAN_MIN_S: f64 = 0.008;
const PLAN_MAX_S: f64 = 0.05;
/// What is due later than so many tries can wait for room.
const FAR_CYCLES: f64 = 8.0;
/// And so many are to be left when its turn in the queue has come.
const LATER_CYCLES: f64 = 6.0;
/// Copies leave this share of the speed by which seeders are ahead of the music.
const KEPT: f64 = 0.25;
/// With nobody to ask, it looks again this often, seconds.
const IDLE_S: f64 = 0.25;
/// And in any case after this time, seconds.
const WATCH_S: f64 = 1.0;
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
        self.send(actions);
        let shortest = self.pipes.iter().filter(|pipe| pipe.alive);
        let way_s = |pipe: &Pipe| match pipe.is_known() {
            true => pipe.base_s(),
            false => now - pipe.joined(),
        };
        let base = shortest.map(way_s).fold(2.0, f64::min);
        self.next_plan = now + plan_every_s(base);
        self.time_out(view, now); // with what was asked just now
        // Whatever the books say: something is missing, and is looked after.
        let idle = self.pipes.iter().all(|pipe| pipe.waiting() == 0);
        let look_s = if idle { IDLE_S } else { WATCH_S };
        self.overdue_at = self.overdue_at.min(now + look_s);
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
        // As long as there is new ground, what comes of it tells what was lost.
        let no_hurry = !view.paced() && self.frontier < view.packets();
        for pipe in &mut self.pipes {
            let overdue_at = pipe.time_out(now, view, others, no_hurry);
            self.overdue_at = self.overdue_at.min(overdue_at);
        }
    }

    /// When packets are due. Before playing: the soonest start that lost packets
    /// allow, the first of which is `lost`.
    pub(crate) fn due(&self, view: &View<'_>, first: u32, lost: Option<u32>) -> Due {
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
        let most = self.copies_affordable(view, now);
        let mut told = false;
        for &packet in &again {
            let last = self.books.get(packet).map(|asked| asked.pipe);
            let Some(seeder) = self.soonest(view, packet, last, now) else {
                self.again.push(packet); // nobody has it now
                continue;
            };
            let pipe = &self.pipes[seeder];
            let left = due.at(packet) - now;
            // Not if nothing is due: who takes all there is waits only for what is lost.
            if view.paced() && left > pipe.cycle_s() * FAR_CYCLES {
                if f64::from(pipe.waiting()) > pipe.most(now) {
                    self.again.push(packet); // there is time until there is room
                    continue;
                }
                // Behind what is new, if even then there is time for another try.
                if pipe.answer_s(LaneKind::First, now) + pipe.cycle_s() * LATER_CYCLES < left {
                    self.ask_one(packet, seeder, LaneKind::First, 1, now);
                    continue;
                }
            }
            let answer_s = pipe.answer_s(LaneKind::Again, now);
            let loss = pipe.loss();
            let cycle_s = pipe.lived_cycle_s(now);
            let wanted = copies(loss, tries(left, answer_s, cycle_s)).min(most);
            let copies = 1 + self.spare.spend(1, wanted - 1, loss, self.copies_for(view));
            if !std::mem::replace(&mut told, true) {
                self.journal.copies(now, (packet, copies, left), actions);
            }
            if copies < wanted && self.spare.is_spent() {
                self.journal.spare_is_spent(actions);
            }
            self.spread_copies(view, packet, seeder, copies, now);
        }
    }

    /// How many copies of what is lost the seeders can serve and yet gain on the
    /// music: all that is behind copies comes later for them.
    pub(crate) fn copies_affordable(&self, view: &View<'_>, now: f64) -> u32 {
        let (mut sends, mut lost) = (0.0, 0.0);
        for pipe in self.pipes.iter().filter(|pipe| pipe.alive) {
            sends += pipe.sends_per_s(now);
            lost += pipe.sends_per_s(now) * pipe.loss();
        }
        let plays = 1.0 / view.packet_s();
        let kept = plays + (sends - lost - plays).max(0.0) * KEPT;
        let each = (sends / kept - 1.0) * sends / lost.max(1e-9);
        // Where nothing is sent, or packets have no duration, it is not a number.
        if each > 1.0 { each.min(64.0) as u32 } else { 1 }
    }

    pub(crate) fn copies_for(&self, view: &View<'_>) -> Use {
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
        self.ask_one(packet, seeder, LaneKind::Again, copies, now);
        let (mut at, mut level) = (seeder, 1);
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

    /// Asks for a packet once, and notes it.
    pub(crate) fn ask_one(
        &mut self,
        packet: u32,
        seeder: usize,
        lane: LaneKind,
        copies: u32,
        now: f64,
    ) {
        let before = self
            .books
            .get(packet)
            .filter(|before| lane == LaneKind::Again && before.lane == lane);
        if let Some(before) = before {
            self.pipes[before.pipe as usize].asks_again(now - before.at);
        }
        let place = self.pipes[seeder].ask(lane, packet, now);
        let stands = (seeder as u32, lane, place);
        self.books.note(packet, copies, stands, now);
        let level = usize::from(lane == LaneKind::Again);
        list(&mut self.lists[seeder], level).push(packet);
    }

    /// Requests what was put on the lists. What was lost comes first: of the
    /// requests of a seeder, the lowest id is served first.
    fn send(&mut self, actions: &mut Actions<'_>) {
        const FIRST_ASKS: u64 = 1 << 48;
        const LEVELS: u64 = 16;
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

/// From one plan to the next, seconds, where an answer takes `base_s`.
pub(crate) fn plan_every_s(base_s: f64) -> f64 {
    (base_s * PLAN_SHARE).clamp(PLAN_MIN_S, PLAN_MAX_S)
}

/// The list of this level: 0 for first asks, then the copies of what was lost.
pub(crate) fn list(lists: &mut Vec<Vec<u32>>, level: usize) -> &mut Vec<u32> {
    if lists.len() <= level {
        lists.resize_with(level + 1, Vec::new);
    }
    &mut lists[level]
}
