//! Results as JSON: every metric named as in [`segue_core::metrics`].

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use super::{Results, Row};
use crate::entry::Entry;
use crate::measure::MEASURES;
use crate::scenario::Scenario;
use crate::statistics::Summary;

#[derive(Serialize)]
struct Document<'a> {
    program: &'static str,
    version: &'static str,
    scenario: &'a Scenario,
    scenario_hash: String,
    seed: u64,
    runs: u32,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    live: bool,
    policies: Vec<Policy<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<Limit>,
}

#[derive(Serialize)]
struct Policy<'a> {
    policy: &'a str,
    label: &'a str,
    version: &'a str,
    hash: &'a str,
    params: &'a segue_policy_host::Configured,
    unfinished: usize,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    faults: Vec<Fault<'a>>,
    metrics: Metrics<'a>,
    /// Minus those of the first policy, run by run.
    #[serde(skip_serializing_if = "Option::is_none")]
    differences: Option<Metrics<'a>>,
}

#[derive(Serialize)]
struct Fault<'a> {
    run: usize,
    what: &'a str,
}

#[derive(Serialize)]
struct Limit {
    startup_s: Summary,
}

/// Summaries of a row, or of its differences from another; null where a metric
/// has no value.
struct Metrics<'a> {
    row: &'a Row,
    from: Option<&'a Row>,
}

impl Serialize for Metrics<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for measure in MEASURES {
            let summary = match self.from {
                Some(first) => self.row.difference(first, measure),
                None => self.row.summary(measure),
            };
            map.serialize_entry(measure.name, &summary)?;
        }
        map.end()
    }
}

impl Results {
    /// As JSON. The same scenario and seed give the same bytes.
    pub fn to_json(&self) -> serde_json::Value {
        let document = Document {
            program: "segue",
            version: env!("CARGO_PKG_VERSION"),
            scenario: &self.scenario,
            scenario_hash: self.scenario.hash(),
            seed: self.scenario.seed,
            runs: self.runs(),
            live: self.live,
            policies: self.rows.iter().map(|row| self.policy(row)).collect(),
            limit: self.limit().map(|startup_s| Limit { startup_s }),
        };
        serde_json::to_value(document).unwrap_or_default()
    }

    fn policy<'a>(&'a self, row: &'a Row) -> Policy<'a> {
        let Entry { label, policy, .. } = &row.entry;
        let first = self.rows.first().filter(|first| !std::ptr::eq(*first, row));
        let faults = row.faults().into_iter();
        Policy {
            policy: policy.plugin().name(),
            label,
            version: policy.plugin().version(),
            hash: policy.plugin().hash(),
            params: policy,
            unfinished: row.unfinished(),
            faults: faults.map(|(run, what)| Fault { run, what }).collect(),
            metrics: Metrics { row, from: None },
            differences: first.map(|first| Metrics {
                row,
                from: Some(first),
            }),
        }
    }
}
