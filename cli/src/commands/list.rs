//! `segue list`: what peers share.

use std::collections::BTreeSet;
use std::thread::sleep;
use std::time::{Duration, Instant};

use std::net::SocketAddr;

use segue_core::track::TrackInfo;
use segue_transport::{Peer, PeerConfig, TrackEntry};
use serde::Serialize;

use crate::args::{Globals, List};
use crate::error::Error;
use crate::find;
use crate::{json, live, print};

pub fn run(globals: &Globals, args: &List) -> Result<(), Error> {
    let peer = Peer::start(PeerConfig {
        discovery_port: Some(globals.discovery_port),
        ..PeerConfig::default()
    })?;
    let named = find::add_peers(&peer, &args.peers)?;
    let spinner = live::spinner("looking around");
    let tracks = gather(&peer, Duration::from_secs_f64(args.wait));
    spinner.finish_and_clear();
    let mut tracks = tracks?;
    let words = find::Words::new(&args.words.join(" "));
    let all = tracks.len();
    let sharers: BTreeSet<SocketAddr> = tracks
        .iter()
        .flat_map(|entry| entry.peers.iter().copied())
        .collect();
    tracks.retain(|entry| words.are_in(&entry.track));
    tracks.sort_by_cached_key(|entry| find::shelf_key(&entry.track));
    if args.json {
        let entries: Vec<_> = tracks.iter().map(Entry::from).collect();
        print::json(&entries)?;
    }
    if tracks.is_empty() && all > 0 {
        return Err(Error::NothingFits {
            words: args.words.join(" "),
            tracks: all,
            peers: sharers.len(),
        });
    }
    if tracks.is_empty() {
        return nothing(&peer, &named);
    }
    if args.json {
        return Ok(());
    }
    print::result(&table(&tracks))
}

/// With the names of files where they tell more than the titles.
fn table(tracks: &[TrackEntry]) -> String {
    let file = |track: &TrackInfo| {
        let differs = track.name != track.label();
        if differs {
            track.name.clone()
        } else {
            String::new()
        }
    };
    let files = tracks.iter().any(|entry| !file(&entry.track).is_empty());
    let mut header = vec!["id", "title", "artist", "length", "peers"];
    if files {
        header.insert(3, "file");
    }
    let mut table = print::table(&header);
    for TrackEntry { track, peers, .. } in tracks {
        let peers: Vec<_> = peers.iter().map(ToString::to_string).collect();
        let mut row = vec![
            track.id.short(),
            track.label().to_owned(),
            track.artist.clone(),
            print::clock(track.duration_s()),
            peers.join(", "),
        ];
        if files {
            row.insert(3, file(track));
        }
        table.add_row(row);
    }
    table.to_string()
}

#[derive(Serialize)]
struct Entry<'a> {
    #[serde(flatten)]
    track: json::Track<'a>,
    peers: &'a [SocketAddr],
}

impl<'a> From<&'a TrackEntry> for Entry<'a> {
    fn from(entry: &'a TrackEntry) -> Self {
        Self {
            track: json::Track::from(&entry.track),
            peers: &entry.peers,
        }
    }
}

/// Others that listen only are no reason to fail; nobody at all is.
fn nothing(peer: &Peer, named: &[find::Named]) -> Result<(), Error> {
    let there = peer.peers()?;
    if there.is_empty() {
        return Err(find::nobody(peer, named).into());
    }
    print::note(&match there.len() {
        1 => "1 peer is there, and shares nothing.".to_owned(),
        more => format!("{more} peers are there, and share nothing."),
    });
    Ok(())
}

/// Looks around for `wait`, and on while catalogs are still coming, for as long
/// again.
fn gather(peer: &Peer, wait: Duration) -> Result<Vec<TrackEntry>, Error> {
    let began = Instant::now();
    loop {
        sleep(Duration::from_millis(20).min(wait));
        let waited = began.elapsed();
        let coming = peer.peers()?.iter().any(|peer| !peer.complete);
        if waited >= wait && (!coming || waited >= wait * 2 + Duration::from_secs(3)) {
            return Ok(peer.tracks()?);
        }
    }
}
