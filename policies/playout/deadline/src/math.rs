//! Chances without transcendental functions: those differ from machine to
//! machine in their last digit, and a session must replay the same anywhere.

/// e to the power of `-x`, for `x` from 0 on; 5 % too large at most up to 3,
/// and larger beyond: late arrivals have heavier tails than that anyway.
pub fn decay(x: f64) -> f64 {
    let x = x.max(0.0);
    1.0 / (1.0 + x * (1.0 + x / 2.0 * (1.0 + x / 3.0 * (1.0 + x / 4.0 * (1.0 + x / 5.0)))))
}

/// Natural logarithm of `odds`, at least 0, within a tenth.
pub fn log_odds(odds: f64) -> f64 {
    let (mut rest, mut halvings) = (odds, 0.0);
    while rest >= 2.0 && halvings < 64.0 {
        rest /= 2.0;
        halvings += 1.0;
    }
    std::f64::consts::LN_2 * (halvings + (rest - 1.0).clamp(0.0, 1.0))
}

/// `chance` to the power of `times`.
pub fn power(chance: f64, times: u32) -> f64 {
    (0..times.min(64)).fold(1.0, |product, _| product * chance)
}

/// Probability that a normal variable is below `z` deviations above its mean,
/// within 0.01 (the logistic approximation).
pub fn normal_below(z: f64) -> f64 {
    let tail = decay(1.702 * z.abs());
    let beyond = tail / (1.0 + tail);
    if z >= 0.0 { 1.0 - beyond } else { beyond }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_near_what_they_stand_for() {
        for tenth in 0..30 {
            let x = f64::from(tenth) / 10.0;
            let exact = (-x).exp();
            assert!((exact..exact * 1.09).contains(&(decay(x) + 1e-15)), "{x}");
        }
        for odds in [1.0f64, 1.5, 3.0, 100.0, 39_800.0] {
            assert!((log_odds(odds) - odds.ln()).abs() < 0.1, "{odds}");
        }
        assert_eq!(log_odds(0.3), 0.0);
        assert_eq!(power(0.5, 3), 0.125);
        for (z, exact) in [(0.0, 0.5), (1.0, 0.8413), (-2.0, 0.0228), (1.64, 0.95)] {
            assert!((normal_below(z) - exact).abs() < 0.015, "{z}");
        }
    }
}
