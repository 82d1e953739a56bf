//! A scenario with its plugins, from which each run's scene is made.

use std::time::Duration;

use segue_core::scene::{Scene, Server};
use segue_core::seeder::SeederConfig;
use segue_core::session_log::PolicyLabel;
use segue_core::time::Timestamp;
use segue_core::track::{TrackId, TrackInfo};
use segue_policy::host;
use segue_policy_host::{Configured, CreateError, Plugin, Registry};
use serde::{Deserialize, Serialize};

use super::seeds::{Purpose, Seeds};
use crate::entry::{Entry, EntryError, networks};
use crate::scenario::{Scenario, Seeder, Track};

/// What a run is to keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Keep {
    /// How it went, and nothing else.
    Outcome,
    /// What happened to each packet, too.
    Timeline,
    /// All that the session did, too.
    Everything,
}

/// A scenario ready to be played by anyone.
#[derive(Clone)]
pub struct Stage {
    scenario: Scenario,
    track: TrackInfo,
    network: Vec<Configured>,
    own_networks: Vec<Option<Vec<Configured>>>,
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

    /// The plugins of all its networks.
    pub(crate) fn networks(&self) -> impl Iterator<Item = &Plugin> {
        let own = self.own_networks.iter().flatten().flatten();
        self.network.iter().chain(own).map(Configured::plugin)
    }

    pub(crate) fn set_chance(&mut self, seed: u64, runs: u32) {
        (self.scenario.seed, self.scenario.runs) = (seed, runs);
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
    /// All that decides one playback, with random numbers of its own.
    ///
    /// # Errors
    /// When a plugin cannot make an instance.
    pub fn scene(&self, entry: &Entry, run: u32, keep: Keep) -> Result<Scene, CreateError> {
        let seeds = Seeds::new(self.scenario.seed, run);
        let models = self.models(run)?;
        let seeders = self.scenario.seeders.iter().zip(models.own).enumerate();
        let server = |(number, (seeder, network)): (usize, (&Seeder, _))| Server {
            config: self.seeder_config(seeder, seeds.of(&Purpose::Seeder(number))),
            joins: Timestamp::from_secs_f64(seeder.join_s),
            dies: (seeder.leave_s > 0.0).then(|| Timestamp::from_secs_f64(seeder.leave_s)),
            network,
        };
        Ok(Scene {
            track: self.track.clone(),
            policy: entry.policy.policy(seeds.of(&Purpose::Policy))?,
            seeders: seeders.map(server).collect(),
            network: models.common,
            applies_to: self.scenario.applies_to,
            lapses: entry.lapses_of(run),
            timeout: Timestamp::from_secs_f64(self.scenario.timeout_s),
            timeline: keep != Keep::Outcome,
            log: (keep == Keep::Everything).then(|| PolicyLabel {
                policy: entry.label.clone(),
                version: entry.policy.plugin().version().into(),
                seed: seeds.of(&Purpose::Policy),
            }),
        })
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
