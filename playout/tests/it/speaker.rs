//! The whole way to the ear: cpal, ALSA, a sound server, and a recording of it.

use std::path::Path;
use std::time::Duration;

use crate::hearing::{best_fit, sounding};
use crate::sound_server::{SoundServer, example, run_without_server, up_to_three_times};
use crate::split::split;
use crate::tools;

const SECONDS: f64 = 5.0;
pub const LIMIT: Duration = Duration::from_secs(30);
/// What the recording's length may be off, in seconds: the last sample dies away
/// over some milliseconds.
const EDGE: f64 = 0.008;

/// A track, and what must be heard of it on the left.
pub fn track(dir: &Path, rate: u32, seconds: f64) -> (String, Vec<f32>) {
    let wav = dir.join("source.wav");
    tools::music(&wav, rate, 2, seconds);
    let mp3 = tools::lame(&wav, &["-b", "160"]);
    let left = tools::ffmpeg(&mp3).iter().step_by(2).copied().collect();
    (mp3.to_str().unwrap().to_owned(), left)
}

/// What `play-file` tells.
struct Told {
    ending: String,
    underruns: u64,
    output: String,
    asks: Vec<f64>,
}

fn told(output: &std::process::Output) -> Told {
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}");
    let values = |key: &'static str| {
        text.lines()
            .filter_map(move |line| line.strip_prefix(key)?.strip_prefix(' '))
    };
    Told {
        ending: values("ending").next().unwrap().to_owned(),
        underruns: values("underruns").next().unwrap().parse().unwrap(),
        output: values("output").next().unwrap().to_owned(),
        asks: values("ask")
            .map(|micros| micros.parse::<f64>().unwrap() / 1e6)
            .collect(),
    }
}

pub fn report(text: &str) {
    use std::io::Write;
    // Shown with `--nocapture`.
    let _ = writeln!(std::io::stdout(), "{text}");
}

#[test]
fn a_track_is_heard_as_it_is() {
    up_to_three_times(|| {
        let Some(server) = SoundServer::start(44_100, "type pulse") else {
            return;
        };
        let dir = tempfile::tempdir().unwrap();
        let (mp3, expected) = track(dir.path(), 44_100, SECONDS);
        let (output, heard) = server.record(&example("play-file"), &[&mp3], LIMIT);
        let told = told(&output);
        assert_eq!(told.ending, "Finished");
        assert_eq!(told.underruns, 0);

        let span = sounding(&heard);
        let (fit, at) = best_fit(&heard, &expected, span.start);
        let extra = (span.len() as f64 - expected.len() as f64) / 44_100.0;
        report(&format!(
            "correlation {fit:.6} at {at}, length off by {extra:.4} s"
        ));
        assert!(fit > 0.99, "correlation {fit}");
        assert!(extra.abs() < EDGE, "length is off by {extra} s");
        assert!(
            told.output.len() > 1 && !told.output.contains("Hz"),
            "{}",
            told.output
        );

        // Asks come one packet's duration apart, as far as the machine lets them.
        let packet = 1152.0 / 44_100.0;
        let mut gaps: Vec<f64> = told.asks.windows(2).map(|pair| pair[1] - pair[0]).collect();
        gaps.sort_by(f64::total_cmp);
        let at = |share: f64| gaps[(share * (gaps.len() - 1) as f64) as usize];
        report(&format!(
            "asks: least {:.4}, 5 % {:.4}, median {:.4}, 95 % {:.4}, most {:.4}, packet {packet:.4} s",
            at(0.0),
            at(0.05),
            at(0.5),
            at(0.95),
            at(1.0)
        ));
        assert!((at(0.5) - packet).abs() < 0.002, "median {}", at(0.5));
        assert!(at(0.05) > 0.5 * packet && at(0.95) < 1.5 * packet);
    });
}

#[test]
fn a_hold_is_as_long_as_it_lasts() {
    up_to_three_times(|| {
        let Some(server) = SoundServer::start(44_100, "type pulse") else {
            return;
        };
        let dir = tempfile::tempdir().unwrap();
        let (mp3, expected) = track(dir.path(), 44_100, SECONDS);
        let (output, heard) = server.record(
            &example("play-file"),
            &[&mp3, "speaker", "hold=80:300"],
            LIMIT,
        );
        let told = told(&output);
        assert_eq!(told.underruns, 0, "a hold is no underrun");

        let span = sounding(&heard);
        let split_at = 80 * 1152 - 1105; // what LAME and the decoder put in front is cut
        let (fit, at) = best_fit(&heard, &expected[..split_at], span.start);
        assert!(fit > 0.99, "before the hold: correlation {fit}");
        let pause = (told.asks[81] - told.asks[80]) - 1152.0 / 44_100.0;
        let resumed = at + split_at + (pause * 44_100.0) as usize;
        let (fit, resumed_at) = best_fit(&heard, &expected[split_at..], resumed);
        let off = (resumed_at as f64 - resumed as f64) / 44_100.0;
        report(&format!(
            "hold {pause:.4} s, correlation {fit:.6}, off by {off:.4} s"
        ));
        assert!(fit > 0.99, "after the hold: correlation {fit}");
        assert!((0.29..0.40).contains(&pause), "held for {pause} s");
    });
}

#[test]
fn without_a_device_the_alternatives_are_named() {
    let dir = tempfile::tempdir().unwrap();
    let (mp3, _) = track(dir.path(), 44_100, SECONDS);
    let output = run_without_server(&example("play-file"), &[&mp3], "type hw card 31");
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "{text}");
    assert!(
        text.contains("-o null") && text.contains("-o out.wav"),
        "{text}"
    );
}

/// Splitting is the example's work too; the two must agree on the track.
#[test]
fn the_cut_in_front_is_what_the_hold_test_believes() {
    let dir = tempfile::tempdir().unwrap();
    let (mp3, _) = track(dir.path(), 44_100, SECONDS);
    let mp3 = split(&std::fs::read(mp3).unwrap(), "source");
    assert_eq!(mp3.track.trim_start(), 1105);
}
