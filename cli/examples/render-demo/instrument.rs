//! The voice: a lute-harpsichord, the gut-strung keyboard Bach owned two of. Two strings a key.
//!
//! Each string is the sum of its modes of vibration, one decaying sine wave each. That costs more
//! than a delay line but is exactly in tune, and every mode gets its own decay.

use std::f64::consts::{FRAC_PI_4, PI, TAU};

use crate::chance::Chance;
use crate::score::Note;
use crate::{Frame, RATE, add, samples, scale};

/// Kirnberger III, a temperament by a pupil of Bach's, in cents above C. Its third C–E is pure,
/// so that the piece starts and ends in rest, and the far chords have an edge.
const TEMPERAMENT: [f64; 12] = [
    0.0, 90.2, 193.2, 294.1, 386.3, 498.0, 590.2, 696.6, 792.2, 889.7, 996.1, 1088.3,
];

/// A of the middle octave, in Hz.
const CONCERT_A: f64 = 440.0;

/// Cents each string of a pair is off: enough for the tone to live, too little to sound out of tune.
const DETUNE: f64 = 0.8;

/// Where the string is plucked, as a share of its length. The modes that have a knot there are
/// missing, which is most of what tells a lute from a harpsichord.
const PLUCKED_AT: f64 = 0.17;

/// How much sharper high modes of a string are than multiples of its lowest.
const STIFFNESS: f64 = 0.000_06;

/// No mode above this is worth the time.
const HIGHEST_MODE: f64 = 10_000.0;

/// What the wooden body makes louder: centre and width in Hz, and by how much.
const BODY: [(f64, f64, f64); 4] = [
    (115.0, 35.0, 0.4),
    (225.0, 60.0, 0.5),
    (430.0, 110.0, 0.4),
    (1_500.0, 700.0, 0.5),
];

/// Below this the body is too small to radiate well, in Hz.
const BODY_LOW: f64 = 70.0;

/// The key heard in the middle between left and right: the piece lies around it.
const MIDDLE: f64 = 55.0;

/// Seconds the string takes to leave the finger. Without it every note would start with a click.
const ATTACK: f64 = 0.003;

/// Time constant of the damper, in seconds: felt on gut, not a switch.
const DAMPER: f64 = 0.11;

/// Time constants after which a damped string counts as silent (−87 dB).
const SILENT: f64 = 10.0;

/// Longest a string sounds, in seconds.
const LONGEST: f64 = 7.0;

/// Loudness of the knock of jack on string, beside the tone.
const KNOCK: f64 = 0.35;

/// The sound of one note, from its start.
pub fn play(note: &Note, chance: &mut Chance) -> Vec<Frame> {
    let held = (note.end - note.start).min(LONGEST);
    let length = samples((held + SILENT * DAMPER).min(LONGEST));
    let pitch = frequency(note.key);
    let place = (f64::from(note.key) - MIDDLE) / 36.0;
    let plucked_at = PLUCKED_AT * (1.0 + 0.06 * chance.swing());

    let mut sound = vec![[0.0; 2]; length];
    for side in [-1.0, 1.0] {
        let pitch = pitch * (side * DETUNE / 1200.0).exp2();
        let string = string(pitch, note.force, plucked_at, length);
        // As the player hears it: low strings on the left. The pair is apart a little, too.
        let gains = pan(0.6 * place + 0.12 * side);
        for (frame, sample) in sound.iter_mut().zip(string) {
            *frame = add(*frame, scale(gains, sample));
        }
    }
    let gains = pan(0.3 * place);
    for (frame, sample) in sound.iter_mut().zip(knock(note.force, chance)) {
        *frame = add(*frame, scale(gains, sample));
    }

    for (index, frame) in sound.iter_mut().enumerate() {
        let time = index as f64 / f64::from(RATE);
        let attack = 0.5 - 0.5 * (PI * (time / ATTACK).min(1.0)).cos();
        let damping = (-(time - held).max(0.0) / DAMPER).exp();
        *frame = scale(*frame, attack * damping);
    }
    sound
}

fn frequency(key: u8) -> f64 {
    let octave = f64::from(key / 12) - 5.0;
    let cents = TEMPERAMENT[usize::from(key % 12)] - TEMPERAMENT[9];
    CONCERT_A * (octave + cents / 1200.0).exp2()
}

/// Gains with the same power everywhere from −1, left, to 1, right.
fn pan(place: f64) -> Frame {
    let angle = FRAC_PI_4 * (1.0 + place.clamp(-1.0, 1.0));
    [angle.cos(), angle.sin()]
}

fn string(pitch: f64, force: f64, plucked_at: f64, length: usize) -> Vec<f64> {
    let mut sound = vec![0.0; length];
    // A harder pluck is louder and, more so, brighter.
    let brightness = 2_000.0 + 4_000.0 * force;
    // Low strings carry further than high ones: plucked less, they do not drown the figure.
    let force = force * (pitch / 262.0).powf(0.25);
    for mode in 1.. {
        let n = f64::from(mode);
        let frequency = n * pitch * (1.0 + STIFFNESS * n * n).sqrt();
        if frequency > HIGHEST_MODE {
            break;
        }
        let amplitude = force * (PI * n * plucked_at).sin() / n
            * (-frequency / brightness).exp()
            * body(frequency);
        // High strings fade sooner than low ones, high modes of a string sooner than its lowest.
        let decay = 0.45 * (pitch / 262.0).sqrt() + 0.9 * (frequency / 1_000.0).powf(1.2);
        add_mode(&mut sound, frequency, amplitude, decay);
    }
    sound
}

/// Adds a decaying sine wave by its recurrence: two multiplications a sample, and no `sin`.
fn add_mode(sound: &mut [f64], frequency: f64, amplitude: f64, decay: f64) {
    let rate = f64::from(RATE);
    let angle = TAU * frequency / rate;
    let radius = (-decay / rate).exp();
    let (forward, back) = (2.0 * radius * angle.cos(), radius * radius);
    let mut before = 0.0;
    let mut now = amplitude * radius * angle.sin();
    for sample in sound {
        *sample += before;
        (before, now) = (now, forward * now - back * before);
    }
}

fn body(frequency: f64) -> f64 {
    let peaks: f64 = BODY
        .iter()
        .map(|(centre, width, gain)| gain / (1.0 + ((frequency - centre) / width).powi(2)))
        .sum();
    let radiated = frequency.powi(2) / (frequency.powi(2) + BODY_LOW.powi(2));
    (1.0 + peaks) * radiated
}

/// A few hundredths of a second of dull noise.
fn knock(force: f64, chance: &mut Chance) -> Vec<f64> {
    let (mut dull, mut duller) = (0.0, 0.0);
    (0..samples(0.06))
        .map(|index| {
            let time = index as f64 / f64::from(RATE);
            dull += 0.12 * (chance.swing() - dull);
            duller += 0.12 * (dull - duller);
            // What both filters pass less what the slower one does: no rumble.
            KNOCK * force * (dull - duller) * (-time / 0.010).exp()
        })
        .collect()
}
