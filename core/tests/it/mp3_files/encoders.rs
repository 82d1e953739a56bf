//! Real files from real encoders, and what other programs say of them.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use tempfile::TempDir;

/// A folder for one test's files.
pub struct Workshop {
    folder: TempDir,
}

/// Sound to be encoded.
#[derive(Clone, Copy)]
pub struct Sound {
    pub rate: u32,
    pub channels: u16,
    pub samples: u32,
}

impl Workshop {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        Self { folder }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Encodes with LAME.
    pub fn lame(&self, sound: Sound, options: &[&str]) -> Vec<u8> {
        let (wav, mp3) = (self.path("in.wav"), self.path("out.mp3"));
        std::fs::write(&wav, wav_file(sound)).expect("a WAV file");
        run(Command::new("lame")
            .args(["--quiet", "--noreplaygain"])
            .args(options)
            .args([&wav, &mp3]));
        std::fs::read(&mp3).expect("LAME's file")
    }

    /// Turns bytes into another file with ffmpeg.
    pub fn ffmpeg(&self, input: (&str, &[u8]), options: &[&str], output: &str) -> Vec<u8> {
        let (from, to) = (self.path(input.0), self.path(output));
        std::fs::write(&from, input.1).expect("an input file");
        run(Command::new("ffmpeg")
            .args(["-v", "error", "-y", "-i"])
            .arg(&from)
            .args(options)
            .arg(&to));
        std::fs::read(&to).expect("ffmpeg's file")
    }

    /// Packets as ffprobe counts them.
    pub fn ffprobe_packets(&self, mp3: &[u8]) -> u32 {
        let path = self.path("probed.mp3");
        std::fs::write(&path, mp3).expect("a file to probe");
        let output = run(Command::new("ffprobe")
            .args(["-v", "error", "-count_packets"])
            .args(["-show_entries", "stream=nb_read_packets"])
            .args(["-of", "default=noprint_wrappers=1:nokey=1"])
            .arg(&path));
        let text = String::from_utf8_lossy(&output.stdout);
        text.trim().parse().expect("a number of packets")
    }

    /// Delay and padding as LAME's decoder reports them, the decoder's own 529 samples
    /// taken out.
    pub fn lame_gapless(&self, mp3: &[u8]) -> (u16, u16) {
        let (path, wav) = (self.path("decoded.mp3"), self.path("decoded.wav"));
        std::fs::write(&path, mp3).expect("a file to decode");
        let output = run(Command::new("lame").arg("--decode").args([&path, &wav]));
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        let number_after = |words: &str| -> u16 {
            let (_, rest) = text.split_once(words).expect("LAME tells what it skips");
            let digits = rest.split_whitespace().next().expect("a number");
            digits.parse().expect("a number")
        };
        (
            number_after("skipping initial ") - 529,
            number_after("skipping final ") + 529,
        )
    }
}

fn run(command: &mut Command) -> Output {
    let program = Path::new(command.get_program()).display().to_string();
    let output = command.output().unwrap_or_else(|error| {
        let package = if program == "lame" { "lame" } else { "ffmpeg" };
        panic!("cannot run {program} ({error}): install the package {package}, as `make test` does")
    });
    assert!(
        output.status.success(),
        "{program} failed: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    output
}

/// A tone with noise over it, so that variable bitrates vary.
pub fn wav_file(sound: Sound) -> Vec<u8> {
    let mut random = ChaCha8Rng::seed_from_u64(7);
    let block = sound.channels * 2;
    let data = sound.samples * u32::from(block);
    let mut wav = b"RIFF".to_vec();
    wav.extend((36 + data).to_le_bytes());
    wav.extend(b"WAVEfmt \x10\0\0\0\x01\0");
    wav.extend(sound.channels.to_le_bytes());
    wav.extend(sound.rate.to_le_bytes());
    wav.extend((sound.rate * u32::from(block)).to_le_bytes());
    wav.extend(block.to_le_bytes());
    wav.extend(b"\x10\0data");
    wav.extend(data.to_le_bytes());
    for n in 0..sound.samples {
        let time = f64::from(n) / f64::from(sound.rate);
        let loud = if (time * 2.0).fract() < 0.5 {
            0.3
        } else {
            0.01
        };
        for channel in 0..sound.channels {
            let tone = (time * 2765.0 * f64::from(channel + 1)).sin() * 0.3;
            let noise = random.random_range(-1.0..1.0) * loud;
            wav.extend((((tone + noise) * 30_000.0) as i16).to_le_bytes());
        }
    }
    wav
}
