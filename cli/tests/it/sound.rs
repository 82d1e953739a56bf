//! The whole way: file, seeder, network, listener, policy, decoder, ear.

use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use serde_json::Value;

use crate::hearing::{best_fit, part_heard, sounding};
use crate::sound_server::{SoundServer, up_to_three_times};
use crate::support::{LIMIT, Sharer, free_port, report, song};
use crate::tools;

#[test]
fn what_is_heard_is_the_track() {
    up_to_three_times(|| {
        let Some(server) = SoundServer::start(44_100, "type pulse") else {
            return;
        };
        let (dir, mp3) = song(6.0);
        let sharer = Sharer::start(dir.path());
        let (peer, port) = (sharer.address.to_string(), free_port().to_string());
        let (output, heard) = server.record(
            Path::new(env!("CARGO_BIN_EXE_segue")),
            &["play", "song", "--peer", &peer, "--discovery-port", &port],
            LIMIT,
        );
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{text}");

        let expected: Vec<f32> = tools::ffmpeg(&mp3).iter().step_by(2).copied().collect();
        let span = sounding(&heard);
        let (fit, at) = best_fit(&heard, &expected, span.start);
        report(&format!("correlation {fit:.6} at {at}"));
        assert!(fit > 0.99, "correlation {fit}");
    });
}

/// The most that a change of devices may lose or repeat, seconds.
const SEAM: f64 = 0.2;
const SONG_S: f64 = 14.0;
const RATE: u32 = 44_100;
const PACKET_MS: f64 = 1152.0 / 44.1;

#[test]
fn a_sound_server_killed_in_mid_track_and_restarted_is_waited_for() {
    up_to_three_times(|| {
        let Some(mut server) = SoundServer::start(RATE, "type pulse") else {
            return;
        };
        let (dir, mp3) = song(SONG_S);
        let sharer = Sharer::start(dir.path());
        let (peer, port) = (sharer.address.to_string(), free_port().to_string());
        let arguments = ["play", "song", "--peer", &peer, "--discovery-port", &port];
        let recorder = server.recorder("out");
        let program = server.start_program(
            Path::new(env!("CARGO_BIN_EXE_segue")),
            &[&arguments[..], &["--json"]].concat(),
        );
        sleep(Duration::from_secs(6));
        server.kill();
        let before = recorder.stop();
        sleep(Duration::from_secs(3));
        let recorder = server.restart();
        let output = program.wait(LIMIT);
        let after = recorder.stop();

        let text = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{text}");
        for told in ["is gone, waiting for it or another", "the sound goes on"] {
            assert_eq!(text.matches(told).count(), 1, "{told}: {text}");
        }
        let expected: Vec<f32> = tools::ffmpeg(&mp3).iter().step_by(2).copied().collect();
        let (start, stopped) = part_heard(&before, &expected, RATE);
        let (resumed, end) = part_heard(&after, &expected, RATE);
        let said: Value = serde_json::from_slice(&output.stdout).unwrap();
        let metrics = &said["metrics"];
        let [played_s, stall_s, paused_s, startup_s, ahead_s, took_s] = [
            &metrics["played_s"],
            &metrics["stall_s"],
            &metrics["paused_s"],
            &metrics["startup_s"],
            &metrics["ahead_s"],
            &said["took_s"],
        ]
        .map(|value| value.as_f64().unwrap());
        report(&format!(
            "heard {start:.3} to {stopped:.3} s, then {resumed:.3} to {end:.3} s; played \
         {played_s:.2} s, stalled {stall_s:.2} s, without a device {paused_s:.2} s, \
         startup {startup_s:.2} s, ahead {ahead_s:.2} s, of {took_s:.2} s"
        ));
        assert!(start.abs() < 0.05, "from {start} s");
        assert!(
            (resumed - stopped).abs() < SEAM,
            "{stopped}, then {resumed} s"
        );
        assert!((SONG_S - end).abs() < 0.05, "to {end} s");
        // The time without a device is no fault of the network's.
        assert!(stall_s < 0.1 && metrics["missing_ratio"] == 0.0, "{said}");
        assert!(paused_s > 4.0 && metrics["unfinished"] == false, "{said}");
        // A device takes its time to be opened and to play out, more on a busy machine.
        let sum = ahead_s + startup_s + played_s + stall_s + paused_s;
        assert!((sum - took_s).abs() < 1.0, "{sum} s of {took_s} s: {said}");
    });
}

#[test]
fn the_latency_told_is_what_the_server_has_waiting_and_a_packet_or_two() {
    let Some(server) = SoundServer::start(RATE, "type pulse") else {
        return;
    };
    server.add_prompt_sink();
    let (dir, _) = song(6.0);
    let song = dir.path().join("song.mp3");
    let segue = Path::new(env!("CARGO_BIN_EXE_segue"));
    let program = server.start_program(segue, &["play", song.to_str().unwrap(), "--json"]);
    sleep(Duration::from_secs(2));
    let mut waiting_ms: Vec<f64> = (0..20)
        .map(|_| {
            sleep(Duration::from_millis(100));
            let text = server.order(&["list", "sink-inputs"]);
            let values = text.lines().filter_map(|line| line.split_once("Latency: "));
            let micros = values.map(|(_, value)| value.trim_end_matches(" usec"));
            micros
                .map(|value| value.parse::<f64>().unwrap() / 1e3)
                .sum()
        })
        .collect();
    waiting_ms.sort_by(f64::total_cmp);
    let output = program.wait(LIMIT);
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    let latency_ms = said["output_latency_s"].as_f64().unwrap() * 1e3;
    let ours_ms = latency_ms - waiting_ms[10];
    report(&format!(
        "latency {latency_ms:.0} ms, {ours_ms:.0} of it ours"
    ));
    assert!(
        (0.5 * PACKET_MS..3.0 * PACKET_MS).contains(&ours_ms),
        "{waiting_ms:?}"
    );
}

/// A machine that comes to its player too late, as far as the device can tell.
#[test]
fn a_player_that_stands_still_tells_that_the_device_ran_empty() {
    let Some(server) = SoundServer::start(RATE, "type pulse") else {
        return;
    };
    let (dir, mp3) = song(6.0);
    let song = dir.path().join("song.mp3");
    let recorder = server.recorder("out");
    let segue = Path::new(env!("CARGO_BIN_EXE_segue"));
    let program = server.start_program(segue, &["play", song.to_str().unwrap(), "--json"]);
    sleep(Duration::from_secs(3));
    program.signal("STOP");
    sleep(Duration::from_secs(2)); // more than ring and device hold, less than a loss
    program.signal("CONT");
    let output = program.wait(LIMIT);
    let heard = recorder.stop();
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && !text.contains("is gone"),
        "{text}"
    );
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    report(&format!("device ran empty {} times", said["underruns"]));
    assert!(said["underruns"].as_u64().unwrap() >= 1, "{said}");
    // Nothing is lost by that: the music goes on where it was.
    let expected: Vec<f32> = tools::ffmpeg(&mp3).iter().step_by(2).copied().collect();
    let (start, end) = part_heard(&heard, &expected, RATE);
    report(&format!("heard {start:.3} to {end:.3} s"));
    assert!(
        start.abs() < 0.05 && (6.0 - end).abs() < 0.05,
        "{start} to {end}"
    );
}

#[test]
fn a_wait_for_a_sound_device_can_be_interrupted() {
    let Some(mut server) = SoundServer::start(RATE, "type pulse") else {
        return;
    };
    let (dir, _) = song(SONG_S);
    let song = dir.path().join("song.mp3");
    let arguments = ["play", song.to_str().unwrap()];
    let segue = Path::new(env!("CARGO_BIN_EXE_segue"));
    let program = server.start_program(segue, &arguments);
    sleep(Duration::from_secs(5));
    server.kill();
    sleep(Duration::from_secs(3));
    program.signal("INT");
    let output = program.wait(Duration::from_secs(3));
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("is gone, waiting"), "{text}");
    assert!(text.contains("stopped before the end"), "{text}");
}
