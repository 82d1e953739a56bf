//! One self-contained page: what was run, the tables, the charts.

mod charts;
mod page;
mod style;
mod tables;

use crate::chart::ChartError;
use crate::results::Results;
use crate::run::Record;

pub use tables::few_measures;

/// What a report is made of.
pub struct Report<'a> {
    /// The command that makes it again.
    pub command: &'a str,
    /// Which program, in which version.
    pub program: &'a str,
    /// What was found, scenario by scenario.
    pub chapters: &'a [Chapter],
}

/// One scenario.
pub struct Chapter {
    /// What was found.
    pub results: Results,
    /// For each policy its first run, looked at closely.
    pub records: Vec<Record>,
    /// The track, for the duration of its packets.
    pub track: segue_core::track::TrackInfo,
}

impl Report<'_> {
    /// The page, as HTML with everything in it: no other file, no network.
    ///
    /// # Errors
    ///
    /// If a chart cannot be drawn, which should never be.
    pub fn to_html(&self) -> Result<String, ChartError> {
        Ok(page::page(self)?.into_string())
    }
}
