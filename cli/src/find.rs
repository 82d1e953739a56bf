//! Finding the one track that is meant.

use std::net::{SocketAddr, ToSocketAddrs};
use std::thread::sleep;
use std::time::{Duration, Instant};

use segue_core::track::TrackInfo;
use segue_transport::{Peer, TrackEntry};

use crate::args::Peers;
use crate::error::Error;

/// How often the table of tracks is looked at while waiting.
const LOOK: Duration = Duration::from_millis(30);
/// Beacons come once a second: before that, another track may fit better.
const BEACONS: Duration = Duration::from_millis(1200);
/// Most tracks in an error message.
const SHOWN: usize = 10;

/// No track, or more than one, fits.
#[derive(Debug, thiserror::Error)]
pub enum FindError {
    #[error(
        "no peer has shown up. Is `segue share` running on another machine of this network? \
         Where broadcast does not pass, name it: --peer HOST:PORT"
    )]
    Nobody,
    #[error("no track fits `{query}`{}", nearest(near))]
    Unknown { query: String, near: Vec<String> },
    #[error("`{query}` fits {count} tracks; say more of the title, or an id:\n{list}")]
    Ambiguous {
        query: String,
        count: usize,
        list: String,
    },
}

fn nearest(near: &[String]) -> String {
    if near.is_empty() {
        return String::new();
    }
    format!(". The nearest are:\n{}", near.join("\n"))
}

/// Tells a peer of those named on the command line.
pub fn add_peers(peer: &Peer, peers: &Peers) -> Result<Vec<SocketAddr>, Error> {
    let mut all = Vec::new();
    for text in &peers.peers {
        let failed = |reason: String| Error::Address {
            text: text.clone(),
            reason,
        };
        let mut addresses = text
            .to_socket_addrs()
            .map_err(|error| failed(error.to_string()))?;
        let address = addresses
            .find(SocketAddr::is_ipv4)
            .ok_or_else(|| failed("it has no IPv4 address".into()))?;
        peer.add_peer(address)?;
        all.push(address);
    }
    Ok(all)
}

/// Waits until exactly one track fits, for at most `wait`.
pub fn track(
    peer: &Peer,
    query: &str,
    named: &[SocketAddr],
    wait: Duration,
) -> Result<TrackEntry, Error> {
    let began = Instant::now();
    loop {
        let tracks = peer.tracks()?;
        let fitting: Vec<&TrackEntry> = tracks
            .iter()
            .filter(|entry| fits(&entry.track, query))
            .collect();
        let is_id = |entry: &&TrackEntry| entry.track.id.to_string() == query.to_lowercase();
        let settled = began.elapsed() >= BEACONS || all_answered(peer, named)?;
        match fitting.as_slice() {
            [only] if settled || is_id(only) => return Ok((*only).clone()),
            [] | [_] if began.elapsed() < wait => sleep(LOOK),
            [only] => return Ok((*only).clone()),
            [] if peer.peers()?.is_empty() => return Err(FindError::Nobody.into()),
            [] => return Err(unknown(query, &tracks).into()),
            // More may come, but none of it makes this unique.
            several => return Err(ambiguous(query, several).into()),
        }
    }
}

/// Whether all peers named on the command line have told all they share.
fn all_answered(peer: &Peer, named: &[SocketAddr]) -> Result<bool, Error> {
    let peers = peer.peers()?;
    let answered = |address: &SocketAddr| {
        peers
            .iter()
            .any(|peer| peer.address == *address && peer.complete)
    };
    Ok(!named.is_empty() && named.iter().all(answered))
}

/// Whether a track is meant: by id (from four digits on), or by a part of title
/// or file name.
fn fits(track: &TrackInfo, query: &str) -> bool {
    let query = query.to_lowercase();
    let by_id = query.len() >= 4 && track.id.to_string().starts_with(&query);
    by_id
        || track.title.to_lowercase().contains(&query)
        || track.name.to_lowercase().contains(&query)
}

fn line(track: &TrackInfo) -> String {
    let artist = if track.artist.is_empty() { "" } else { " – " };
    format!(
        "  {}  {}{artist}{}",
        track.id.short(),
        track.label(),
        track.artist
    )
}

fn unknown(query: &str, tracks: &[TrackEntry]) -> FindError {
    let likeness = |entry: &&TrackEntry| {
        let name = entry.track.label().to_lowercase();
        (strsim::jaro_winkler(&name, &query.to_lowercase()) * 1000.0) as u32
    };
    let mut near: Vec<&TrackEntry> = tracks.iter().collect();
    near.sort_by_key(|entry| std::cmp::Reverse(likeness(entry)));
    FindError::Unknown {
        query: query.to_owned(),
        near: near
            .iter()
            .take(SHOWN)
            .map(|entry| line(&entry.track))
            .collect(),
    }
}

fn ambiguous(query: &str, several: &[&TrackEntry]) -> FindError {
    let lines: Vec<_> = several
        .iter()
        .take(SHOWN)
        .map(|entry| line(&entry.track))
        .collect();
    FindError::Ambiguous {
        query: query.to_owned(),
        count: several.len(),
        list: lines.join("\n"),
    }
}
