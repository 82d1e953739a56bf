//! Silences: a seeder from which nothing comes for a while, though it was asked.

/// Before any was seen, one is expected in this time, and as long as this,
/// seconds. Each that is seen counts as much.
const EVERY_S: f64 = 10.0;
const LENGTH_S: f64 = 0.3;
/// Shorter ones are ordinary unevenness, seconds.
const SHORTEST_S: f64 = 0.1;

/// How often a seeder is silent, and for how long.
#[derive(Debug, Default)]
pub struct Silences {
    seen: f64,
    total_s: f64,
}

impl Silences {
    /// Something came so long after what came before, when it was asked for much
    /// more, and is usually `usual_s` after it. Answers whether that is a silence.
    pub fn take(&mut self, gap_s: f64, usual_s: f64) -> bool {
        let is_one = gap_s > SHORTEST_S + usual_s;
        if is_one {
            self.seen += 1.0;
            self.total_s += gap_s;
        }
        is_one
    }

    /// Silences in a second, if these were seen in `watched_s`.
    pub fn per_s(&self, watched_s: f64) -> f64 {
        (1.0 + self.seen) / (EVERY_S + watched_s)
    }

    /// Their mean length, seconds.
    pub fn mean_s(&self) -> f64 {
        (LENGTH_S + self.total_s) / (1.0 + self.seen)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_seen_outweighs_what_is_expected() {
        let mut silences = Silences::default();
        assert_eq!((silences.per_s(0.0), silences.mean_s()), (0.1, 0.3));
        assert!(silences.per_s(190.0) < 0.01, "none came");
        assert!(!silences.take(0.12, 0.05));
        assert_eq!(silences.mean_s(), 0.3, "not a silence");
        for _ in 0..9 {
            assert!(silences.take(1.0, 0.05));
        }
        assert!((silences.mean_s() - 0.93).abs() < 1e-9);
        assert!((silences.per_s(90.0) - 0.1).abs() < 1e-9);
    }
}
