//! One playback, ready to begin: who listens with which policy, who serves, and
//! the network between them.
//!
//! The simulator's driver and the live one both play it, with the same draws of
//! chance: what differs between them is time alone.

use segue_policy::host;
use serde::{Deserialize, Serialize};

use crate::network::AppliesTo;
use crate::seeder::SeederConfig;
use crate::session_log::{Line, PolicyLabel};
use crate::time::Timestamp;
use crate::timeline::Timeline;
use crate::track::TrackInfo;

/// One playback, from the beginning of a track, to an output that keeps time.
/// All times are counted from the moment when somebody wants to listen.
pub struct Scene {
    /// What is played.
    pub track: TrackInfo,
    /// How it is played.
    pub policy: Box<dyn host::Policy>,
    /// Who serves it.
    pub seeders: Vec<Server>,
    /// The common network between the listener and each seeder.
    pub network: Vec<Box<dyn host::Network>>,
    /// Which datagrams the network models touch.
    pub applies_to: AppliesTo,
    /// When its nodes do not run, for a driver of virtual time: in real time they
    /// have lapses of their own.
    pub lapses: Vec<Lapse>,
    /// When it is given up.
    pub timeout: Timestamp,
    /// Keep a timeline and the policy's reasons.
    pub timeline: bool,
    /// Keep the session's log, in which the policy is called this.
    pub log: Option<PolicyLabel>,
}

/// One who serves the track of a [`Scene`].
pub struct Server {
    /// How it serves.
    pub config: SeederConfig,
    /// When the listener learns of it.
    pub joins: Timestamp,
    /// When it falls silent without a word.
    pub dies: Option<Timestamp>,
    /// A network of its own instead of the common one.
    pub network: Option<Vec<Box<dyn host::Network>>>,
}

/// A time in which a node did not run though it had something to do: its machine
/// was busy elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lapse {
    /// The listener is 0; seeders follow, by their place in the scene.
    pub node: usize,
    /// When something was to be done.
    pub from: Timestamp,
    /// When it ran again. Lapses of one node do not overlap.
    pub until: Timestamp,
}

/// Something that happens to a seeder, by its place in the scene.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// The listener learns of it.
    Joins(usize),
    /// It falls silent without a word.
    Dies(usize),
}

impl Scene {
    /// What happens to the seeders, in order.
    pub fn turns(&self) -> Vec<(Timestamp, Turn)> {
        let mut turns = Vec::new();
        for (number, server) in self.seeders.iter().enumerate() {
            turns.push((server.joins, Turn::Joins(number)));
            turns.extend(server.dies.map(|dies| (dies, Turn::Dies(number))));
        }
        turns.sort_by_key(|&(at, _)| at);
        turns
    }
}

/// A scene that was played.
#[derive(Clone, Debug, Default)]
pub struct Played {
    /// How it went.
    pub metrics: crate::metrics::Metrics,
    /// What happened to each packet, if that was to be kept.
    pub timeline: Timeline,
    /// What the policy said of its decisions, if that was to be kept.
    pub reasons: Vec<(Timestamp, String)>,
    /// When it was over.
    pub end: Timestamp,
    /// The session's log, if that was to be kept.
    pub log: Vec<Line>,
    /// How late the output asked for a frame at most, seconds: 0 in virtual time.
    /// In real time it tells whether the machine had time for it all.
    pub latest_s: f64,
    /// When its nodes ran late; none in virtual time.
    pub lapses: Vec<Lapse>,
    /// What there is to say against the policy or a network model: it failed, and
    /// a simple one went on in its place; or it was refused what makes no sense.
    pub faults: Vec<String>,
}
