//! The quality metrics as columns: name, unit, meaning, and which end is good.
//!
//! What they are is defined in [`segue_core::metrics`].

use segue_core::metrics::Metrics;

use crate::run::Outcome;

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
    /// A share, or how many times as much.
    Ratio,
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

    /// The one of this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        MEASURES.iter().find(|measure| measure.name == name)
    }
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
    "missing_ratio" Ratio Lower "frames never played" |m| Some(m.missing_ratio);
    "vs_limit" Ratio Lower "startup and stalls over the least possible" |_| None;
    "stall_score" Score Higher "P.1203-style, 1 to 5; blind to what is missing" |m| Some(m.stall_score);
    "stall_ratio" Ratio Lower "stalls over stalls and music" |m| Some(m.stall_ratio);
    "played_s" Seconds Neither "audio played" |m| Some(m.played_s);
    "concealed_s" Seconds Lower "time filled with concealment" |m| Some(m.concealed_s);
    "late_ratio" Ratio Lower "packets after their moment" |m| Some(m.late_ratio);
    "duplicate_ratio" Ratio Lower "packets that were here already" |m| Some(m.duplicate_ratio);
    "overhead_ratio" Ratio Lower "bytes sent over bytes of the track" |m| Some(m.overhead_ratio);
    "requests" Count Neither "recovery requests" |m| Some(m.requests as f64);
    "packets_asked" Count Neither "packets asked for by them" |m| Some(m.packets_asked as f64);
    "seeder_peak_queue" Count Lower "most packets queued at a seeder" |m| Some(m.seeder_peak_queue.into());
    "muted_s" Seconds Lower "audio lost in decoding after gaps" |m| m.muted_s;
};
