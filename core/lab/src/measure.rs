//! The quality metrics as columns: name, unit, meaning, and which end is good.
//!
//! What they are is defined in [`segue_core::metrics`].

use segue_core::metrics::Metrics;

use crate::run::Outcome;
use crate::statistics::Summary;

/// One metric.
pub struct Measure {
    /// Its name, as in [`Metrics`].
    pub name: &'static str,
    /// Its unit.
    pub unit: Unit,
    /// Which end is good.
    pub better: Better,
    /// What it says, in a few words.
    pub meaning: &'static str,
    value: fn(&Metrics) -> Option<f64>,
}

/// What a metric counts in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Seconds.
    Seconds,
    /// How many.
    Count,
    /// A share of a whole, from 0 to 1; written in percent.
    Share,
    /// How many times as much.
    Times,
    /// Points from 1 to 5.
    Score,
}

/// Which end of a metric is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Better {
    /// Less.
    Lower,
    /// More.
    Higher,
    /// Neither: it describes.
    Neither,
}

impl Measure {
    /// Its value in one run; `None` where it has none.
    pub fn of(&self, outcome: &Outcome) -> Option<f64> {
        match self.name {
            "vs_limit" => outcome.vs_limit(),
            _ => (self.value)(&outcome.metrics),
        }
    }

    /// Its value in a session that was no run of an experiment.
    pub fn in_one(&self, metrics: &Metrics) -> Option<f64> {
        (self.value)(metrics)
    }

    /// Its name in words, without the unit.
    pub fn title(&self) -> String {
        let name = self.name.trim_end_matches("_s").trim_end_matches("_ratio");
        name.replace('_', " ")
    }

    /// The one of this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        MEASURES.iter().find(|measure| measure.name == name)
    }
}

impl Unit {
    /// What to write behind a number; may be empty.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Seconds => "s",
            Self::Share => "%",
            Self::Times => "×",
            Self::Count | Self::Score => "",
        }
    }

    /// A mean and how sure it is, with as many digits as mean something.
    pub fn mean(self, summary: &Summary) -> String {
        let (mean, half) = (self.scaled(summary.mean), self.scaled(summary.half_width()));
        let digits = digits(mean, half);
        let mean = written(mean, digits);
        match half.is_finite() {
            true => format!("{mean} ± {half:.digits$}"),
            false => mean,
        }
    }

    /// A single value.
    pub fn value(self, value: f64) -> String {
        let value = self.scaled(value);
        written(value, digits(value, f64::INFINITY))
    }

    fn scaled(self, value: f64) -> f64 {
        match self {
            Self::Share => value * 100.0,
            _ => value,
        }
    }
}

/// A number of so many digits behind the point. What rounds to zero has no sign.
fn written(value: f64, digits: usize) -> String {
    let text = format!("{value:.digits$}");
    match text.strip_prefix('-') {
        Some(zero) if zero.bytes().all(|c| matches!(c, b'0' | b'.')) => zero.to_owned(),
        _ => text,
    }
}

/// Digits behind the point: two that count of the uncertainty, or else three
/// that count of the value; four at most.
fn digits(value: f64, half: f64) -> usize {
    const LEAST: f64 = 0.5e-3;
    let (of, counting) = match half.is_finite() && half > LEAST {
        true => (half, 1),
        false if value.fract().abs() < LEAST => return 0,
        false => (value.abs(), 2),
    };
    (counting - of.log10().floor() as i32).clamp(0, 4) as usize
}

macro_rules! measures {
    ($($name:literal $unit:ident $better:ident $meaning:literal $value:expr;)*) => {
        &[$(Measure {
            name: $name,
            unit: Unit::$unit,
            better: Better::$better,
            meaning: $meaning,
            value: $value,
        }),*]
    };
}

/// All of them, the most telling first.
pub const MEASURES: &[Measure] = measures! {
    "startup_s" Seconds Lower "request to first frame" |m| m.startup_s;
    "stalls" Count Lower "holds after the first frame" |m| Some(m.stalls.into());
    "stall_s" Seconds Lower "their total" |m| Some(m.stall_s);
    "longest_stall_s" Seconds Lower "the longest" |m| Some(m.longest_stall_s);
    "missing_ratio" Share Lower "frames never played" |m| Some(m.missing_ratio);
    "vs_limit" Times Lower "startup and stalls over the least possible" |_| None;
    "stall_score" Score Higher "P.1203-style, 1 to 5; blind to what is missing" |m| Some(m.stall_score);
    "stall_ratio" Share Lower "stalls over stalls and music" |m| Some(m.stall_ratio);
    "played_s" Seconds Neither "audio played" |m| Some(m.played_s);
    "concealed_s" Seconds Lower "time filled with concealment" |m| Some(m.concealed_s);
    "late_ratio" Share Lower "packets after their moment" |m| Some(m.late_ratio);
    "duplicate_ratio" Share Lower "packets that were here already" |m| Some(m.duplicate_ratio);
    "overhead_ratio" Times Lower "bytes sent over bytes of the track" |m| Some(m.overhead_ratio);
    "requests" Count Neither "recovery requests" |m| Some(m.requests as f64);
    "packets_asked" Count Neither "packets asked for by them" |m| Some(m.packets_asked as f64);
    "seeder_peak_queue" Count Lower "most packets queued at a seeder" |m| Some(m.seeder_peak_queue.into());
    "muted_s" Seconds Lower "audio lost in decoding after gaps" |m| m.muted_s;
};

#[cfg(test)]
mod tests {
    use super::*;

    fn written_mean(unit: Unit, values: &[f64]) -> String {
        unit.mean(&Summary::of(values.iter().copied()).expect("values"))
    }

    #[test]
    fn a_mean_has_as_many_digits_as_its_uncertainty_allows() {
        assert_eq!(written_mean(Unit::Seconds, &[70.0, 75.0, 80.0]), "75 ± 12");
        assert_eq!(
            written_mean(Unit::Seconds, &[1.0, 1.01, 1.02]),
            "1.010 ± 0.025"
        );
        assert_eq!(
            written_mean(Unit::Share, &[0.2, 0.201, 0.202]),
            "20.10 ± 0.25"
        );
    }

    #[test]
    fn a_mean_that_never_varies_has_few() {
        assert_eq!(written_mean(Unit::Count, &[3.0, 3.0]), "3 ± 0");
        assert_eq!(written_mean(Unit::Seconds, &[0.02303]), "0.0230");
        assert_eq!(Unit::Seconds.value(0.0), "0");
    }

    #[test]
    fn nothing_is_neither_more_nor_less() {
        assert_eq!(written_mean(Unit::Seconds, &[-0.0, -0.0]), "0 ± 0");
        assert_eq!(written_mean(Unit::Seconds, &[-0.000_01]), "0");
        assert_eq!(written_mean(Unit::Seconds, &[-0.2, -0.2]), "-0.200 ± 0.000");
    }

    #[test]
    fn every_metric_has_a_name_of_its_own() {
        let mut names: Vec<_> = MEASURES.iter().map(|measure| measure.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), MEASURES.len());
    }
}
