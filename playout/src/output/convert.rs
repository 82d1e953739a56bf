//! Sound of one shape made to fit behind sound of another.

use segue_core::track::TrackInfo;

use super::OutputError;
use super::speaker::channels;
use super::speaker::resample::Resample;

/// Gives each track of a queue the rate and channels of the first one.
pub(super) struct Convert {
    to: (u32, usize),
    from: (u32, usize),
    resample: Option<Resample>,
    resampled: Vec<f32>,
    converted: Vec<f32>,
}

impl Convert {
    /// To the shape of this track.
    pub(super) fn new(track: &TrackInfo) -> Self {
        let shape = shape(track);
        Self {
            to: shape,
            from: shape,
            resample: None,
            resampled: Vec::new(),
            converted: Vec::new(),
        }
    }

    /// Another track follows. Answers what was still to come of the last one.
    pub(super) fn begin(&mut self, track: &TrackInfo) -> Result<&[f32], OutputError> {
        self.converted.clear();
        if shape(track) != self.from {
            self.flush();
            self.from = shape(track);
            let ((from, channels), (to, _)) = (self.from, self.to);
            self.resample = (from != to)
                .then(|| Resample::new(from, to, channels))
                .transpose()?;
        }
        Ok(&self.converted)
    }

    /// What `samples` give.
    pub(super) fn push<'a>(&'a mut self, samples: &'a [f32]) -> &'a [f32] {
        if self.from == self.to {
            return samples;
        }
        self.converted.clear();
        self.resampled.clear();
        let samples = match &mut self.resample {
            Some(resample) => {
                resample.push(samples, &mut self.resampled);
                &self.resampled
            }
            None => samples,
        };
        channels::remap(samples, self.from.1, self.to.1, &mut self.converted);
        &self.converted
    }

    /// Nothing comes any more: what was still to come.
    pub(super) fn finish(&mut self) -> &[f32] {
        self.converted.clear();
        self.flush();
        &self.converted
    }

    fn flush(&mut self) {
        if let Some(mut resample) = self.resample.take() {
            self.resampled.clear();
            resample.flush(&mut self.resampled);
            let (from, to) = (self.from.1, self.to.1);
            channels::remap(&self.resampled, from, to, &mut self.converted);
        }
    }
}

fn shape(track: &TrackInfo) -> (u32, usize) {
    (track.sample_rate, usize::from(track.channels).max(1))
}
