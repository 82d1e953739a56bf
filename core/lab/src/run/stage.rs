//! A scenario set up in the simulator: nodes, seeders that come and go, and the
//! network between them.

use std::time::Duration;

use segue_core::ids::{PeerId, SessionId};
use segue_core::listener::{Event, ListenerConfig, Output};
use segue_core::node::{Node, NodeConfig};
use segue_core::playback::Start;
use segue_core::seeder::SeederConfig;
use segue_core::session_log::{Begin, LOG_VERSION};
use segue_core::sim::{self, Sim};
use segue_core::time::Timestamp;
use segue_core::track::{TrackId, TrackInfo};
use segue_policy::host;
use segue_policy_host::{Configured, CreateError, Registry};

use super::seeds::{Purpose, Seeds};
use super::{Outcome, Record};
use crate::entry::{Entry, EntryError, networks};
use crate::scenario::{Scenario, Seeder, Track};

/// What a run is to keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// How it went, and nothing else.
    Outcome,
    /// What happened to each packet, too.
    Timeline,
    /// All that the session did, too.
    Everything,
}

/// A scenario ready to be played by anyone.
pub struct Stage {
    scenario: Scenario,
    track: TrackInfo,
    network: Vec<Configured>,
    own_networks: Vec<Option<Vec<Configured>>>,
}

/// The listener's number; seeders follow.
const LISTENER: usize = 0;
const SESSION: SessionId = SessionId(1);

/// Something that happens to a seeder.
enum Turn {
    Joins(usize),
    Dies(usize),
}

impl Stage {
    /// A scenario with the plugins that its networks need.
    ///
    /// `file` is what is known of the track's file, if the scenario names one.
    ///
    /// # Errors
    /// When a network model or a setting does not exist.
    pub fn new(
        registry: &Registry,
        scenario: Scenario,
        file: Option<TrackInfo>,
    ) -> Result<Self, EntryError> {
        let network = networks(registry, &scenario, &scenario.network)?;
        let own = |seeder: &Seeder| {
            let chain = seeder.network.as_ref();
            chain
                .map(|chain| networks(registry, &scenario, chain))
                .transpose()
        };
        let own_networks = scenario.seeders.iter().map(own).collect::<Result<_, _>>()?;
        Ok(Self {
            track: file.unwrap_or_else(|| made(&scenario.track)),
            network,
            own_networks,
            scenario,
        })
    }

    /// The scenario.
    pub fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    /// What is played.
    pub fn track(&self) -> &TrackInfo {
        &self.track
    }

    /// The network models of a run, anew: the common ones, and each seeder's
    /// own.
    pub(crate) fn models(&self, run: u32) -> Result<Models, CreateError> {
        let seeds = Seeds::new(self.scenario.seed, run);
        let own = self.own_networks.iter().enumerate().map(|(number, chain)| {
            let seed = |place| seeds.of(&Purpose::OwnNetwork(number, place));
            chain.as_ref().map(|chain| create(chain, seed)).transpose()
        });
        Ok(Models {
            common: create(&self.network, |place| seeds.of(&Purpose::Network(place)))?,
            own: own.collect::<Result<_, _>>()?,
        })
    }
}

impl Stage {
    /// One playback, and how it went.
    ///
    /// # Errors
    /// When a plugin cannot make an instance.
    pub fn play(&self, entry: &Entry, run: u32) -> Result<Outcome, CreateError> {
        Ok(self.record(entry, run, Keep::Outcome)?.outcome)
    }

    /// One playback, kept in more detail. It is the same playback, whatever is
    /// kept.
    ///
    /// # Errors
    /// When a plugin cannot make an instance.
    pub fn record(&self, entry: &Entry, run: u32, keep: Keep) -> Result<Record, CreateError> {
        let seeds = Seeds::new(self.scenario.seed, run);
        let policy = entry.policy.policy(seeds.of(&Purpose::Policy))?;
        let models = self.models(run)?;
        let mut sim = Sim::new(models.common, self.scenario.applies_to);
        if keep != Keep::Everything {
            sim.keep(sim::Keep::Events);
        }
        sim.add(node(LISTENER, SeederConfig::default()));
        for (number, (seeder, own)) in self.scenario.seeders.iter().zip(models.own).enumerate() {
            let seed = seeds.of(&Purpose::Seeder(number));
            let mut node = node(number + 1, self.seeder_config(seeder, seed));
            // Served, but not announced: seeders join when the scenario says.
            node.serve_only([&self.track]);
            let index = sim.add(node);
            if let Some(own) = own {
                sim.set_network(LISTENER, index, own);
            }
        }
        let config = ListenerConfig {
            session: SESSION,
            track: self.track.clone(),
            paced: true,
            ahead_packets: u32::MAX,
            timeline: keep != Keep::Outcome,
            start: Start::BEGINNING,
            have: Vec::new(),
        };
        let begin = (keep == Keep::Everything).then(|| Begin {
            log_version: LOG_VERSION,
            program: env!("CARGO_PKG_VERSION").into(),
            at: sim.now(),
            config: config.clone(),
            policy: entry.label.clone(),
            policy_version: entry.policy.plugin().version().into(),
            seed: seeds.of(&Purpose::Policy),
        });
        sim.with_node(LISTENER, |node, now| node.open(now, config, policy, begin));
        let mut record = Record::default();
        self.perform(&mut sim, keep, &mut record);
        let faults = sim.take_faults().into_iter();
        record
            .outcome
            .faults
            .extend(faults.map(|(_, fault)| fault.to_string()));
        if let Some(session) = sim.node(LISTENER).session(SESSION) {
            record.outcome.metrics = session.metrics();
            record.timeline = session.timeline().clone();
        }
        record.log = sim.with_node(LISTENER, |node, _| node.take_log(SESSION));
        record.end = sim.now();
        Ok(record)
    }

    fn seeder_config(&self, seeder: &Seeder, seed: u64) -> SeederConfig {
        let pace = (seeder.pace_ms > 0.0).then(|| Duration::from_secs_f64(seeder.pace_ms / 1e3));
        let packet_bytes = self.track.bytes as f64 / f64::from(self.track.packets.max(1));
        SeederConfig {
            order: seeder.order,
            pace,
            availability: seeder.availability,
            max_bytes_per_s: (seeder.max_rate > 0.0).then_some(seeder.max_rate * packet_bytes),
            recovery_streams: seeder.recovery_streams,
            seed,
            ..SeederConfig::default()
        }
    }

    /// Runs the session to its end, while seeders come and go.
    fn perform(&self, sim: &mut Sim, keep: Keep, record: &mut Record) {
        let mut attached = false;
        for (at, turn) in self.turns() {
            if at > Timestamp::ZERO && !attached {
                sim.attach(LISTENER, SESSION);
                attached = true;
            }
            run_to(sim, at, keep, record);
            match turn {
                Turn::Joins(seeder) => join(sim, seeder),
                Turn::Dies(seeder) => sim.set_dead(seeder, true),
            }
        }
        if !attached {
            sim.attach(LISTENER, SESSION);
        }
        let timeout = Timestamp::from_secs_f64(self.scenario.timeout_s);
        run_to(sim, timeout, keep, record);
    }

    /// What happens to seeders (by their numbers in the simulator), in order.
    fn turns(&self) -> Vec<(Timestamp, Turn)> {
        let mut turns = Vec::new();
        for (number, seeder) in self.scenario.seeders.iter().enumerate() {
            let index = LISTENER + 1 + number;
            turns.push((Timestamp::from_secs_f64(seeder.join_s), Turn::Joins(index)));
            if seeder.leave_s > 0.0 {
                turns.push((Timestamp::from_secs_f64(seeder.leave_s), Turn::Dies(index)));
            }
        }
        turns.sort_by_key(|&(at, _)| at);
        turns
    }
}

fn node(number: usize, seeder: SeederConfig) -> Node {
    Node::new(NodeConfig {
        peer: PeerId(number as u64),
        port: Sim::PORT,
        secret: [number as u8; 32],
        seeder,
    })
}

fn join(sim: &mut Sim, seeder: usize) {
    let (now, listener) = (sim.now(), sim.address_of(LISTENER));
    let token = sim.node(seeder).token_for(listener, now);
    let address = sim.address_of(seeder);
    sim.with_node(LISTENER, |node, now| {
        node.join(now, SESSION, address, token)
    });
}

fn has_ended(sim: &Sim) -> bool {
    let session = sim.node(LISTENER).session(SESSION);
    session.is_none_or(|session| session.has_ended())
}

/// Runs until `end`, unless the session is over before.
fn run_to(sim: &mut Sim, end: Timestamp, keep: Keep, record: &mut Record) {
    if !has_ended(sim) {
        sim.run_until(end, has_ended);
    }
    for (at, _, output) in sim.take_heard() {
        if let Output::Event(Event::PolicyFailed(why)) = &output {
            record.outcome.faults.push(why.clone());
        }
        if keep == Keep::Everything {
            record.heard.push((at, output));
        }
    }
}

/// Fresh network models.
pub(crate) struct Models {
    pub common: Vec<Box<dyn host::Network>>,
    pub own: Vec<Option<Vec<Box<dyn host::Network>>>>,
}

fn create(
    chain: &[Configured],
    seed: impl Fn(usize) -> u64,
) -> Result<Vec<Box<dyn host::Network>>, CreateError> {
    let models = chain.iter().enumerate();
    models
        .map(|(place, model)| model.network(seed(place)))
        .collect()
}

/// A track that nobody can hear.
fn made(track: &Track) -> TrackInfo {
    let (packets, packet_ms, packet_bytes) = match *track {
        Track::Made {
            packets,
            packet_ms,
            packet_bytes,
        } => (packets, packet_ms, packet_bytes),
        Track::File(_) => (1, 20.0, 1),
    };
    const SAMPLES_PER_PACKET: u16 = 1000;
    TrackInfo {
        id: TrackId([1; 32]),
        packets,
        sample_rate: (f64::from(SAMPLES_PER_PACKET) * 1000.0 / packet_ms).round() as u32,
        samples_per_packet: SAMPLES_PER_PACKET,
        channels: 2,
        gapless: None,
        bytes: u64::from(packet_bytes) * u64::from(packets),
        title: "made".into(),
        artist: String::new(),
        album: String::new(),
        name: "made".into(),
    }
}
