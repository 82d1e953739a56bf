//! Two tracks cut from one recording: not a sample more or less at the seam.

use std::path::{Path, PathBuf};
use std::time::Duration;

use hound::{WavReader, WavWriter};
use segue_playout::output::OutputSpec;
use segue_playout::player::Ending;

use crate::hearing::{best_fit, sounding};
use crate::memory::{Memory, play};
use crate::sound_server::{SoundServer, example, up_to_three_times};
use crate::split::{Mp3, split};
use crate::tools;

/// No multiple of a packet, so that both ends of the seam need their cut.
const CUT: usize = 201_234;

/// A recording, and its two halves as MP3.
fn halves(dir: &Path, rate: u32, channels: u16, options: &[&str]) -> (Vec<f32>, [PathBuf; 2]) {
    let whole = dir.join("whole.wav");
    tools::music(&whole, rate, channels, 9.0);
    let mut reader = WavReader::open(&whole).unwrap();
    let samples: Vec<i16> = reader.samples().map(Result::unwrap).collect();
    let (first, second) = samples.split_at(CUT * usize::from(channels));
    let halves = [("first", first), ("second", second)].map(|(name, part)| {
        let path = dir.join(name).with_extension("wav");
        let mut writer = WavWriter::create(&path, reader.spec()).unwrap();
        part.iter().for_each(|&s| writer.write_sample(s).unwrap());
        writer.finalize().unwrap();
        tools::lame(&path, options)
    });
    (tools::read_wav(&whole), halves)
}

fn mp3(path: &Path) -> Mp3 {
    split(&std::fs::read(path).unwrap(), "half")
}

/// How far the sound lies behind the recording, before and after the seam.
fn lags(heard: &[f32], recording: &[f32], start: usize) -> [i64; 2] {
    [CUT - 30_000, CUT + 3_000].map(|at| {
        let (fit, found) = best_fit(heard, &recording[at..at + 20_000], start + at);
        assert!(fit > 0.98, "correlation {fit} at {at}");
        found as i64 - at as i64
    })
}

fn left(samples: &[f32]) -> Vec<f32> {
    samples.iter().step_by(2).copied().collect()
}

#[test]
fn the_file_is_as_long_as_the_recording_and_in_place() {
    let all: [&[&str]; 3] = [&["-b", "128"], &["-V", "2"], &["-b", "320"]];
    for options in all {
        let dir = tempfile::tempdir().unwrap();
        let (recording, halves) = halves(dir.path(), 44_100, 2, options);
        let parts = halves.each_ref().map(|path| mp3(path));
        let spec = OutputSpec::Wav(dir.path().join("out.wav"));
        let sources = parts.each_ref().map(Memory::whole);
        let outcome = play(sources, spec.open(&parts[0].track).unwrap());
        assert_eq!(outcome.ending, Ending::Finished);
        let heard = tools::read_wav(&dir.path().join("out.wav"));
        assert_eq!(heard.len(), recording.len(), "{options:?}");
        // Each half as an independent decoder has it, and nothing between.
        let expected = halves.map(|path| tools::ffmpeg(&path)).concat();
        assert_eq!(heard.len(), expected.len());
        let off = tools::rms(&heard, &expected);
        assert!(off < 1e-4, "{options:?}: RMS difference {off:e}");
        assert_eq!(lags(&left(&heard), &left(&recording), 0), [0, 0]);
    }
}

#[test]
fn another_rate_and_other_channels_are_made_to_fit() {
    let dir = tempfile::tempdir().unwrap();
    let (first, second) = (dir.path().join("a.wav"), dir.path().join("b.wav"));
    tools::music(&first, 44_100, 2, 3.0);
    tools::music(&second, 22_050, 1, 3.0);
    let parts = [
        mp3(&tools::lame(&first, &["-b", "128"])),
        mp3(&tools::lame(&second, &["-m", "m", "-b", "64"])),
        mp3(&tools::lame(&first, &["-b", "128"])),
    ];
    let spec = OutputSpec::Wav(dir.path().join("out.wav"));
    let sources = parts.each_ref().map(Memory::whole);
    play(sources, spec.open(&parts[0].track).unwrap());
    let heard = left(&tools::read_wav(&dir.path().join("out.wav")));
    assert_eq!(heard.len(), 9 * 44_100);
    let expected = left(&tools::ffmpeg(&first.with_extension("mp3")));
    let off = tools::rms(&heard[6 * 44_100..], &expected);
    assert!(off < 1e-4, "the third track is off by {off:e}");
    // The one in the middle sounds as long as it should.
    let middle = &heard[3 * 44_100..6 * 44_100];
    let expected = tools::ffmpeg(&second.with_extension("mp3"));
    let every_second: Vec<f32> = middle.iter().step_by(2).copied().collect();
    let off = tools::rms(&every_second, &expected);
    let loud = tools::rms(&expected, &vec![0.0; expected.len()]);
    assert!(off < 0.1 * loud, "resampled, it is off by {off}");
}

#[test]
fn a_speaker_hears_no_seam() {
    up_to_three_times(|| {
        let Some(server) = SoundServer::start(44_100, "type pulse") else {
            return;
        };
        let dir = tempfile::tempdir().unwrap();
        let (recording, [first, second]) = halves(dir.path(), 44_100, 2, &["-b", "192"]);
        let then = format!("then={}", second.display());
        let arguments = [first.to_str().unwrap(), &then];
        let limit = Duration::from_secs(40);
        let (output, heard) = server.record(&example("play-file"), &arguments, limit);
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(text.contains("underruns 0"), "{text}");
        let span = sounding(&heard);
        let [before, after] = lags(&heard, &left(&recording), span.start);
        assert_eq!(before, after, "the seam moved the sound");
        let extra = (span.len() as f64 - (recording.len() / 2) as f64) / 44_100.0;
        assert!(extra.abs() < 0.008, "length is off by {extra} s");
    });
}
