//! A sound device that goes away in mid-track, and what comes after it.

use std::process::Output;
use std::thread::sleep;
use std::time::Duration;

use crate::hearing::part_heard;
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
    let (start, stopped) = part_heard(&before, &expected, 44_100);
    let (resumed, end) = part_heard(&after, &expected, 44_100);
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

#[test]
fn a_sink_that_stands_still_for_a_while_is_waited_for() {
    let Some(server) = SoundServer::start(44_100, "type pulse") else {
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let (mp3, expected) = track(dir.path(), 44_100, 6.0);
    let recorder = server.recorder("out");
    let program = server.start_program(&example("play-file"), &[&mp3]);
    sleep(Duration::from_secs(2));
    server.order(&["suspend-sink", "out", "1"]);
    sleep(Duration::from_secs(7)); // longer than the speaker's patience
    server.order(&["suspend-sink", "out", "0"]);
    let output = program.wait(LIMIT);
    let heard = recorder.stop();
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(text.contains("ending Finished"), "{text}");
    let (start, end) = part_heard(&heard, &expected, 44_100);
    report(&format!("heard {start:.3} to {end:.3} s of it"));
    assert!(start.abs() < 0.05 && (expected.len() as f64 / RATE - end).abs() < 0.05);
}

#[test]
fn when_the_last_sink_goes_the_next_one_takes_over() {
    let Some(server) = SoundServer::start(44_100, "type pulse") else {
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let (mp3, _) = track(dir.path(), 44_100, 6.0);
    let program = server.start_program(&example("play-file"), &[&mp3]);
    sleep(Duration::from_secs(2));
    server.order(&["unload-module", "module-null-sink"]);
    sleep(Duration::from_secs(1));
    server.order(&["load-module", "module-null-sink", "sink_name=other"]);
    let output = program.wait(LIMIT);
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(text.contains("ending Finished"), "{text}");
    let (lost, found) = (times(&output, "lost"), times(&output, "found"));
    assert_eq!((lost.len(), found.len()), (1, 1), "{text}");
    report(&format!("without a device for {:.3} s", found[0] - lost[0]));
}

/// A loss is noticed while nothing is played, and the last moment of a track does
/// not wait for a device for ever.
#[test]
fn a_server_that_dies_during_a_hold_is_missed_at_once_but_not_for_ever() {
    let Some(mut server) = SoundServer::start(44_100, "type pulse") else {
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let (mp3, _) = track(dir.path(), 44_100, 2.0);
    // It keeps the sink awake.
    let recorder = server.recorder("out");
    let program = server.start_program(&example("play-file"), &[&mp3, "hold=end:6000"]);
    sleep(Duration::from_secs(4));
    server.kill();
    drop(recorder);
    let output = program.wait(LIMIT);
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(text.contains("ending Finished"), "{text}");
    assert!(text.contains("underruns 0"), "{text}");
    let (lost, found) = (times(&output, "lost"), times(&output, "found"));
    assert_eq!((lost.len(), found.len()), (1, 0), "{text}");
    // The hold began at about 2 s, and ended six later.
    assert!(lost[0] < 6.0, "noticed at {} s", lost[0]);
    report(&format!("noticed at {:.3} s", lost[0]));
}
