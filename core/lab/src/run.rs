//! One playback of one policy.

mod seeds;
mod simulated;
mod stage;

use segue_core::listener::Output;
use segue_core::metrics::Metrics;
use segue_core::scene::{Lapse, Played};
use segue_core::session_log::Line;
use segue_core::time::Timestamp;
use segue_core::timeline::Timeline;
use serde::{Deserialize, Serialize};

pub use simulated::simulate;
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
    /// How late the output asked for a frame at most, seconds: more than a few
    /// milliseconds where a live run had not the machine's time for itself.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub latest_s: f64,
    /// When the nodes of a live run ran late.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lapses: Vec<Lapse>,
    /// Why the policy or a network model failed, if one did: a simple one went
    /// on in its place.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<String>,
}

fn is_zero(seconds: &f64) -> bool {
    *seconds == 0.0
}

impl Outcome {
    /// Startup and stalls over the least possible; only where nothing is
    /// missing, and the limit is not next to nothing.
    pub fn vs_limit(&self) -> Option<f64> {
        let limit_s = self.limit_s.filter(|_| !self.has_tiny_limit())?;
        let whole = !self.metrics.unfinished && self.metrics.missing_ratio == 0.0;
        let waited_s = self.metrics.startup_s? + self.metrics.stall_s;
        whole.then_some(waited_s / limit_s)
    }

    /// The limit is shorter than a packet: anything is a hundred times as much.
    pub fn has_tiny_limit(&self) -> bool {
        let packets = f64::from(self.metrics.packets_played.max(1));
        let packet_s = self.metrics.played_s / packets;
        self.limit_s.is_some_and(|limit_s| limit_s < packet_s)
    }
}

/// A run to look at closely.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Record {
    /// How it went.
    pub outcome: Outcome,
    /// What happened to each packet.
    pub timeline: Timeline,
    /// What the policy said of its decisions.
    pub reasons: Vec<(Timestamp, String)>,
    /// When the run was over.
    pub end: Timestamp,
    /// The session's log; empty unless everything is kept.
    pub log: Vec<Line>,
}

impl Record {
    pub(crate) fn new(played: Played, limit_s: Option<f64>) -> Self {
        Self {
            outcome: Outcome {
                metrics: played.metrics,
                limit_s,
                latest_s: played.latest_s,
                lapses: played.lapses,
                faults: played.faults,
            },
            timeline: played.timeline,
            reasons: played.reasons,
            end: played.end,
            log: played.log,
        }
    }

    /// What the listener's session did, in order; empty unless everything is
    /// kept.
    pub fn heard(&self) -> impl Iterator<Item = (Timestamp, &Output)> {
        self.log.iter().filter_map(|line| match line {
            Line::Out(at, output) => Some((*at, output)),
            _ => None,
        })
    }
}
