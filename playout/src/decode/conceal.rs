//! What is heard in the place of what is missing.

use super::predict::Prediction;

/// How much of what was heard is learnt from, seconds.
const LEARNT_S: f64 = 0.066;
/// The last of it, which tells how noisy it is.
const RECENTLY_S: f64 = 0.012;
/// The sound goes on unabated for so long, then fades until it is gone.
const STEADY_S: f64 = 0.030;
const GONE_S: f64 = 0.100;
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
        let (steady, gone) = (self.samples(STEADY_S), self.samples(GONE_S));
        let left = gone.saturating_sub(self.since) as f32 / (gone - steady).max(1) as f32;
        left.min(1.0)
    }

    fn samples(&self, seconds: f64) -> usize {
        (self.rate * seconds) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_is_bridged_then_silent() {
        let mut concealment = Concealment::new(8_000, 1);
        let tone = |at: usize| (0.5 * (at as f64 * 0.3).sin()) as f32;
        let mut heard: Vec<f32> = (0..1000).map(tone).collect();
        concealment.hear(&mut heard);
        concealment.begin();
        let mut gap = vec![9.0; 1600];
        concealment.fill(&mut gap);
        for (at, sample) in gap.iter().enumerate().take(240) {
            assert!((sample - tone(1000 + at)).abs() < 0.05, "{at}: {sample}");
        }
        assert!(gap[800..].iter().all(|sample| *sample == 0.0));
        // Back: softly, and then exactly.
        let mut back = vec![0.5; 100];
        concealment.hear(&mut back);
        assert!(back[0] < 0.05 && back[40..] == [0.5; 60]);
    }

    #[test]
    fn before_the_first_sound_there_is_silence() {
        let mut concealment = Concealment::new(44_100, 2);
        concealment.begin();
        let mut gap = vec![9.0; 100];
        concealment.fill(&mut gap);
        assert_eq!(gap, [0.0; 100]);
    }
}
