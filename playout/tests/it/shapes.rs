//! Tracks of different rates and channels, one after the other through one device.

use std::path::Path;
use std::time::Duration;

use crate::hearing::{best_fit, sounding};
use crate::sound_server::{SoundServer, example, up_to_three_times};
use crate::speaker::report;
use crate::tools;

const RATE: u32 = 44_100;
const LIMIT: Duration = Duration::from_secs(60);

/// A track, and its left channel at the device's rate.
fn track(dir: &Path, rate: u32, channels: u16, options: &[&str]) -> (String, Vec<f32>) {
    let wav = dir.join(format!("{rate}.wav"));
    tools::music(&wav, rate, channels, 3.0);
    let mp3 = tools::lame(&wav, options);
    let path = mp3.to_str().unwrap();
    let filter = format!("aresample={RATE}:filter_size=64:cutoff=0.99,pan=mono|c0=c0");
    let arguments = ["-v", "error", "-i", path, "-af", &filter, "-f", "f32le"];
    let expected = tools::run("ffmpeg", "ffmpeg", &[&arguments[..], &["-"]].concat())
        .as_chunks::<4>()
        .0
        .iter()
        .map(|bytes| f32::from_le_bytes(*bytes))
        .collect();
    (path.to_owned(), expected)
}

#[test]
fn a_device_stays_open_for_tracks_of_other_shapes_and_loses_nothing() {
    up_to_three_times(|| {
        let Some(server) = SoundServer::start(RATE, "type pulse") else {
            return;
        };
        let dir = tempfile::tempdir().unwrap();
        let tracks = [
            track(dir.path(), 44_100, 2, &["-b", "160"]),
            track(dir.path(), 48_000, 1, &["-m", "m", "-b", "96"]),
            track(dir.path(), 22_050, 1, &["-m", "m", "-b", "64"]),
        ];
        let then = [1, 2].map(|index| format!("then={}", tracks[index].0));
        let arguments = [tracks[0].0.as_str(), &then[0], &then[1]];
        let (output, heard) = server.record(&example("play-file"), &arguments, LIMIT);
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{text}");
        assert!(text.contains("underruns 0"), "{text}");

        let span = sounding(&heard);
        let mut begin = span.start;
        for (path, expected) in &tracks {
            // Neither end: filters of two makers differ there.
            let inner = &expected[4_000..expected.len() - 4_000];
            let (fit, at) = best_fit(&heard, inner, begin + 4_000);
            let off = at as i64 - (begin + 4_000) as i64;
            report(&format!("{path}: correlation {fit:.5}, off by {off}"));
            assert!(fit > 0.98, "correlation {fit}: {path}");
            // The first samples may be too silent to be seen.
            assert!(off.abs() <= 50, "off by {off} samples: {path}");
            if begin == span.start {
                begin = at - 4_000;
            } else {
                assert!(off.abs() <= 2, "off by {off} samples: {path}");
            }
            begin += expected.len();
        }
        let extra = (span.end as f64 - begin as f64) / f64::from(RATE);
        assert!(extra.abs() < 0.01, "the end is off by {extra} s");
    });
}
