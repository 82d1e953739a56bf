//! A listener, some seeders and a network between them, in virtual time: the
//! stage of these tests. Policies and network models are the built plugins.

use std::ops::Range;
use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;

use segue_core::ids::{PeerId, SessionId};
use segue_core::listener::{ListenerConfig, Output};
use segue_core::metrics::Metrics;
use segue_core::node::{Node, NodeConfig};
use segue_core::playback::Start;
use segue_core::seeder::SeederConfig;
use segue_core::session_log::{Begin, LOG_VERSION};
use segue_core::sim::{AppliesTo, Heard, Keep, Sim};
use segue_core::track::{TrackId, TrackInfo};
use segue_policy::host::{Network, Policy};
use segue_policy_host::{PluginSpec, Registry, SearchPath};

/// Every bundled policy.
pub const POLICIES: [&str; 5] = [
    "stop-1s",
    "buffered",
    "sequential-recovery",
    "random-recovery",
    "deadline",
];

/// The listener's number in the simulator; seeders follow from 1.
pub const LISTENER: usize = 0;
pub const SESSION: SessionId = SessionId(5);

/// The built plugins.
pub fn plugins() -> &'static Registry {
    static PLUGINS: OnceLock<Registry> = OnceLock::new();
    PLUGINS.get_or_init(|| {
        use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
        let exe = std::env::current_exe().expect("a test knows its program");
        let built = exe.parent().and_then(Path::parent).expect("target/profile");
        let files = [
            "playout_stop_1s",
            "playout_buffered",
            "playout_sequential_recovery",
            "playout_random_recovery",
            "playout_deadline",
            "network_random_delay",
        ]
        .map(|stem| built.join(format!("{DLL_PREFIX}segue_{stem}{DLL_SUFFIX}")));
        for file in &files {
            let name = file.display();
            assert!(
                file.exists(),
                "{name} is not there: build the workspace first"
            );
        }
        Registry::open(&SearchPath::only(files))
    })
}

/// A policy as a user names it.
pub fn policy(spec: &str, seed: u64) -> Box<dyn Policy> {
    let spec: PluginSpec = spec.parse().expect("a policy");
    let plugin = plugins().policy(spec.name()).expect("a bundled policy");
    let configured = plugin.configure(&spec).expect("good settings");
    configured.policy(seed).expect("an instance")
}

/// A network model as a user names it.
pub fn network(spec: &str, seed: u64) -> Box<dyn Network> {
    let spec: PluginSpec = spec.parse().expect("a network model");
    let plugin = plugins().network(spec.name()).expect("a bundled model");
    let configured = plugin.configure(&spec).expect("good settings");
    configured.network(seed).expect("an instance")
}

/// Of 160 kb/s, with its head.
const PACKET_BYTES: u32 = 418;

/// A track of 20 ms packets.
pub fn track(packets: u32) -> TrackInfo {
    TrackInfo {
        id: TrackId([1; 32]),
        packets,
        sample_rate: 50_000,
        samples_per_packet: 1000,
        channels: 2,
        gapless: None,
        bytes: u64::from(PACKET_BYTES) * u64::from(packets),
        title: "Test".into(),
        artist: String::new(),
        album: String::new(),
        name: "test".into(),
    }
}

/// A node whose secret and name follow from a number.
pub fn node(number: u8, seeder: SeederConfig) -> Node {
    Node::new(NodeConfig {
        peer: PeerId(number.into()),
        port: Sim::PORT,
        secret: [number; 32],
        seeder,
    })
}

/// The paper's seeder: a packet each 20 ms, every request a stream of its own.
pub fn paper_seeder() -> SeederConfig {
    SeederConfig {
        pace: Some(Duration::from_millis(20)),
        availability: 0.8,
        recovery_streams: true,
        ..SeederConfig::default()
    }
}

/// What is to be staged.
#[derive(Clone)]
pub struct Setup {
    pub packets: u32,
    pub packet_bytes: u32,
    pub seeders: Vec<SeederConfig>,
    pub policy: String,
    pub network: String,
    pub applies_to: AppliesTo,
    pub seed: u64,
    pub paced: bool,
    pub timeline: bool,
    pub keep: Keep,
    pub log: bool,
    pub start: Start,
    pub have: Vec<Range<u32>>,
    /// The device asks at once; else a test attaches it later.
    pub asks: bool,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            packets: 500,
            packet_bytes: PACKET_BYTES,
            seeders: vec![SeederConfig::default(); 2],
            policy: "buffered".into(),
            network: "random-delay".into(),
            applies_to: AppliesTo::All,
            seed: 1,
            paced: true,
            timeline: false,
            keep: Keep::Everything,
            log: false,
            start: Start::BEGINNING,
            have: Vec::new(),
            asks: true,
        }
    }
}

/// A stage with a session on it.
pub struct World {
    pub sim: Sim,
    pub setup: Setup,
    heard: Heard,
}

impl Setup {
    fn track(&self) -> TrackInfo {
        TrackInfo {
            bytes: u64::from(self.packet_bytes) * u64::from(self.packets),
            ..track(self.packets)
        }
    }

    /// A session whose device asks, and whose seeders joined.
    pub fn begin(self) -> World {
        let policy = policy(&self.policy, self.seed);
        self.begin_with(policy)
    }

    /// The same with a policy of the test's own.
    pub fn begin_with(self, policy: Box<dyn Policy>) -> World {
        let model = network(&self.network, self.seed);
        let sim = Sim::new(vec![model], self.applies_to);
        self.begin_in(sim, policy)
    }

    /// The same in a network of the test's own.
    pub fn begin_in(self, mut sim: Sim, policy: Box<dyn Policy>) -> World {
        sim.keep(self.keep);
        sim.add(node(0, SeederConfig::default()));
        let config = ListenerConfig {
            session: SESSION,
            track: self.track(),
            paced: self.paced,
            ahead_packets: u32::MAX,
            timeline: self.timeline,
            start: self.start,
            have: self.have.clone(),
        };
        let begin = self.log.then(|| Begin {
            log_version: LOG_VERSION,
            program: "test".into(),
            at: sim.now(),
            config: config.clone(),
            policy: self.policy.clone(),
            policy_version: "0".into(),
            seed: self.seed,
        });
        sim.with_node(LISTENER, |node, now| node.open(now, config, policy, begin));
        let mut world = World {
            sim,
            setup: self,
            heard: Vec::new(),
        };
        for seeder in world.setup.seeders.clone() {
            world.add_seeder(seeder);
        }
        if world.setup.asks {
            world.sim.attach(LISTENER, SESSION);
        }
        world
    }

    /// Begins and runs to the end.
    pub fn play(self) -> World {
        let mut world = self.begin();
        world.play();
        world
    }
}

impl World {
    /// Adds a seeder and brings it into the session; answers its number.
    pub fn add_seeder(&mut self, config: SeederConfig) -> usize {
        let number = self.sim.node_count();
        let seed = self.setup.seed * 1000 + number as u64;
        let node = self.seeder_node(number, SeederConfig { seed, ..config });
        let at = self.sim.add(node);
        let token = self
            .sim
            .node(at)
            .token_for(Sim::address(LISTENER), self.sim.now());
        self.sim.with_node(LISTENER, |node, now| {
            node.join(now, SESSION, Sim::address(at), token);
        });
        at
    }

    /// A seeder's node as it is after a fresh start.
    pub fn seeder_node(&self, secret: usize, config: SeederConfig) -> Node {
        let mut node = node(secret as u8, config);
        // Served, but not announced: these tests bring nodes together by hand.
        node.serve_only([&self.setup.track()]);
        node
    }

    /// Runs until the session is over, an hour at most.
    pub fn play(&mut self) {
        let end = self.sim.now() + Duration::from_secs(3600);
        self.sim.run_until(end, |sim| {
            sim.node(LISTENER)
                .session(SESSION)
                .is_none_or(|s| s.has_ended())
        });
        self.heard.extend(self.sim.take_heard());
    }

    /// The device asks from now on.
    pub fn attach(&mut self) {
        self.sim.attach(LISTENER, SESSION);
    }

    /// The listener pauses, or goes on.
    pub fn pause(&mut self, paused: bool) {
        self.sim
            .with_node(LISTENER, |node, now| node.pause(now, SESSION, paused));
    }

    /// Runs for so many virtual seconds.
    pub fn run_s(&mut self, seconds: f64) {
        let end = self.sim.now() + Duration::from_secs_f64(seconds);
        self.sim.run_until(end, |_| false);
        self.heard.extend(self.sim.take_heard());
    }

    pub fn ended(&self) -> bool {
        self.session().has_ended()
    }

    pub fn session(&self) -> &segue_core::listener::Listener {
        self.sim.node(LISTENER).session(SESSION).expect("open")
    }

    pub fn metrics(&self) -> Metrics {
        self.session().metrics()
    }

    /// Everything the session wanted done, in order.
    pub fn heard(&self) -> &Heard {
        &self.heard
    }

    /// Numbers of the packets played, in order.
    pub fn played(&self) -> Vec<u32> {
        let play = |output: &Output| match output {
            Output::Play { packet } => Some(*packet),
            _ => None,
        };
        self.heard
            .iter()
            .filter_map(|(_, _, output)| play(output))
            .collect()
    }
}
