//! Small sessions to show to policies, and a record of what they did.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use segue_policy::abi::{self, RawArrival, RawAsk, RawSeeder};
use segue_policy::host::{ActionSink, Fault, Policy, ViewParts, with_actions};
use segue_policy::{Decision, Range, Refused};
use segue_policy_host::{Plugin, PluginSpec, Registry, SearchPath};

/// A second in nanoseconds.
pub const S: u64 = 1_000_000_000;

/// The folder of the built plugins: `target/<profile>`.
pub fn built() -> PathBuf {
    let exe = std::env::current_exe().expect("a test knows its program");
    let folder = exe.parent().and_then(Path::parent).expect("target/profile");
    folder.to_path_buf()
}

/// File name of a built library.
pub fn library(stem: &str) -> String {
    use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
    format!("{DLL_PREFIX}{stem}{DLL_SUFFIX}")
}

/// The bundled plugins.
pub fn bundled() -> &'static Registry {
    static BUNDLED: OnceLock<Registry> = OnceLock::new();
    BUNDLED.get_or_init(|| {
        let files = [
            "playout_stop_1s",
            "playout_buffered",
            "playout_sequential_recovery",
            "playout_random_recovery",
            "network_none",
            "network_random_delay",
        ]
        .map(|stem| built().join(library(&format!("segue_{stem}"))));
        for file in &files {
            assert!(
                file.exists(),
                "{} is not there; build the workspace first: cargo build --workspace",
                file.display()
            );
        }
        Registry::open(&SearchPath::only(files))
    })
}

/// A bundled policy with these settings.
pub fn policy(spec: &str, seed: u64) -> Box<dyn Policy> {
    let spec: PluginSpec = spec.parse().unwrap();
    let plugin = bundled().policy(spec.name()).unwrap();
    plugin.configure(&spec).unwrap().policy(seed).unwrap()
}

/// Compiles a C source of this folder into a library in `out`.
pub fn compile(source: &str, defines: &[&str], out: &Path) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let status = Command::new("cc")
        .args([
            "-std=c99", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC",
        ])
        .args(defines.iter().map(|define| format!("-D{define}")))
        .arg("-I")
        .arg(folder.join("../contract/include"))
        .arg("-o")
        .arg(out)
        .arg(folder.join("tests/it").join(source))
        .status()
        .expect("these tests need a C compiler named cc");
    assert!(status.success(), "{source} does not compile");
    out.to_path_buf()
}

/// Loads one file.
pub fn load(path: &Path) -> Plugin {
    Plugin::load(path).unwrap_or_else(|error| panic!("{error}"))
}

/// A session at one moment.
pub struct Scene {
    pub now_ns: u64,
    pub due: bool,
    pub paced: bool,
    pub playhead: u32,
    pub packets: u32,
    pub here: Vec<u64>,
    pub seeders: Vec<RawSeeder>,
    pub asks: Vec<RawAsk>,
    pub arrivals: Vec<RawArrival>,
}

impl Scene {
    /// Nothing is here yet, and the device waits.
    pub fn new(packets: u32, seeders: usize) -> Self {
        Self {
            now_ns: 0,
            due: true,
            paced: true,
            playhead: 0,
            packets,
            here: vec![0; packets.div_ceil(64) as usize],
            seeders: vec![RawSeeder::joining(0); seeders],
            asks: Vec::new(),
            arrivals: Vec::new(),
        }
    }

    /// A packet comes by stream.
    pub fn arrive(&mut self, seeder: u32, packet: u32) {
        self.arrivals.push(RawArrival {
            packet,
            seeder,
            at_ns: self.now_ns,
            flags: abi::ARRIVAL_STREAM,
            reserved: 0,
        });
        self.put(packet..packet + 1);
    }

    /// Packets are here, however they came.
    pub fn put(&mut self, packets: impl IntoIterator<Item = u32>) {
        for packet in packets {
            self.here[packet as usize / 64] |= 1 << (packet % 64);
        }
    }

    /// Asks the policy, and forgets the arrivals.
    pub fn decide(&mut self, policy: &mut dyn Policy) -> (Result<Decision, Fault>, Record) {
        let parts = ViewParts {
            frame_due: self.due,
            paced: self.paced,
            now_ns: self.now_ns,
            next_due_ns: self.now_ns,
            state_since_ns: 0,
            state: abi::STATE_HOLDING,
            playhead: self.playhead,
            packets: self.packets,
            here_count: self.here.iter().map(|word| word.count_ones()).sum(),
            samples_per_packet: 882,
            sample_rate: 44_100,
            here: &self.here,
            seeders: &self.seeders,
            asks: &self.asks,
            arrivals: &self.arrivals,
        };
        let mut record = Record::default();
        let view = parts.view();
        let answer = with_actions(&mut record, |actions| policy.decide(&view, actions));
        self.arrivals.clear();
        (answer, record)
    }

    /// The same, when it does not fail.
    pub fn ask(&mut self, policy: &mut dyn Policy) -> (Decision, Record) {
        let (answer, record) = self.decide(policy);
        (answer.expect("no fault"), record)
    }
}

/// What a policy did.
#[derive(Debug, Default, PartialEq)]
pub struct Record {
    /// Seeder and first packet.
    pub streams: Vec<(u32, u32)>,
    /// Seeder and packets in order.
    pub requests: Vec<(u32, Vec<u32>)>,
    pub wake_ns: Option<u64>,
    pub lines: Vec<String>,
}

impl ActionSink for Record {
    fn stream(&mut self, seeder: u32, first: u32, _rate: f64) -> Result<(), Refused> {
        self.streams.push((seeder, first));
        Ok(())
    }

    fn request(
        &mut self,
        _id: u64,
        seeder: u32,
        ranges: &mut dyn Iterator<Item = Range>,
        _rate: f64,
    ) -> Result<(), Refused> {
        let packets = ranges.flat_map(Range::packets).collect();
        self.requests.push((seeder, packets));
        Ok(())
    }

    fn cancel(&mut self, _id: u64) -> Result<(), Refused> {
        Ok(())
    }

    fn wake_at(&mut self, at_ns: u64) {
        self.wake_ns = Some(self.wake_ns.map_or(at_ns, |before| before.min(at_ns)));
    }

    fn log(&mut self, line: &str) {
        self.lines.push(line.to_owned());
    }
}
