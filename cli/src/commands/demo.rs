//! `segue demo`: the main job on the bundled track, on this machine alone.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use segue_core::seeder::SeederConfig;
use segue_core::track::TrackInfo;
use segue_playout::{Output, OutputSpec, paced};
use segue_transport::{Library, Peer, PeerConfig};

use super::share::interrupt;
use crate::args::{AppliesTo, Demo, Globals, How};
use crate::error::Error;
use crate::performance::{Performance, Telling};
use crate::plugins::Chosen;
use crate::{find, print};

/// Bach's Prelude in C; see `cli/demo/README.md`.
const TRACK: &[u8] = include_bytes!("../../demo/prelude.mp3");
const TRACK_NAME: &str = "prelude.mp3";
const NETWORK: &str = "random-delay:loss=0.2,rtt_s=0.05";
const SEEDERS: usize = 2;
/// The paper's pace: a little faster than the music (26 ms a packet), so that
/// the chart shows a stream and not one burst.
const PACE: Duration = Duration::from_millis(20);

pub fn run(globals: &Globals, args: &Demo) -> Result<(), Error> {
    let chosen = Chosen::new(globals, &how(args))?;
    let interrupted = interrupt()?;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join(TRACK_NAME);
    std::fs::write(&file, TRACK)?;
    let seeders: Vec<Peer> = (0..SEEDERS)
        .map(|number| seeder(&file, number))
        .collect::<Result<_, _>>()?;
    let listener = Peer::start(PeerConfig {
        bind: loopback(),
        discovery_port: None,
        network: chosen.network()?,
        ..PeerConfig::default()
    })?;
    let addresses: Vec<_> = seeders.iter().map(Peer::address).collect();
    for &address in &addresses {
        listener.add_peer(address)?;
    }
    let named: Vec<_> = addresses.into_iter().map(find::Named::from).collect();
    let search = find::Search {
        peer: &listener,
        named: &named,
        wait: Duration::from_secs(20),
        interrupted: &interrupted,
    };
    let entry = search.one(TRACK_NAME.trim_end_matches(".mp3"))?;
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

fn seeder(file: &PathBuf, number: usize) -> Result<Peer, Error> {
    Ok(Peer::start(PeerConfig {
        bind: loopback(),
        discovery_port: None,
        library: Library::open(std::slice::from_ref(file))?,
        seeder: SeederConfig {
            pace: Some(PACE),
            seed: number as u64,
            ..SeederConfig::default()
        },
        ..PeerConfig::default()
    })?)
}

fn loopback() -> SocketAddr {
    SocketAddr::new(Ipv4Addr::LOCALHOST.into(), 0)
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
