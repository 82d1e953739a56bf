//! `segue demo`, the first thing a newcomer tries.

use crate::support::{LIMIT, segue, start};

/// The metrics that every session has, by their names.
const METRICS: [&str; 15] = [
    "startup_s",
    "stalls",
    "stall_s",
    "longest_stall_s",
    "unfinished",
    "stall_ratio",
    "missing_ratio",
    "played_s",
    "late_ratio",
    "duplicate_ratio",
    "overhead_ratio",
    "requests",
    "seeder_peak_queue",
    "stall_score",
    "muted_s",
];

fn demo(more: &[&str]) -> (tempfile::TempDir, crate::support::Done) {
    let dir = tempfile::tempdir().unwrap();
    let mut command = segue();
    command.current_dir(dir.path()).arg("demo").args(more);
    let done = start(&mut command).done(LIMIT).succeeded();
    (dir, done)
}

#[test]
fn it_plays_and_tells_all_metrics_and_draws_the_chart() {
    let (dir, done) = demo(&["--seconds", "3", "-o", "null", "--json", "--plot", "x.svg"]);
    let metrics = &done.json()["metrics"];
    for name in METRICS {
        assert!(metrics.get(name).is_some(), "no {name} in {metrics}");
    }
    assert!(metrics["played_s"].as_f64().unwrap() >= 3.0);
    assert!(done.stderr.contains("Chart: x.svg"), "{}", done.stderr);
    let chart = std::fs::read_to_string(dir.path().join("x.svg")).unwrap();
    assert!(chart.contains("<svg"), "{chart}");
}

#[test]
fn a_limit_holds_for_files_too() {
    let (dir, done) = demo(&["--seconds", "1", "-o", "x.mp3", "--json"]);
    let played = done.json()["metrics"]["played_s"].as_f64().unwrap();
    assert!((1.0..4.0).contains(&played), "{played}");
    assert!(dir.path().join("x.mp3").metadata().unwrap().len() > 10_000);
}

#[test]
fn what_it_did_not_come_to_is_not_missing() {
    let (_dir, done) = demo(&["--seconds", "2", "-o", "null"]);
    let line = done.text();
    assert!(line.contains(": 0:02 of 1:13 played"), "{line}");
    assert!(line.contains("nothing missing"), "{line}");
    assert!(line.contains("it was left before its end"), "{line}");
}
