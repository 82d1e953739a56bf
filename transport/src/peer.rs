//! A running node, as programs see it.

use std::io;
use std::net::{Ipv6Addr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rand::TryRng;
use rand::rngs::SysRng;
use segue_core::ids::PeerId;
use segue_core::node::{Node, NodeConfig};
use segue_core::seeder::{SeederConfig, SeederStats};
use segue_core::time::Timestamp;
use segue_core::token::Token;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use crate::beacons::Beacons;
use crate::changes::Changes;
use crate::driver::{Command, Driver};
use crate::interfaces;
use crate::library::Library;
use crate::line::{Line, Reply};
use crate::listing::{TrackEntry, list};
use crate::names::PeerName;
use crate::path::NetworkModels;
use crate::session::{self, Frames, Session, SessionOptions};
use crate::sockets::Sockets;
use crate::status::NetworkStatus;
use crate::stock::Stock;
use crate::stopwatch::Vitals;

/// Where beacons go, on every Segue host.
pub const DISCOVERY_PORT: u16 = 12000;

/// A node that is to end waits no longer than this for a policy that decides, and
/// looks so often whether it has ended.
const ENOUGH: Duration = Duration::from_secs(1);
const LOOK: Duration = Duration::from_millis(5);

/// How to run a node.
pub struct PeerConfig {
    /// Address of the data sockets: `[::]` for all of IPv6 and IPv4, `0.0.0.0`
    /// for all of IPv4, or one alone. Port 0 takes any free one.
    pub bind: SocketAddr,
    /// Port of beacons; `None`: no broadcast, only peers named by address.
    pub discovery_port: Option<u16>,
    /// What to share; may be empty.
    pub library: Library,
    /// A track to serve from memory, without telling anyone of it.
    pub stock: Option<Stock>,
    /// Send beacons even if nothing is shared.
    pub announce: bool,
    /// How to seed.
    pub seeder: SeederConfig,
    /// Network models that this node's datagrams pass.
    pub network: NetworkModels,
    /// Note when the node's thread runs late, for [`Peer::lapses`].
    pub note_lapses: bool,
    /// Who asks the node something waits no longer than this for a policy that
    /// decides, and is told that it is busy; `None`: as long as it takes.
    pub patience: Option<Duration>,
}

impl Default for PeerConfig {
    fn default() -> Self {
        Self {
            bind: SocketAddr::new(Ipv6Addr::UNSPECIFIED.into(), 0),
            discovery_port: Some(DISCOVERY_PORT),
            library: Library::default(),
            stock: None,
            announce: false,
            seeder: SeederConfig::default(),
            network: NetworkModels::default(),
            note_lapses: false,
            patience: None,
        }
    }
}

/// A node cannot run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PeerError {
    /// The data socket cannot be had.
    #[error("cannot listen on {address}: {source}. {}", bind_advice(.source))]
    Bind {
        /// What was asked for.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// The system refuses something else.
    #[error("cannot start: {0}")]
    System(#[from] io::Error),
    /// The node's thread waits for a policy; see [`PeerConfig::patience`].
    #[error("the playout policy has not come back from a decision, and the network waits for it")]
    Busy,
    /// The node's thread is gone.
    #[error("the network thread has ended; please report this")]
    Gone,
}

fn bind_advice(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::AddrInUse => {
            "Another program uses this port: choose another with --port, or leave it out for any free one"
        }
        io::ErrorKind::AddrNotAvailable => {
            "This machine does not have that address: see `ip address` for those it has"
        }
        io::ErrorKind::PermissionDenied => "Choose a port above 1023",
        _ => "Try another address with --bind, or another port with --port",
    }
}

/// A peer on the network.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct PeerInfo {
    /// Its data address.
    pub address: SocketAddr,
    /// All addresses at which it was heard, `address` first.
    pub addresses: Vec<SocketAddr>,
    /// Whether its whole catalog has come.
    pub complete: bool,
}

/// How seeding goes.
#[derive(Clone, Copy, Debug)]
pub struct Seeding {
    /// What the seeder counted.
    pub stats: SeederStats,
    /// Listeners that are served now.
    pub listeners: usize,
    /// Datagrams ignored because no program of this version sent them.
    pub malformed: u64,
}

/// A running node. It runs in a thread of its own until this is dropped; then
/// it says goodbye to the others.
pub struct Peer {
    line: Line,
    changes: Changes,
    address: SocketAddr,
    broadcast_error: Option<io::Error>,
    /// Shared so far, but for the first.
    libraries: AtomicU64,
    thread: Option<JoinHandle<()>>,
}

impl Peer {
    /// Starts a node.
    pub fn start(config: PeerConfig) -> Result<Self, PeerError> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let guard = runtime.enter();
        let bind = |source| PeerError::Bind {
            address: config.bind,
            source,
        };
        let data = Sockets::data(config.bind).map_err(bind)?;
        let address = data.addresses().next().ok_or(PeerError::Gone)?;
        let mut known = interfaces::Known::default();
        let found = known.update(interfaces::list()).unwrap_or_default();
        let beacons = Beacons::new(&data, config.bind.ip(), config.discovery_port, found);
        let broadcast_error = beacons.deaf();
        drop(guard);
        let mut secret = [0; 32];
        SysRng
            .try_fill_bytes(&mut secret)
            .map_err(io::Error::other)?;
        let mut node = Node::new(NodeConfig {
            peer: PeerId(random()?),
            port: address.port(),
            secret,
            seeder: config.seeder,
        });
        if config.announce {
            node.share(Timestamp::ZERO, []);
        }
        let (commands, inbox) = unbounded_channel();
        if config.library.is_some() {
            subscribe(&config.library, 0, &commands);
        }
        let (library, network) = (config.library, config.network);
        let mut driver = Driver::new(node, data, beacons, known, library, network, inbox);
        driver.note_lapses(config.note_lapses);
        if let Some(stock) = config.stock {
            driver.serve_stock(stock);
        }
        let changes = driver.changes();
        let line = Line {
            commands,
            vitals: driver.vitals(),
            patience: config.patience,
        };
        let thread = thread::Builder::new()
            .name("segue-network".into())
            .spawn(move || {
                runtime.block_on(driver.run());
                // Slow look-ups need not be waited for.
                runtime.shutdown_background();
            })?;
        Ok(Self {
            line,
            changes,
            address,
            broadcast_error,
            libraries: AtomicU64::new(0),
            thread: Some(thread),
        })
    }

    /// The data address. Its IP is unspecified when bound to all interfaces:
    /// `[::]` if IPv6 is among them, `0.0.0.0` if IPv4 is all there is.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Why beacons cannot be received, by IPv4 or at all, if so: then few others
    /// than peers named by address are found. [`Peer::network`] tells more.
    pub fn broadcast_error(&self) -> Option<&io::Error> {
        self.broadcast_error.as_ref()
    }

    /// Asks a peer by address, whether or not broadcast reaches it.
    pub fn add_peer(&self, address: SocketAddr) -> Result<(), PeerError> {
        self.send(Command::AddPeer { address })
    }

    /// Asks a peer by name, whether or not broadcast reaches it. The name is
    /// looked up beside the network's thread, and again whenever the peer is
    /// silent; all its addresses are tried.
    pub fn add_named(&self, name: PeerName) -> Result<(), PeerError> {
        self.send(Command::AddName { name })
    }

    /// Shares another library instead. Whoever listens to a track of the one
    /// before, which the new one does not have, is still served.
    ///
    /// # Errors
    /// When the node is gone.
    pub fn share(&self, library: Library) -> Result<(), PeerError> {
        let number = self.libraries.fetch_add(1, Ordering::Relaxed) + 1;
        let before = self.ask(|reply| Command::Library {
            number,
            library: library.clone(),
            reply,
        })?;
        drop(before); // it ends here, if it is nobody else's
        subscribe(&library, number, &self.line.commands);
        Ok(())
    }

    /// Takes other network models from now on. What is on its way is lost, as
    /// when a cable is moved.
    ///
    /// # Errors
    /// When the node is gone.
    pub fn set_network(&self, models: NetworkModels) -> Result<(), PeerError> {
        self.send(Command::Models(Box::new(models)))
    }

    /// All tracks that peers have, by their ids. It takes milliseconds per
    /// thousand tracks: who looks often looks at [`Peer::changes`] first.
    pub fn tracks(&self) -> Result<Vec<TrackEntry>, PeerError> {
        let catalogs = self.ask(|reply| Command::Catalogs { reply })?;
        Ok(list(&catalogs))
    }

    /// How often peers, or what they share, have changed since the start. As
    /// long as it stays the same, [`Peer::tracks`] does, too. Never waits.
    pub fn changes(&self) -> u64 {
        self.changes.count()
    }

    /// The count that [`Peer::changes`] tells, to be looked at from any thread.
    pub fn count_of_changes(&self) -> Changes {
        self.changes.clone()
    }

    /// All peers that are there.
    pub fn peers(&self) -> Result<Vec<PeerInfo>, PeerError> {
        self.ask(|reply| Command::Peers { reply })
    }

    /// How seeding goes.
    pub fn seeding(&self) -> Result<Seeding, PeerError> {
        self.ask(|reply| Command::Seeding { reply })
    }

    /// How the node stands to the networks around it.
    pub fn network(&self) -> Result<NetworkStatus, PeerError> {
        self.ask(|reply| Command::Network { reply })
    }

    /// When its thread ran late, from when to when, if that was to be noted.
    ///
    /// # Errors
    /// When the node is gone, or silent.
    pub fn lapses(&self) -> Result<Vec<(Instant, Instant)>, PeerError> {
        self.ask(|reply| Command::Lapses { reply })
    }

    /// A token with which whoever is at `address` may ask this node: for those
    /// who bring nodes together without discovery.
    ///
    /// # Errors
    /// When the node is gone.
    pub fn token_for(&self, address: SocketAddr) -> Result<Token, PeerError> {
        self.ask(|reply| Command::Token { address, reply })
    }

    /// Says and hears nothing more from now on, as if its power had failed.
    pub fn fall_silent(&self) {
        // One that is gone is silent.
        let _ = self.send(Command::FallSilent);
    }

    /// Opens a session; its time runs from now. [`crate::Remote`] makes tracks
    /// for a queue.
    ///
    /// # Errors
    /// When the node is gone.
    pub fn play(&self, options: SessionOptions) -> Result<(Session, Frames), PeerError> {
        session::open(&self.line, options, None)
    }

    /// The policies that decide in the node's thread.
    pub fn vitals(&self) -> Vitals {
        self.line.vitals.clone()
    }

    /// To open sessions with, from anywhere; of no use when the node is gone.
    pub(crate) fn line(&self) -> Line {
        self.line.clone()
    }

    fn send(&self, command: Command) -> Result<(), PeerError> {
        self.line.send(command)
    }

    fn ask<T>(&self, question: impl FnOnce(Reply<T>) -> Command) -> Result<T, PeerError> {
        self.line.ask(question)
    }
}

/// Has the node told of each edition of a library.
fn subscribe(library: &Library, number: u64, commands: &UnboundedSender<Command>) {
    let commands = commands.clone();
    library.subscribe(move |edition| {
        let edition = Box::new(edition);
        let share = Command::Share {
            library: number,
            edition,
        };
        commands.send(share).is_ok()
    });
}

impl Drop for Peer {
    fn drop(&mut self) {
        // If it is gone already, there is nobody left to say goodbye.
        let _ = self.line.send(Command::Leave);
        let Some(thread) = self.thread.take() else {
            return;
        };
        while self.line.patience.is_some() && !thread.is_finished() {
            let deciding = self.line.vitals.deciding();
            if deciding.is_some_and(|took| took > ENOUGH) {
                return; // It ends with the program, at the latest.
            }
            thread::sleep(LOOK);
        }
        let _ = thread.join();
    }
}

pub(crate) fn random() -> io::Result<u64> {
    SysRng.try_next_u64().map_err(io::Error::other)
}
