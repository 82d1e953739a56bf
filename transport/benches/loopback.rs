//! How fast packets go from a seeder to a listener, two whole peers, through
//! sockets of the loopback interface.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use segue_core::playback::{FrameSource, Opening, Playback, Start};
use segue_core::track::{TrackId, TrackInfo};
use segue_policy::{Actions, Decision, Info, PlayoutPolicy, Values, View};
use segue_transport::{Peer, PeerConfig, SessionOptions, Stock};

const PACKETS: u32 = 20_000;
const PACKET_BYTES: u64 = 418;

/// Plays what is next when it is here. Nothing is lost on loopback.
struct InOrder;

impl PlayoutPolicy for InOrder {
    const INFO: Info = Info::new("in-order", "1.0.0", "plays what comes, in order");
    fn new(_values: &Values<'_>, _seed: u64) -> Self {
        Self
    }
    fn decide(&mut self, view: &View<'_>, actions: &mut Actions<'_>) -> Decision {
        actions.stream_from_all(view);
        match view.next_here() {
            Some(next) => Decision::SkipTo(next),
            None => Decision::Hold,
        }
    }
}

fn peer(stock: Option<Stock>) -> Peer {
    Peer::start(PeerConfig {
        bind: SocketAddr::new(Ipv4Addr::LOCALHOST.into(), 0),
        discovery_port: None,
        stock,
        ..PeerConfig::default()
    })
    .expect("loopback is there")
}

/// Plays a whole track of the seeder's as fast as it comes.
fn fetch(seeder: &Peer, listener: &Peer, track: &TrackInfo) {
    let opening = Opening {
        start: Start::BEGINNING,
        paced: false,
    };
    let options = SessionOptions::new(track.clone(), opening, Box::new(InOrder));
    let token = seeder.token_for(listener.address()).expect("it runs");
    let (session, mut frames) = listener.play(options).expect("it runs");
    session.join(seeder.address(), token);
    frames.ask();
    loop {
        match frames.next(Duration::from_secs(10)).expect("it runs") {
            Some(Playback::Frame { .. } | Playback::Conceal { .. }) => frames.ask(),
            Some(Playback::End) => return,
            Some(Playback::Hold | Playback::Skip { .. }) => {}
            None => panic!("nothing came for ten seconds"),
        }
    }
}

fn loopback(c: &mut Criterion) {
    let stock = Stock::made(TrackInfo {
        id: TrackId([1; 32]),
        packets: PACKETS,
        sample_rate: 50_000,
        samples_per_packet: 1000,
        channels: 2,
        gapless: None,
        bytes: PACKET_BYTES * u64::from(PACKETS),
        title: "Bench".into(),
        artist: String::new(),
        album: String::new(),
        name: "bench".into(),
    });
    let (seeder, listener) = (peer(Some(stock.clone())), peer(None));
    let mut group = c.benchmark_group("loopback");
    group.sample_size(10);
    group.throughput(Throughput::Elements(PACKETS.into()));
    group.bench_function("20,000 packets from a seeder", |b| {
        b.iter(|| fetch(&seeder, &listener, stock.track()));
    });
    group.finish();
}

criterion_group!(benches, loopback);
criterion_main!(benches);
