//! What many runs say together.

use serde::Serialize;
use statrs::distribution::{ContinuousCDF, StudentsT};
use statrs::statistics::{Data, Distribution, Max, Min, OrderStatistics};

/// A sample in a few numbers.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// How many runs it is made of.
    pub n: usize,
    /// Arithmetic mean.
    pub mean: f64,
    /// Standard deviation of the sample; 0 of a single value.
    #[serde(skip)]
    pub sd: f64,
    /// 95 % confidence interval of the mean (Student's t).
    pub ci95: [f64; 2],
    /// Half of the sample lies below.
    pub median: f64,
    /// 5 % of the sample lie below.
    pub p5: f64,
    /// 95 % of the sample lie below.
    pub p95: f64,
    /// Least.
    pub min: f64,
    /// Greatest.
    pub max: f64,
}

impl Summary {
    /// Of these values; `None` if there are none.
    pub fn of(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        let values: Vec<f64> = values.into_iter().collect();
        let n = values.len();
        if n == 0 {
            return None;
        }
        let mut data = Data::new(values);
        let mean = data.mean()?;
        let sd = data.std_dev().filter(|_| n > 1);
        let half = sd.map_or(f64::INFINITY, |sd| t95(n - 1) * sd / (n as f64).sqrt());
        Some(Self {
            n,
            mean,
            sd: sd.unwrap_or(0.0),
            ci95: [mean - half, mean + half],
            median: data.median(),
            p5: data.quantile(0.05),
            p95: data.quantile(0.95),
            min: data.min(),
            max: data.max(),
        })
    }

    /// Half the width of the confidence interval.
    pub fn half_width(&self) -> f64 {
        (self.ci95[1] - self.ci95[0]) / 2.0
    }
}

/// How far from its mean, in standard errors, 95 % of means lie.
fn t95(freedom: usize) -> f64 {
    StudentsT::new(0.0, 1.0, freedom as f64).map_or(f64::INFINITY, |t| t.inverse_cdf(0.975))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of NIST's e-Handbook (7.2.2.1): mean 9.261460, standard
    /// deviation 0.022789, 195 values, t = 1.9723.
    #[test]
    fn the_interval_is_students() {
        assert!((t95(194) - 1.9723).abs() < 1e-4);
        let summary = Summary::of([1.0, 2.0, 3.0, 4.0, 5.0]).expect("values");
        // t(4) = 2.7764, sd = 1.5811, n = 5.
        assert!((summary.half_width() - 2.7764 * 1.5811 / 5f64.sqrt()).abs() < 1e-3);
        assert_eq!((summary.mean, summary.median), (3.0, 3.0));
        assert_eq!((summary.min, summary.max, summary.n), (1.0, 5.0, 5));
    }

    #[test]
    fn nothing_has_no_summary_and_one_value_no_certainty() {
        assert_eq!(Summary::of([]), None);
        let one = Summary::of([2.0]).expect("a value");
        assert_eq!(one.mean, 2.0);
        assert!(one.half_width().is_infinite());
    }
}
