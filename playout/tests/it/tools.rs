//! Test material: music-like noise, encoders, and an independent decoder.

use std::f64::consts::TAU;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use hound::{SampleFormat, WavSpec, WavWriter};

/// Numbers that only depend on the seed.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(2) | 1)
    }

    /// 0 to 1.
    pub fn roll(&mut self) -> f64 {
        // Xorshift: good enough for noise and for losing packets.
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// Chords, noise and drum-like attacks, never twice the same, peaks near 0.7: it
/// makes encoders use their bit reservoir and their short blocks.
pub fn music(path: &Path, rate: u32, channels: u16, seconds: f64) {
    let spec = WavSpec {
        channels,
        sample_rate: rate,
        bits_per_sample: 16,
        sample_format: SampleFormat::Int,
    };
    let mut writer = WavWriter::create(path, spec).unwrap();
    let mut dice = Dice::new(20_261_101);
    let mut phases = [[0.0_f64; 4]; 2];
    let mut low = [0.0_f64; 2];
    for index in 0..(f64::from(rate) * seconds) as u64 {
        let t = index as f64 / f64::from(rate);
        let beat = (t * 2.7).fract();
        let glide = 1.0 + 0.3 * (t * 0.31).sin() + 0.02 * (t * 5.1).sin();
        for side in 0..usize::from(channels) {
            let mut value = 0.0;
            for (voice, phase) in phases[side].iter_mut().enumerate() {
                let pitch = [220.0, 277.2, 659.3, 1900.0][voice];
                *phase = (*phase + pitch * glide / f64::from(rate)).fract();
                value += 0.09 * (*phase * TAU).sin();
            }
            let noise = dice.roll() * 2.0 - 1.0;
            low[side] += 0.2 * (noise - low[side]);
            let attack = (-beat * 25.0).exp();
            value += 0.25 * attack * noise + 0.15 * (0.5 + 0.5 * (t * 0.7).sin()) * low[side];
            writer.write_sample((value * 32_767.0) as i16).unwrap();
        }
    }
    writer.finalize().unwrap();
}

/// Runs a tool and gives its standard output; a missing tool names its package.
pub fn run(program: &str, package: &str, arguments: &[&str]) -> Vec<u8> {
    let output = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|error| {
            panic!("cannot run {program} ({error}): install the Debian package `{package}`")
        });
    assert!(
        output.status.success(),
        "{program} {arguments:?} failed: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    output.stdout
}

/// Encodes with LAME, with these options.
pub fn lame(wav: &Path, options: &[&str]) -> PathBuf {
    let mp3 = wav.with_extension("mp3");
    let mut arguments = vec!["--quiet"];
    arguments.extend(options);
    arguments.extend([wav.to_str().unwrap(), mp3.to_str().unwrap()]);
    run("lame", "lame", &arguments);
    mp3
}

/// What FFmpeg hears in a file: interleaved samples.
pub fn ffmpeg(mp3: &Path) -> Vec<f32> {
    let arguments = [
        "-v",
        "error",
        "-i",
        mp3.to_str().unwrap(),
        "-f",
        "f32le",
        "-",
    ];
    run("ffmpeg", "ffmpeg", &arguments)
        .as_chunks::<4>()
        .0
        .iter()
        .map(|bytes| f32::from_le_bytes(*bytes))
        .collect()
}

/// The samples of a 16-bit WAV file.
pub fn read_wav(path: &Path) -> Vec<f32> {
    hound::WavReader::open(path)
        .unwrap()
        .samples::<i16>()
        .map(|sample| f32::from(sample.unwrap()) / 32_768.0)
        .collect()
}

/// Root of the mean squared difference.
pub fn rms(a: &[f32], b: &[f32]) -> f64 {
    let sum: f64 = a.iter().zip(b).map(|(a, b)| f64::from(a - b).powi(2)).sum();
    (sum / a.len().max(1) as f64).sqrt()
}
