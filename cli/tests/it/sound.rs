//! The whole way: file, seeder, network, listener, policy, decoder, ear.

use std::path::Path;

use crate::hearing::{best_fit, sounding};
use crate::sound_server::SoundServer;
use crate::support::{LIMIT, Sharer, free_port, report, song};
use crate::tools;

#[test]
fn what_is_heard_is_the_track() {
    let Some(server) = SoundServer::start(44_100, "type pulse") else {
        return;
    };
    let (dir, mp3) = song(6.0);
    let sharer = Sharer::start(dir.path());
    let (peer, port) = (sharer.address.to_string(), free_port().to_string());
    let (output, heard) = server.record(
        Path::new(env!("CARGO_BIN_EXE_segue")),
        &["play", "song", "--peer", &peer, "--discovery-port", &port],
        LIMIT,
    );
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}");

    let expected: Vec<f32> = tools::ffmpeg(&mp3).iter().step_by(2).copied().collect();
    let span = sounding(&heard);
    let (fit, at) = best_fit(&heard, &expected, span.start);
    report(&format!("correlation {fit:.6} at {at}"));
    assert!(fit > 0.99, "correlation {fit}");
}
