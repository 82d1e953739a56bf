//! `segue demo`: the main job on the bundled track, on this machine alone.

use std::time::Duration;

use segue_core::track::TrackInfo;
use segue_playout::{Output, OutputSpec, paced};
use segue_stage::demo;
use segue_transport::{Peer, PeerConfig};

use super::share::interrupt;
use crate::args::{AppliesTo, Demo, Globals, How};
use crate::error::Error;
use crate::performance::{Performance, Telling};
use crate::{find, plugins, print};

const NETWORK: &str = "random-delay:loss=0.2,rtt_s=0.05";
const SEEDERS: usize = 2;

pub fn run(globals: &Globals, args: &Demo) -> Result<(), Error> {
    let chosen = plugins::chosen(globals, &how(args))?;
    let interrupted = interrupt()?;
    let seeders = demo::Seeders::start(SEEDERS)?;
    let listener = Peer::start(PeerConfig {
        bind: demo::loopback(),
        discovery_port: None,
        network: chosen.network()?,
        ..PeerConfig::default()
    })?;
    let addresses: Vec<_> = seeders.addresses().collect();
    for &address in &addresses {
        listener.add_peer(address)?;
    }
    let named: Vec<_> = addresses.into_iter().map(find::Named::from).collect();
    let search = find::Search {
        peer: &listener,
        named: &named,
        wait: Some(Duration::from_secs(20)),
        interrupted: &interrupted,
    };
    let entry = search.one(demo::TRACK_NAME.trim_end_matches(".mp3"))?;
    let track = &entry.track;
    print::note(&format!(
        "Demo: {} – {}, {} from {SEEDERS} seeders on this machine through {NETWORK}",
        track.artist,
        track.label(),
        print::clock(track.duration_s()),
    ));
    let output = at_the_speed_of_sound(output(args, track)?, track);
    let telling = Telling {
        json: args.json,
        metrics: true,
        aside: args.output == Some(OutputSpec::Stdout),
    };
    let performance = Performance {
        tracks: vec![find::Found::Peers(entry)],
        chosen,
        shelf: None,
        log: None,
        plot: Some(args.plot.clone()),
        start_s: 0.0,
        volume: 1.0,
        limit_s: args.seconds,
        patience_s: 30.0,
        telling,
    };
    let performed = performance.play(&listener, output, &interrupted)?;
    telling.of_all(&performed.played, false)?;
    performed.outcome
}

fn how(args: &Demo) -> How {
    How {
        policy: args.policy.clone(),
        network: Some(NETWORK.into()),
        network_applies_to: AppliesTo::All,
        seed: Some(1),
    }
}

/// Files are written at the speed of sound, too, so that the demo shows what a
/// listener would hear.
fn at_the_speed_of_sound(output: Box<dyn Output>, track: &TrackInfo) -> Box<dyn Output> {
    if output.paced() {
        output
    } else {
        paced(output, track)
    }
}

/// The output that was asked for; without one the speaker, or a file where
/// there is none.
fn output(args: &Demo, track: &TrackInfo) -> Result<Box<dyn Output>, Error> {
    if let Some(spec) = &args.output {
        return Ok(spec.open(track)?);
    }
    match OutputSpec::Speaker.open(track) {
        Ok(speaker) => Ok(speaker),
        Err(error) => {
            let file = OutputSpec::Wav("segue-demo.wav".into());
            print::note(&format!(
                "No sound device, writing {file} instead ({error})"
            ));
            Ok(file.open(track)?)
        }
    }
}
