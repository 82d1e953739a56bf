//! What a packet's sound costs: decoded, concealed, brought to another rate.
//!
//! A packet of the bundled track lasts 26 ms; one percent of a core is 261 µs.

use std::hint::black_box;
use std::path::Path;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use segue_core::track::TrackInfo;
use segue_playout::decode::Decoder;
use segue_playout::output::{Media, OutputSpec};

#[allow(dead_code, reason = "shared with the tests")]
#[path = "../tests/it/split.rs"]
mod split;

use split::Mp3;

/// Where a sound is in full swing.
const AT: usize = 400;

fn prelude() -> Mp3 {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/stage/demo/prelude.mp3");
    split::split(&std::fs::read(path).expect("the bundled track"), "prelude")
}

fn heard(mp3: &Mp3) -> Decoder {
    let mut decoder = Decoder::new(&mp3.track).expect("a track of known shape");
    for (frame, packet) in mp3.frames[..AT].iter().zip(0..) {
        decoder.push(packet, frame);
    }
    decoder
}

fn decode(c: &mut Criterion) {
    let mp3 = prelude();
    c.bench_function("decode a packet", |b| {
        let (mut decoder, mut packet) = (heard(&mp3), AT);
        b.iter(|| {
            if packet == mp3.frames.len() {
                (decoder, packet) = (heard(&mp3), AT);
            }
            packet += 1;
            decoder.push(packet as u32 - 1, &mp3.frames[packet - 1])[0]
        });
    });
}

fn conceal(c: &mut Criterion) {
    let mp3 = prelude();
    c.bench_function("conceal a packet, both channels", |b| {
        b.iter_batched_ref(
            || heard(&mp3),
            |decoder| black_box(decoder.conceal(1))[0],
            BatchSize::PerIteration,
        );
    });
}

/// A packet of 44.1 kHz into a file of each rate. The first of them needs no
/// conversion: the others cost what they take beyond it.
fn resample(c: &mut Criterion) {
    let mp3 = prelude();
    let samples = heard(&mp3).push(AT as u32, &mp3.frames[AT]).to_vec();
    let nowhere = if cfg!(windows) { "NUL" } else { "/dev/null" };
    for rate in [44_100, 48_000, 96_000] {
        let track = TrackInfo {
            sample_rate: rate,
            ..mp3.track.clone()
        };
        let spec = OutputSpec::Wav(Path::new(nowhere).into());
        let mut output = spec.open(&track).expect("nowhere takes it");
        output.begin(&mp3.track).expect("any rate will do");
        c.bench_function(&format!("write a packet at {rate} Hz"), |b| {
            b.iter(|| output.write(Media::Samples(&samples)));
        });
    }
}

criterion_group!(benches, decode, conceal, resample);
criterion_main!(benches);
