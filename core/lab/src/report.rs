//! One self-contained page: what was run, the tables, the charts.

mod agreement;
mod charts;
mod files;
mod page;
mod reasons;
mod style;
mod tables;

use segue_core::track::TrackInfo;

use crate::agreement::Agreement;
use crate::chart::ChartError;
use crate::results::Results;
use crate::run::Record;

pub use files::{WriteError, csv, make_folder};
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
#[derive(Debug)]
pub struct Chapter {
    /// What was found.
    pub results: Results,
    /// For each policy its first run, looked at closely.
    pub records: Vec<Record>,
    /// The track, for the duration of its packets.
    pub track: TrackInfo,
    /// Live runs held against simulated ones, if that was done.
    pub agreement: Option<Agreement>,
}

impl Chapter {
    /// What was found, as JSON: [`Results::to_json`], and `agreement`.
    pub fn to_json(&self) -> serde_json::Value {
        let mut json = self.results.to_json();
        if let Some(agreement) = &self.agreement {
            json["agreement"] = serde_json::to_value(agreement).unwrap_or_default();
            json["agreement"]["agrees"] = agreement.agrees().into();
        }
        json
    }
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
