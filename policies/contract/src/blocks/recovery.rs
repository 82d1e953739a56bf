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
        let lost = self.only_lost.then(|| self.lost.update(view));
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
        // As in the paper, a fill is looked at on a round, not when a packet comes.
        let holds = view.frame_due() && decision == Decision::Hold;
        if !holds || (!self.always && view.paced()) {
            actions.let_arrivals_wait();
        }
        if !self.always {
            self.fill.let_play_on(actions); // else it looks for what is lost at each frame
        }
        decision
    }

    /// Looks at the window if it is time for a round, and asks.
    fn look(
        &mut self,
        view: &View<'_>,
        actions: &mut Actions<'_>,
        lost: Option<Bounds>,
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

    /// The packets to ask for: of those that are lost, where that is looked at.
    fn wanted(&self, view: &View<'_>, lost: Option<Bounds>) -> Vec<u32> {
        let window = self.fill.waits_for(view).unwrap_or(self.fill.window(view));
        let ahead = match (self.always, view.paced()) {
            (true, true) => (self.ahead_s / view.packet_s()) as u32,
            (true, false) => u32::MAX, // a file is wanted as soon as can be
            (false, _) => 0,
        };
        let end = window.end.saturating_add(ahead).min(view.askable().end);
        let Some(lost) = lost else {
            return view.missing(window.start..end).collect();
        };
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
                // People count from 1, as the chart does.
                actions.log(&format!(
                    "asked seeder {} for {} packets",
                    seeder.index() + 1,
                    share.len()
                ));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::abi::SEEDER_ALIVE;
    use crate::host::with_actions;
    use crate::testing::{Record, S, Scene, Settings};

    fn recovery(changed: &[(&str, f64)]) -> Recovery {
        let settings = Settings::new(Recovery::PARAMS, changed);
        Recovery::new(&settings.values(Recovery::PARAMS))
    }

    fn decide(recovery: &mut Recovery, scene: &mut Scene) -> (Decision, Record) {
        let mut record = Record::default();
        let view = scene.view();
        let decision = with_actions(&mut record, |actions| {
            recovery.decide(&view, actions, |_in_order| {})
        });
        scene.arrivals.clear();
        (decision, record)
    }

    #[test]
    fn the_buffer_does_not_wait_for_the_slowest_stream() {
        let (mut recovery, mut scene) = (recovery(&[("buffer", 0.5)]), Scene::new(100, 2));
        scene.now_ns = S;
        scene.arrive(0, 90);
        scene.arrive(1, 10);
        decide(&mut recovery, &mut scene);
        scene.now_ns = 2 * S;
        let (_, record) = decide(&mut recovery, &mut scene);
        let mut asked: Vec<u32> = record.requests.into_iter().flat_map(|r| r.1).collect();
        asked.sort_unstable();
        let expected: Vec<u32> = (0..50).filter(|&n| n != 10).collect();
        assert_eq!(asked, expected);
    }

    #[test]
    fn dead_seeders_are_not_asked() {
        let (mut recovery, mut scene) = (recovery(&[("what", 1.0)]), Scene::new(100, 2));
        scene.seeders[0].set(SEEDER_ALIVE, false);
        let (_, record) = decide(&mut recovery, &mut scene);
        assert_eq!(record.requests.len(), 1);
        assert_eq!(record.requests[0].0, 1);
        assert_eq!(record.requests[0].1.len(), 100);
        // By the name that the second one has in the chart.
        assert_eq!(record.lines, ["asked seeder 2 for 100 packets"]);
    }

    #[test]
    fn with_nobody_there_it_goes_on_looking() {
        let (mut recovery, mut scene) = (recovery(&[]), Scene::new(100, 0));
        let (decision, record) = decide(&mut recovery, &mut scene);
        assert_eq!((decision, record.requests.len()), (Decision::Hold, 0));
        assert_eq!(record.wake_ns, Some(S / 5));
    }

    #[test]
    fn it_goes_on_asking_while_it_plays() {
        let (mut recovery, mut scene) = (
            recovery(&[("buffer", 0.1), ("what", 1.0), ("ahead_s", 0.0)]),
            Scene::new(100, 1),
        );
        scene.put(0..12);
        assert_eq!(decide(&mut recovery, &mut scene).0, Decision::Play);
        scene.playhead = 5;
        scene.now_ns = S;
        let (decision, record) = decide(&mut recovery, &mut scene);
        assert_eq!(decision, Decision::Play);
        assert_eq!(record.requests, [(0, vec![12, 13, 14])]);
    }

    #[test]
    fn packets_wait_where_none_can_end_a_fill() {
        let recover = |filling: f64, paced: bool, here: u32| {
            let mut recovery = recovery(&[("buffer", 0.1), ("recover", filling)]);
            let mut scene = Scene::new(100, 1);
            scene.paced = paced;
            scene.put(0..here);
            let (decision, record) = decide(&mut recovery, &mut scene);
            (decision == Decision::Hold, record.arrivals_wait)
        };
        let (always, filling) = (0.0, 1.0);
        assert_eq!(recover(always, true, 20), (false, true), "it plays");
        assert_eq!(recover(always, true, 5), (true, false));
        assert_eq!(recover(filling, true, 5), (true, true), "a round ends it");
        assert_eq!(recover(filling, false, 0), (true, false), "a file");
    }

    #[test]
    fn what_is_here_is_played_without_it_where_it_asks_for_nothing_then() {
        let plays_on = |filling: f64, here: u32| {
            let mut recovery = recovery(&[("buffer", 0.1), ("recover", filling)]);
            let mut scene = Scene::new(100, 1);
            scene.put(0..here);
            decide(&mut recovery, &mut scene).1.frames_play
        };
        let (always, filling) = (0.0, 1.0);
        assert!(plays_on(filling, 20));
        assert!(!plays_on(filling, 5), "it fills");
        assert!(!plays_on(always, 20), "it asks at frames, too");
    }

    #[test]
    fn refilling_to_a_file_holds_at_a_gap_until_it_comes() {
        let (mut recovery, mut scene) = (
            recovery(&[("buffer", 0.1), ("what", 1.0), ("ahead_s", 0.0)]),
            Scene::new(100, 1),
        );
        scene.paced = false;
        scene.put((0..100).filter(|&n| n != 40));
        for playhead in 0..40 {
            scene.playhead = playhead;
            assert_eq!(decide(&mut recovery, &mut scene).0, Decision::Play);
        }
        scene.playhead = 40;
        scene.now_ns = S;
        let (decision, record) = decide(&mut recovery, &mut scene);
        assert_eq!(decision, Decision::Hold);
        assert_eq!(record.requests, [(0, vec![40])]);
        scene.put([40]);
        assert_eq!(decide(&mut recovery, &mut scene).0, Decision::Play);
    }
}
