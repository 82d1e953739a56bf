use std::f64::consts::TAU;

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

const RATES: [u32; 6] = [8_000, 11_025, 16_000, 22_050, 44_100, 48_000];

/// Four seconds of something, from the time in seconds.
fn material(rate: u32, mut value: impl FnMut(f64) -> f64) -> Vec<f32> {
    (0..rate * 4)
        .map(|at| value(f64::from(at) / f64::from(rate)) as f32)
        .collect()
}

fn sine(rate: u32) -> Vec<f32> {
    material(rate, |t| 0.5 * (TAU * 440.0 * t).sin())
}

/// A chord that changes four times a second.
fn music(rate: u32) -> Vec<f32> {
    material(rate, |t| {
        let root = [220.0, 247.0, 262.0, 196.0][(t * 4.0) as usize % 4];
        let fade = (-(t * 4.0).fract() * 2.0).exp();
        let note = |ratio: f64| {
            (TAU * root * ratio * t).sin() + 0.3 * (TAU * root * ratio * 2.0 * t).sin()
        };
        0.15 * fade * (note(1.0) + note(1.26) + note(1.5))
    })
}

/// A gliding pitch with overtones, in syllables.
fn voice(rate: u32) -> Vec<f32> {
    let mut phase = 0.0_f64;
    material(rate, |t| {
        phase += (130.0 + 35.0 * (t * 2.3).sin() + 6.0 * (t * 29.0).sin()) / f64::from(rate);
        let syllable = (TAU * 3.7 * t).sin().max(0.0).powf(0.7);
        let sum: f64 = (1..=20)
            .map(|overtone| (TAU * phase * f64::from(overtone)).sin() / f64::from(overtone))
            .sum();
        0.2 * syllable * sum
    })
}

fn noise(rate: u32) -> Vec<f32> {
    let mut dice = 1_u64;
    material(rate, |_| {
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        0.3 * ((dice >> 33) as f64 / f64::from(1_u32 << 30) - 1.0)
    })
}

fn jump(samples: &[f32]) -> f32 {
    let jumps = samples.windows(2).map(|pair| (pair[1] - pair[0]).abs());
    jumps.fold(0.0, f32::max)
}

fn energy(samples: impl Iterator<Item = f32>) -> f64 {
    samples.map(|sample| f64::from(sample).powi(2)).sum()
}

/// Loses every seventh packet: the sharpest jump at an edge over the sharpest of
/// the neighbourhood, and the error's energy over that of silence.
fn tried(whole: &[f32], rate: u32) -> (f32, f64) {
    let packet = if rate < 32_000 { 576 } else { 1152 };
    let mut concealment = Concealment::new(rate, 1);
    let mut played = Vec::new();
    for (index, chunk) in whole.chunks_exact(packet).enumerate() {
        let mut samples = chunk.to_vec();
        if index % 7 == 6 {
            concealment.begin();
            concealment.fill(&mut samples);
        } else {
            concealment.hear(&mut samples);
        }
        played.extend(samples);
    }
    let (mut worst, mut off, mut silent) = (0.0_f32, 0.0, 1e-9);
    for start in (6 * packet..played.len() - 3 * packet).step_by(7 * packet) {
        let end = start + packet;
        let own = jump(&whole[start - 2 * packet..end + 2 * packet]);
        for edge in [start, end] {
            worst = worst.max(jump(&played[edge - 2..edge + packet / 4]) / (own + 1e-4));
        }
        silent += energy(whole[start..end].iter().copied());
        off += energy((start..end).map(|at| played[at] - whole[at]));
    }
    (worst, off / silent)
}

#[test]
fn no_material_clicks_or_is_much_worse_than_silence() {
    type Material = fn(u32) -> Vec<f32>;
    let materials: [(&str, Material, f64); 5] = [
        ("sine", sine, 0.2),
        ("music", music, 1.0),
        // A voice that bends its pitch is told wrong towards the end of a long gap.
        ("voice", voice, 1.65),
        // Noise that goes on as other noise adds to what is missing.
        ("noise", noise, 1.3),
        ("silence", |rate| material(rate, |_| 0.0), 0.0),
    ];
    let mut bad = Vec::new();
    for (name, make, most) in materials {
        for rate in RATES {
            let (jump, error) = tried(&make(rate), rate);
            let told = format!("{name} at {rate} Hz: jump {jump:.2}, error {error:.2}");
            if jump > 1.1 || error > most {
                bad.push(told);
            }
        }
    }
    assert!(bad.is_empty(), "{bad:#?}");
}
