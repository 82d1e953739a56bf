//! One playback of one policy, in virtual time.

mod seeds;
mod stage;

use segue_core::listener::Output;
use segue_core::metrics::Metrics;
use segue_core::session_log::Line;
use segue_core::time::Timestamp;
use segue_core::timeline::Timeline;
use serde::{Deserialize, Serialize};

pub(crate) use stage::Models;
pub use stage::{Keep, Stage};

/// How a run went.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// The quality metrics.
    pub metrics: Metrics,
    /// The least startup with which anybody could have played on without stall
    /// or gap, seconds; see [`crate::limit`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit_s: Option<f64>,
    /// Why the policy or a network model failed, if one did: a simple one went
    /// on in its place.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<String>,
}

impl Outcome {
    /// Startup and stalls over the least possible; only where nothing is
    /// missing and there is a limit.
    pub fn vs_limit(&self) -> Option<f64> {
        let limit_s = self.limit_s.filter(|&limit_s| limit_s > 0.0)?;
        let whole = !self.metrics.unfinished && self.metrics.missing_ratio == 0.0;
        let waited_s = self.metrics.startup_s? + self.metrics.stall_s;
        whole.then_some(waited_s / limit_s)
    }
}

/// A run to look at closely.
#[derive(Clone, Debug, Default)]
pub struct Record {
    /// How it went.
    pub outcome: Outcome,
    /// What happened to each packet.
    pub timeline: Timeline,
    /// When the run was over.
    pub end: Timestamp,
    /// What the listener's session did, in order; empty unless everything is
    /// kept.
    pub heard: Vec<(Timestamp, Output)>,
    /// The session's log; empty unless everything is kept.
    pub log: Vec<Line>,
}
