//! How a sound would go on.
//!
//! Linear prediction: each sample is taken as a weighted sum of those before it,
//! and the weights come from the last moment that was heard. For the few
//! hundredths of a second that a lost frame leaves open, chords and voices hardly
//! change, and every partial goes on at its own pitch and in phase; repeating a
//! piece of the past would suit one pitch only, and buzz.
//!
//! The weights are Burg's (J. P. Burg, "Maximum entropy spectral analysis", 1967):
//! the prediction never grows. Extrapolating audio with them: I. Kauppinen and
//! K. Roth, "Audio signal extrapolation - theory and applications", DAFx 2002.

/// One channel, going on.
pub(super) struct Prediction {
    /// Of the samples before, the oldest one's first.
    weights: Vec<f64>,
    /// What was heard and what was predicted since.
    past: Vec<f64>,
    /// How far predictions were off just before the end.
    surprise: f64,
    dice: u64,
    /// No prediction is louder.
    peak: f64,
    /// Nor is its step from the sample before larger.
    step: f64,
    /// See [`Self::trust`].
    trust: f64,
}

/// Below this mean power nothing is heard, and nothing goes on.
const SILENCE: f64 = 1e-10;
/// Of the power; a fit closer than this is only rounding.
const CLOSE: f64 = 1e-9;
/// Partials may meet more closely than they did; louder than this is no music.
const HEADROOM: f64 = 1.1;
/// The same for the step from one sample to the next: a sharper one is a click.
const HEADROOM_STEP: f64 = 1.08;
/// How much of the surprise is played, so that noise goes on as noise.
const NOISE: f64 = 0.5;

impl Prediction {
    /// Learns from `heard`; the last `recently` samples of it tell how noisy it is.
    pub(super) fn learn(heard: &[f64], order: usize, recently: usize) -> Self {
        let weights = burg(heard, order);
        let recent = heard.len().saturating_sub(recently);
        let from = recent.max(weights.len());
        let surprises =
            (from..heard.len()).map(|at| (heard[at] - sum(&weights, &heard[..at])).powi(2));
        let count = heard.len().saturating_sub(from).max(1);
        let surprise = (surprises.sum::<f64>() / count as f64).sqrt();
        let peak = heard
            .iter()
            .fold(0.0, |peak: f64, sample| peak.max(sample.abs()));
        Self {
            surprise,
            peak: HEADROOM * peak,
            step: HEADROOM_STEP
                * heard
                    .windows(2)
                    .map(|pair| (pair[1] - pair[0]).abs())
                    .fold(0.0, f64::max),
            past: heard[heard.len() - weights.len()..].to_vec(),
            trust: rehearse(&weights, heard, from),
            weights,
            dice: 0x9e37_79b9_7f4a_7c15,
        }
    }

    /// How well the weights retell the last moment that was heard: 1 exactly,
    /// 0 not at all, as for noise or for a sound they would let grow.
    pub(super) fn trust(&self) -> f64 {
        self.trust
    }

    /// The next sample.
    pub(super) fn next(&mut self) -> f32 {
        if self.weights.is_empty() {
            return 0.0;
        }
        let noise = NOISE * self.surprise * self.roll();
        let value = (sum(&self.weights, &self.past) + noise).clamp(-self.peak, self.peak);
        let last = self.past.last().copied().unwrap_or(0.0);
        let value = value.clamp(last - self.step, last + self.step);
        self.past.push(value);
        value as f32
    }

    /// Evenly spread, of power 1; always the same numbers.
    fn roll(&mut self) -> f64 {
        self.dice ^= self.dice << 13;
        self.dice ^= self.dice >> 7;
        self.dice ^= self.dice << 17;
        let unit = (self.dice >> 11) as f64 / (1_u64 << 53) as f64;
        (unit * 2.0 - 1.0) * 3.0_f64.sqrt()
    }
}

/// Retells what was heard behind `from` out of what came before it, and tells how
/// like it is: 1 less the error's share of the power.
fn rehearse(weights: &[f64], heard: &[f64], from: usize) -> f64 {
    if weights.is_empty() {
        return 0.0;
    }
    let (mut told, mut off, mut power) = (heard[..from].to_vec(), 0.0, 0.0);
    for sample in &heard[from..] {
        let value = sum(weights, &told);
        off += (value - sample).powi(2);
        power += sample.powi(2);
        told.push(value);
    }
    // What ends in silence is not to come back; nor is a number out of range.
    if off < power { 1.0 - off / power } else { 0.0 }
}

/// A step that leaves less than this of the energy leaves too few digits to go on
/// with.
const PRECISE: f64 = 0.9;
/// How many sums go side by side, as one long sum could not be vectorised.
const LANES: usize = 8;

/// What the weights, the oldest sample's first, make of the samples just before.
fn sum(weights: &[f64], past: &[f64]) -> f64 {
    let past = &past[past.len() - weights.len()..];
    let mut sums = [0.0; LANES];
    let ((a, a_rest), (b, b_rest)) = (weights.as_chunks::<LANES>(), past.as_chunks::<LANES>());
    for (a, b) in a.iter().zip(b) {
        for lane in 0..LANES {
            sums[lane] += a[lane] * b[lane];
        }
    }
    let rest: f64 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    sums.iter().sum::<f64>() + rest
}

/// The sum of products of two rows.
fn product(a: &[f32], b: &[f32]) -> f64 {
    let mut sums = [0.0; LANES];
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    for (a, b) in a.iter().zip(b) {
        for lane in 0..LANES {
            sums[lane] += a[lane] * b[lane];
        }
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    f64::from(sums.iter().sum::<f32>() + rest)
}

/// Burg's weights, the oldest sample's first; fewer when the sound needs no more,
/// none for silence. The rows are in single precision: twice as many fit in the
/// cache and in a register, and the rounding is far below what an encoder leaves.
fn burg(heard: &[f64], order: usize) -> Vec<f64> {
    let power = heard.iter().map(|sample| sample * sample).sum::<f64>() / heard.len().max(1) as f64;
    if power < SILENCE {
        return Vec::new();
    }
    let mut forward: Vec<f32> = heard.iter().map(|sample| *sample as f32).collect();
    let mut backward = forward.clone();
    let (mut weights, mut before): (Vec<f64>, Vec<f64>) = (Vec::new(), Vec::new());
    let mut error = power;
    // Of both rows where they overlap; each step takes a sample off each.
    let square = |sample: f32| f64::from(sample).powi(2);
    let mut energy = 2.0 * power * heard.len() as f64;
    for step in 0..order.min(heard.len() / 3) {
        let (before_ahead, after_behind) = (forward[step], backward[heard.len() - 1 - step]);
        let ahead = &mut forward[step + 1..];
        // Each sample behind belongs one step later than in the step before.
        let behind = &mut backward[..heard.len() - 1 - step];
        energy -= square(before_ahead) + square(after_behind);
        if energy < CLOSE * power {
            break;
        }
        let reflection = (2.0 * product(ahead, behind) / energy).clamp(-1.0, 1.0);
        let share = reflection as f32;
        for (f, b) in ahead.iter_mut().zip(behind.iter_mut()) {
            (*f, *b) = (*f - share * *b, *b - share * *f);
        }
        before.clone_from(&weights);
        for (weight, mirrored) in weights.iter_mut().zip(before.iter().rev()) {
            *weight -= reflection * mirrored;
        }
        weights.push(reflection);
        let left = 1.0 - reflection * reflection;
        error *= left;
        energy = if left > PRECISE {
            energy * left
        } else {
            product(ahead, ahead) + product(behind, behind)
        };
        if error < CLOSE * power {
            break;
        }
    }
    weights.reverse();
    weights
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chord(at: usize) -> f64 {
        [220.0, 277.2, 659.3, 1900.0]
            .iter()
            .map(|pitch| 0.15 * (std::f64::consts::TAU * pitch / 44_100.0 * at as f64).sin())
            .sum()
    }

    #[test]
    fn a_chord_goes_on_in_tune_and_in_phase() {
        let mut dice = Prediction::learn(&[], 0, 0);
        // As an encoder leaves it: a little noise is in all that is heard.
        let heard: Vec<f64> = (0..2910).map(|at| chord(at) + 1e-3 * dice.roll()).collect();
        let mut prediction = Prediction::learn(&heard, 727, 512);
        let (mut signal, mut off) = (0.0, 0.0);
        for at in 2910..2910 + 1152 {
            signal += chord(at).powi(2);
            off += (f64::from(prediction.next()) - chord(at)).powi(2);
        }
        assert!(off < signal / 100.0, "{} dB", 10.0 * (signal / off).log10());
    }

    #[test]
    fn noise_goes_on_as_noise() {
        let mut dice = Prediction::learn(&[], 0, 0);
        let heard: Vec<f64> = (0..2910).map(|_| 0.1 * dice.roll()).collect();
        let mut prediction = Prediction::learn(&heard, 727, 512);
        let power = (0..1152)
            .map(|_| f64::from(prediction.next()).powi(2))
            .sum::<f64>()
            / 1152.0;
        assert!((0.02..0.12).contains(&power.sqrt()), "{}", power.sqrt());
    }

    #[test]
    fn silence_and_shortness_stay_silent_or_bounded() {
        assert_eq!(Prediction::learn(&[0.0; 500], 100, 100).next(), 0.0);
        assert_eq!(Prediction::learn(&[], 100, 100).next(), 0.0);
        let mut short = Prediction::learn(&[0.5, -0.5, 0.5, -0.5], 100, 100);
        assert!((0..1000).all(|_| short.next().abs() <= 0.56));
    }
}
