//! From the track's sample rate to the device's.

use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{Fft, FixedSync, Indexing, Resampler};

use super::OutputError;

/// Takes pieces of any length and gives what can be told of them so far; its own
/// delay is cut off, so that sound keeps its place and its length.
pub(in crate::output) struct Resample {
    fft: Fft<f32>,
    channels: usize,
    /// Samples that wait until a block is full.
    waiting: Vec<f32>,
    block: Vec<f32>,
    /// Output samples per channel yet to be thrown away.
    delay: usize,
    from: u64,
    to: u64,
    fed: u64,
    given: u64,
}

/// Samples per channel in a block: short, or a packet waits for the next one.
const BLOCK: usize = 288;

impl Resample {
    pub(in crate::output) fn new(from: u32, to: u32, channels: usize) -> Result<Self, OutputError> {
        let fft = Fft::new(
            from as usize,
            to as usize,
            BLOCK,
            channels,
            FixedSync::Input,
        )
        .map_err(|error| OutputError::Resample {
            from,
            to,
            reason: error.to_string(),
        })?;
        Ok(Self {
            channels,
            waiting: Vec::new(),
            block: vec![0.0; fft.output_frames_max() * channels],
            delay: fft.output_delay(),
            from: u64::from(from),
            to: u64::from(to),
            fed: 0,
            given: 0,
            fft,
        })
    }

    /// Appends what `samples` give to `out`.
    pub(in crate::output) fn push(&mut self, samples: &[f32], out: &mut Vec<f32>) {
        self.waiting.extend_from_slice(samples);
        self.fed += (samples.len() / self.channels) as u64;
        while self.waiting.len() >= self.fft.input_frames_next() * self.channels {
            self.step(out);
        }
    }

    /// Appends the rest: in all, as long as what came in.
    pub(in crate::output) fn flush(&mut self, out: &mut Vec<f32>) {
        let wanted = (self.fed * self.to).div_ceil(self.from);
        while self.given < wanted {
            let before = out.len();
            self.waiting
                .resize(self.fft.input_frames_next() * self.channels, 0.0);
            self.step(out);
            let over = self.given.saturating_sub(wanted) as usize * self.channels;
            out.truncate((out.len() - over).max(before));
        }
    }

    /// How much of what came in has not come out, seconds.
    pub(super) fn pending_s(&self) -> f64 {
        let seconds = |samples: u64, rate: u64| samples as f64 / rate.max(1) as f64;
        (seconds(self.fed, self.from) - seconds(self.given, self.to)).max(0.0)
    }

    fn step(&mut self, out: &mut Vec<f32>) {
        let frames = self.fft.input_frames_next();
        let room = self.block.len() / self.channels;
        let (Ok(input), Ok(mut output)) = (
            InterleavedSlice::new(&self.waiting, self.channels, frames),
            InterleavedSlice::new_mut(&mut self.block, self.channels, room),
        ) else {
            debug_assert!(false, "both buffers have been sized for this");
            return;
        };
        let done = self
            .fft
            .process_into_buffer(&input, &mut output, None::<&Indexing>);
        let produced = match done {
            Ok((_, produced)) => produced,
            Err(error) => {
                debug_assert!(false, "{error}");
                0
            }
        };
        self.waiting.drain(..frames * self.channels);
        let late = self.delay.min(produced);
        self.delay -= late;
        self.given += (produced - late) as u64;
        out.extend_from_slice(&self.block[late * self.channels..produced * self.channels]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(rate: u32, count: usize, channels: usize) -> Vec<f32> {
        let step = std::f64::consts::TAU * 1000.0 / f64::from(rate);
        (0..count * channels)
            .map(|i| (0.5 * (step * (i / channels) as f64).sin()) as f32)
            .collect()
    }

    #[test]
    fn a_tone_stays_in_place_and_keeps_its_length() {
        for (from, to, channels) in [
            (44_100, 48_000, 2),
            (48_000, 44_100, 2),
            (22_050, 48_000, 1),
            (8_000, 44_100, 1),
        ] {
            let mut resample = Resample::new(from, to, channels).unwrap();
            let count = from as usize / 2 + 17;
            let mut out = Vec::new();
            for piece in tone(from, count, channels).chunks(1152 * channels) {
                resample.push(piece, &mut out);
            }
            resample.flush(&mut out);
            let expected = (count as u64 * u64::from(to)).div_ceil(u64::from(from)) as usize;
            assert_eq!(out.len(), expected * channels, "{from} to {to}");
            let ideal = tone(to, expected, channels);
            let edge = to as usize / 50 * channels; // the cuts at both ends ring
            let worst = out[edge..out.len() - edge]
                .iter()
                .zip(&ideal[edge..])
                .map(|(a, b)| (a - b).abs())
                .fold(0.0, f32::max);
            assert!(worst < 1e-3, "{from} to {to}: off by {worst}");
        }
    }
}
