//! A buffer whose gaps are asked for in rounds: the paper's recovery.

use crate::abi::Param;
use crate::actions::{self, Actions};
use crate::blocks::lost::Bounds;
use crate::blocks::{BUFFER, BUFFER_S, Fill, GAPS_REFILL, Lost, Rounds};
use crate::choices;
use crate::params::Values;
use crate::policy::Decision;
use crate::view::{Seeder, View};

/// Everything of a recovery policy but the order in which it asks.
#[derive(Clone, Debug)]
pub struct Recovery {
    fill: Fill,
    rounds: Rounds,
    lost: Lost,
    always: bool,
    ahead_s: f64,
    only_lost: bool,
    next_id: u64,
}

impl Recovery {
    /// The parameters of a recovery policy.
    pub const PARAMS: &'static [Param] = &[
        BUFFER,
        BUFFER_S,
        GAPS_REFILL,
        Param::choice(
            "recover",
            choices!["always", "filling"],
            "ask for missing packets all the time, or (as the paper) only while the buffer fills",
        ),
        Param::number(
            "ahead_s",
            "s",
            (0.0, 3600.0),
            20.0,
            "recover=always: ask for packets this far beyond the buffer",
        ),
        Param::choice(
            "what",
            choices!["lost", "missing"],
            "ask for what the streams have lost, or (as the paper) for all that is not here",
        ),
        Rounds::ASK,
        Rounds::WAIT_S,
        Rounds::ASK_STUCK,
        Rounds::WAIT_STUCK_S,
        Rounds::SPLIT,
    ];

    /// From [`Recovery::PARAMS`].
    pub fn new(values: &Values<'_>) -> Self {
        Self {
            fill: Fill::new(values),
            rounds: Rounds::new(values),
            lost: Lost::default(),
            always: values.choice("recover") == "always",
            ahead_s: values.number("ahead_s"),
            only_lost: values.choice("what") == "lost",
            next_id: 0,
        }
    }

    /// Decides. `order` puts the list of missing packets into the order in
    /// which they are asked for.
    pub fn decide(
        &mut self,
        view: &View<'_>,
        actions: &mut Actions<'_>,
        mut order: impl FnMut(&mut [u32]),
    ) -> Decision {
        actions.stream_from_all(view);
        let lost = self.lost.update(view);
        if self.fill.begin(view) {
            self.rounds.restart(view);
        }
        self.look(view, actions, lost, &mut order);
        if self.always {
            self.fill.end_if_full(view, 0);
        }
        let decision = if view.frame_due() {
            self.fill.play(view, 0)
        } else {
            Decision::Hold
        };
        if self.fill.waits_for(view).is_some() && self.rounds.next_ns().is_none() {
            // The queue ran empty: a new fill, whose first round is at once.
            self.rounds.restart(view);
            self.look(view, actions, lost, &mut order);
        }
        if let Some(next_ns) = self.rounds.next_ns() {
            actions.wake_at(next_ns);
        }
        decision
    }

    /// Looks at the window if it is time for a round, and asks.
    fn look(
        &mut self,
        view: &View<'_>,
        actions: &mut Actions<'_>,
        lost: Bounds,
        order: &mut dyn FnMut(&mut [u32]),
    ) {
        if !self.rounds.due(view) {
            return;
        }
        if !self.always {
            // As in the paper, a fill is looked at, and so ends, on a round.
            self.fill.end_if_full(view, 0);
            if self.fill.waits_for(view).is_none() {
                self.rounds.stop();
                return;
            }
        }
        let mut missing = self.wanted(view, lost);
        order(&mut missing);
        let count = self.rounds.hold(view, missing.len());
        if count > 0 {
            self.ask(view, actions, &missing[..count]);
        }
    }

    /// The packets to ask for.
    fn wanted(&self, view: &View<'_>, lost: Bounds) -> Vec<u32> {
        let window = self.fill.waits_for(view).unwrap_or(self.fill.window(view));
        let ahead = if self.always {
            self.ahead_s / view.packet_s()
        } else {
            0.0
        };
        let end = window.end.saturating_add(ahead as u32);
        if !self.only_lost {
            return view.missing(window.start..end).collect();
        }
        // What the buffer needs does not wait for a stream that lags behind.
        let bound = lost.on_all.max(lost.on_any.min(window.end));
        view.missing(window.start..end.min(bound)).collect()
    }

    fn ask(&mut self, view: &View<'_>, actions: &mut Actions<'_>, list: &[u32]) {
        let seeders: Vec<_> = view.seeders().filter(Seeder::alive).collect();
        for (s, seeder) in seeders.iter().enumerate() {
            let share = self.rounds.share(list, s, seeders.len());
            if share.is_empty() {
                continue;
            }
            let ranges = actions::Range::compress(&share);
            self.next_id += 1;
            if actions
                .request(self.next_id, seeder.index(), &ranges, 0.0)
                .is_ok()
            {
                actions.log(&format!(
                    "asked seeder {} for {} packets",
                    seeder.index(),
                    share.len()
                ));
            }
        }
    }
}
