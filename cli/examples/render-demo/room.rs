//! The room: eight delay lines that feed one another, their sound getting duller as it dies away.

use crate::{Frame, RATE, add, samples, scale};

/// Lengths of the lines in seconds. No two share a multiple early on, so no pitch is favoured.
const LINES: [f64; 8] = [
    0.029_9, 0.033_7, 0.038_3, 0.042_1, 0.047_9, 0.053_3, 0.059_1, 0.067_1,
];

/// Short all-pass delays in seconds that smear a pluck before it enters the lines, so that it does
/// not come back as separate echoes.
const SMEAR: [f64; 4] = [0.004_7, 0.003_6, 0.012_7, 0.009_3];
const SMEAR_GAIN: f64 = 0.6;

/// Seconds until the sound of the room is 60 dB down.
const DECAY: f64 = 1.7;

/// Share of the highest frequencies a line loses each time round.
const DULL: f64 = 0.35;

/// Seconds before the room answers: its walls are some metres away.
const WALLS: f64 = 0.018;

/// How loud the room is beside the instrument.
const WET: f64 = 0.22;

/// A buffer that gives back what was put in a fixed time ago.
struct Delay {
    buffer: Vec<f64>,
    at: usize,
}

impl Delay {
    fn new(seconds: f64) -> Self {
        Self {
            buffer: vec![0.0; samples(seconds)],
            at: 0,
        }
    }

    fn oldest(&self) -> f64 {
        self.buffer[self.at]
    }

    fn push(&mut self, sample: f64) {
        self.buffer[self.at] = sample;
        self.at = (self.at + 1) % self.buffer.len();
    }
}

/// Adds the answer of the room to a dry sound.
pub fn reverberate(sound: &mut [Frame]) {
    let mut walls = [Delay::new(WALLS), Delay::new(WALLS)];
    // The two sides smear differently: this is what makes the room wide.
    let mut smears = [1.0, 1.13].map(|stretch| SMEAR.map(|time| Delay::new(time * stretch)));
    let mut lines = LINES.map(Delay::new);
    let feedback = LINES.map(|time| 0.001_f64.powf(time / DECAY));
    let mut dulled = [0.0; 8];
    let mut low = [0.0; 2];
    // Bass below 150 Hz is kept out of the room: it would only blur.
    let low_cut = 1.0 - (-std::f64::consts::TAU * 150.0 / f64::from(RATE)).exp();

    for frame in sound {
        let mut sent = [0.0; 2];
        for side in 0..2 {
            let late = walls[side].oldest();
            walls[side].push(frame[side]);
            low[side] += low_cut * (late - low[side]);
            sent[side] = smear(&mut smears[side], late - low[side]);
        }

        let mut answer = [0.0; 2];
        for (index, line) in lines.iter().enumerate() {
            let out = line.oldest();
            dulled[index] += (1.0 - DULL) * (out - dulled[index]);
            // Even lines are heard left, odd ones right, with signs that cancel what they share.
            let sign = if index % 4 < 2 { 1.0 } else { -1.0 };
            answer[index % 2] += sign * out;
        }
        // A Householder matrix: every line feeds every other, and energy is neither made nor lost.
        let shared = 2.0 / 8.0 * dulled.iter().sum::<f64>();
        for (index, line) in lines.iter_mut().enumerate() {
            line.push(sent[index % 2] + feedback[index] * (dulled[index] - shared));
        }
        *frame = add(*frame, scale(answer, WET));
    }
}

fn smear(delays: &mut [Delay], mut sample: f64) -> f64 {
    for delay in delays {
        let old = delay.oldest();
        let new = sample - SMEAR_GAIN * old;
        delay.push(new);
        sample = old + SMEAR_GAIN * new;
    }
    sample
}
