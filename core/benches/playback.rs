//! One simulated playback of 28,000 packets through real plugins, and the wire
//! codec.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use segue_core::ids::SessionId;
use segue_core::sim::{AppliesTo, Keep};
use segue_core::wire::{FORMAT_FRAME, MediaHeader, Message, decode, encode};

#[path = "../tests/it/world.rs"]
#[allow(dead_code)]
mod world;

use world::{Setup, paper_seeder};

fn playback(c: &mut Criterion) {
    let figure_11 = Setup {
        packets: 28_000,
        seeders: vec![paper_seeder(); 2],
        policy: "random-recovery:buffer=0.05,gaps=skip,recover=filling,what=missing,wait_s=4,\
                 wait_stuck_s=6,split=paper"
            .into(),
        network: "random-delay:loss=0.5,rtt_s=1".into(),
        applies_to: AppliesTo::Media,
        keep: Keep::Events,
        ..Setup::default()
    };
    let clean = Setup {
        packets: 28_000,
        policy: "buffered".into(),
        keep: Keep::Events,
        ..Setup::default()
    };
    let mut group = c.benchmark_group("simulated playback, 28,000 packets");
    group.sample_size(20);
    // Of a clean playback each packet is sent, received, judged and played once:
    // what the engine takes for one.
    group.throughput(Throughput::Elements(28_000));
    for (name, setup) in [("figure 11", figure_11), ("clean LAN", clean)] {
        group.bench_function(name, |b| b.iter(|| setup.clone().play().metrics()));
    }
    group.finish();
}

fn codec(c: &mut Criterion) {
    let payload = [0x55; 418];
    let message = Message::Media(MediaHeader {
        session: SessionId(u64::MAX),
        path_sequence: 20_000,
        sent_us: 400_000_000,
        packet: 20_000,
        format: FORMAT_FRAME,
        serial: 0,
        wants_seen: 100,
        payload_bytes: 418,
    });
    let mut datagram = Vec::new();
    c.bench_function("encode media", |b| {
        b.iter(|| encode(black_box(&message), &payload, &mut datagram));
    });
    encode(&message, &payload, &mut datagram);
    c.bench_function("decode media", |b| b.iter(|| decode(black_box(&datagram))));
}

criterion_group!(benches, playback, codec);
criterion_main!(benches);
