//! A sound device that goes away in mid-track, and what comes after it.

use std::process::Output;
use std::thread::sleep;
use std::time::Duration;

use crate::hearing::{best_fit, fit_anywhere, sounding};
use crate::sound_server::{SoundServer, example};
use crate::speaker::{LIMIT, report, track};

const RATE: f64 = 44_100.0;
/// The most that a change of devices may lose or repeat, seconds.
const SEAM: f64 = 0.2;

/// Milliseconds at which a device was lost (`lost`) or another found (`found`).
fn times(told: &Output, what: &str) -> Vec<f64> {
    String::from_utf8_lossy(&told.stderr)
        .lines()
        .filter_map(|line| {
            let (at, _) = line.strip_prefix(what)?.trim_start().split_once(' ')?;
            Some(at.parse::<f64>().ok()? / 1000.0)
        })
        .collect()
}

/// Where in the track the recording begins and ends, seconds. A recorder may drop
/// a moment under load, so each end is looked for by itself.
fn part_heard(heard: &[f32], expected: &[f32]) -> (f64, f64) {
    const PIECE: usize = 8000;
    let span = sounding(heard);
    // Its first hundredths fade in, and its last may die away.
    let head = span.start + 1000;
    let tail = span.end - PIECE - 1000;
    let place = |from: usize| {
        let piece = &heard[from..from + PIECE];
        let at = fit_anywhere(piece, expected);
        let (fit, _) = best_fit(&expected[at..], piece, 0);
        assert!(fit > 0.98, "correlation {fit} at {from} of {span:?}");
        at as f64
    };
    let begin = place(head) - (head - span.start) as f64;
    let end = place(tail) + (span.end - tail) as f64;
    (begin / RATE, end / RATE)
}

#[test]
fn a_killed_sound_server_that_returns_plays_on_where_it_stopped() {
    let Some(mut server) = SoundServer::start(44_100, "type pulse") else {
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let (mp3, expected) = track(dir.path(), 44_100, 8.0);
    let recorder = server.recorder("out");
    let program = server.start_program(&example("play-file"), &[&mp3]);
    sleep(Duration::from_secs(3));
    server.kill();
    let before = recorder.stop();
    sleep(Duration::from_millis(500));
    let recorder = server.restart();
    let output = program.wait(LIMIT);
    let after = recorder.stop();

    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}");
    assert!(text.contains("ending Finished"), "{text}");
    let (lost, found) = (times(&output, "lost"), times(&output, "found"));
    assert_eq!((lost.len(), found.len()), (1, 1), "{text}");
    let (start, stopped) = part_heard(&before, &expected);
    let (resumed, end) = part_heard(&after, &expected);
    report(&format!(
        "heard {start:.3} to {stopped:.3} s, then {resumed:.3} to {end:.3} s; \
         without a device for {:.3} s",
        found[0] - lost[0]
    ));
    assert!(
        (resumed - stopped).abs() < SEAM,
        "{stopped} s, then {resumed} s"
    );
    assert!(
        (expected.len() as f64 / RATE - end).abs() < 0.05,
        "to {end} s"
    );
    assert!(!text.contains("ALSA lib"), "{text}");
}
