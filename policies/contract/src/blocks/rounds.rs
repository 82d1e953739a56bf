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
