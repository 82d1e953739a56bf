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
