//! Nothing lost: the sound is FFmpeg's, to the sample.

use std::path::Path;

use segue_playout::output::OutputSpec;
use segue_playout::player::Ending;

use crate::memory::{Memory, play};
use crate::split::{Mp3, split};
use crate::tools;

fn encoded(dir: &Path, rate: u32, channels: u16, options: &[&str]) -> std::path::PathBuf {
    let wav = dir.join("source.wav");
    tools::music(&wav, rate, channels, 12.345);
    tools::lame(&wav, options)
}

fn through_wav(dir: &Path, mp3: &Mp3) -> Vec<f32> {
    let spec = OutputSpec::Wav(dir.join("out.wav"));
    let output = spec.open(&mp3.track).unwrap();
    let outcome = play([Memory::whole(mp3)], output);
    assert_eq!(outcome.ending, Ending::Finished);
    assert_eq!(outcome.progress.samples, mp3.track.samples());
    assert_eq!(outcome.progress.muted_s, 0.0);
    tools::read_wav(&dir.join("out.wav"))
}

fn equals_ffmpeg(rate: u32, channels: u16, options: &[&str]) {
    let dir = tempfile::tempdir().unwrap();
    let path = encoded(dir.path(), rate, channels, options);
    let mp3 = split(&std::fs::read(&path).unwrap(), "source");
    compare(dir.path(), &path, &mp3, options);
}

fn compare(dir: &Path, path: &Path, mp3: &Mp3, what: &[&str]) {
    let ours = through_wav(dir, mp3);
    let theirs = tools::ffmpeg(path);
    assert_eq!(ours.len(), theirs.len(), "{what:?}: length");
    let loud = tools::rms(&theirs, &vec![0.0; theirs.len()]);
    assert!(loud > 0.05, "{what:?}: the reference is nearly silent");
    let off = tools::rms(&ours, &theirs);
    assert!(off < 1e-4, "{what:?}: RMS difference {off:e}");
}

#[test]
fn constant_128() {
    equals_ffmpeg(44_100, 2, &["-b", "128"]);
}

#[test]
fn constant_320() {
    equals_ffmpeg(44_100, 2, &["-b", "320"]);
}

#[test]
fn variable_v2() {
    equals_ffmpeg(44_100, 2, &["-V", "2"]);
}

#[test]
fn mono() {
    equals_ffmpeg(44_100, 1, &["-m", "m", "-b", "64"]);
}

#[test]
fn at_48_khz() {
    equals_ffmpeg(48_000, 2, &["-b", "160"]);
}

#[test]
fn mpeg2_at_22_khz() {
    equals_ffmpeg(22_050, 2, &["-b", "64"]);
}

#[test]
fn mpeg2_mono_variable() {
    equals_ffmpeg(16_000, 1, &["-m", "m", "-V", "4"]);
}

#[test]
fn with_checksums_and_plain_stereo() {
    equals_ffmpeg(44_100, 2, &["-m", "s", "-b", "192", "-p"]);
}

#[test]
fn without_a_lame_header_nothing_is_cut() {
    let dir = tempfile::tempdir().unwrap();
    let path = encoded(dir.path(), 44_100, 2, &["-b", "128", "-t"]);
    let mp3 = split(&std::fs::read(&path).unwrap(), "source");
    assert_eq!(mp3.track.gapless, None);
    compare(dir.path(), &path, &mp3, &["no LAME header"]);
}

#[test]
fn made_by_ffmpeg() {
    let dir = tempfile::tempdir().unwrap();
    let wav = dir.path().join("source.wav");
    tools::music(&wav, 44_100, 2, 5.0);
    let path = dir.path().join("ffmpeg.mp3");
    let arguments = ["-v", "error", "-i", wav.to_str().unwrap(), "-b:a", "96k"];
    tools::run(
        "ffmpeg",
        "ffmpeg",
        &[&arguments[..], &[path.to_str().unwrap()]].concat(),
    );
    let mp3 = split(&std::fs::read(&path).unwrap(), "ffmpeg");
    assert!(mp3.track.gapless.is_some());
    compare(dir.path(), &path, &mp3, &["ffmpeg"]);
}

#[test]
fn full_scale_is_clamped_not_wrapped() {
    let dir = tempfile::tempdir().unwrap();
    let path = encoded(dir.path(), 44_100, 2, &["-b", "128", "--scale", "2.5"]);
    let mp3 = split(&std::fs::read(&path).unwrap(), "loud");
    let ours = through_wav(dir.path(), &mp3);
    let mut theirs = tools::ffmpeg(&path);
    assert!(theirs.iter().any(|sample| sample.abs() > 1.0), "not loud");
    for sample in &mut theirs {
        *sample = sample.clamp(-1.0, 1.0);
    }
    let off = tools::rms(&ours, &theirs);
    assert!(off < 1e-4, "RMS difference {off:e}");
}

#[test]
fn an_interrupted_file_plays() {
    let dir = tempfile::tempdir().unwrap();
    let path = encoded(dir.path(), 44_100, 2, &["-b", "128"]);
    let mp3 = split(&std::fs::read(&path).unwrap(), "source");
    let out = dir.path().join("cut.wav");
    let mut output = OutputSpec::Wav(out.clone()).open(&mp3.track).unwrap();
    let mut decoder = segue_playout::decode::Decoder::new(&mp3.track).unwrap();
    for (frame, packet) in mp3.frames.iter().zip(0..200) {
        let samples = decoder.push(packet, frame);
        output
            .write(segue_playout::output::Media::Samples(samples))
            .unwrap();
    }
    std::mem::forget(output); // as if the process had been killed
    let seconds = tools::read_wav(&out).len() as f64 / 2.0 / 44_100.0;
    assert!(seconds > 4.0, "{seconds} s of 5.2 s are there");
}
