//! Decoded sound to a WAV file.

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::time::Duration;

use hound::{SampleFormat, WavSpec, WavWriter};
use segue_core::track::TrackInfo;

use super::convert::Convert;
use super::{Media, Output, OutputError, Takes};

/// 16-bit samples, without dither: rounding adds 1e-5 of full scale, a tenth of
/// what two MP3 decoders may differ by, and every program reads it.
///
/// Holds leave no trace: the file is the music. Tracks of another rate or other
/// channels than the first one's are converted: a file has one of each.
pub(super) struct Wav {
    path: PathBuf,
    name: String,
    /// `None` once finished.
    writer: Option<WavWriter<BufWriter<File>>>,
    convert: Convert,
    /// Interleaved samples until the header is brought up to date.
    flush_every: usize,
    unflushed: usize,
}

impl Wav {
    pub(super) fn create(path: &Path, track: &TrackInfo) -> Result<Self, OutputError> {
        let spec = WavSpec {
            channels: u16::from(track.channels),
            sample_rate: track.sample_rate,
            bits_per_sample: 16,
            sample_format: SampleFormat::Int,
        };
        let writer = WavWriter::create(path, spec).map_err(|source| failed(path, source))?;
        Ok(Self {
            path: path.to_owned(),
            name: path.display().to_string(),
            writer: Some(writer),
            convert: Convert::new(track),
            flush_every: track.sample_rate as usize * usize::from(track.channels),
            unflushed: 0,
        })
    }
}

/// Appends samples; a finished file takes none.
fn append(
    writer: &mut Option<WavWriter<BufWriter<File>>>,
    samples: &[f32],
) -> Result<(), hound::Error> {
    let Some(writer) = writer else {
        return Ok(());
    };
    samples
        .iter()
        .try_for_each(|&sample| writer.write_sample(to_i16(sample)))
}

impl Output for Wav {
    fn name(&self) -> &str {
        &self.name
    }

    fn paced(&self) -> bool {
        false
    }

    fn takes(&self) -> Takes {
        Takes::Samples
    }

    fn due_in(&mut self) -> Result<Duration, OutputError> {
        Ok(Duration::ZERO)
    }

    fn write(&mut self, media: Media<'_>) -> Result<(), OutputError> {
        let Media::Samples(samples) = media else {
            debug_assert!(false, "this output takes samples");
            return Ok(());
        };
        let samples = self.convert.push(samples);
        append(&mut self.writer, samples).map_err(|source| failed(&self.path, source))?;
        self.unflushed += samples.len();
        // A run that is cut short leaves a file that plays, but for its last second.
        if self.unflushed >= self.flush_every {
            self.unflushed = 0;
            let flushed = self.writer.as_mut().map_or(Ok(()), WavWriter::flush);
            flushed.map_err(|source| failed(&self.path, source))?;
        }
        Ok(())
    }

    fn begin(&mut self, track: &TrackInfo) -> Result<Duration, OutputError> {
        let rest = self.convert.begin(track)?;
        append(&mut self.writer, rest).map_err(|source| failed(&self.path, source))?;
        Ok(Duration::ZERO)
    }

    fn finish_in(&mut self) -> Result<Duration, OutputError> {
        let rest = self.convert.finish();
        append(&mut self.writer, rest).map_err(|source| failed(&self.path, source))?;
        if let Some(writer) = self.writer.take() {
            writer
                .finalize()
                .map_err(|source| failed(&self.path, source))?;
        }
        Ok(Duration::ZERO)
    }
}

fn failed(path: &Path, source: hound::Error) -> OutputError {
    OutputError::Wav {
        path: path.to_owned(),
        source,
    }
}

fn to_i16(sample: f32) -> i16 {
    // `as` saturates, so +1.0 becomes the largest value.
    (sample * 32_768.0).round() as i16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_scale_does_not_wrap() {
        assert_eq!(to_i16(1.0), i16::MAX);
        assert_eq!(to_i16(-1.0), i16::MIN);
        assert_eq!(to_i16(0.0), 0);
        assert_eq!(to_i16(2.0), i16::MAX);
        assert_eq!(to_i16(0.5), 16_384);
    }
}
