//! Finding the tracks that are meant.

mod fit;
mod found;
mod near;
mod playlist;
mod wish;

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use segue_core::index::IndexError;
use segue_stage::Chosen;
use segue_transport::{Peer, PeerConfig, PeerInfo, PeerName, PeerNameError, TrackEntry};

use crate::args::{Fetching, Globals, Peers};
use crate::error::Error;
use crate::{live, print};
use wish::{Answer, Wish, Wisher};

pub use found::{Found, Unread, read_all};
pub use segue_stage::search::{Words, shelf_key};

/// How often the table of tracks is looked at while waiting.
const LOOK: Duration = Duration::from_millis(30);
/// How long to look for somebody where `--wait` does not say it.
const WAIT: Duration = Duration::from_secs(5);
/// Times that wait that peers get whose lists are still coming.
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
    #[error("no track fits `{query}`{}", nearest(near, *all))]
    Unknown {
        query: String,
        /// Those that are called nearly so.
        near: Vec<String>,
        /// How many tracks there are.
        all: usize,
    },
    #[error(
        "`{query}` fits {count} tracks; say more of the title, or an id, or --all to take \
         them all:\n{list}"
    )]
    Ambiguous {
        query: String,
        count: usize,
        list: String,
    },
    #[error("cannot play {}: {source}", path.display())]
    File { path: PathBuf, source: IndexError },
    #[error("there is no file or folder {}", .0.display())]
    NoSuchFile(PathBuf),
    #[error("no MP3 file in {} can be played", .0.display())]
    EmptyFolder(PathBuf),
    #[error("cannot read the playlist {}: {source}", path.display())]
    Playlist { path: PathBuf, source: io::Error },
    #[error("{0}: Segue plays files and tracks that peers share, no URLs")]
    Url(String),
    #[error("the playlist {} names nothing", .0.display())]
    EmptyPlaylist(PathBuf),
    #[error("nothing of it is here or at a peer")]
    NothingFound,
}

fn nearest(near: &[String], all: usize) -> String {
    match (near, all) {
        ([], 0) => "; the peers that are there share nothing".into(),
        ([], 1) => ", the only one there is: `segue list` shows it".into(),
        ([], all) => format!(", none of {all}: `segue list` shows all"),
        (near, _) => format!(". Did you mean:\n{}", near.join("\n")),
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

/// A peer of our own, and what it finds of this: files, and tracks of others.
pub fn search(
    globals: &Globals,
    fetching: &Fetching,
    chosen: &Chosen,
    what: &[String],
    interrupted: &Receiver<()>,
) -> Result<(Peer, Vec<Found>), Error> {
    let peer = Peer::start(PeerConfig {
        discovery_port: Some(globals.discovery_port),
        network: chosen.network()?,
        ..PeerConfig::default()
    })?;
    let named = add_peers(&peer, &fetching.peers)?;
    let search = Search {
        peer: &peer,
        named: &named,
        wait: fetching.wait.map(Duration::from_secs_f64),
        interrupted,
    };
    let found = search.all(what, fetching.all)?;
    Ok((peer, found))
}

/// Whom to look for tracks at, and for how long.
pub struct Search<'a> {
    pub peer: &'a Peer,
    /// Peers named on the command line.
    pub named: &'a [Named],
    /// How long to wait for tracks that nobody has told of; if nothing is said,
    /// until all who are there have told what they have.
    pub wait: Option<Duration>,
    pub interrupted: &'a Receiver<()>,
}

/// What peers have told by now.
struct Known {
    tracks: Vec<TrackEntry>,
    /// The peer's count of changes when it told these tracks, and since when it
    /// has been so.
    changes: Option<(u64, Instant)>,
    /// Nobody is there.
    nobody: bool,
    /// Lists are still on their way.
    coming: bool,
    /// Nothing more is to be expected soon.
    settled: bool,
    /// Somebody is there, all have told what they have, and nothing new has come
    /// for as long as a peer may take to be heard.
    all_told: bool,
    waited: Duration,
}

impl Search<'_> {
    /// Waits until exactly one track of a peer fits.
    pub fn one(&self, query: &str) -> Result<TrackEntry, Error> {
        let mut found = self.all(&[query.to_owned()], false)?;
        match found.pop() {
            Some(Found::Peers(entry)) => Ok(entry),
            _ => Err(FindError::NothingFound.into()),
        }
    }

    /// Waits until something fits each of the texts, in their order. `all`: where
    /// several tracks fit, all are meant. What of a folder or playlist cannot be
    /// had is told, and left out. Of the files only the first is read.
    pub fn all(&self, texts: &[String], all: bool) -> Result<Vec<Found>, Error> {
        let mut wisher = Wisher::default();
        let mut wishes = Vec::new();
        for text in texts {
            wishes.extend(wisher.wishes(text)?);
        }
        if wishes.is_empty() {
            return Err(FindError::NothingFound.into());
        }
        let spinner = live::spinner("looking for the music");
        let found = self.fulfil(&wishes, all);
        spinner.finish_and_clear();
        found
    }

    fn fulfil(&self, wishes: &[Wish], all: bool) -> Result<Vec<Found>, Error> {
        let began = Instant::now();
        let mut known = Known::nothing_needed();
        loop {
            let looked = Instant::now();
            if !wishes.iter().all(Wish::is_local) {
                self.look(began, &mut known)?;
            }
            let answers: Vec<_> = wishes
                .iter()
                .map(|wish| (wish, wish.answer(&known.tracks, all)))
                .collect();
            if !answers
                .iter()
                .any(|answer| self.is_worth_waiting(answer, &known))
            {
                return self.conclude(answers, &known);
            }
            // Of many tracks a look takes its time: leave some to others.
            self.pause(LOOK.max(looked.elapsed() * 4))?;
        }
    }

    fn look(&self, began: Instant, known: &mut Known) -> Result<(), Error> {
        // Before their tracks: a list that is complete now is among them.
        let peers = self.peer.peers()?;
        let changes = self.peer.changes();
        let since = match known.changes {
            Some((before, since)) if before == changes => since,
            _ => {
                known.tracks = self.peer.tracks()?;
                Instant::now()
            }
        };
        known.changes = Some((changes, since));
        let coming = peers.iter().any(|peer| !peer.complete);
        let waited = began.elapsed();
        let answered = |named: &Named| {
            let is_it = |peer: &&PeerInfo| {
                let mut addresses = peer.addresses.iter();
                addresses.any(|address| named.addresses.contains(address))
            };
            peers.iter().filter(is_it).any(|peer| peer.complete)
        };
        let all_answered = !self.named.is_empty() && self.named.iter().all(answered);
        known.nobody = peers.is_empty();
        known.coming = coming;
        known.settled = all_answered || waited >= BEACONS && !coming;
        known.all_told = !known.nobody && !coming && since.elapsed() >= BEACONS;
        known.waited = waited;
        Ok(())
    }

    fn is_worth_waiting(&self, (wish, answer): &(&Wish, Answer<'_>), known: &Known) -> bool {
        let wait = self.wait.unwrap_or(WAIT);
        // On a bad network lists take long: who is there gets more time.
        let for_lists = known.coming && known.waited < wait * PATIENCE_FOR_LISTS;
        match answer {
            Answer::Surely(_) => false,
            // More may come that fits better, or as well.
            Answer::Likely(_) | Answer::Several(_) => {
                !known.settled && (known.waited < wait || for_lists)
            }
            Answer::None if wish.may_be_missing() && known.settled && !known.nobody => false,
            Answer::None if self.wait.is_none() && known.all_told => false,
            Answer::None => known.waited < wait || for_lists,
        }
    }

    fn conclude(
        &self,
        answers: Vec<(&Wish, Answer<'_>)>,
        known: &Known,
    ) -> Result<Vec<Found>, Error> {
        let mut found = Vec::new();
        for (wish, answer) in answers {
            match answer {
                Answer::Surely(tracks) => found.extend(tracks),
                Answer::Likely(tracks) => {
                    found.extend(tracks.into_iter().cloned().map(Found::Peers));
                }
                Answer::Several(tracks) => return Err(ambiguous(&wish.text, &tracks).into()),
                Answer::None if wish.may_be_missing() => {
                    print::note(&format!("segue: left out, nobody has it: {}", wish.text));
                }
                Answer::None if known.nobody => return Err(nobody(self.peer, self.named).into()),
                Answer::None if known.coming => {
                    return Err(FindError::Coming {
                        query: wish.text.clone(),
                    }
                    .into());
                }
                Answer::None => return Err(unknown(&wish.text, &known.tracks).into()),
            }
        }
        if found.is_empty() {
            return Err(FindError::NothingFound.into());
        }
        Ok(found)
    }

    /// Waits until it is worth looking again.
    fn pause(&self, time: Duration) -> Result<(), Error> {
        match self.interrupted.recv_timeout(time) {
            Ok(()) => Err(Error::Interrupted),
            Err(_) => Ok(()),
        }
    }
}

impl Known {
    /// Before any look: enough for files of this machine.
    fn nothing_needed() -> Self {
        Self {
            tracks: Vec::new(),
            changes: None,
            nobody: true,
            coming: false,
            settled: true,
            all_told: false,
            waited: Duration::ZERO,
        }
    }
}

/// What tells tracks of one title apart: length, file, and who has it.
fn line(TrackEntry { track, peers, .. }: &TrackEntry) -> String {
    let artist = if track.artist.is_empty() { "" } else { " – " };
    let file = match track.name == track.label() {
        true => String::new(),
        false => format!("  {}", track.name),
    };
    let mut at: Vec<_> = peers.iter().take(2).map(ToString::to_string).collect();
    if peers.len() > at.len() {
        at.push(format!("{} more", peers.len() - at.len()));
    }
    format!(
        "  {}  {}{artist}{}  {}{file}  at {}",
        track.id.short(),
        track.label(),
        track.artist,
        print::clock(track.duration_s()),
        at.join(", ")
    )
}

fn unknown(query: &str, tracks: &[TrackEntry]) -> FindError {
    let mut near: Vec<_> = tracks
        .iter()
        .filter_map(|entry| Some((near::slips(query, &entry.track)?, entry)))
        .collect();
    near.sort_by_key(|(slips, _)| *slips);
    FindError::Unknown {
        query: query.to_owned(),
        near: near
            .iter()
            .take(SHOWN)
            .map(|(_, entry)| line(entry))
            .collect(),
        all: tracks.len(),
    }
}

fn ambiguous(query: &str, several: &[&TrackEntry]) -> FindError {
    let mut lines: Vec<_> = several
        .iter()
        .take(SHOWN)
        .map(|entry| line(entry))
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
