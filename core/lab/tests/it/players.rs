//! Whoever plays the scenes, an experiment is done in the same way.

use std::error::Error;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use segue_core::scene::{Played, Scene};
use segue_lab::experiment::{Conduct, ExperimentError, Player};
use segue_lab::run::{Keep, simulate};
use segue_lab::scenario::Scenario;

use crate::plugins::{experiment, scenario};

/// The simulator, which is told to stop in the middle.
struct Stopping {
    left: AtomicU32,
    stopped: AtomicBool,
}

impl Player for Stopping {
    fn is_live(&self) -> bool {
        true
    }

    fn play(&self, scene: Scene) -> Result<Option<Played>, Box<dyn Error + Send + Sync>> {
        if self.left.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.stopped.store(true, Ordering::Relaxed);
        }
        Ok(Some(simulate(scene)))
    }
}

fn short(runs: u32) -> Scenario {
    let mut short = scenario("seeder-dies");
    short.runs = runs;
    assert!(short.cut(5.0));
    short
}

fn stopped_after(plays: u32) -> Result<(u32, Vec<usize>), ExperimentError> {
    let player = Stopping {
        left: AtomicU32::new(plays),
        stopped: AtomicBool::new(false),
    };
    let findings = experiment(short(20), &["stop-1s", "buffered"]).conduct(&Conduct {
        threads: 2,
        first: Keep::Timeline,
        watch: &player.stopped,
        player: &player,
    })?;
    assert!(findings.results.live);
    assert_eq!(findings.records.len(), 2);
    assert!(
        findings
            .records
            .iter()
            .all(|r| !r.timeline.played.is_empty())
    );
    let rows = findings.results.rows.iter();
    Ok((
        findings.results.runs(),
        rows.map(|row| row.outcomes.len()).collect(),
    ))
}

#[test]
fn stopped_it_counts_the_runs_that_every_policy_has_played() {
    let (runs, rows) = stopped_after(11).expect("some are done");
    assert!((5..=6).contains(&runs), "{runs}");
    assert_eq!(rows, [runs as usize; 2]);
    let none = stopped_after(1);
    assert!(matches!(none, Err(ExperimentError::Stopped) | Ok((1, _))));
}

#[test]
fn what_is_kept_of_the_first_run_changes_nothing() {
    let all = |first| {
        let experiment = experiment(short(2), &["buffered"]);
        let findings = experiment.conduct(&Conduct {
            threads: 1,
            first,
            watch: &(),
            player: &segue_lab::experiment::Simulator,
        });
        findings.expect("runs")
    };
    let (outcome, everything) = (all(Keep::Outcome), all(Keep::Everything));
    assert_eq!(outcome.results, everything.results);
    assert!(outcome.records[0].log.is_empty());
    assert!(everything.records[0].heard().count() > 200);
}
