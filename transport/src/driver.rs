//! The live driver: one task that feeds a node with datagrams, commands and
//! time, and does what it wants done.

use std::collections::BTreeMap;
use std::io::{ErrorKind, Write};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use segue_core::ids::SessionId;
use segue_core::listener::{Event, ListenerConfig, Output};
use segue_core::node::{Node, NodeOutput};
use segue_core::playback::Playback;
use segue_core::session_log::Line;
use segue_core::time::Timestamp;
use segue_core::token::Token;
use segue_core::track::TrackId;
use segue_core::wire::{self, MAX_DATAGRAM_BYTES, Message};
use tokio::net::UdpSocket;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};
use tokio::sync::oneshot;
use tokio::time::sleep_until;

use crate::clock::Clock;
use crate::files::Packets;
use crate::frames::{FrameStore, ahead_packets};
use crate::library::Library;
use crate::path::{Cargo, NetworkModels, Path};
use crate::peer::{PeerInfo, Seeding, TrackEntry};
use crate::session::{SessionOptions, SessionReport, SessionStatus};
use crate::sockets::broadcast_addresses;

/// Datagrams read, or sent, at a time before anything else gets its turn.
const BATCH: usize = 64;
/// Most batches sent while leaving: enough for every goodbye.
const LAST_BATCHES: usize = 8;
/// A datagram may be one byte too long, to be seen as such.
const BUFFER_BYTES: usize = MAX_DATAGRAM_BYTES + 1;

/// What programs want of a running node.
pub enum Command {
    AddPeer {
        address: SocketAddr,
    },
    Tracks {
        reply: oneshot::Sender<Vec<TrackEntry>>,
    },
    Peers {
        reply: oneshot::Sender<Vec<PeerInfo>>,
    },
    Seeding {
        reply: oneshot::Sender<Seeding>,
    },
    Play {
        number: u64,
        options: Box<SessionOptions>,
        steps: UnboundedSender<Playback>,
        events: UnboundedSender<Event>,
        reply: oneshot::Sender<SessionId>,
    },
    /// The output needs its next frames, one after the other.
    FramesDue {
        session: SessionId,
        count: u32,
    },
    Status {
        session: SessionId,
        reply: oneshot::Sender<SessionStatus>,
    },
    Stop {
        session: SessionId,
    },
    Close {
        session: SessionId,
        reply: oneshot::Sender<SessionReport>,
    },
    Leave,
}

/// A session's outer side.
struct Open {
    store: FrameStore,
    /// Frames that the output needs, the one that the engine knows of included.
    due: u32,
    /// `None` once the session is over.
    steps: Option<UnboundedSender<Playback>>,
    events: UnboundedSender<Event>,
    log: Option<Box<dyn Write + Send>>,
}

pub struct Driver {
    clock: Clock,
    node: Node,
    data: UdpSocket,
    discovery: Option<UdpSocket>,
    /// Own address and port for beacons; `None`: no broadcast.
    broadcast: Option<(IpAddr, u16)>,
    packets: Packets,
    path: Path,
    sessions: BTreeMap<SessionId, Open>,
    inbox: UnboundedReceiver<Command>,
    /// The payload of the media datagram that is being handled.
    payload: Arc<[u8]>,
    /// Payload and whole of the datagram that is being sent.
    outgoing: Vec<u8>,
    datagram: Vec<u8>,
    leaving: bool,
    malformed: u64,
}

impl Driver {
    pub fn new(
        mut node: Node,
        data: UdpSocket,
        discovery: Option<UdpSocket>,
        broadcast: Option<(IpAddr, u16)>,
        library: Library,
        network: NetworkModels,
        inbox: UnboundedReceiver<Command>,
    ) -> Self {
        let clock = Clock::new();
        let mut tracks = library.tracks().peekable();
        if tracks.peek().is_some() {
            node.share(clock.now(), tracks);
        } else {
            drop(tracks);
        }
        Self {
            clock,
            node,
            data,
            discovery,
            broadcast,
            packets: Packets::new(library),
            path: Path::new(network),
            sessions: BTreeMap::new(),
            inbox,
            payload: Arc::from([]),
            outgoing: Vec::with_capacity(BUFFER_BYTES),
            datagram: Vec::with_capacity(BUFFER_BYTES),
            leaving: false,
            malformed: 0,
        }
    }

    /// Runs until it is told to leave, or nobody can tell it any more.
    pub async fn run(mut self) {
        while !self.leaving {
            let wake = self.drain().await;
            let wake = self.clock.instant(wake.min(self.path.next_at()));
            // Whatever woke it: everything that is there gets its turn below, so
            // that a flood on one way in does not keep the others waiting.
            let command = tokio::select! {
                _ = self.data.readable() => None,
                () = readable(self.discovery.as_ref()) => None,
                command = self.inbox.recv() => Some(command),
                () = sleep_until(wake) => None,
            };
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
        }
        self.node.leave(self.clock.now());
        for _ in 0..LAST_BATCHES {
            if self.drain().await > self.clock.now() {
                break;
            }
        }
    }

    // -- inputs ------------------------------------------------------------------

    fn read_data(&mut self) {
        let mut buffer = [0; BUFFER_BYTES];
        for _ in 0..BATCH {
            match self.data.try_recv_from(&mut buffer) {
                Ok((length, from)) => self.on_datagram(from, &buffer[..length], true),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                // A peer's closed port comes back as an error of the next call:
                // it says nothing about the others.
                Err(error) => tracing::debug!("data socket: {error}"),
            }
        }
    }

    fn read_beacons(&mut self) {
        let mut buffer = [0; BUFFER_BYTES];
        for _ in 0..BATCH {
            let Some(socket) = &self.discovery else {
                return;
            };
            match socket.try_recv_from(&mut buffer) {
                Ok((length, from)) => self.on_datagram(from, &buffer[..length], false),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(error) => tracing::debug!("discovery socket: {error}"),
            }
        }
    }

    fn on_datagram(&mut self, from: SocketAddr, datagram: &[u8], through_network: bool) {
        let (message, payload) = match wire::decode(datagram) {
            Ok(decoded) => decoded,
            Err(error) => {
                self.malformed += 1;
                tracing::debug!(
                    "datagram from {from} ignored ({} so far): {error}",
                    self.malformed
                );
                return;
            }
        };
        let now = self.clock.now();
        if let Message::Media(header) = &message {
            self.node
                .note_sent(header.session, from, now, header.packet);
        }
        let bytes = datagram.len();
        let payload = Arc::from(payload);
        if through_network && self.path.concerns(&message, true) {
            let cargo = Cargo::In {
                from,
                message,
                payload,
                bytes,
            };
            self.path.send(now, from, bytes, cargo);
        } else {
            self.hand_over(now, from, message, payload, bytes);
        }
    }

    fn hand_over(
        &mut self,
        now: Timestamp,
        from: SocketAddr,
        message: Message,
        payload: Arc<[u8]>,
        bytes: usize,
    ) {
        self.payload = payload;
        self.node.handle(now, from, message, bytes);
        self.drain_sessions(now);
    }

    /// Takes what came through the network models.
    async fn pass_network(&mut self) {
        let now = self.clock.now();
        while let Some(cargo) = self.path.poll(now) {
            match cargo {
                Cargo::In {
                    from,
                    message,
                    payload,
                    bytes,
                } => {
                    self.hand_over(now, from, message, payload, bytes);
                }
                Cargo::Out { to, datagram } => send(&self.data, to, &datagram).await,
            }
        }
    }

    fn read_commands(&mut self) {
        for _ in 0..BATCH {
            match self.inbox.try_recv() {
                Ok(command) => self.on_command(command),
                Err(_) => return,
            }
        }
    }

    fn on_command(&mut self, command: Command) {
        let now = self.clock.now();
        // Whoever asked may be gone: then nobody needs the answer.
        match command {
            Command::AddPeer { address } => self.node.add_peer(now, address),
            Command::Tracks { reply } => drop(reply.send(self.tracks())),
            Command::Peers { reply } => {
                let peers = self.node.discovery().peers();
                let peers = peers.map(|(_, address, complete)| PeerInfo { address, complete });
                let _ = reply.send(peers.collect());
            }
            Command::Seeding { reply } => {
                let _ = reply.send(Seeding {
                    stats: self.node.seeder_stats(),
                    listeners: self.node.listeners(),
                    malformed: self.malformed,
                });
            }
            Command::Play {
                number,
                options,
                steps,
                events,
                reply,
            } => {
                let id = self.play(now, SessionId(number), *options, steps, events);
                let _ = reply.send(id);
            }
            Command::FramesDue { session, count } => self.frames_due(now, session, count),
            Command::Status { session, reply } => {
                if let Some(listener) = self.node.session(session) {
                    let _ = reply.send(SessionStatus {
                        status: listener.status(),
                        metrics: listener.metrics(),
                    });
                }
            }
            Command::Stop { session } => self.stop(now, session),
            Command::Close { session, reply } => {
                self.stop(now, session);
                self.write_log(session);
                self.sessions.remove(&session);
                if let Some(listener) = self.node.close(session) {
                    let _ = reply.send(SessionReport {
                        metrics: listener.metrics(),
                        status: listener.status(),
                        began: listener.began(),
                        ended: now,
                        timeline: listener.into_timeline(),
                    });
                }
            }
            Command::Leave => self.leaving = true,
        }
        self.drain_sessions(now);
    }

    fn tracks(&self) -> Vec<TrackEntry> {
        let discovery = self.node.discovery();
        let addresses: BTreeMap<_, _> = discovery
            .peers()
            .map(|(id, address, _)| (id, address))
            .collect();
        let tracks = discovery.tracks().into_values();
        tracks
            .map(|(track, peers)| TrackEntry {
                track: track.clone(),
                peers: peers
                    .iter()
                    .filter_map(|id| addresses.get(id).copied())
                    .collect(),
            })
            .collect()
    }

    fn play(
        &mut self,
        now: Timestamp,
        session: SessionId,
        options: SessionOptions,
        steps: UnboundedSender<Playback>,
        events: UnboundedSender<Event>,
    ) -> SessionId {
        let config = ListenerConfig {
            session,
            ahead_packets: ahead_packets(options.track.bytes, options.track.packets),
            track: options.track,
            paced: options.paced,
            timeline: options.timeline,
        };
        let (log, begin) = match options.log {
            Some((log, label)) => (Some(log), Some(label.begin(now, &config))),
            None => (None, None),
        };
        let open = Open {
            store: FrameStore::default(),
            due: 0,
            steps: Some(steps),
            events,
            log,
        };
        self.sessions.insert(session, open);
        self.node.open(now, config, options.policy, begin);
        for address in options.seeders {
            self.node.join(now, session, address, Token::default());
        }
        session
    }

    fn frames_due(&mut self, now: Timestamp, session: SessionId, count: u32) {
        let Some(open) = self.sessions.get_mut(&session) else {
            return;
        };
        let before = open.due;
        open.due += count;
        if before == 0 {
            self.node.frame_due(now, session);
        }
    }

    fn stop(&mut self, now: Timestamp, session: SessionId) {
        self.node.stop(now, session);
        if let Some(open) = self.sessions.get_mut(&session) {
            open.steps = None;
        }
    }

    // -- outputs -----------------------------------------------------------------

    /// Hands sessions what they played or kept while the datagram that it is
    /// about is at hand; everything else waits for [`Driver::drain`].
    fn drain_sessions(&mut self, now: Timestamp) {
        while let Some((session, output)) = self.node.next_session_output() {
            self.on_session(now, session, output);
        }
    }

    /// Does what the node wants done, though not for ever; answers when it wants
    /// to be called again.
    async fn drain(&mut self) -> Timestamp {
        for _ in 0..BATCH {
            let now = self.clock.now();
            match self.node.poll(now) {
                NodeOutput::Transmit { to, message, track } => {
                    self.transmit(now, to, message, track).await;
                }
                NodeOutput::Broadcast(message) => self.send_to_all(&message).await,
                NodeOutput::Session(session, output) => self.on_session(now, session, output),
                NodeOutput::PeersChanged => {}
                NodeOutput::WaitUntil(wake) => {
                    self.write_logs();
                    return wake;
                }
            }
        }
        // There is more to do, but those who are served must be heard, too: let
        // the sockets tell what has come.
        tokio::task::yield_now().await;
        Timestamp::ZERO
    }

    async fn transmit(
        &mut self,
        now: Timestamp,
        to: SocketAddr,
        mut message: Message,
        track: Option<TrackId>,
    ) {
        let payload = &mut self.outgoing;
        payload.clear();
        if let (Message::Media(header), Some(track)) = (&mut message, track) {
            if let Err(error) = self.packets.read(track, header.packet, payload) {
                tracing::warn!("track {} is no longer shared: {error}", track.short());
                return self.node.lost_track(track);
            }
            header.payload_bytes = payload.len() as u16;
        }
        wire::encode(&message, payload, &mut self.datagram);
        if self.path.concerns(&message, false) {
            let datagram = Arc::from(self.datagram.as_slice());
            let cargo = Cargo::Out { to, datagram };
            self.path.send(now, to, self.datagram.len(), cargo);
        } else {
            send(&self.data, to, &self.datagram).await;
        }
    }

    async fn send_to_all(&mut self, message: &Message) {
        if let Some((bind, port)) = self.broadcast {
            wire::encode(message, &[], &mut self.datagram);
            for to in broadcast_addresses(bind, port) {
                send(&self.data, to, &self.datagram).await;
            }
        }
    }

    fn on_session(&mut self, now: Timestamp, session: SessionId, output: Output) {
        let Some(open) = self.sessions.get_mut(&session) else {
            return;
        };
        let step = match output {
            Output::Keep { packet } => {
                open.store.keep(packet, self.payload.clone());
                return;
            }
            Output::Play { packet } => match open.store.take(packet) {
                Some(bytes) => Playback::Frame { packet, bytes },
                None => Playback::Conceal { packet, count: 1 },
            },
            Output::Conceal { packet } => Playback::Conceal { packet, count: 1 },
            Output::Skip { packet, count } => Playback::Skip { packet, count },
            Output::Hold => Playback::Hold,
            Output::End => Playback::End,
            Output::Event(event) => {
                tracing::debug!("session {session}: {event:?}");
                let _ = open.events.send(event);
                return;
            }
            Output::Transmit { .. } | Output::WaitUntil(_) => return,
        };
        let over = step == Playback::End;
        let answers = matches!(step, Playback::Frame { .. } | Playback::Conceal { .. });
        // The player may have ended first.
        let _ = open.steps.as_ref().map(|steps| steps.send(step));
        if over {
            open.steps = None;
        }
        if answers {
            open.due = open.due.saturating_sub(1);
            if open.due > 0 {
                self.node.frame_due(now, session);
            }
        }
    }

    fn write_logs(&mut self) {
        let sessions: Vec<_> = self.sessions.keys().copied().collect();
        for session in sessions {
            self.write_log(session);
        }
    }

    fn write_log(&mut self, session: SessionId) {
        let lines = self.node.take_log(session);
        let Some(open) = self.sessions.get_mut(&session) else {
            return;
        };
        if let Some(log) = &mut open.log
            && let Err(error) = write_lines(log, &lines)
        {
            tracing::error!("the session log ends here: {error}");
            open.log = None;
        }
    }
}

fn write_lines(log: &mut dyn Write, lines: &[Line]) -> std::io::Result<()> {
    for line in lines {
        serde_json::to_writer(&mut *log, line)?;
        log.write_all(b"\n")?;
    }
    Ok(())
}

async fn send(socket: &UdpSocket, to: SocketAddr, datagram: &[u8]) {
    if let Err(error) = socket.send_to(datagram, to).await {
        tracing::debug!("cannot send to {to}: {error}");
    }
}

/// Waits until something can be read; for ever where there is no socket.
async fn readable(socket: Option<&UdpSocket>) {
    match socket {
        // An error shows when it is read.
        Some(socket) => drop(socket.readable().await),
        None => std::future::pending().await,
    }
}
