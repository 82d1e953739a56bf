use segue_core::ids::{PeerId, SessionId};
use segue_core::listener::ListenerConfig;
use segue_core::node::{Node, NodeConfig};
use segue_core::seeder::SeederConfig;
use segue_core::sim::{AppliesTo, Sim};
use segue_core::time::Timestamp;
use segue_core::track::{TrackId, TrackInfo};
use segue_policy::abi::{PARAM_CHOICE, Str, Value};
use segue_policy::blocks::Recovery;
use segue_policy::*;
use std::time::Duration;

struct Rec(Recovery);
impl PlayoutPolicy for Rec {
    const INFO: Info = Info::new("rec", "1", "x").with_params(Recovery::PARAMS);
    fn new(values: &Values<'_>, _seed: u64) -> Self {
        Self(Recovery::new(values))
    }
    fn decide(&mut self, v: &View<'_>, a: &mut Actions<'_>) -> Decision {
        self.0.decide(v, a, |_| {})
    }
}
fn policy(over: &[(&str, f64)]) -> Box<Rec> {
    let values: Vec<Value> = Recovery::PARAMS
        .iter()
        .map(|p| {
            let name = unsafe { p.name.get() }.unwrap();
            let n = over.iter().find(|(k, _)| *k == name).map_or(
                if p.kind == PARAM_CHOICE {
                    0.0
                } else {
                    p.default
                },
                |o| o.1,
            );
            Value {
                number: n,
                text: Str::new(""),
            }
        })
        .collect();
    Box::new(Rec::new(
        &Values::new(Recovery::PARAMS, &values).unwrap(),
        1,
    ))
}
struct Loss(f64, Rng, u64);
impl NetworkModel for Loss {
    const INFO: Info = Info::new("loss", "1", "x");
    fn new(_: &Values<'_>, s: u64) -> Self {
        Loss(0.5, Rng::new(s), 0)
    }
    fn transit(&mut self, _d: &Datagram) -> Fate {
        if self.1.unit() < self.0 {
            Fate::LOST
        } else {
            Fate::after_ns(self.2 + (self.1.unit() * 2e7) as u64)
        }
    }
}
fn node(i: usize, seeder: SeederConfig) -> Node {
    Node::new(NodeConfig {
        peer: PeerId(i as u64),
        port: Sim::PORT,
        secret: [i as u8; 32],
        seeder,
    })
}
fn run(
    name: &str,
    n: u32,
    loss: f64,
    half_rtt: u64,
    applies: AppliesTo,
    seeder: SeederConfig,
    over: &[(&str, f64)],
) {
    let track = TrackInfo {
        id: TrackId([1; 32]),
        packets: n,
        sample_rate: 50_000,
        samples_per_packet: 1000,
        channels: 2,
        gapless: None,
        bytes: 418 * n as u64,
        title: "t".into(),
        artist: String::new(),
        album: String::new(),
        name: "t".into(),
    };
    let mut sim = Sim::new(vec![Box::new(Loss(loss, Rng::new(3), half_rtt))], applies);
    let l = sim.add(node(0, SeederConfig::default()));
    for i in 1..=2 {
        let s = sim.add(node(
            i,
            SeederConfig {
                seed: i as u64,
                ..seeder.clone()
            },
        ));
        sim.with_node(s, |n, now| n.share(now, [&track]));
    }
    let t0 = std::time::Instant::now();
    let id = sim.with_node(l, |n, now| {
        n.open(
            now,
            ListenerConfig {
                session: SessionId(5),
                track: track.clone(),
                paced: true,
                ahead_packets: u32::MAX,
                timeline: false,
            },
            policy(over),
            None,
        )
    });
    for i in 1..=2 {
        let tok = sim.node(i).token_for(Sim::address(0), sim.now());
        sim.with_node(l, |n, now| n.join(now, id, Sim::address(i), tok));
    }
    sim.attach(l, id);
    sim.run_until(Timestamp::from_secs_f64(3000.0), |s| {
        s.node(0).session(id).unwrap().status().ended
    });
    println!(
        "{name}: {:?} virtual {:.1}s {:#?}",
        t0.elapsed(),
        sim.now().as_secs_f64(),
        sim.node(0).session(id).unwrap().metrics()
    );
}
#[test]
fn smoke() {
    run(
        "lan",
        3000,
        0.0,
        500_000,
        AppliesTo::All,
        SeederConfig::default(),
        &[],
    );
    run(
        "loss50",
        3000,
        0.5,
        50_000_000,
        AppliesTo::All,
        SeederConfig::default(),
        &[],
    );
    let paper = SeederConfig {
        pace: Some(Duration::from_millis(20)),
        availability: 0.8,
        recovery_streams: true,
        ..Default::default()
    };
    run(
        "fig11",
        28000,
        0.5,
        500_000_000,
        AppliesTo::Media,
        paper,
        &[
            ("buffer", 0.05),
            ("gaps", 1.0),
            ("recover", 1.0),
            ("what", 1.0),
            ("wait_s", 4.0),
            ("wait_stuck_s", 6.0),
            ("split", 1.0),
        ],
    );
}
