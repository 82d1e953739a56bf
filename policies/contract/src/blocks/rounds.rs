//! Asking for missing packets in rounds.

use crate::abi::Param;
use crate::choices;
use crate::params::Values;
use crate::view::{Seeder, View};

/// The paper's rounds: ask for some of what is missing, wait, look again; ask
/// for more and wait longer when the number missing did not fall.
#[derive(Clone, Debug)]
pub struct Rounds {
    sizes: [usize; 2],
    waits_s: [f64; 2],
    even_split: bool,
    missing_before: Option<usize>,
    /// When the next round is; `None` while no series is on.
    next_ns: Option<u64>,
    round: u64,
}

impl Rounds {
    /// Most packets asked for in a round after the number missing fell.
    pub const ASK: Param = Param::integer(
        "ask",
        "packets",
        (1, 4096),
        200,
        "most packets asked for in a round after the number missing fell",
    );
    /// Wait after such a round.
    pub const WAIT_S: Param = Param::number(
        "wait_s",
        "s",
        (0.0, 60.0),
        0.0,
        "wait after such a round; 0: one and a half measured round trips",
    );
    /// Most packets asked for in a round after it did not fall.
    pub const ASK_STUCK: Param = Param::integer(
        "ask_stuck",
        "packets",
        (1, 4096),
        300,
        "most packets asked for in a round after the number missing did not fall",
    );
    /// Wait after such a round.
    pub const WAIT_STUCK_S: Param = Param::number(
        "wait_stuck_s",
        "s",
        (0.0, 60.0),
        0.0,
        "wait after such a round; 0: two measured round trips",
    );
    /// How a round is split over several seeders.
    pub const SPLIT: Param = Param::choice(
        "split",
        choices!["even", "paper"],
        "over several seeders: every one its share, or as in the paper (seeder s gets every (s+2)-th)",
    );

    /// From the parameters above.
    pub fn new(values: &Values<'_>) -> Self {
        Self {
            sizes: [
                values.integer("ask") as usize,
                values.integer("ask_stuck") as usize,
            ],
            waits_s: [values.number("wait_s"), values.number("wait_stuck_s")],
            even_split: values.choice("split") == "even",
            missing_before: None,
            next_ns: None,
            round: 0,
        }
    }

    /// Begins a new series: the first round is at once, and counts as "fell".
    pub fn restart(&mut self, view: &View<'_>) {
        self.missing_before = None;
        self.next_ns = Some(view.now_ns());
    }

    /// Ends the series.
    pub fn stop(&mut self) {
        self.next_ns = None;
    }

    /// When the next round is; `None` while no series is on.
    pub fn next_ns(&self) -> Option<u64> {
        self.next_ns
    }

    /// Whether it is time for a round.
    pub fn due(&self, view: &View<'_>) -> bool {
        self.next_ns.is_some_and(|next| view.now_ns() >= next)
    }

    /// Holds a round: how many of `missing` packets to ask for now. Sets the
    /// time of the next one.
    pub fn hold(&mut self, view: &View<'_>, missing: usize) -> usize {
        let fell = self.missing_before.is_none_or(|before| missing < before);
        self.missing_before = Some(missing);
        let stuck = usize::from(!fell);
        let wait_s = if self.waits_s[stuck] > 0.0 {
            self.waits_s[stuck]
        } else {
            measured_wait_s(view, if fell { 1.5 } else { 2.0 })
        };
        self.next_ns = Some(view.now_ns() + (wait_s * 1e9) as u64);
        self.round += 1;
        missing.min(self.sizes[stuck])
    }

    /// The part of a round's list that seeder number `s` of `seeders` is asked
    /// for.
    pub fn share(&self, list: &[u32], s: usize, seeders: usize) -> Vec<u32> {
        let (skip, step) = match (seeders, self.even_split) {
            (..=1, _) => (0, 1),
            // Shares move on from round to round, so that what one seeder did
            // not bring is asked of another.
            (_, true) => ((s + self.round as usize) % seeders, seeders),
            (_, false) => (0, s + 2),
        };
        list.iter().copied().skip(skip).step_by(step).collect()
    }
}

/// `round_trips` of the slowest living seeder, with its variance, at least
/// 50 ms; 200 ms as long as nothing is measured.
fn measured_wait_s(view: &View<'_>, round_trips: f64) -> f64 {
    let slowest_ns = view
        .seeders()
        .filter(Seeder::alive)
        .filter_map(|s| Some(s.rtt_ns()? as f64 * round_trips + 2.0 * s.rtt_var_ns() as f64))
        .fold(0.0, f64::max);
    if slowest_ns > 0.0 {
        (slowest_ns / 1e9).max(0.05)
    } else {
        0.2
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::abi::SEEDER_ALIVE;
    use crate::testing::{S, Scene, Settings};

    const PARAMS: &[Param] = &[
        Rounds::ASK,
        Rounds::WAIT_S,
        Rounds::ASK_STUCK,
        Rounds::WAIT_STUCK_S,
        Rounds::SPLIT,
    ];
    const PAPER: [(&str, f64); 3] = [("wait_s", 4.0), ("wait_stuck_s", 6.0), ("split", 1.0)];

    fn rounds(changed: &[(&str, f64)]) -> Rounds {
        let settings = Settings::new(PARAMS, changed);
        Rounds::new(&settings.values(PARAMS))
    }

    #[test]
    fn sizes_and_waits_follow_whether_the_number_fell() {
        let (mut rounds, mut scene) = (rounds(&PAPER), Scene::new(10_000, 1));
        assert!(!rounds.due(&scene.view()), "no series is on");
        rounds.restart(&scene.view());
        for (missing, asked, wait) in [
            (1000, 200, 4),
            (999, 200, 4),
            (999, 300, 6),
            (1500, 300, 6),
            (150, 150, 4),
        ] {
            assert!(rounds.due(&scene.view()));
            assert_eq!(rounds.hold(&scene.view(), missing), asked);
            assert!(!rounds.due(&scene.view()));
            assert_eq!(rounds.next_ns(), Some(scene.now_ns + wait * S));
            scene.now_ns += wait * S;
        }
        rounds.restart(&scene.view());
        assert_eq!(
            rounds.hold(&scene.view(), 5000),
            200,
            "a new series counts as fallen"
        );
        rounds.stop();
        assert_eq!(rounds.next_ns(), None);
    }

    #[test]
    fn without_a_wait_of_its_own_it_waits_for_round_trips() {
        let (mut rounds, mut scene) = (rounds(&[]), Scene::new(100, 2));
        let mut wait = |scene: &Scene, missing| {
            rounds.hold(&scene.view(), missing);
            rounds.next_ns().unwrap() - scene.now_ns
        };
        assert_eq!(wait(&scene, 100), S / 5, "nothing is measured");
        scene.seeders[0].rtt_ns = S / 1000;
        assert_eq!(wait(&scene, 90), S / 20, "at least 50 ms");
        scene.seeders[1].rtt_ns = S;
        scene.seeders[1].rtt_var_ns = S / 10;
        assert_eq!(wait(&scene, 80), 1_700_000_000);
        assert_eq!(wait(&scene, 80), 2_200_000_000);
        scene.seeders[1].set(SEEDER_ALIVE, false);
        assert_eq!(wait(&scene, 70), S / 20, "the dead do not count");
    }

    #[test]
    fn the_papers_split_leaves_a_third_to_nobody() {
        let rounds = rounds(&PAPER);
        let list: Vec<u32> = (0..12).collect();
        assert_eq!(rounds.share(&list, 0, 2), [0, 2, 4, 6, 8, 10]);
        assert_eq!(rounds.share(&list, 1, 2), [0, 3, 6, 9]);
        assert_eq!(rounds.share(&list, 0, 1), list);
    }

    #[test]
    fn an_even_split_is_whole_and_moves_on() {
        let (mut rounds, scene) = (rounds(&[]), Scene::new(100, 3));
        let list: Vec<u32> = (0..10).collect();
        let mut firsts = Vec::new();
        for _ in 0..3 {
            let shares: Vec<Vec<u32>> = (0..3).map(|s| rounds.share(&list, s, 3)).collect();
            let mut all = shares.concat();
            all.sort_unstable();
            assert_eq!(all, list);
            firsts.push(shares[0][0]);
            rounds.hold(&scene.view(), 10);
        }
        assert_eq!(firsts, [0, 1, 2]);
    }
}
