//! Finding the one track that is meant.

use std::net::SocketAddr;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use segue_core::track::TrackInfo;
use segue_transport::{Peer, PeerInfo, PeerName, PeerNameError, TrackEntry};

use crate::args::Peers;
use crate::error::Error;

/// How often the table of tracks is looked at while waiting.
const LOOK: Duration = Duration::from_millis(30);
/// Times `--wait` that peers get whose lists are still coming.
const PATIENCE_FOR_LISTS: u32 = 4;
/// Beacons come once a second: before that, another track may fit better.
const BEACONS: Duration = Duration::from_millis(1200);
/// Most tracks in an error message.
const SHOWN: usize = 10;

/// No track, or more than one, fits.
#[derive(Debug, thiserror::Error)]
pub enum FindError {
    #[error(
        "no peer has shown up{deaf}. Is `segue share` running on another machine of this \
         network? Where broadcast does not pass, name it: --peer HOST:PORT"
    )]
    Nobody { deaf: String },
    #[error(
        "no answer from {0}. Does `segue share` run there, and does it print this port? A firewall \
         between must let UDP pass"
    )]
    Silent(String),
    #[error(
        "no track fits `{query}` yet: lists of peers are still on their way, on a network that \
         loses much. Wait longer with --wait"
    )]
    Coming { query: String },
    #[error("no track fits `{query}`{}", nearest(near, *more))]
    Unknown {
        query: String,
        near: Vec<String>,
        more: usize,
    },
    #[error("`{query}` fits {count} tracks; say more of the title, or an id:\n{list}")]
    Ambiguous {
        query: String,
        count: usize,
        list: String,
    },
}

fn nearest(near: &[String], more: usize) -> String {
    let list = near.join("\n");
    match (near.len(), more) {
        (0, _) => "; the peers that are there share nothing".into(),
        (_, 0) => format!(". There are, the nearest first:\n{list}"),
        (_, more) => {
            format!(". The nearest are:\n{list}\nand {more} more: `segue list` shows all")
        }
    }
}

/// Why there is nobody.
pub fn nobody(peer: &Peer, named: &[Named]) -> FindError {
    if named.is_empty() {
        let deaf = peer.broadcast_error().map_or(String::new(), |error| {
            format!(" (the discovery port cannot be used: {error})")
        });
        return FindError::Nobody { deaf };
    }
    let named: Vec<_> = named.iter().map(|one| one.name.to_string()).collect();
    FindError::Silent(named.join(", "))
}

/// A peer named on the command line.
pub struct Named {
    name: PeerName,
    /// What the name stands for.
    addresses: Vec<SocketAddr>,
}

impl From<SocketAddr> for Named {
    fn from(address: SocketAddr) -> Self {
        Self {
            name: address.into(),
            addresses: vec![address],
        }
    }
}

/// Tells a peer of those named on the command line.
pub fn add_peers(peer: &Peer, peers: &Peers) -> Result<Vec<Named>, Error> {
    let add = |text: &String| {
        let failed = |reason: String| Error::Address {
            text: text.clone(),
            reason,
        };
        let name: PeerName = text
            .parse()
            .map_err(|error: PeerNameError| failed(error.to_string()))?;
        let addresses = name.resolve().map_err(|error| failed(error.to_string()))?;
        peer.add_named(name.clone())?;
        Ok(Named { name, addresses })
    };
    peers.peers.iter().map(add).collect()
}

/// Waits until exactly one track fits, for at most `wait`.
pub fn track(
    peer: &Peer,
    query: &str,
    named: &[Named],
    wait: Duration,
    interrupted: &Receiver<()>,
) -> Result<TrackEntry, Error> {
    let began = Instant::now();
    loop {
        let tracks = peer.tracks()?;
        let fitting = fitting(&tracks, query);
        let is_id = |entry: &&TrackEntry| entry.track.id.to_string() == query.to_lowercase();
        let coming = peer.peers()?.iter().any(|peer| !peer.complete);
        let waited = began.elapsed();
        let settled = all_answered(peer, named)? || waited >= BEACONS && !coming;
        match fitting.as_slice() {
            [only] if settled || is_id(only) => return Ok((*only).clone()),
            // On a bad network lists take long: who is there gets more time.
            [] if coming && waited < wait * PATIENCE_FOR_LISTS => pause(interrupted)?,
            [] | [_] if waited < wait => pause(interrupted)?,
            [only] => return Ok((*only).clone()),
            [] if peer.peers()?.is_empty() => return Err(nobody(peer, named).into()),
            [] if coming => {
                return Err(FindError::Coming {
                    query: query.to_owned(),
                }
                .into());
            }
            [] => return Err(unknown(query, &tracks).into()),
            // More may come, but none of it makes this unique.
            several => return Err(ambiguous(query, several).into()),
        }
    }
}

/// Waits until it is worth looking again.
fn pause(interrupted: &Receiver<()>) -> Result<(), Error> {
    match interrupted.recv_timeout(LOOK) {
        Ok(()) => Err(Error::Interrupted),
        Err(_) => Ok(()),
    }
}

/// Whether all peers named on the command line have told all they share.
fn all_answered(peer: &Peer, named: &[Named]) -> Result<bool, Error> {
    let peers = peer.peers()?;
    let answered = |named: &Named| {
        let is_it = |peer: &&PeerInfo| {
            let mut addresses = peer.addresses.iter();
            addresses.any(|address| named.addresses.contains(address))
        };
        peers.iter().filter(is_it).any(|peer| peer.complete)
    };
    Ok(!named.is_empty() && named.iter().all(answered))
}

/// The tracks that may be meant. One whose whole title or name was given is
/// meant, though others contain it.
fn fitting<'a>(tracks: &'a [TrackEntry], query: &str) -> Vec<&'a TrackEntry> {
    let lower = query.to_lowercase();
    let whole = |entry: &&TrackEntry| {
        let TrackInfo { title, name, .. } = &entry.track;
        title.to_lowercase() == lower || name.to_lowercase() == lower
    };
    let exact: Vec<_> = tracks.iter().filter(whole).collect();
    if exact.is_empty() {
        tracks
            .iter()
            .filter(|entry| fits(&entry.track, &lower))
            .collect()
    } else {
        exact
    }
}

/// Whether a track is meant: by id (from four digits on), or by a part of title
/// or file name.
fn fits(track: &TrackInfo, query: &str) -> bool {
    let by_id = query.len() >= 4 && track.id.to_string().starts_with(query);
    by_id || track.title.to_lowercase().contains(query) || track.name.to_lowercase().contains(query)
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
        more: near.len().saturating_sub(SHOWN),
    }
}

fn ambiguous(query: &str, several: &[&TrackEntry]) -> FindError {
    let mut lines: Vec<_> = several
        .iter()
        .take(SHOWN)
        .map(|entry| line(&entry.track))
        .collect();
    if several.len() > SHOWN {
        lines.push("  ...".to_owned());
    }
    FindError::Ambiguous {
        query: query.to_owned(),
        count: several.len(),
        list: lines.join("\n"),
    }
}
