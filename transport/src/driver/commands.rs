//! What programs want of a running node.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{self, SendError};
use std::thread::JoinHandle;
use std::time::Instant;

use segue_core::ids::SessionId;
use segue_core::listener::{Event, ListenerConfig, PacketPart};
use segue_core::playback::Playback;
use segue_core::time::Timestamp;
use segue_core::timeline::{Extent, Timeline};
use segue_core::token::Token;
use tokio::sync::mpsc::UnboundedSender;

use super::{BATCH, Driver, Open};
use crate::frames::{FrameStore, ahead_packets};
use crate::library::{Edition, Library};
use crate::line::Reply;
use crate::listing::Catalogs;
use crate::names::PeerName;
use crate::path::{NetworkModels, Path};
use crate::peer::{PeerInfo, Seeding};
use crate::recorder::Recorder;
use crate::session::{SessionOptions, SessionReport, SessionStatus};
use crate::status::NetworkStatus;
use crate::stopwatch::{Patience, Stopwatch};

/// What programs want of a running node.
pub enum Command {
    AddPeer {
        address: SocketAddr,
    },
    AddName {
        name: PeerName,
    },
    /// What there is to share has changed.
    Share {
        /// Of which library: counted from the first.
        library: u64,
        edition: Box<Edition>,
    },
    /// Another library is shared.
    Library {
        number: u64,
        library: Library,
        /// Gets the one before.
        reply: Reply<Library>,
    },
    /// Other network models.
    Models(Box<NetworkModels>),
    /// What each peer shares.
    Catalogs {
        reply: Reply<Catalogs>,
    },
    Peers {
        reply: Reply<Vec<PeerInfo>>,
    },
    Seeding {
        reply: Reply<Seeding>,
    },
    Network {
        reply: Reply<NetworkStatus>,
    },
    /// When this thread ran late.
    Lapses {
        reply: Reply<Vec<(Instant, Instant)>>,
    },
    Play(Box<Play>),
    /// A token with which whoever is at `address` may ask this node.
    Token {
        address: SocketAddr,
        reply: Reply<Token>,
    },
    Join {
        session: SessionId,
        address: SocketAddr,
        token: Token,
    },
    Pause {
        session: SessionId,
        paused: bool,
    },
    /// The output needs its next frames, one after the other.
    FramesDue {
        session: SessionId,
        count: u32,
    },
    Status {
        session: SessionId,
        reply: Reply<SessionStatus>,
    },
    Timeline {
        session: SessionId,
        known: Extent,
        reply: Reply<(Timeline, Timestamp)>,
    },
    PacketMap {
        session: SessionId,
        parts: u32,
        reply: Reply<Vec<PacketPart>>,
    },
    Stop {
        session: SessionId,
    },
    Close {
        session: SessionId,
        /// With the report, what to wait for until its log is written.
        reply: Reply<(SessionReport, Option<JoinHandle<()>>)>,
    },
    Leave,
    /// Say and hear nothing more, as if the power had failed.
    FallSilent,
}

/// A session to be opened.
pub struct Play {
    pub session: SessionId,
    pub options: SessionOptions,
    pub steps: mpsc::Sender<Playback>,
    pub events: UnboundedSender<(Timestamp, Event)>,
    pub fetched: Arc<AtomicBool>,
    /// The session that this one takes the place of: it ends, and its frames are
    /// handed on.
    pub instead_of: Option<SessionId>,
}

impl Driver {
    pub(super) fn read_commands(&mut self) {
        for _ in 0..BATCH {
            match self.inbox.try_recv() {
                Ok(command) => self.on_command(command),
                Err(_) => return,
            }
        }
    }

    pub(super) fn on_command(&mut self, command: Command) {
        let now = self.clock.now();
        // Whoever asked may be gone: then nobody needs the answer.
        match command {
            Command::AddPeer { address } => self.node.add_peer(now, address),
            Command::AddName { name } => self.add_name(name),
            Command::Share { library, edition } if library == self.library_number => {
                self.on_edition(now, *edition);
            }
            Command::Share { .. } => {} // of one that is shared no more
            Command::Library {
                number,
                library,
                reply,
            } => {
                self.library_number = number;
                // Whoever asked waits for its end; the network does not.
                let _ = reply.send(std::mem::replace(&mut self.library, library));
            }
            Command::Models(models) => self.path = Path::new(*models),
            Command::Catalogs { reply } => {
                let _ = reply.send(self.node.discovery().catalogs().collect());
            }
            Command::Peers { reply } => {
                let discovery = self.node.discovery();
                let peers = discovery.peers().map(|(id, address, complete)| PeerInfo {
                    address,
                    addresses: discovery.addresses(id),
                    complete,
                });
                let _ = reply.send(peers.collect());
            }
            Command::Seeding { reply } => {
                let _ = reply.send(Seeding {
                    stats: self.node.seeder_stats(),
                    listeners: self.node.listeners(),
                    malformed: self.malformed,
                });
            }
            Command::Network { reply } => drop(reply.send(self.network())),
            Command::Lapses { reply } => {
                let instant = |at| self.clock.instant(at).into_std();
                let noted = self.lapses.noted().iter();
                let lapses = noted.map(|&(from, until)| (instant(from), instant(until)));
                let _ = reply.send(lapses.collect());
            }
            Command::Play(play) => self.play(now, *play),
            Command::Token { address, reply } => {
                let _ = reply.send(self.node.token_for(address, now));
            }
            Command::Join {
                session,
                address,
                token,
            } => self.node.join(now, session, address, token),
            Command::Pause { session, paused } => self.node.pause(now, session, paused),
            Command::FramesDue { session, count } => self.frames_due(now, session, count),
            Command::Status { session, reply } => {
                if let Some(listener) = self.node.session(session) {
                    let _ = reply.send(SessionStatus {
                        status: listener.status(),
                        metrics: listener.metrics(),
                        now: listener.now(),
                    });
                }
            }
            Command::Timeline {
                session,
                known,
                reply,
            } => {
                if let Some(listener) = self.node.session(session) {
                    let news = listener.timeline().since(&known);
                    let _ = reply.send((news, listener.now()));
                }
            }
            Command::PacketMap {
                session,
                parts,
                reply,
            } => {
                if let Some(listener) = self.node.session(session) {
                    let _ = reply.send(listener.packet_map(parts));
                }
            }
            Command::Stop { session } => self.stop(now, session),
            Command::Close { session, reply } => {
                self.stop(now, session);
                self.write_log(session);
                let open = self.sessions.remove(&session);
                let log = open.and_then(|open| open.log?.finish());
                if let Some(listener) = self.node.close(session) {
                    let report = SessionReport {
                        metrics: listener.metrics(),
                        status: listener.status(),
                        ended: listener.now(),
                        timeline: listener.into_timeline(),
                    };
                    if let Err(SendError((_, log))) = reply.send((report, log)) {
                        self.written_late.retain(|log| !log.is_finished());
                        self.written_late.extend(log);
                    }
                }
            }
            Command::Leave => self.leaving = true,
            Command::FallSilent => (self.leaving, self.silent) = (true, true),
        }
        self.drain_sessions(now);
    }

    fn network(&self) -> NetworkStatus {
        NetworkStatus {
            data: self.data.addresses().collect(),
            receive_buffer_bytes: self.data.receive_buffer_bytes(),
            discovery: self.beacons.sockets_status(),
            announcing: self.node.discovery().is_announcing(),
            interfaces: self.beacons.interfaces_status(),
            unsent: self.unsent.count,
            unsent_error: self.unsent.error.clone(),
            model_faults: self.path.faults().to_vec(),
        }
    }

    fn play(&mut self, now: Timestamp, play: Play) {
        let Play {
            session, options, ..
        } = play;
        tracing::info!(
            "session {session} plays {} ({})",
            options.track.id.short(),
            options.track.label()
        );
        let first = options.start.first();
        let ahead = ahead_packets(options.track.bytes, options.track.packets);
        let store = play.instead_of.and_then(|other| {
            let store = std::mem::take(&mut self.sessions.get_mut(&other)?.store);
            self.stop(now, other);
            Some(store.starting_at(first, ahead))
        });
        let store = store.unwrap_or_default();
        let config = ListenerConfig {
            session,
            ahead_packets: ahead,
            track: options.track,
            paced: options.paced,
            timeline: options.timeline,
            start: options.start,
            have: store.ranges(first),
        };
        let (log, begin) = match options.log {
            Some((log, label)) => match Recorder::start(log) {
                Ok(log) => (Some(log), Some(label.begin(&config))),
                Err(error) => {
                    tracing::error!("no session log: {error}");
                    (None, None)
                }
            },
            None => (None, None),
        };
        let (policy, stopwatch) = Stopwatch::time(options.policy);
        self.watchdog.watch(&stopwatch);
        let open = Open {
            store,
            due: 0,
            steps: Some(play.steps),
            events: play.events,
            fetched: play.fetched,
            log,
            stopwatch,
            patience: Patience::default(),
        };
        self.sessions.insert(session, open);
        self.node.open(now, config, policy, begin);
        for address in options.seeders {
            self.node.join(now, session, address, Token::default());
        }
        self.note_fetched(session);
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
            open.store = FrameStore::default();
        }
    }
}
