//! A whole peer: discovery, a seeder, and any number of sessions.
//!
//! Drivers talk to a node alone. It hands every message to the part that it is
//! for, tells sessions of seeders that discovery found, and gathers what the
//! parts want done.

mod outputs;

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;

use segue_policy::host::Policy;

use crate::discovery::{Discovery, Source};
use crate::ids::{PeerId, SessionId};
use crate::listener::{Input, Listener, ListenerConfig, Output};
use crate::offer::Offer;
use crate::seeder::{Seeder, SeederConfig, SeederStats, Served};
use crate::session_log::{Begin, Line};
use crate::sessions::Sessions;
use crate::time::Timestamp;
use crate::token::{Token, TokenKey};
use crate::track::{TrackId, TrackInfo};
use crate::wire::{Announce, MediaHeader, Message};

/// What a node is.
pub struct NodeConfig {
    /// Its name, drawn at random at each start.
    pub peer: PeerId,
    /// Its data port.
    pub port: u16,
    /// Secret for tokens, drawn at random at each start.
    pub secret: [u8; 32],
    /// How it seeds.
    pub seeder: SeederConfig,
}

/// What a node wants done.
#[derive(Debug)]
pub enum NodeOutput {
    /// Send a message.
    Transmit {
        /// Where to.
        to: SocketAddr,
        /// What.
        message: Message,
    },
    /// Send a packet.
    Media {
        /// Where to.
        to: SocketAddr,
        /// What goes before the payload.
        header: MediaHeader,
        /// The track whose packet `header.packet` is the payload.
        track: TrackId,
    },
    /// Send a message to everyone near.
    Broadcast(Message),
    /// A session wants something: anything but `Transmit` and `WaitUntil`.
    Session(SessionId, Output),
    /// Peers or their tracks changed.
    PeersChanged,
    /// Nothing more until then.
    WaitUntil(Timestamp),
}

struct Session {
    listener: Listener,
    /// A session's own time starts here, so that a policy sees the same in a
    /// simulation and in a program that has run for an hour.
    began: Timestamp,
    /// When the listener wants to be fed next, as of the last time it was.
    wake: Timestamp,
    log: Option<Vec<Line>>,
}

impl Session {
    /// The session's own time.
    fn time(&self, now: Timestamp) -> Timestamp {
        Timestamp(now.0.saturating_sub(self.began.0))
    }

    /// The listener wants to be fed then, in its own time. Answers whether that is
    /// another time than before.
    fn note_wake(&mut self, at: Timestamp) -> bool {
        let wake = Timestamp(at.0.saturating_add(self.began.0));
        std::mem::replace(&mut self.wake, wake) != wake
    }
}

/// A whole peer. See the module's documentation.
pub struct Node {
    tokens: TokenKey,
    discovery: Discovery,
    seeder: Seeder,
    sessions: Sessions<Session>,
    /// When the first of the sessions wants to be fed.
    wake: Timestamp,
    /// A session keeps a timeline, or did.
    charts: bool,
    /// The place of the session that was fed last, as long as it has something to
    /// say. It is heard out before another comes or goes.
    talking: Option<usize>,
    outputs: VecDeque<NodeOutput>,
}

impl Node {
    /// A node that knows nobody and shares nothing.
    pub fn new(config: NodeConfig) -> Self {
        let tokens = TokenKey::new(config.secret);
        Self {
            discovery: Discovery::new(config.peer, config.port, tokens.clone()),
            seeder: Seeder::new(config.seeder, tokens.clone()),
            tokens,
            sessions: Sessions::default(),
            wake: Timestamp::NEVER,
            charts: false,
            talking: None,
            outputs: VecDeque::new(),
        }
    }

    /// Replaces what is shared.
    pub fn share<'a>(&mut self, now: Timestamp, tracks: impl IntoIterator<Item = &'a TrackInfo>) {
        self.offer(now, Offer::new(tracks));
    }

    /// Replaces what is shared by what was made ready before.
    pub fn offer(&mut self, now: Timestamp, offer: Offer) {
        self.seeder.share(offer.served);
        self.discovery.share(now, offer.catalog);
    }

    /// Serves a track no more; its listeners are told so. The next offer is to
    /// leave it out.
    pub fn withdraw(&mut self, track: TrackId) {
        self.seeder.withdraw(track);
    }

    /// Whether somebody is being served this track.
    pub fn is_serving(&self, track: TrackId) -> bool {
        self.seeder.is_serving(track)
    }

    /// Serves tracks without announcing them: for drivers that bring nodes
    /// together without discovery.
    pub fn serve_only<'a>(&mut self, tracks: impl IntoIterator<Item = &'a TrackInfo>) {
        let served = tracks
            .into_iter()
            .map(|track| (track.id, Served::from(track)));
        self.seeder.share(served.collect());
    }

    /// Asks a peer by address, though no broadcast of it comes.
    pub fn add_peer(&mut self, now: Timestamp, address: SocketAddr) {
        self.discovery.add_peer(now, address);
    }

    /// Tells of this node and asks around at once: the network changed, or the
    /// machine was asleep.
    pub fn announce(&mut self, now: Timestamp) {
        self.discovery.announce_now(now);
    }

    /// Asks a peer that has a name; see [`Discovery::add_named_peer`].
    pub fn add_named_peer(&mut self, now: Timestamp, name: u32, addresses: Vec<SocketAddr>) {
        self.discovery.add_named_peer(now, name, addresses);
    }

    /// Says goodbye to everyone.
    pub fn leave(&mut self, now: Timestamp) {
        self.discovery.leave();
        // Running sessions need not wait out the silence.
        self.seeder.share(BTreeMap::new());
        let sessions: Vec<_> = self.sessions.iter().map(|(id, _)| id).collect();
        for id in sessions {
            self.feed(now, id, Input::Stop);
        }
    }

    /// The table of peers.
    pub fn discovery(&self) -> &Discovery {
        &self.discovery
    }

    /// Counts of the seeding side.
    pub fn seeder_stats(&self) -> SeederStats {
        self.seeder.stats()
    }

    /// Listeners that are served now.
    pub fn listeners(&self) -> usize {
        self.seeder.listeners()
    }

    /// A token with which `address` may ask this node: for drivers that bring
    /// nodes together without discovery.
    pub fn token_for(&self, address: SocketAddr, now: Timestamp) -> Token {
        self.tokens.token(address, now)
    }

    // -- sessions ----------------------------------------------------------------

    /// Opens a session. All known seeders of the track join it. With `log`,
    /// inputs and outputs are kept for [`Node::take_log`].
    pub fn open(
        &mut self,
        now: Timestamp,
        config: ListenerConfig,
        policy: Box<dyn Policy>,
        log: Option<Begin>,
    ) -> SessionId {
        self.hear_out();
        let id = config.session;
        self.charts |= config.timeline;
        let session = Session {
            listener: Listener::new(Timestamp::ZERO, config, policy),
            began: now,
            wake: now,
            log: log.map(|begin| vec![Line::Begin(begin)]),
        };
        self.sessions.insert(id, session);
        self.find_wake();
        self.join_sources(now, id);
        id
    }

    /// Brings a seeder into a session, beside those that discovery finds.
    pub fn join(&mut self, now: Timestamp, id: SessionId, address: SocketAddr, token: Token) {
        let seeder = Input::Seeder {
            peer: None,
            address,
            others: Vec::new(),
            token,
        };
        self.feed(now, id, seeder);
    }

    /// The device of a session needs its next frame.
    pub fn frame_due(&mut self, now: Timestamp, id: SessionId) {
        self.feed(now, id, Input::FrameDue);
    }

    /// The listener pauses a session, or goes on.
    pub fn pause(&mut self, now: Timestamp, id: SessionId, paused: bool) {
        let input = if paused { Input::Pause } else { Input::Resume };
        self.feed(now, id, input);
    }

    /// The policy of a session takes long to decide, as a driver that keeps real
    /// time has seen; see [`Input::PolicySlow`].
    pub fn policy_slow(&mut self, now: Timestamp, id: SessionId, why: String, ends: bool) {
        self.feed(now, id, Input::PolicySlow { why, ends });
    }

    /// Ends a session: its seeders are told.
    pub fn stop(&mut self, now: Timestamp, id: SessionId) {
        self.feed(now, id, Input::Stop);
    }

    /// Forgets a session and hands it over: metrics and timeline are in it.
    pub fn close(&mut self, id: SessionId) -> Option<Listener> {
        self.hear_out();
        let closed = self.sessions.remove(id)?;
        self.find_wake();
        Some(closed.listener)
    }

    /// A session.
    #[inline]
    pub fn session(&self, id: SessionId) -> Option<&Listener> {
        self.sessions.get(id).map(|session| &session.listener)
    }

    /// Log lines since the last call.
    pub fn take_log(&mut self, id: SessionId) -> Vec<Line> {
        self.hear_out();
        let log = self
            .sessions
            .get_mut(id)
            .and_then(|session| session.log.as_mut());
        log.map(std::mem::take).unwrap_or_default()
    }

    /// Whether anybody wants to hear of [`Node::note_sent`].
    pub(crate) fn charts(&self) -> bool {
        self.charts
    }

    /// For the chart: a media datagram entered the network at its far end.
    pub fn note_sent(&mut self, id: SessionId, from: SocketAddr, at: Timestamp, packet: u32) {
        if let Some(session) = self.sessions.get_mut(id) {
            let at = session.time(at);
            session.listener.note_sent(from, at, packet);
        }
    }

    // -- inputs ------------------------------------------------------------------

    /// Takes in a beacon: an announcement that came by broadcast or multicast.
    pub fn hear_beacon(&mut self, now: Timestamp, from: SocketAddr, announce: &Announce) {
        self.discovery.hear_beacon(now, from, announce);
    }

    /// Takes in a message that came to the data port in a datagram of `bytes`
    /// bytes.
    pub fn handle(&mut self, now: Timestamp, from: SocketAddr, message: Message, bytes: usize) {
        self.discovery.heard(now, from);
        match message {
            Message::Media(header) => {
                self.feed(now, header.session, Input::Media { from, header });
            }
            Message::Report(report) => {
                self.feed(now, report.session, Input::Report { from, report });
            }
            Message::Retry(retry) => match retry.session {
                Some(id) => self.feed(
                    now,
                    id,
                    Input::Retry {
                        from,
                        token: retry.token,
                    },
                ),
                None => self.discovery.handle(now, from, &message, bytes),
            },
            Message::RequestTrack(_)
            | Message::RequestPackets(_)
            | Message::Feedback(_)
            | Message::Cancel(_) => self.seeder.handle(now, from, &message, bytes),
            Message::Announce(_)
            | Message::CatalogRequest(_)
            | Message::CatalogIndex(_)
            | Message::CatalogPage(_) => self.discovery.handle(now, from, &message, bytes),
        }
    }

    /// Time passed. May be called at any time.
    #[inline]
    pub fn tick(&mut self, now: Timestamp) {
        self.hear_out();
        if self.wake <= now {
            self.tick_sessions(now);
        }
    }

    fn tick_sessions(&mut self, now: Timestamp) {
        for at in 0..self.sessions.len() {
            let session = self.sessions.iter().nth(at);
            let due = session.filter(|(_, session)| session.wake <= now);
            if let Some(id) = due.map(|(id, _)| id) {
                self.feed(now, id, Input::Tick);
            }
        }
    }

    fn feed(&mut self, now: Timestamp, id: SessionId, input: Input) {
        self.hear_out();
        let place = self.sessions.place(id);
        let Some((_, session)) = place.and_then(|place| self.sessions.in_place(place)) else {
            return;
        };
        let now = session.time(now);
        session.listener.handle(now, &input);
        self.talking = place;
        if let Some(log) = &mut session.log {
            log.push(Line::In(now, input));
        }
    }

    fn join_sources(&mut self, now: Timestamp, id: SessionId) {
        let Some(session) = self.sessions.get(id) else {
            return;
        };
        let track = session.listener.config().track.id;
        for source in self.discovery.sources(track) {
            let Source {
                peer,
                address,
                others,
                token,
            } = source;
            let seeder = Input::Seeder {
                peer: Some(peer),
                address,
                others,
                token,
            };
            self.feed(now, id, seeder);
        }
    }
}
