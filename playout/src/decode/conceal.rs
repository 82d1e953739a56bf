//! What is heard in the place of what is missing.

use super::predict::Prediction;

/// How much of what was heard is learnt from, seconds.
const LEARNT_S: f64 = 0.066;
/// The last of it, which tells how noisy it is.
const RECENTLY_S: f64 = 0.012;
/// The sound goes on unabated for so long, then fades until it is gone.
const STEADY_S: f64 = 0.030;
const GONE_S: f64 = 0.100;
/// The same where the sound cannot be told in advance.
const UNSURE_STEADY_S: f64 = 0.0;
const UNSURE_GONE_S: f64 = 0.012;
/// Weights per sample learnt from: few cannot tell the notes of a chord apart.
const ORDER: f64 = 1.0 / 4.0;
/// The change back to what is received.
const BLEND_S: f64 = 0.005;

/// Remembers the last sound, and lets it go on over a gap for as long as an ear
/// believes it; then silence.
pub(super) struct Concealment {
    channels: usize,
    rate: f64,
    /// The end of what was heard, interleaved.
    heard: Vec<f32>,
    /// One for each channel, while there is a gap.
    predictions: Vec<Prediction>,
    /// How far the least sure of them is to be trusted, 0 to 1.
    trust: f64,
    in_gap: bool,
    /// Samples per channel since the gap began.
    since: usize,
}

impl Concealment {
    pub(super) fn new(rate: u32, channels: usize) -> Self {
        Self {
            channels,
            rate: f64::from(rate),
            heard: Vec::new(),
            predictions: Vec::new(),
            trust: 0.0,
            in_gap: false,
            since: 0,
        }
    }

    /// Something is missing from here on. Told again, it is the same gap.
    pub(super) fn begin(&mut self) {
        if std::mem::replace(&mut self.in_gap, true) {
            return;
        }
        self.since = 0;
        self.predictions.clear();
        let order = (self.samples(LEARNT_S) as f64 * ORDER) as usize;
        for channel in 0..self.channels {
            let heard: Vec<f64> = self
                .heard
                .iter()
                .skip(channel)
                .step_by(self.channels)
                .map(|sample| f64::from(*sample))
                .collect();
            let recently = self.samples(RECENTLY_S);
            self.predictions
                .push(Prediction::learn(&heard, order, recently));
        }
        // One gain for all: a voice must not wander from side to side.
        let trusts = self.predictions.iter().map(Prediction::trust);
        self.trust = trusts.fold(1.0, f64::min);
    }

    /// Fills all of `out` with how the sound might go on.
    pub(super) fn fill(&mut self, out: &mut [f32]) {
        for frame in out.chunks_exact_mut(self.channels) {
            let gain = self.gain();
            self.since += 1;
            if gain == 0.0 {
                frame.fill(0.0);
                continue;
            }
            for (sample, prediction) in frame.iter_mut().zip(&mut self.predictions) {
                *sample = gain * prediction.next();
            }
        }
    }

    /// Sound is back: changes over to it, if there was a gap, and remembers it.
    pub(super) fn hear(&mut self, samples: &mut [f32]) {
        if self.in_gap {
            let length = self.samples(BLEND_S).min(samples.len() / self.channels);
            let mut before = vec![0.0; length * self.channels];
            self.fill(&mut before);
            for (index, (sample, before)) in samples.iter_mut().zip(before).enumerate() {
                let share = ((index / self.channels) as f32 + 0.5) / length as f32;
                *sample = before + share * (*sample - before);
            }
            self.in_gap = false;
        }
        let most = self.samples(LEARNT_S) * self.channels;
        let newest = &samples[samples.len().saturating_sub(most)..];
        let over = (self.heard.len() + newest.len()).saturating_sub(most);
        self.heard.drain(..over);
        self.heard.extend_from_slice(newest);
    }

    fn gain(&self) -> f32 {
        let between = |unsure: f64, sure: f64| unsure + self.trust * (sure - unsure);
        let steady = self.samples(between(UNSURE_STEADY_S, STEADY_S));
        let gone = self.samples(between(UNSURE_GONE_S, GONE_S));
        let left = gone.saturating_sub(self.since) as f32 / (gone - steady).max(1) as f32;
        left.min(1.0)
    }

    fn samples(&self, seconds: f64) -> usize {
        (self.rate * seconds) as usize
    }
}

#[cfg(test)]
mod tests;
