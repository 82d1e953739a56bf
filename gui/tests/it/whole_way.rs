//! The whole way: a click, a peer's file, datagrams, a policy from the dropdown,
//! an ear.

use crate::hearing::{best_fit, fit_anywhere, sounding};
use crate::screen::{Colour, Picture};
use crate::stage::{RATE, ROW, Stage, bundled};
use crate::tools;

const RECEIVED: Colour = [0x00, 0x72, 0xB2];
const NOW: (u16, u16) = (210, 22);
/// The keys of the chart, beneath the title.
const KEYS: (u16, u16) = (16, 112);

/// Where in the track a moment of what was heard is, seconds. It is looked for
/// around `near`, after as much silence as there may have been.
fn place(heard: &[f32], track: &[f32], near: f64) -> Option<f64> {
    let sample = |seconds: f64| (seconds.max(0.0) * f64::from(RATE)) as usize;
    let (from, to) = (sample(near - 6.0), sample(near + 1.0).min(track.len()));
    let at = from + fit_anywhere(heard, &track[from..to]);
    let (fit, _) = best_fit(&track[at..], heard, 0);
    (fit > 0.98).then_some(at as f64 / f64::from(RATE))
}

#[test]
fn a_policy_from_the_dropdown_plays_and_one_dropped_in_takes_over() {
    let Some(stage) = Stage::set("") else {
        return;
    };
    let track = tools::ffmpeg(&stage.mp3);

    // The peer's track is offered.
    stage.see_track();
    stage.photograph("library");

    // A policy from the dropdown.
    let bundled = bundled();
    let buffered = bundled.iter().position(|name| name == "buffered").unwrap();
    stage.choose_policy(buffered);
    stage.until("choice of `buffered`", || {
        stage.settings().contains("policy = \"buffered\"")
    });

    // It is played, and heard.
    let recorder = stage.sound.recorder("out");
    let second = RATE as usize;
    let loud = |from: usize, seconds: usize| {
        let heard = recorder.heard();
        let heard = heard.get(from..).unwrap_or_default();
        heard.iter().filter(|sample| sample.abs() > 0.002).count() > seconds * second
    };
    stage.screen.click(ROW, 2);
    stage.until("sound", || loud(0, 1));
    stage.screen.click(NOW, 1);
    let chart = |picture: &Picture| picture.count(KEYS, (300, 12), RECEIVED) > 20;
    stage.see("chart of what plays", chart);
    stage.photograph("playing");

    // Another policy is dropped in while it plays; it is told, offered and chosen.
    stage.drop_in("adaptive_buffer");
    stage.choose_policy(0);
    stage.until("choice of the new policy", || {
        stage.settings().contains("policy = \"adaptive-buffer\"")
    });
    stage.photograph("dropped-in");
    let chosen = recorder.heard().len();

    // The sound goes on, played by it.
    stage.until("session of the new policy", || {
        let sessions = stage.sessions();
        let last = sessions
            .last()
            .is_some_and(|log| log.contains("adaptive-buffer"));
        last && sessions.iter().any(|log| log.contains("buffered"))
    });
    stage.until("sound after the change", || loud(chosen + second, 1));
    let heard = recorder.stop();
    let span = sounding(&heard);
    // A recorder of a busy machine may stumble, but not everywhere.
    let at = |from: usize| {
        let near = (from - span.start) as f64 / f64::from(RATE);
        place(&heard[from..from + second / 8], &track, near)
    };
    let begin = (0..8).find_map(|piece| at(span.start + (piece + 1) * second / 4));
    let end = (0..8).find_map(|piece| at(span.end - (piece + 2) * second / 4));
    let (begin, end) = begin.zip(end).expect("the track is heard");
    assert!(begin < 3.0, "heard from {begin} s");
    assert!(end > begin + 1.0, "from {begin} to {end} s");
}
