//! `segue share`: serve folders and files until Ctrl-C.

mod scan;

use std::net::SocketAddr;
use std::sync::mpsc;
use std::time::Duration;

use segue_core::seeder::{Order, SeederConfig};
use segue_core::track::TrackInfo;
use segue_stage::cache_folder;
use segue_transport::{Library, LibraryConfig, Peer, PeerConfig};
use serde::Serialize;

use crate::args::{self, Globals, Share};
use crate::error::Error;
use crate::{find, json, live, print, report};

/// More tracks are told by their number alone.
const LISTED: usize = 50;

pub fn run(globals: &Globals, args: &Share) -> Result<(), Error> {
    let library = Library::start(LibraryConfig {
        paths: args.paths.clone(),
        cache: if args.no_cache { None } else { cache_folder() },
        watch: true,
    })?;
    let peer = Peer::start(PeerConfig {
        bind: SocketAddr::new(args.bind, args.port),
        discovery_port: Some(globals.discovery_port),
        library: library.clone(),
        seeder: SeederConfig {
            order: match args.order {
                args::Order::Sequential => Order::Sequential,
                args::Order::Random => Order::Random,
            },
            pace: args.pace.map(|ms| Duration::from_secs_f64(ms / 1e3)),
            availability: args.availability,
            max_bytes_per_s: args.max_rate.map(|kbit_s| f64::from(kbit_s) * 125.0),
            seed: rand::random(),
            ..SeederConfig::default()
        },
        ..PeerConfig::default()
    })?;
    if let Some(error) = peer.broadcast_error() {
        print::note(&format!(
            "segue: cannot use the discovery port {}: {error}. Others reach this peer with --peer",
            globals.discovery_port
        ));
    }
    find::add_peers(&peer, &args.peers)?;
    // Before the first word: whoever reads it may want to end it at once.
    let interrupted = interrupt()?;
    if scan::until_complete(&library, &interrupted) {
        return Ok(());
    }
    if !args.paths.iter().any(|path| path.is_dir()) {
        library.not_empty(&args.paths)?; // and nothing will come
    }
    scan::tell_odd(&library.status());
    peer.seeding()?; // the node has heard of the last track by then
    let mut tracks = library.tracks();
    tracks.sort_by_cached_key(find::shelf_key);
    tell(args, &peer, &tracks)?;
    until_interrupted(&peer, &library, &interrupted)
}

#[derive(Serialize)]
struct Shared<'a> {
    address: SocketAddr,
    tracks: Vec<json::Track<'a>>,
}

fn tell(args: &Share, peer: &Peer, tracks: &[TrackInfo]) -> Result<(), Error> {
    let address = peer.address();
    if args.json {
        let tracks = tracks.iter().map(json::Track::from).collect();
        return print::json(&Shared { address, tracks });
    }
    for track in tracks.iter().filter(|_| tracks.len() <= LISTED) {
        print::result(&format!(
            "{}  {:>7}  {}",
            track.id.short(),
            print::clock(track.duration_s()),
            report::name(track)
        ))?;
    }
    let tracks = match tracks.len() {
        0 => "no track yet, but all that come,".to_owned(),
        1 => "1 track".to_owned(),
        count => format!("{count} tracks"),
    };
    let named = if address.ip().is_unspecified() {
        format!("THIS_MACHINE:{}", address.port())
    } else {
        address.to_string()
    };
    print::result(&format!(
        "Sharing {tracks} on port {}. Ctrl-C ends it.",
        address.port()
    ))?;
    print::note(&format!(
        "Where broadcast does not pass: segue list --peer {named}"
    ));
    Ok(())
}

fn until_interrupted(
    peer: &Peer,
    library: &Library,
    interrupted: &mpsc::Receiver<()>,
) -> Result<(), Error> {
    let line = live::spinner("nobody listens");
    while interrupted
        .recv_timeout(Duration::from_millis(500))
        .is_err()
    {
        let now = peer.seeding()?;
        let listeners = match now.listeners {
            0 => "nobody listens".to_owned(),
            1 => "1 listener".to_owned(),
            more => format!("{more} listeners"),
        };
        let ignored = match now.malformed {
            0 => String::new(),
            some => format!("; {some} foreign datagrams ignored"),
        };
        let library = scan::line(&library.status());
        line.set_message(format!(
            "{library}; {listeners}; {} packets sent{ignored}",
            now.stats.packets_sent
        ));
    }
    line.finish_and_clear();
    Ok(())
}

/// Told when Ctrl-C or a polite kill comes.
pub fn interrupt() -> Result<mpsc::Receiver<()>, Error> {
    let (tell, told) = mpsc::channel();
    let mut told_already = false;
    ctrlc::set_handler(move || {
        // Whoever asks twice does not want to wait for a clean end, as when a
        // reader of our output hangs.
        if told_already {
            crate::keys::restore();
            std::process::exit(1);
        }
        told_already = true;
        let _ = tell.send(()); // nobody listens: it is ending anyway
    })
    .map_err(std::io::Error::other)?;
    Ok(told)
}
