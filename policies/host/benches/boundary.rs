//! What a call through the plugin boundary costs.
//!
//! Build the plugins first: `cargo build --release --workspace`.

use std::hint::black_box;
use std::path::Path;

use criterion::{Criterion, criterion_group, criterion_main};
use segue_policy::abi::{RawSeeder, SEEDER_STREAMING, STATE_PLAYING};
use segue_policy::host::{ActionSink, Policy, ViewParts, with_actions};
use segue_policy::{
    Actions, Datagram, Decision, Direction, Info, PlayoutPolicy, Range, Refused, Values, View,
};
use segue_policy_host::{Registry, SearchPath};

const PACKETS: u32 = 28_000;

struct Nowhere;

impl ActionSink for Nowhere {
    fn stream(&mut self, _seeder: u32, _first: u32, _rate: f64) -> Result<(), Refused> {
        Ok(())
    }
    fn request(
        &mut self,
        _id: u64,
        _seeder: u32,
        _ranges: &mut dyn Iterator<Item = Range>,
        _rate: f64,
    ) -> Result<(), Refused> {
        Ok(())
    }
    fn cancel(&mut self, _id: u64) -> Result<(), Refused> {
        Ok(())
    }
    fn wake_at(&mut self, _at_ns: u64) {}
    fn log(&mut self, _line: &str) {}
}

/// The least that a policy can do, without a boundary.
struct Hold;

impl PlayoutPolicy for Hold {
    const INFO: Info = Info::new("hold", "1.0.0", "holds");
    fn new(_values: &Values<'_>, _seed: u64) -> Self {
        Self
    }
    fn decide(&mut self, view: &View<'_>, _actions: &mut Actions<'_>) -> Decision {
        black_box(view.now_ns());
        Decision::Hold
    }
}

fn boundary(c: &mut Criterion) {
    let registry = Registry::open(&SearchPath::new([]));
    let needs = "build the plugins first: cargo build --release --workspace";
    let mut seeders = [RawSeeder::joining(0); 2];
    for seeder in &mut seeders {
        seeder.set(SEEDER_STREAMING, true);
    }
    // All is here: what is left is the call and a look at the bitmap.
    let here = vec![u64::MAX; PACKETS.div_ceil(64) as usize];
    let parts = ViewParts {
        frame_due: true,
        paced: true,
        now_ns: 1,
        next_due_ns: 1,
        state_since_ns: 0,
        state: STATE_PLAYING,
        playhead: 100,
        packets: PACKETS,
        here_count: PACKETS,
        samples_per_packet: 1152,
        sample_rate: 44_100,
        here: &here,
        seeders: &seeders,
        asks: &[],
        ask_end: 0,
        arrivals: &[],
    };
    let mut run = |name: &str, mut policy: Box<dyn Policy>| {
        let mut sink = Nowhere;
        c.bench_function(name, |b| {
            b.iter(|| {
                let view = black_box(&parts).view();
                with_actions(&mut sink, |actions| policy.decide(&view, actions))
            });
        });
    };
    run("decide without a boundary: hold", Box::new(Hold));
    let policies = [
        "stop-1s",
        "buffered",
        "sequential-recovery",
        "random-recovery",
        "deadline",
    ];
    for name in policies {
        let plugin = registry.policy(name).expect(needs);
        let policy = plugin.defaults().policy(1).expect("starts");
        run(&format!("decide: {name}"), policy);
    }
    let names = [
        "none",
        "random-delay",
        "gilbert-elliott",
        "bursts",
        "g1050",
        "rate-limit",
    ];
    for name in names {
        let plugin = registry.network(name).expect(needs);
        let mut network = plugin.defaults().network(1).expect("starts");
        let mut index = 0;
        c.bench_function(&format!("transit: {name}"), |b| {
            b.iter(|| {
                index += 1;
                network.transit(&Datagram {
                    link: 0,
                    direction: Direction::ToListener,
                    traffic: segue_policy::Traffic::Media,
                    bytes: 500,
                    now_ns: index * 20_000_000, // as music comes
                    index,
                })
            });
        });
    }
    let file = registry.policy("stop-1s").expect(needs).path().to_owned();
    c.bench_function("load a plugin", |b| {
        b.iter(|| segue_policy_host::Plugin::load(Path::new(&file)));
    });
}

criterion_group!(benches, boundary);
criterion_main!(benches);
