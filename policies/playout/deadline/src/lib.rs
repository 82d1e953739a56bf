//! deadline: earliest deadline first.
//!
//! Each missing packet is asked of the seeder that brings it soonest, one ask
//! at a time. New ground is split among the seeders as each has room; what is
//! lost is known by what comes after it, and asked for again before anything
//! new. Spare copies are asked for only when the deadline is near. Playing
//! starts as soon as it will probably go through.

mod books;
mod due;
mod fresh;
mod journal;
mod lane;
mod lost;
mod math;
mod measure;
mod odds;
mod pipe;
mod plan;
mod silences;
mod tries;

#[cfg(test)]
mod tests;

use segue_policy::{
    Actions, Arrival, Decision, Info, Param, PlayoutPolicy, State, Values, View, export_policy,
};

use books::Books;
use due::{nanos, seconds};
use journal::Journal;
use pipe::Pipe;
use tries::Spare;

/// While waiting, the odds of starting are looked at this often, seconds.
const LOOK_S: f64 = 0.004;

/// Seeders that join within this, seconds, join together.
const TOGETHER_S: f64 = 0.02;

struct Deadline {
    certainty: f64,
    skip_s: f64,
    spare_share: f64,
    session: Option<Session>,
}

/// What is known and planned in a session.
struct Session {
    pipes: Vec<Pipe>,
    books: Books,
    spare: Spare,
    /// Packets that were lost and are to be asked for again, rising.
    again: Vec<u32>,
    /// The first packet that was never asked for.
    frontier: u32,
    /// Packets before it that were taken back: new ground again, rising.
    returned: Vec<u32>,
    /// Where playing began, and what was left out since.
    begun_at: u32,
    skipped: u32,
    /// Stalls so far.
    stalls: u32,
    /// Number of the last plan.
    plans: u64,
    /// A plan is made no sooner than this, and then if there is reason to.
    next_plan: f64,
    /// Something may be overdue then.
    overdue_at: f64,
    /// Something came or changed since the last plan.
    changed: bool,
    /// The odds of starting are looked at again then.
    next_look: f64,
    /// Somebody answered, and copies were asked for until then.
    answered: bool,
    /// Lists of the current plan: for each seeder, first asks, then copies.
    lists: Vec<Vec<Vec<u32>>>,
    journal: Journal,
}

impl PlayoutPolicy for Deadline {
    const INFO: Info = Info::new(
        "deadline",
        env!("CARGO_PKG_VERSION"),
        "asks for what is due first, starts when it will probably not stall, leaves nothing out",
    )
    .with_params(&[
        Param::number(
            "certainty",
            "",
            (0.0, 0.999),
            0.9,
            "start, and go on after a stall, when no stall follows with this probability, as far \
             as the arrivals so far tell",
        ),
        Param::number(
            "spare",
            "share of the track",
            (0.0, 1.0),
            0.02,
            "how many packets may be asked for more than once at a time, when their deadline is near",
        ),
        Param::number(
            "skip_s",
            "s",
            (0.0, 3600.0),
            0.0,
            "leave a packet out when it is this late; 0: never",
        ),
    ]);

    fn new(values: &Values<'_>, _seed: u64) -> Self {
        Self {
            certainty: values.number("certainty"),
            skip_s: values.number("skip_s"),
            spare_share: values.number("spare"),
            session: None,
        }
    }

    fn decide(&mut self, view: &View<'_>, actions: &mut Actions<'_>) -> Decision {
        let share = self.spare_share;
        let session = self
            .session
            .get_or_insert_with(|| Session::new(view, share));
        session.take_in(view);
        session.plan_if_due(view, actions);
        let decision = if view.frame_due() {
            session.play(view, actions, self.certainty, self.skip_s)
        } else {
            Decision::Hold
        };
        session.set_wake(view, actions, decision);
        decision
    }
}

impl Session {
    fn new(view: &View<'_>, spare_share: f64) -> Self {
        Self {
            pipes: Vec::new(),
            books: Books::new(view.packets()),
            spare: Spare::new(spare_share, view.packets()),
            again: Vec::new(),
            frontier: view.playhead(),
            returned: Vec::new(),
            begun_at: view.playhead(),
            skipped: 0,
            stalls: 0,
            plans: 0,
            next_plan: 0.0,
            overdue_at: 0.0,
            changed: true,
            next_look: 0.0,
            answered: false,
            lists: Vec::new(),
            journal: Journal::default(),
        }
    }

    /// Takes in what came since the last call.
    fn take_in(&mut self, view: &View<'_>) {
        self.join(view);
        // Without an arrival it is time, or a seeder came or went.
        self.changed |= !view.frame_due() || view.state() != State::Playing;
        for arrival in view.arrivals() {
            self.changed = true;
            self.on_arrival(&arrival);
        }
    }

    fn on_arrival(&mut self, arrival: &Arrival) {
        let now = seconds(arrival.at_ns);
        let Some(pipe) = self.pipes.get_mut(arrival.seeder as usize) else {
            return;
        };
        pipe.hear(now);
        let Some(asked) = self.books.get(arrival.packet) else {
            return;
        };
        let since = now - asked.at;
        if asked.pipe != arrival.seeder {
            pipe.settle_copy(asked, arrival.packet, now);
        } else if asked.tries == 1 || since >= pipe.base_s() * 0.9 {
            return pipe.settle(asked, arrival.packet, now);
        }
        if asked.tries > 1 && asked.copies == 1 && since < pipe.base_s() {
            // It answers an ask that had been given up.
            pipe.was_hasty();
        }
    }

    /// Makes pipes for seeders that joined.
    fn join(&mut self, view: &View<'_>) {
        if view.seeders().size_hint().0 <= self.pipes.len() {
            return;
        }
        for seeder in view.seeders().skip(self.pipes.len()) {
            let joined = seconds(seeder.joined_ns());
            self.pipes.push(Pipe::new(joined, 1.0 / view.packet_s()));
        }
        self.changed = true;
        let begun = self.pipes.first().map_or(0.0, Pipe::joined);
        let soon = seconds(view.now_ns()) - begun < TOGETHER_S;
        if soon && !self.pipes.iter().any(Pipe::is_known) {
            self.divide_anew();
        }
    }

    /// Seeders that join at about the same time get equal shares: what the first
    /// was asked alone is asked again of all.
    fn divide_anew(&mut self) {
        self.pipes.iter_mut().for_each(Pipe::forget_asks);
        self.again.clear();
        self.returned.clear();
        self.books.clear();
        self.spare.restore();
        self.frontier = self.begun_at;
        self.next_plan = 0.0;
    }

    fn play(
        &mut self,
        view: &View<'_>,
        actions: &mut Actions<'_>,
        certainty: f64,
        skip_s: f64,
    ) -> Decision {
        let now = seconds(view.now_ns());
        if !view.is_here(view.playhead()) {
            if view.state() == State::Playing {
                self.next_look = 0.0;
                self.stalls += 1;
                self.changed = true;
                self.journal.stalls(view, &self.books, actions);
            }
            return self.skip_if_late(view, actions, skip_s);
        }
        if view.state() == State::Playing || !view.paced() {
            return Decision::Play;
        }
        if now < self.next_look {
            return Decision::Hold;
        }
        self.next_look = now + LOOK_S;
        let odds = self.odds(view, 1.0 - certainty);
        if odds.no_stall < certainty {
            self.journal.waits(view, &odds, actions);
            return Decision::Hold;
        }
        self.journal.starts(view, &odds, actions);
        Decision::Play
    }

    /// The packet at the playhead is missing.
    fn skip_if_late(
        &mut self,
        view: &View<'_>,
        actions: &mut Actions<'_>,
        skip_s: f64,
    ) -> Decision {
        let late = seconds(view.now_ns()) - seconds(view.state_since_ns());
        if skip_s == 0.0 || view.state() != State::Holding || late < skip_s {
            return Decision::Hold;
        }
        let Some(next) = view.next_here() else {
            return Decision::Hold;
        };
        self.skipped += next - view.playhead();
        self.journal.skips(view, next, late, actions);
        Decision::SkipTo(next)
    }

    fn set_wake(&self, view: &View<'_>, actions: &mut Actions<'_>, decision: Decision) {
        let mut at = self.next_plan.max(self.overdue_at);
        if self.changed {
            at = self.next_plan;
        }
        if view.frame_due() && decision == Decision::Hold && view.is_here(view.playhead()) {
            at = at.min(self.next_look);
        }
        if at.is_finite() {
            actions.wake_at(nanos(at));
        }
    }
}

export_policy!(Deadline);
