//! The seeder: serves tracks to listeners, packet by packet.
//!
//! Nobody is served before proving an address ([`crate::token`]). Memory and
//! sending rate are bounded for each listener and in all, however many requests
//! come. It names packets; the driver reads and sends the bytes.

mod permutation;
mod rate;
mod session;
mod turns;
mod wants;

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::ids::SessionId;
use crate::sessions::Sessions;
use crate::time::Timestamp;
use crate::token::TokenKey;
use crate::track::{TrackId, TrackInfo};
use crate::wire::{MediaHeader, Message, Report, Retry, SeederStatus};
use session::Session;
use turns::Turns;

/// Most answers that wait to be sent.
const MAX_WAITING: usize = 512;
/// A listener that is silent for this long is forgotten.
const SESSION_TIMEOUT: Duration = Duration::from_secs(15);

/// In which order a track is streamed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Order {
    /// By number.
    #[default]
    Sequential,
    /// In a random order, each packet once.
    Random,
}

/// How a seeder serves.
#[derive(Clone, Debug)]
pub struct SeederConfig {
    /// Order of streams.
    pub order: Order,
    /// Fixed time between the packets of a stream; `None`: as fast as listener,
    /// network and caps allow.
    pub pace: Option<Duration>,
    /// Probability that a sequential, paced stream sends at its turn; else it
    /// tries again one pace later.
    pub availability: f64,
    /// Cap on all that is sent, in bytes of packets per second.
    pub max_bytes_per_s: Option<f64>,
    /// Paper mode: every request gets a paced stream of its own, and there is
    /// no rate control.
    pub recovery_streams: bool,
    /// Most listeners at a time.
    pub max_sessions: usize,
    /// Source of everything random.
    pub seed: u64,
}

impl Default for SeederConfig {
    fn default() -> Self {
        Self {
            order: Order::Sequential,
            pace: None,
            availability: 1.0,
            max_bytes_per_s: None,
            recovery_streams: false,
            max_sessions: 256,
            seed: 0,
        }
    }
}

/// What a seeder must know of a track that it serves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Served {
    /// Number of packets.
    pub packets: u32,
    /// Mean bytes of a packet: what caps and rate control count.
    pub packet_bytes: f64,
    /// Duration of a packet.
    pub packet_s: f64,
}

impl From<&TrackInfo> for Served {
    fn from(track: &TrackInfo) -> Self {
        Self {
            packets: track.packets,
            packet_bytes: track.bytes as f64 / f64::from(track.packets.max(1)),
            packet_s: track.packet_s(),
        }
    }
}

/// What comes out of a [`Seeder`].
#[derive(Debug)]
pub enum SeederOutput {
    /// Send a message to a listener.
    Transmit {
        /// Where to.
        to: SocketAddr,
        /// What.
        message: Message,
    },
    /// Send a packet to a listener.
    Media {
        /// Where to.
        to: SocketAddr,
        /// What goes before the payload.
        header: MediaHeader,
        /// The track whose packet `header.packet` is the payload.
        track: TrackId,
    },
    /// Nothing more until then.
    WaitUntil(Timestamp),
}

/// Counts of what a seeder did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SeederStats {
    /// Media datagrams sent.
    pub packets_sent: u64,
    /// Messages refused for want of a valid token.
    pub unproven: u64,
    /// Most packets that waited in one session.
    pub peak_queue: u32,
}

/// Serves tracks. See the module's documentation.
pub struct Seeder {
    config: SeederConfig,
    tokens: TokenKey,
    tracks: BTreeMap<TrackId, Served>,
    sessions: Sessions<Session>,
    turns: Turns,
    /// No session expires before.
    silent_at: Timestamp,
    /// Nothing is to be done before, unless something comes.
    wake: Timestamp,
    replies: VecDeque<(SocketAddr, Message)>,
    /// When the cap on all that is sent lets the next packet go.
    cap_free_at: Timestamp,
    sessions_made: u64,
    stats: SeederStats,
}

impl Seeder {
    /// A seeder that shares nothing yet.
    pub fn new(config: SeederConfig, tokens: TokenKey) -> Self {
        Self {
            config,
            tokens,
            tracks: BTreeMap::new(),
            sessions: Sessions::default(),
            turns: Turns::default(),
            silent_at: Timestamp::NEVER,
            wake: Timestamp::ZERO,
            replies: VecDeque::new(),
            cap_free_at: Timestamp::ZERO,
            sessions_made: 0,
            stats: SeederStats::default(),
        }
    }

    /// Replaces what is shared. Sessions of tracks that are gone are told so.
    pub fn share(&mut self, tracks: BTreeMap<TrackId, Served>) {
        self.wake = Timestamp::ZERO;
        self.tracks = tracks;
        let gone = |session: &Session| !self.tracks.contains_key(&session.track);
        let ended: Vec<_> = self
            .sessions
            .iter()
            .filter(|(_, session)| gone(session))
            .map(|(id, _)| id)
            .collect();
        for id in ended {
            self.drop_session(id, SeederStatus::Gone);
        }
    }

    /// Serves a track no more; its sessions are told so.
    pub fn withdraw(&mut self, track: TrackId) {
        let mut tracks = std::mem::take(&mut self.tracks);
        tracks.remove(&track);
        self.share(tracks);
    }

    /// Whether some session is of this track.
    pub fn is_serving(&self, track: TrackId) -> bool {
        self.sessions
            .iter()
            .any(|(_, session)| session.track == track)
    }

    /// What it did so far.
    pub fn stats(&self) -> SeederStats {
        self.stats
    }

    /// Listeners that are served now.
    pub fn listeners(&self) -> usize {
        self.sessions.len()
    }

    /// Takes in a message that came in a datagram of `bytes` bytes.
    pub fn handle(&mut self, now: Timestamp, from: SocketAddr, message: &Message, bytes: usize) {
        self.take_in(now, from, message, bytes);
        self.find_wake();
    }

    fn take_in(&mut self, now: Timestamp, from: SocketAddr, message: &Message, bytes: usize) {
        let (session, token) = match message {
            Message::RequestTrack(m) => (m.session, m.token),
            Message::RequestPackets(m) => (m.session, m.token),
            Message::Feedback(m) => (m.session, m.token),
            Message::Cancel(m) => (m.session, m.token),
            _ => return,
        };
        let known = self.sessions.get(session);
        if !known.is_some_and(|known| known.has_proven(from, token, now))
            && !self.tokens.verify(from, token, now)
        {
            self.stats.unproven += 1;
            let retry = Message::Retry(Retry {
                session: Some(session),
                token: self.tokens.token(from, now),
            });
            if crate::wire::encoded_bytes(&retry) <= bytes {
                self.reply(from, retry);
            }
            return;
        }
        match message {
            Message::Cancel(_) => {
                self.forget(session);
            }
            Message::RequestTrack(m) => {
                self.serve(now, from, session, m.track, m.sent_us, |s, now| {
                    s.prove(from, m.token, now);
                    s.on_stream(now, m);
                });
            }
            Message::RequestPackets(m) => {
                self.serve(now, from, session, m.track, m.sent_us, |s, now| {
                    s.prove(from, m.token, now);
                    s.on_wants(now, m);
                });
            }
            Message::Feedback(m) => match self.sessions.get_mut(session) {
                Some(known) => {
                    known.hear(now, from);
                    known.prove(from, m.token, now);
                    known.on_feedback(now, m);
                    let report = known.report(m.sent_us);
                    self.turns.set(session, known.due());
                    self.reply(from, Message::Report(report));
                }
                None => self.refuse(from, session, m.sent_us, SeederStatus::Unknown),
            },
            _ => {}
        }
    }

    /// What to do next. To be called until it answers `WaitUntil`.
    #[inline]
    pub fn poll(&mut self, now: Timestamp) -> SeederOutput {
        if let Some(until) = self.idle_until(now) {
            return SeederOutput::WaitUntil(until);
        }
        if let Some((to, message)) = self.replies.pop_front() {
            return SeederOutput::Transmit { to, message };
        }
        self.expire(now);
        while let Some((due, id)) = self.turns.first()
            && due.max(self.cap_free_at) <= now
        {
            let Some(session) = self.sessions.get_mut(id) else {
                self.turns.remove(id);
                continue;
            };
            if self.cap_free_at > due {
                session.hold_back();
            }
            let turn = session.take_turn(now);
            let header = turn.map(|turn| session.send(now, turn));
            self.stats.peak_queue = self.stats.peak_queue.max(session.peak_queue());
            if session.take_stream_end() {
                let told = (session.address, Message::Report(session.report(0)));
                self.replies.push_back(told);
            }
            self.turns.set(id, session.due());
            let Some(header) = header else {
                continue;
            };
            self.stats.packets_sent += 1;
            if let Some(cap) = self.config.max_bytes_per_s {
                let gap = Duration::from_secs_f64(session.packet_bytes() / cap.max(1.0));
                // Turns missed while nothing was to be sent are not made up for. Before its
                // first packet it was free for long, however young its clock.
                let made_up = (now + gap).minus(session::MAX_BURST);
                self.cap_free_at = match self.stats.packets_sent {
                    1 => made_up,
                    _ => made_up.max(self.cap_free_at + gap),
                };
            }
            let (to, track) = (session.address, session.track);
            self.find_wake();
            return SeederOutput::Media { to, header, track };
        }
        self.find_wake();
        SeederOutput::WaitUntil(self.wake)
    }

    /// Until when there is nothing to do, unless something comes; `None` if
    /// there may be something now.
    #[inline]
    pub(crate) fn idle_until(&self, now: Timestamp) -> Option<Timestamp> {
        (self.wake > now && self.replies.is_empty()).then_some(self.wake)
    }

    #[inline]
    fn find_wake(&mut self) {
        let due = self.turns.first().map_or(Timestamp::NEVER, |(due, _)| due);
        self.wake = due.max(self.cap_free_at).min(self.silent_at);
    }

    /// Forgets listeners that are silent.
    #[inline]
    fn expire(&mut self, now: Timestamp) {
        if self.silent_at <= now {
            self.forget_silent(now);
        }
    }

    #[cold]
    fn forget_silent(&mut self, now: Timestamp) {
        let turns = &mut self.turns;
        self.silent_at = Timestamp::NEVER;
        self.sessions.retain(|id, session| {
            let silent_at = session.last_heard + SESSION_TIMEOUT;
            let stays = silent_at > now;
            if stays {
                self.silent_at = self.silent_at.min(silent_at);
            } else {
                turns.remove(id);
            }
            stays
        });
    }

    fn forget(&mut self, id: SessionId) -> Option<Session> {
        self.turns.remove(id);
        self.sessions.remove(id)
    }

    /// Finds or makes the session, and lets it take in a request.
    fn serve(
        &mut self,
        now: Timestamp,
        from: SocketAddr,
        id: SessionId,
        track: TrackId,
        sent_us: u64,
        take_in: impl FnOnce(&mut Session, Timestamp),
    ) {
        let Some(&served) = self.tracks.get(&track) else {
            return self.refuse(from, id, sent_us, SeederStatus::Gone);
        };
        self.expire(now);
        // The same listener, another track: the old session is over.
        if self
            .sessions
            .get(id)
            .is_some_and(|known| known.track != track)
        {
            self.forget(id);
        }
        let is_new = self.sessions.get(id).is_none();
        if is_new && self.sessions.len() >= self.config.max_sessions {
            return self.refuse(from, id, sent_us, SeederStatus::Busy);
        }
        if is_new {
            self.sessions_made += 1;
        }
        let number = self.sessions_made;
        let session = self.sessions.get_or_insert_with(id, || {
            Session::new(&self.config, now, from, id, track, served, number)
        });
        session.hear(now, from);
        take_in(session, now);
        let report = session.report(sent_us);
        self.turns.set(id, session.due());
        self.silent_at = self.silent_at.min(now + SESSION_TIMEOUT);
        self.reply(from, Message::Report(report));
    }

    /// Answers, unless too many answers wait: then it is a flood, and whoever
    /// means it asks again.
    fn reply(&mut self, to: SocketAddr, message: Message) {
        if self.replies.len() < MAX_WAITING {
            self.replies.push_back((to, message));
        }
    }

    fn refuse(&mut self, to: SocketAddr, session: SessionId, echo_us: u64, status: SeederStatus) {
        let report = Report {
            session,
            echo_us,
            status,
            stream_seen: 0,
            wants_seen: 0,
            stream_ended_us: None,
            random_order: self.config.order == Order::Random,
            sent: 0,
            peak_queue: 0,
            feedback_ms: 0,
        };
        self.reply(to, Message::Report(report));
    }

    fn drop_session(&mut self, id: SessionId, status: SeederStatus) {
        if let Some(session) = self.forget(id) {
            self.refuse(session.address, id, 0, status);
        }
    }
}
