//! Renders Segue's bundled demo track to a WAV file: the Prelude in C major, BWV 846, by
//! J. S. Bach, on a synthesised instrument with plucked gut strings in a small room.
//!
//! ```text
//! cargo run --release -p segue-cli --example render-demo -- prelude.wav
//! ```
//!
//! Nothing is sampled and chance is seeded, so that everything heard is written down here and a
//! second run gives the same file. `playout/stage/demo/README.md` says how the WAV becomes the bundled MP3.

mod chance;
mod instrument;
mod room;
mod score;

use std::error::Error;

use chance::Chance;

/// Samples per second.
const RATE: u32 = 44_100;

/// One moment of sound: left, right.
type Frame = [f64; 2];

/// Highest sample of the result, −1.5 dBFS: leaves room for what MP3 encoding adds to peaks.
const PEAK: f64 = 0.841;

/// Seconds heard after the last chord is struck.
const LAST_CHORD: f64 = 5.5;

/// Seconds at the end over which what still sounds is taken down to silence.
const FADE: f64 = 2.5;

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args_os().skip(1);
    let (Some(path), None) = (args.next(), args.next()) else {
        return Err("usage: render-demo FILE.wav".into());
    };

    let mut chance = Chance::new(846);
    let notes = score::perform(&mut chance);
    let last = notes.iter().map(|note| note.start).fold(0.0, f64::max);

    let mut sound = vec![[0.0; 2]; samples(last + LAST_CHORD)];
    for note in &notes {
        let played = instrument::play(note, &mut chance);
        for (sum, frame) in sound[samples(note.start)..].iter_mut().zip(played) {
            *sum = add(*sum, frame);
        }
    }
    room::reverberate(&mut sound);
    fade_out(&mut sound);
    normalise(&mut sound);

    // 24 bits, so that the encoder gets the quiet tail without rounding noise.
    let spec = hound::WavSpec {
        channels: 2,
        sample_rate: RATE,
        bits_per_sample: 24,
        sample_format: hound::SampleFormat::Int,
    };
    let mut wav = hound::WavWriter::create(path, spec)?;
    for sample in sound.into_iter().flatten() {
        wav.write_sample((sample * f64::from(1 << 23)).round() as i32)?;
    }
    wav.finalize()?;
    Ok(())
}

fn samples(seconds: f64) -> usize {
    (seconds * f64::from(RATE)).round() as usize
}

fn add(a: Frame, b: Frame) -> Frame {
    [a[0] + b[0], a[1] + b[1]]
}

fn scale(frame: Frame, by: f64) -> Frame {
    frame.map(|sample| sample * by)
}

/// Half a cosine wave: it has no corner at either end, so neither end of the fade is noticed.
fn fade_out(sound: &mut [Frame]) {
    let fade = samples(FADE);
    for (left, frame) in sound.iter_mut().rev().take(fade).enumerate() {
        let done = left as f64 / fade as f64;
        *frame = scale(*frame, 0.5 - 0.5 * (done * std::f64::consts::PI).cos());
    }
}

fn normalise(sound: &mut [Frame]) {
    let peak = sound
        .iter()
        .flatten()
        .fold(0.0, |peak: f64, sample| peak.max(sample.abs()));
    for frame in sound {
        *frame = scale(*frame, PEAK / peak);
    }
}
