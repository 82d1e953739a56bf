//! The live driver: one task that feeds a node with datagrams, commands and
//! time, and does what it wants done.

mod commands;
mod datagrams;
mod library;
mod serving;
mod sessions;
mod surroundings;
mod told;

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;

use segue_core::ids::SessionId;
use segue_core::listener::Event;
use segue_core::node::{Node, NodeOutput};
use segue_core::playback::Playback;
use segue_core::time::Timestamp;
use segue_core::track::TrackId;
use segue_core::wire::{self, MAX_DATAGRAM_BYTES, Message};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::alarm::Alarm;
use crate::beacons::Beacons;
use crate::changes::Changes;
use crate::clock::Clock;
use crate::files::Packets;
use crate::frames::FrameStore;
use crate::interfaces::{self, Known};
use crate::lapses::Lapses;
use crate::library::Library;
use crate::path::{Cargo, NetworkModels, Path};
use crate::recorder::Recorder;
use crate::sockets::Sockets;
use crate::stock::Stock;
use crate::stopwatch::{Patience, Stopwatch, Vitals, Watchdog};

pub use commands::{Command, Play};
use datagrams::Unsent;
use serving::Unread;
use surroundings::Named;
pub use surroundings::News;
use told::Told;

/// Datagrams read, or sent, at a time before anything else gets its turn.
const BATCH: usize = 64;
/// Most batches sent while leaving: enough for every goodbye.
const LAST_BATCHES: usize = 8;
/// A datagram may be one byte too long, to be seen as such.
const BUFFER_BYTES: usize = MAX_DATAGRAM_BYTES + 1;

/// A session's outer side.
struct Open {
    store: FrameStore,
    /// Frames that the output needs, the one that the engine knows of included.
    due: u32,
    /// `None` once the session is over.
    steps: Option<mpsc::Sender<Playback>>,
    events: UnboundedSender<(Timestamp, Event)>,
    /// Tells the player that nothing more is to be fetched.
    fetched: Arc<AtomicBool>,
    log: Option<Recorder>,
    /// How long the policy takes, and what is made of that.
    stopwatch: Stopwatch,
    patience: Patience,
}

pub struct Driver {
    clock: Clock,
    node: Node,
    data: Sockets,
    beacons: Beacons,
    /// Handed to whoever looks for changes of them.
    interfaces: Known,
    /// Peers named by people; the place is the name's number.
    names: Vec<Named>,
    tell: UnboundedSender<News>,
    news: UnboundedReceiver<News>,
    unsent: Unsent,
    library: Library,
    library_number: u64,
    told: Told,
    packets: Packets,
    unread: Unread,
    /// Tracks of this edition that somebody was warned of.
    unreadable: BTreeSet<TrackId>,
    path: Path,
    sessions: BTreeMap<SessionId, Open>,
    watchdog: Watchdog,
    lapses: Lapses,
    inbox: UnboundedReceiver<Command>,
    /// The payload of the media datagram that is being handled.
    payload: Arc<[u8]>,
    /// Payload and whole of the datagram that is being sent.
    outgoing: Vec<u8>,
    datagram: Vec<u8>,
    /// Logs of sessions that nobody waited for.
    written_late: Vec<JoinHandle<()>>,
    leaving: bool,
    /// Nothing more is said or heard.
    silent: bool,
    malformed: u64,
    /// Counts changes of peers and their tracks.
    changes: Changes,
}

impl Driver {
    pub fn new(
        node: Node,
        data: Sockets,
        beacons: Beacons,
        interfaces: Known,
        library: Library,
        network: NetworkModels,
        inbox: UnboundedReceiver<Command>,
    ) -> Self {
        let (tell, news) = unbounded_channel();
        Self {
            clock: Clock::new(),
            node,
            data,
            beacons,
            interfaces,
            names: Vec::new(),
            tell,
            news,
            unsent: Unsent::default(),
            library,
            library_number: 0,
            told: Told::default(),
            packets: Packets::default(),
            unread: Unread::default(),
            unreadable: BTreeSet::new(),
            path: Path::new(network),
            sessions: BTreeMap::new(),
            watchdog: Watchdog::default(),
            lapses: Lapses::default(),
            inbox,
            payload: Arc::from([]),
            outgoing: Vec::with_capacity(BUFFER_BYTES),
            datagram: Vec::with_capacity(BUFFER_BYTES),
            written_late: Vec::new(),
            leaving: false,
            silent: false,
            malformed: 0,
            changes: Changes::default(),
        }
    }

    /// Serves a track from memory; nobody is told of it.
    pub fn serve_stock(&mut self, stock: Stock) {
        self.node.serve_only([stock.track()]);
        self.packets.take_stock(stock);
    }

    /// Notes when this thread runs late, or not.
    pub fn note_lapses(&mut self, wanted: bool) {
        self.lapses = Lapses::new(wanted);
    }

    /// The count of changes of peers and their tracks.
    pub fn changes(&self) -> Changes {
        self.changes.clone()
    }

    /// The policies that decide here.
    pub fn vitals(&self) -> Vitals {
        self.watchdog.vitals()
    }

    /// Runs until it is told to leave, or nobody can tell it any more.
    pub async fn run(mut self) {
        let known = std::mem::take(&mut self.interfaces);
        tokio::spawn(interfaces::watch(known, self.tell.clone()));
        let mut alarm = Alarm::new();
        while !self.leaving {
            let due = self.drain().await.min(self.path.next_at());
            let beat = self.lapses.beat();
            let wake = self.clock.instant(due.min(beat));
            let mut only_beats = false;
            // Whatever woke it: everything that is there gets its turn below, so
            // that a flood on one way in does not keep the others waiting.
            let command = tokio::select! {
                _ = self.data.readable() => None,
                () = self.beacons.sockets.readable() => None,
                Some(news) = self.news.recv() => {
                    self.on_news(news).await;
                    None
                }
                command = self.inbox.recv() => Some(command),
                () = alarm.wait(wake) => {
                    only_beats = beat < due && self.clock.now() < due;
                    None
                }
            };
            self.lapses.on_run(due.min(beat), self.clock.now());
            if only_beats {
                continue;
            }
            match command {
                Some(None) => self.leaving = true,
                Some(Some(command)) => self.on_command(command),
                None => {}
            }
            self.read_data();
            self.read_beacons();
            self.read_commands();
            self.pass_network().await;
            self.node.tick(self.clock.now());
            self.judge_policies();
        }
        if self.silent {
            // Nobody else gets its address while others still write to it.
            while !matches!(self.inbox.recv().await, None | Some(Command::Leave)) {}
            return;
        }
        self.node.leave(self.clock.now());
        for _ in 0..LAST_BATCHES {
            if self.drain().await > self.clock.now() {
                break;
            }
        }
        self.finish_logs();
    }

    // -- outputs -----------------------------------------------------------------

    /// Does what the node wants done, though not for ever; answers when it wants
    /// to be called again.
    async fn drain(&mut self) -> Timestamp {
        for _ in 0..BATCH {
            let now = self.clock.now();
            match self.node.poll(now) {
                NodeOutput::Transmit { to, message } => {
                    self.outgoing.clear();
                    self.transmit(now, to, &message).await;
                }
                NodeOutput::Media { to, header, track } => {
                    self.serve(track, to, header).await;
                }
                NodeOutput::Broadcast(message) => self.send_to_all(&message).await,
                NodeOutput::Session(session, output) => self.on_session(now, session, output),
                NodeOutput::PeersChanged => {
                    self.changes.grow();
                    self.told.of_peers(&self.node);
                }
                NodeOutput::WaitUntil(wake) => {
                    self.write_logs();
                    self.drop_lingering();
                    self.told.of_listeners(&self.node);
                    return wake;
                }
            }
        }
        // There is more to do, but those who are served must be heard, too: let
        // the sockets tell what has come.
        tokio::task::yield_now().await;
        Timestamp::ZERO
    }

    /// Sends a message with what lies in `outgoing` as its payload.
    async fn transmit(&mut self, now: Timestamp, to: SocketAddr, message: &Message) {
        wire::encode(message, &self.outgoing, &mut self.datagram);
        if self.path.concerns(message, false) {
            let datagram = Arc::from(self.datagram.as_slice());
            let cargo = Cargo::Out {
                to,
                traffic: message.traffic(),
                datagram,
            };
            self.path.send(now, to, self.datagram.len(), cargo);
        } else {
            self.unsent.send(&self.data, to, &self.datagram).await;
        }
    }
}
