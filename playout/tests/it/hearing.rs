//! Finding a track again in what was heard of it.

/// From the first to the last sample that is not silent.
pub fn sounding(heard: &[f32]) -> std::ops::Range<usize> {
    let loud = |sample: &f32| sample.abs() > 0.002;
    let first = heard.iter().position(loud).expect("nothing was heard");
    let last = heard.iter().rposition(loud).unwrap();
    first..last + 1
}

fn correlation(a: &[f32], b: &[f32]) -> f64 {
    let dot = |a: &[f32], b: &[f32]| -> f64 {
        a.iter()
            .zip(b)
            .map(|(a, b)| f64::from(*a) * f64::from(*b))
            .sum()
    };
    let length = a.len().min(b.len());
    let (a, b) = (&a[..length], &b[..length]);
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

/// Correlation with `expected` where it fits best, near `start` in the recording.
pub fn best_fit(heard: &[f32], expected: &[f32], start: usize) -> (f64, usize) {
    const REACH: usize = 300;
    let probe = &expected[..expected.len().min(8000)];
    let from = start.saturating_sub(REACH);
    let at = (from..start + REACH)
        .max_by(|a, b| {
            let [a, b] = [a, b].map(|at| correlation(&heard[*at..], probe));
            a.total_cmp(&b)
        })
        .unwrap();
    (correlation(&heard[at..], expected), at)
}

/// Where in the track the beginning of the recording fits best.
pub fn fit_anywhere(heard: &[f32], expected: &[f32]) -> usize {
    // Coarse first: few samples, few places.
    const SAMPLES: usize = 7;
    const PLACES: usize = 4;
    let probe = &heard[..heard.len().min(8000)];
    let thin: Vec<f32> = probe.iter().step_by(SAMPLES).copied().collect();
    let near = (0..expected.len().saturating_sub(probe.len()))
        .step_by(PLACES)
        .map(|at| {
            let (mut dot, mut energy) = (0.0, 1e-9);
            for (a, b) in thin.iter().zip(expected[at..].iter().step_by(SAMPLES)) {
                dot += a * b;
                energy += b * b;
            }
            (dot / energy.sqrt(), at)
        })
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .unwrap()
        .1;
    best_fit(expected, probe, near).1
}

/// Where in the track the recording begins and ends, seconds. A recorder may drop
/// a moment under load, so each end is looked for by itself.
pub fn part_heard(heard: &[f32], expected: &[f32], rate: u32) -> (f64, f64) {
    const PIECE: usize = 8000;
    let span = sounding(heard);
    // Its first hundredths fade in, and its last may die away.
    let head = span.start + 1000;
    let tail = span.end - PIECE - 1000;
    let place = |from: usize| {
        let piece = &heard[from..from + PIECE];
        let at = fit_anywhere(piece, expected);
        let (fit, _) = best_fit(&expected[at..], piece, 0);
        assert!(fit > 0.98, "correlation {fit} at {from} of {span:?}");
        at as f64
    };
    let begin = place(head) - (head - span.start) as f64;
    let end = place(tail) + (span.end - tail) as f64;
    (begin / f64::from(rate), end / f64::from(rate))
}
