//! Sinks of other shapes than a track: 5.1, and 96 kHz.

use std::path::Path;

use crate::hearing::{best_fit, sounding};
use crate::sound_server::{Sink, SoundServer, example};
use crate::speaker::{LIMIT, report};
use crate::tools;

/// A track of three seconds, and its channels at the sink's rate.
struct Track {
    mp3: String,
    sides: Vec<Vec<f32>>,
}

impl Track {
    fn new(dir: &Path, rate: u32, channels: u16, sink_rate: u32) -> Self {
        let wav = dir.join(format!("{rate}.wav"));
        tools::music(&wav, rate, channels, 3.0);
        let bits = if rate < 16_000 { "24" } else { "96" };
        let mp3 = tools::lame(&wav, &["-b", bits])
            .to_str()
            .unwrap()
            .to_owned();
        let filter = format!("aresample={sink_rate}:filter_size=64:cutoff=0.99");
        let arguments = [
            "-v", "error", "-i", &mp3, "-af", &filter, "-f", "f32le", "-",
        ];
        let samples: Vec<f32> = tools::run("ffmpeg", "ffmpeg", &arguments)
            .as_chunks::<4>()
            .0
            .iter()
            .map(|bytes| f32::from_le_bytes(*bytes))
            .collect();
        let side = |number| samples.iter().skip(number).step_by(channels.into());
        let sides = (0..usize::from(channels)).map(|number| side(number).copied().collect());
        Self {
            sides: sides.collect(),
            mp3,
        }
    }
}

/// Plays tracks of several shapes to a sink: front left and front right are right
/// in pitch, place, length and loudness, whatever else the server plays.
fn play_to(sink: Sink) {
    let dir = tempfile::tempdir().unwrap();
    for (rate, channels) in [(8_000, 1), (22_050, 1), (44_100, 2)] {
        let Some(server) = SoundServer::with(sink, "type pulse") else {
            return;
        };
        let track = Track::new(dir.path(), rate, channels, sink.rate);
        let (output, heard) = server.record_channels(&example("play-file"), &[&track.mp3], LIMIT);
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{text}");
        assert!(text.contains("underruns 0"), "{text}");
        assert_eq!(heard.len(), sink.channels);
        let start = sounding(&heard[0]).start;
        let mut places = Vec::new();
        for (side, heard) in heard[..2].iter().enumerate() {
            let whole = &track.sides[side.min(track.sides.len() - 1)];
            // Neither end: filters of two makers differ there.
            let edge = sink.rate as usize / 10;
            let inner = &whole[edge..whole.len() - edge];
            let (fit, at) = best_fit(heard, inner, start + edge);
            let span = sounding(heard);
            let extra = (span.len() as f64 - whole.len() as f64) / f64::from(sink.rate);
            let loud = |samples: &[f32]| tools::rms(samples, &vec![0.0; samples.len()]);
            let gain = loud(&heard[at..at + inner.len()]) / loud(inner);
            report(&format!(
                "{rate} Hz, {channels} channels to {sink:?}, side {side}: correlation {fit:.5}, \
                 length off by {extra:.4} s, gain {gain:.3}"
            ));
            assert!(fit > 0.98, "correlation {fit}");
            assert!(extra.abs() < 0.02, "length is off by {extra} s");
            assert!((gain - 1.0).abs() < 0.02, "gain {gain}");
            places.push(at);
        }
        assert!(places[0].abs_diff(places[1]) <= 1, "{places:?}");
    }
}

#[test]
fn six_channels() {
    play_to(Sink {
        rate: 48_000,
        channels: 6,
    });
}

#[test]
fn twice_the_usual_rate() {
    play_to(Sink {
        rate: 96_000,
        channels: 2,
    });
}
