//! A node and a player that stay open.

use std::collections::HashMap;
use std::net::{Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use segue_core::playback::{FrameSource, OpenError, Opening, Playable};
use segue_core::track::{TrackId, TrackInfo};
use segue_playout::player::OpenOutput;
use segue_playout::{Controls, ItemId, OutputSpec, PlayError, Player};
use segue_transport::{
    Library, LibraryConfig, LibraryError, LibraryStatus, LocalFile, Peer, PeerConfig, PeerError,
    PeerName, Remote, TrackEntry,
};

use tempfile::TempDir;

use crate::demo::{DemoError, Seeders};
use crate::plugins::{ChooseError, Chosen};
use crate::pulse::Pulse;
use crate::stage::{Part, Stage};

/// Sessions whose logs are kept: the one that plays, the next one, and what was
/// before.
const LOGS: usize = 4;

/// Who shows a window cannot wait longer for a policy that decides: what was known
/// last is shown meanwhile.
const PATIENCE: Duration = Duration::from_millis(100);

/// Seeders of the bundled track.
const DEMO_SEEDERS: usize = 2;

/// What a jukebox begins with.
pub struct JukeboxConfig {
    /// Port for data; 0 takes any free one.
    pub port: u16,
    /// Port of beacons; `None`: no broadcast.
    pub discovery_port: Option<u16>,
    /// Where the sound goes.
    pub output: OutputSpec,
    /// The sound device, where `output` is the speaker; `None`: the default one.
    pub device: Option<String>,
    /// Policy and network models.
    pub chosen: Chosen,
    /// Where what is found out about shared files is kept.
    pub cache: Option<PathBuf>,
}

/// A jukebox cannot do what it was asked for; says why.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JukeboxError {
    /// The node cannot run.
    #[error(transparent)]
    Peer(#[from] PeerError),
    /// The player cannot run.
    #[error(transparent)]
    Play(#[from] PlayError),
    /// A folder cannot be shared.
    #[error(transparent)]
    Library(#[from] LibraryError),
    /// A plugin does not start.
    #[error(transparent)]
    Plugin(#[from] ChooseError),
    /// The bundled track cannot be had.
    #[error(transparent)]
    Demo(#[from] DemoError),
}

/// An output, and its sound device.
type Outlet = (OutputSpec, Option<String>);

/// A node and a player that stay open. All may change while music plays: what is
/// shared, the queue, the sound device, policy and network models.
pub struct Jukebox {
    peer: Peer,
    library: Library,
    cache: Option<PathBuf>,
    stage: Arc<Stage>,
    controls: Controls,
    output: Arc<Mutex<Outlet>>,
    /// What is in the queue, by its name there.
    parts: HashMap<ItemId, Part>,
    demo: Option<Seeders>,
    /// Ends playing when dropped.
    _player: Player,
    /// Where sessions are recorded, until the end.
    _logs: Option<TempDir>,
}

impl Jukebox {
    /// Starts node and player; nothing plays yet, and nothing is shared.
    ///
    /// # Errors
    /// When the port cannot be had, a network model does not start, or the
    /// system gives no thread.
    pub fn start(config: JukeboxConfig) -> Result<Self, JukeboxError> {
        let peer = Peer::start(PeerConfig {
            bind: SocketAddr::new(Ipv6Addr::UNSPECIFIED.into(), config.port),
            discovery_port: config.discovery_port,
            network: config.chosen.network()?,
            patience: Some(PATIENCE),
            ..PeerConfig::default()
        })?;
        // Without a place for logs there is music all the same.
        let logs = tempfile::tempdir().ok();
        let log = logs
            .as_ref()
            .map(|folder| folder.path().join("session.jsonl"));
        let controls = Controls::default();
        let paced = config.output.is_paced();
        let output = Arc::new(Mutex::new((config.output, config.device)));
        let open: OpenOutput = {
            let output = Arc::clone(&output);
            Box::new(move |track| {
                let (output, device) = lock(&output).clone();
                output.open_on(device.as_deref(), track)
            })
        };
        Ok(Self {
            peer,
            library: Library::default(),
            cache: config.cache,
            stage: Arc::new(Stage::new(config.chosen, log, true).keeping(LOGS)),
            _player: Player::stay(open, paced, controls.clone())?,
            controls,
            output,
            parts: HashMap::new(),
            demo: None,
            _logs: logs,
        })
    }

    /// The node.
    pub fn peer(&self) -> &Peer {
        &self.peer
    }

    /// To watch and steer the player with.
    pub fn controls(&self) -> &Controls {
        &self.controls
    }

    /// Whether a policy does not come back from a decision. Nothing of peers goes
    /// on then, and nothing but the end of the program ends it.
    pub fn hangs(&self) -> bool {
        self.peer.vitals().hangs()
    }

    /// Policy and network models of the sessions that are opened now.
    pub fn stage(&self) -> &Stage {
        &self.stage
    }

    /// To notice changes with, from any thread, without looking through it all.
    pub fn pulse(&self) -> Pulse {
        Pulse::of(&self.peer, &self.controls, &self.library)
    }

    // -- tracks ------------------------------------------------------------------

    /// All tracks that can be played: those of peers, and our own, which may be
    /// at no peer.
    ///
    /// # Errors
    /// When the node is gone.
    pub fn tracks(&self) -> Result<Vec<TrackEntry>, PeerError> {
        let mut tracks = self.peer.tracks()?;
        let known: std::collections::HashSet<_> =
            tracks.iter().map(|entry| entry.track.id).collect();
        let own = self.library.tracks().into_iter();
        tracks.extend(
            own.filter(|track| !known.contains(&track.id))
                .map(|track| TrackEntry {
                    track,
                    peers: Vec::new(),
                }),
        );
        Ok(tracks)
    }

    /// Asks a peer that broadcast may not reach: `HOST:PORT`.
    ///
    /// # Errors
    /// When the node is gone.
    pub fn add_peer(&self, name: PeerName) -> Result<(), PeerError> {
        self.peer.add_named(name)
    }

    /// Has the bundled track shared by seeders of this machine.
    ///
    /// # Errors
    /// When it cannot be written, or no socket be had.
    pub fn start_demo(&mut self) -> Result<(), JukeboxError> {
        if self.demo.is_none() {
            let seeders = Seeders::start(DEMO_SEEDERS)?;
            for address in seeders.addresses() {
                self.peer.add_peer(address)?;
            }
            self.demo = Some(seeders);
        }
        Ok(())
    }

    /// Shares these folders and files, and none else.
    ///
    /// # Errors
    /// When one is not there: then all stays as it is.
    pub fn share(&mut self, paths: &[PathBuf]) -> Result<(), JukeboxError> {
        let library = Library::start(LibraryConfig {
            paths: paths.to_vec(),
            cache: self.cache.clone(),
            watch: true,
        })?;
        self.peer.share(library.clone())?;
        self.library = library;
        Ok(())
    }

    /// The file of a track that this machine shares.
    pub fn path_of(&self, track: TrackId) -> Option<PathBuf> {
        self.library.path_of(track)
    }

    /// How the library stands.
    pub fn library(&self) -> LibraryStatus {
        self.library.status()
    }

    // -- the queue ---------------------------------------------------------------

    /// Plays a track now; what plays ends, what waits goes on waiting.
    pub fn play(&mut self, entry: &TrackEntry) {
        let item = self.play_next(entry);
        self.controls.jump(item);
    }

    /// Puts a track behind the one that plays.
    pub fn play_next(&mut self, entry: &TrackEntry) -> ItemId {
        self.queue_at(entry, self.next_place())
    }

    fn next_place(&self) -> usize {
        let current = self.controls.current();
        let queue = self.controls.queue();
        let place = current.and_then(|now| queue.iter().position(|item| item.id == now.id));
        place.map_or(usize::MAX, |place| place + 1)
    }

    /// Puts a track at the end of the queue.
    pub fn append(&mut self, entry: &TrackEntry) -> ItemId {
        self.queue_at(entry, usize::MAX)
    }

    /// Plays something now that no peer has, such as a session on record.
    pub fn play_own(&mut self, playable: Arc<dyn Playable>) {
        let part = Part::new(playable.track().clone(), true, Arc::clone(&self.stage));
        let item = self.insert(self.next_place(), playable, part);
        self.controls.jump(item);
    }

    fn queue_at(&mut self, entry: &TrackEntry, place: usize) -> ItemId {
        // Of what is over, nothing is shown any more but its name.
        let playing = self.controls.progress().item;
        let others = self
            .parts
            .iter()
            .filter(|(item, _)| Some(**item) != playing);
        others.for_each(|(_, part)| drop(part.close_over()));
        let track = entry.track.clone();
        let own = self.library.path_of(track.id);
        // From peers if they have it, so that the policy is heard at work.
        let is_local = own.is_some() && entry.peers.is_empty();
        let part = Part::new(track.clone(), is_local, Arc::clone(&self.stage));
        let playable: Arc<dyn Playable> = match own {
            Some(path) if is_local => Arc::new(Own { track, path }),
            _ => Arc::new(Remote::new(&self.peer, track, part.sessions())),
        };
        self.insert(place, playable, part)
    }

    fn insert(&mut self, place: usize, playable: Arc<dyn Playable>, part: Part) -> ItemId {
        let item = self.controls.insert(place, playable);
        self.parts.insert(item, part.queued(item));
        item
    }

    /// Takes an entry out of the queue.
    pub fn remove(&mut self, item: ItemId) {
        self.controls.remove(item);
        self.parts.remove(&item);
    }

    /// What is behind an entry of the queue.
    pub fn part(&self, item: ItemId) -> Option<&Part> {
        self.parts.get(&item)
    }

    /// The entry that plays, or was played last.
    pub fn playing(&self) -> Option<&Part> {
        self.part(self.controls.progress().item?)
    }

    // -- how it is played --------------------------------------------------------

    /// Takes another policy and other network models, at once: what plays goes
    /// on at its place.
    ///
    /// # Errors
    /// When a network model does not start: then all stays as it is.
    pub fn choose(&self, chosen: Chosen) -> Result<(), JukeboxError> {
        self.peer.set_network(chosen.network()?)?;
        let policy = |chosen: &Chosen| chosen.policy.spec().to_string();
        let other = policy(&chosen) != policy(&self.stage.chosen());
        self.stage.choose(chosen);
        if other && self.playing().is_some_and(|part| !part.is_local) {
            // A policy sees music go forwards only: another one takes a session
            // of its own, to which what is here passes over.
            self.controls.seek_by(0.0);
        }
        Ok(())
    }

    /// Another track begins: it is played through the network models that are
    /// installed by now.
    ///
    /// # Errors
    /// When one does not start: then all stays as it is.
    pub fn begin_track(&self) -> Result<(), JukeboxError> {
        if let Some(models) = self.stage.network_of_next()? {
            self.peer.set_network(models)?;
        }
        Ok(())
    }

    /// Plays to another output that keeps time, or on another sound device, from
    /// the next time that it is opened.
    pub fn set_output(&self, output: OutputSpec, device: Option<String>) {
        *lock(&self.output) = (output, device);
    }
}

fn lock(output: &Mutex<Outlet>) -> MutexGuard<'_, Outlet> {
    output.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A track of our own, read when its turn comes nearer.
struct Own {
    track: TrackInfo,
    path: PathBuf,
}

impl Playable for Own {
    fn track(&self) -> &TrackInfo {
        &self.track
    }

    fn open(&self, opening: Opening) -> Result<Box<dyn FrameSource>, OpenError> {
        let file = LocalFile::read(&self.path);
        let file = file.map_err(|error| OpenError::new(&self.track, error))?;
        file.open(opening)
    }
}
