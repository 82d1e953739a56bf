//! The listener: one session, one track, several seeders at once.
//!
//! It keeps the books (what is here, what was asked of whom, how each path
//! does), shows them to the policy, and does what the policy decides. What the
//! policy does not ask for, it does not do; only the delivery of the latest
//! wishes is its own: they are repeated until heard.
//!
//! # Use
//!
//! Feed inputs with [`Listener::handle`], then call [`Listener::poll`] until it
//! answers [`Output::WaitUntil`]. Feed [`Input::Tick`] when that time comes;
//! ticks that come early do nothing.

mod asks;
mod commands;
mod fallback;
mod one_way;
mod path;
mod received;
mod rtt;

use std::collections::VecDeque;
use std::net::SocketAddr;

use segue_policy::Decision;
use segue_policy::abi::{
    ARRIVAL_DUPLICATE, ARRIVAL_LATE, ARRIVAL_STREAM, RawArrival, RawSeeder, SEEDER_ALIVE,
    STATE_HOLDING, STATE_PLAYING, STATE_STARTING,
};
use segue_policy::host::{Fault, Policy, ViewParts, with_actions};
use serde::{Deserialize, Serialize};

use crate::ids::SessionId;
use crate::metrics::{Metrics, Quality};
use crate::time::Timestamp;
use crate::timeline::Timeline;
use crate::token::Token;
use crate::track::TrackInfo;
use crate::wire::{Cancel, MediaHeader, Message, Report};
use asks::{Asks, MAX_SEEDERS};
use commands::{Command, Commands, Limits};
use fallback::Fallback;
use path::{Common, MAX_REQUESTS, Path};
use received::ReceivedMap;

/// What a session is about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ListenerConfig {
    /// Its name on the wire.
    pub session: SessionId,
    /// What is played.
    pub track: TrackInfo,
    /// The output keeps time (a device), or takes frames at once (a file).
    pub paced: bool,
    /// Seeders may stream this many packets beyond the playhead: as many as the
    /// driver has memory for.
    pub ahead_packets: u32,
    /// Keep a [`Timeline`].
    pub timeline: bool,
}

/// What goes into a [`Listener`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Input {
    /// A seeder joins, or is here again with a newer token.
    Seeder {
        /// Its address.
        address: SocketAddr,
        /// Proof of our address for it.
        token: Token,
    },
    /// A media packet came.
    Media {
        /// From whom.
        from: SocketAddr,
        /// Its header.
        header: MediaHeader,
    },
    /// A report came.
    Report {
        /// From whom.
        from: SocketAddr,
        /// What it says.
        report: Report,
    },
    /// A seeder wants another token.
    Retry {
        /// Which.
        from: SocketAddr,
        /// The token.
        token: Token,
    },
    /// The device needs its next frame.
    FrameDue,
    /// Time passed.
    Tick,
    /// End the session.
    Stop,
}

/// What comes out of a [`Listener`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Output {
    /// Send this.
    Transmit {
        /// Where to.
        to: SocketAddr,
        /// What.
        message: Message,
    },
    /// Keep the payload of the packet that was just fed: it is new.
    Keep {
        /// Which packet.
        packet: u32,
    },
    /// Play this packet now. It answers a [`Input::FrameDue`].
    Play {
        /// Which packet.
        packet: u32,
    },
    /// Fill the time of this packet with concealment. It answers a
    /// [`Input::FrameDue`].
    Conceal {
        /// Which packet.
        packet: u32,
    },
    /// These packets are left out.
    Skip {
        /// First of them.
        packet: u32,
        /// How many.
        count: u32,
    },
    /// Nothing to play: be silent until told.
    Hold,
    /// The track is over. It answers a [`Input::FrameDue`].
    End,
    /// Worth telling a person, or the log.
    Event(Event),
    /// Nothing more until then.
    WaitUntil(Timestamp),
}

/// Something worth telling.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// A line of the policy's decision log.
    Reason(String),
    /// The policy failed; a simple one goes on in its place.
    PolicyFailed(String),
    /// A seeder has been silent too long, or does not serve any more.
    SeederLost(SocketAddr),
    /// A seeder that was lost is back.
    SeederBack(SocketAddr),
}

/// One session. See the module's documentation.
pub struct Listener {
    config: ListenerConfig,
    policy: Box<dyn Policy>,
    here: ReceivedMap,
    asks: Asks,
    paths: Vec<Path>,
    seeders: Vec<RawSeeder>,
    arrivals: Vec<RawArrival>,
    commands: Commands,
    serial: u32,
    now: Timestamp,
    playhead: u32,
    state: u32,
    state_since: Timestamp,
    /// Since when the device waits for a frame.
    frame_due: Option<Timestamp>,
    next_due: Timestamp,
    wake: Timestamp,
    ended: bool,
    quality: Quality,
    timeline: Timeline,
    outputs: VecDeque<Output>,
}

impl Listener {
    /// Begins a session. Seeders come by [`Input::Seeder`].
    pub fn new(now: Timestamp, config: ListenerConfig, policy: Box<dyn Policy>) -> Self {
        let track = &config.track;
        Self {
            policy,
            here: ReceivedMap::new(track.packets),
            asks: Asks::new(track.packets),
            paths: Vec::new(),
            seeders: Vec::new(),
            arrivals: Vec::new(),
            commands: Commands::new(),
            serial: 0,
            now,
            playhead: 0,
            state: STATE_STARTING,
            state_since: now,
            frame_due: None,
            next_due: now,
            wake: Timestamp::NEVER,
            ended: false,
            quality: Quality::new(now, track.packets, track.packet_s()),
            timeline: Timeline::default(),
            outputs: VecDeque::new(),
            config,
        }
    }

    /// What the session is about.
    pub fn config(&self) -> &ListenerConfig {
        &self.config
    }

    /// Takes an input in. Time that goes backwards counts as standing still.
    pub fn handle(&mut self, now: Timestamp, input: &Input) {
        self.now = self.now.max(now);
        if self.ended {
            return;
        }
        let consult = match input {
            Input::Seeder { address, token } => self.on_seeder(*address, *token),
            Input::Media { from, header } => self.on_media(*from, header),
            Input::Report { from, report } => self.on_report(*from, report),
            Input::Retry { from, token } => {
                let path = self.paths.iter_mut().find(|path| path.address == *from);
                if let Some(path) = path {
                    path.on_retry(self.now, *token);
                }
                false
            }
            Input::FrameDue => self.on_frame_due(),
            Input::Tick => false,
            Input::Stop => return self.stop(),
        };
        let timed = self.on_timers();
        if (consult || timed) && !self.ended {
            self.consult();
        }
    }

    /// What to do next. To be called until it answers [`Output::WaitUntil`].
    pub fn poll(&mut self) -> Output {
        if let Some(output) = self.outputs.pop_front() {
            return output;
        }
        if self.ended {
            return Output::WaitUntil(Timestamp::NEVER);
        }
        let common = self.common();
        for (path, raw) in self.paths.iter_mut().zip(&mut self.seeders) {
            if path.is_shut(self.now) {
                continue;
            }
            if let Some(message) = path.next_message(self.now, common, &self.asks, raw) {
                return Output::Transmit {
                    to: path.address,
                    message,
                };
            }
        }
        Output::WaitUntil(self.next_timer())
    }

    /// Notes for the chart that a seeder's packet entered the network.
    pub fn note_sent(&mut self, from: SocketAddr, at: Timestamp, packet: u32) {
        if !self.config.timeline {
            return;
        }
        if let Some(index) = self.paths.iter().position(|path| path.address == from) {
            self.timeline.sent_by(index, at, packet);
        }
    }

    /// What happened so far, if a timeline is kept.
    pub fn timeline(&self) -> &Timeline {
        &self.timeline
    }

    /// The same, when the session is over.
    pub fn into_timeline(self) -> Timeline {
        self.timeline
    }

    /// The metrics so far.
    pub fn metrics(&self) -> Metrics {
        let sent = self.paths.iter().map(Path::sent).sum();
        let peak = self.paths.iter().map(|path| path.peak_queue).max();
        self.quality.metrics(self.now, sent, peak.unwrap_or(0))
    }

    /// Whether the session is over.
    pub fn has_ended(&self) -> bool {
        self.ended
    }

    /// How things stand, for a person to watch.
    pub fn status(&self) -> Status {
        let next = self.here.next_missing(self.playhead);
        Status {
            playhead: self.playhead,
            packets: self.config.track.packets,
            here: self.here.count(),
            buffered: next - self.playhead,
            state: match self.state {
                STATE_STARTING => PlayState::Starting,
                STATE_PLAYING => PlayState::Playing,
                _ => PlayState::Holding,
            },
            ended: self.ended,
            stalls: self.quality.stalls() as u32,
            seeders: self
                .paths
                .iter()
                .zip(&self.seeders)
                .map(|(path, raw)| SeederState {
                    address: path.address,
                    alive: raw.flags & SEEDER_ALIVE != 0,
                    rtt_s: raw.rtt_ns as f64 / 1e9,
                    loss: raw.loss,
                    packets_per_s: raw.delivery_rate,
                })
                .collect(),
        }
    }

    // -- inputs ------------------------------------------------------------------

    fn on_seeder(&mut self, address: SocketAddr, token: Token) -> bool {
        if let Some(path) = self.paths.iter_mut().find(|path| path.address == address) {
            // A token that the seeder itself told since is newer than this one.
            if path.token == Token::default() {
                path.on_retry(self.now, token);
            }
            return false;
        }
        if self.paths.len() >= MAX_SEEDERS {
            return false;
        }
        let index = self.paths.len() as u32;
        self.paths.push(Path::new(self.now, index, address, token));
        self.seeders.push(RawSeeder::joining(self.now.as_nanos()));
        true
    }

    fn on_media(&mut self, from: SocketAddr, header: &MediaHeader) -> bool {
        let packet = header.packet;
        let Some(index) = self.paths.iter().position(|path| path.address == from) else {
            return false;
        };
        if packet >= self.config.track.packets {
            return false;
        }
        let was_alive = self.seeders[index].flags & SEEDER_ALIVE != 0;
        self.paths[index].on_media(self.now, header, &mut self.seeders[index]);
        if !was_alive {
            self.event(Event::SeederBack(from));
        }
        self.quality.received += 1;
        self.close(packet);
        let duplicate = self.here.contains(packet);
        let late = !duplicate && packet < self.playhead;
        let mut flags = if header.by_stream { ARRIVAL_STREAM } else { 0 };
        if duplicate {
            self.quality.duplicate += 1;
            flags |= ARRIVAL_DUPLICATE;
        } else if late {
            self.quality.late += 1;
            flags |= ARRIVAL_LATE;
        } else {
            self.here.insert(packet);
            self.outputs.push_back(Output::Keep { packet });
        }
        if self.config.timeline {
            let points = if duplicate || late {
                &mut self.timeline.discarded
            } else {
                &mut self.timeline.received
            };
            points.push((self.now, packet));
        }
        self.arrivals.push(RawArrival {
            packet,
            seeder: index as u32,
            at_ns: self.now.as_nanos(),
            flags,
            reserved: 0,
        });
        true
    }

    fn on_report(&mut self, from: SocketAddr, report: &Report) -> bool {
        let Some(index) = self.paths.iter().position(|path| path.address == from) else {
            return false;
        };
        let raw = &mut self.seeders[index];
        let before = raw.flags & SEEDER_ALIVE;
        let void = self.paths[index].on_report(self.now, report, raw);
        let after = raw.flags & SEEDER_ALIVE;
        if void {
            self.void(index);
        }
        if before != after {
            self.event(if after != 0 {
                Event::SeederBack(from)
            } else {
                Event::SeederLost(from)
            });
        }
        void || before != after
    }

    fn on_frame_due(&mut self) -> bool {
        if self.playhead == self.config.track.packets {
            self.end();
            return false;
        }
        self.frame_due.get_or_insert(self.now);
        true
    }

    fn stop(&mut self) {
        self.say_goodbye();
        self.ended = true;
    }

    fn end(&mut self) {
        self.quality.on_end(self.now);
        self.say_goodbye();
        self.outputs.push_back(Output::End);
        self.ended = true;
    }

    fn say_goodbye(&mut self) {
        let session = self.config.session;
        for path in &self.paths {
            let message = Message::Cancel(Cancel {
                session,
                token: path.token,
            });
            self.outputs.push_back(Output::Transmit {
                to: path.address,
                message,
            });
        }
    }

    // -- time --------------------------------------------------------------------

    /// When something is to be done though nothing comes.
    pub fn next_timer(&self) -> Timestamp {
        if self.ended {
            return Timestamp::NEVER;
        }
        let paths = self.paths.iter().zip(&self.seeders);
        paths
            .map(|(path, raw)| path.next_timer(raw))
            .fold(self.wake, Timestamp::min)
    }

    /// Does what is due. Answers whether the policy must know.
    fn on_timers(&mut self) -> bool {
        let mut consult = self.wake <= self.now;
        if consult {
            self.wake = Timestamp::NEVER;
        }
        for index in 0..self.paths.len() {
            let raw = &mut self.seeders[index];
            if self.paths[index].stream_ends(self.now, raw) {
                consult = true;
            }
            if self.paths[index].dies(self.now, raw) {
                self.void(index);
                self.event(Event::SeederLost(self.paths[index].address));
                consult = true;
            }
        }
        consult
    }

    /// What was asked of this seeder will not come.
    fn void(&mut self, index: usize) {
        let open = self.paths[index].reset(&self.asks, &mut self.seeders[index]);
        self.close_at(open, index);
    }

    /// Nothing more is wanted of these packets at one seeder.
    fn close_at(&mut self, packets: Vec<u32>, index: usize) {
        for packet in packets {
            if self.asks.close_at(packet, index as u32) {
                self.seeders[index].outstanding -= 1;
            }
        }
    }

    /// Nothing more is wanted of a packet.
    fn close(&mut self, packet: u32) {
        let closed = self.asks.close(packet);
        self.settle(closed);
    }

    /// At these seeders (a bit each) one packet less is outstanding.
    fn settle(&mut self, mut seeders: u64) {
        while seeders != 0 {
            self.seeders[seeders.trailing_zeros() as usize].outstanding -= 1;
            seeders &= seeders - 1;
        }
    }

    // -- the policy --------------------------------------------------------------

    fn consult(&mut self) {
        let first = self.here.next_missing(self.playhead);
        let packets = self.config.track.packets;
        self.commands.begin(Limits {
            seeders: self.seeders.len() as u32,
            packets,
            first,
            end: first.saturating_add(self.asks.span()).min(packets),
            now_ns: self.now.as_nanos(),
        });
        let view = ViewParts {
            frame_due: self.frame_due.is_some(),
            paced: self.config.paced,
            now_ns: self.now.as_nanos(),
            next_due_ns: self.next_due.max(self.now).as_nanos(),
            state_since_ns: self.state_since.as_nanos(),
            state: self.state,
            playhead: self.playhead,
            packets,
            here_count: self.here.count(),
            samples_per_packet: self.config.track.samples_per_packet.into(),
            sample_rate: self.config.track.sample_rate,
            here: self.here.words(),
            seeders: &self.seeders,
            asks: self.asks.ring(),
            arrivals: &self.arrivals,
        }
        .view();
        let policy = &mut self.policy;
        let decision = with_actions(&mut self.commands, |actions| policy.decide(&view, actions));
        self.arrivals.clear();
        if let Some(wake_ns) = self.commands.wake_ns {
            self.wake = Timestamp(wake_ns);
        }
        self.obey();
        match decision {
            Ok(decision) => self.on_decision(decision),
            Err(fault) => self.on_fault(fault),
        }
    }

    fn on_fault(&mut self, fault: Fault) {
        self.event(Event::PolicyFailed(format!(
            "the policy failed: {fault}; a simple one goes on in its place"
        )));
        for index in 0..self.paths.len() {
            self.void(index);
        }
        self.policy = Box::new(Fallback::default());
        self.consult();
    }

    /// Does what the policy asked for.
    fn obey(&mut self) {
        let decision = self.serial + 1;
        let mut list = std::mem::take(&mut self.commands.list);
        for command in list.drain(..) {
            match command {
                Command::Stream {
                    seeder,
                    first,
                    rate,
                } => {
                    let raw = &mut self.seeders[seeder as usize];
                    self.paths[seeder as usize].stream(self.now, first, rate, raw);
                }
                Command::Request {
                    id,
                    seeder,
                    rate,
                    packets,
                } => {
                    self.request(id, seeder, rate, packets, decision);
                }
                Command::Cancel { id } => self.cancel(id),
                Command::Log(line) => self.event(Event::Reason(line)),
            }
        }
        self.commands.list = list; // its memory is used again
    }

    /// `decision` is the first serial of the decision that asks.
    fn request(&mut self, id: u64, seeder: u32, rate: u32, mut packets: Vec<u32>, decision: u32) {
        self.cancel(id);
        packets.retain(|&packet| !self.here.contains(packet));
        let path = &mut self.paths[seeder as usize];
        if packets.is_empty() || path.prune(&self.asks) >= MAX_REQUESTS {
            return;
        }
        self.serial += 1;
        self.quality.requests += 1;
        self.quality.packets_asked += packets.len() as u64;
        let now_ns = self.now.as_nanos();
        for &packet in &packets {
            let serials = (self.serial, decision);
            let withdrawn = self.asks.ask(packet, seeder, id, serials, now_ns);
            self.settle(withdrawn);
            self.seeders[seeder as usize].outstanding += 1;
        }
        self.paths[seeder as usize].request(id, self.serial, rate, packets);
    }

    fn cancel(&mut self, id: u64) {
        for index in 0..self.paths.len() {
            let open = self.paths[index].cancel(id, &self.asks);
            self.close_at(open, index);
        }
    }

    fn on_decision(&mut self, decision: Decision) {
        if self.frame_due.is_none() {
            return; // nobody waits for it
        }
        let packets = self.config.track.packets;
        match decision {
            Decision::Play if self.here.contains(self.playhead) => self.play(),
            Decision::SkipTo(to) if to == packets => {
                self.skip_to(to);
                self.frame_due = None;
                self.end();
            }
            Decision::SkipTo(to) if to >= self.playhead && self.here.contains(to) => {
                self.skip_to(to);
                self.play();
            }
            Decision::Conceal => {
                let packet = self.playhead;
                self.close(packet);
                self.outputs.push_back(Output::Conceal { packet });
                self.frame_goes_out(true);
            }
            Decision::Hold => self.hold(),
            Decision::Play | Decision::SkipTo(_) => {
                self.event(Event::Reason(format!(
                    "{decision:?} at packet {} is not possible: holding",
                    self.playhead
                )));
                self.hold();
            }
        }
    }

    fn play(&mut self) {
        let packet = self.playhead;
        if self.config.timeline {
            self.timeline.played.push((self.now, packet));
        }
        self.outputs.push_back(Output::Play { packet });
        self.frame_goes_out(false);
    }

    fn frame_goes_out(&mut self, concealed: bool) {
        self.quality.on_frame(self.now, concealed);
        self.playhead += 1;
        self.frame_due = None;
        if self.config.paced {
            let packet_s = self.config.track.packet_s();
            self.next_due = self.now + std::time::Duration::from_secs_f64(packet_s);
        }
        self.enter(STATE_PLAYING);
    }

    fn hold(&mut self) {
        self.quality.on_hold(self.now);
        if self.state == STATE_PLAYING {
            self.outputs.push_back(Output::Hold);
            self.enter(STATE_HOLDING);
        }
    }

    fn skip_to(&mut self, to: u32) {
        if to > self.playhead {
            let (packet, count) = (self.playhead, to - self.playhead);
            let last = to.min(packet.saturating_add(self.asks.span()));
            (packet..last).for_each(|packet| self.close(packet));
            self.outputs.push_back(Output::Skip { packet, count });
            self.playhead = to;
        }
    }

    fn enter(&mut self, state: u32) {
        if self.state != state {
            self.state = state;
            self.state_since = self.now;
        }
    }

    fn event(&mut self, event: Event) {
        self.outputs.push_back(Output::Event(event));
    }

    fn common(&self) -> Common {
        Common {
            session: self.config.session,
            track: self.config.track.id,
            credit: self.playhead.saturating_add(self.config.ahead_packets),
        }
    }
}

/// How a session stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Status {
    /// Next packet to be played.
    pub playhead: u32,
    /// Packets of the track.
    pub packets: u32,
    /// Packets here.
    pub here: u32,
    /// Packets that can be played from the playhead on without a gap.
    pub buffered: u32,
    /// What it does.
    pub state: PlayState,
    /// It is over.
    pub ended: bool,
    /// Stalls so far.
    pub stalls: u32,
    /// Its seeders.
    pub seeders: Vec<SeederState>,
}

/// What a session does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PlayState {
    /// Nothing played yet.
    Starting,
    /// Frames go out.
    Playing,
    /// The device waits.
    Holding,
}

/// How a seeder of a session stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SeederState {
    /// Where it is.
    pub address: SocketAddr,
    /// Heard of lately.
    pub alive: bool,
    /// Smoothed round-trip time, seconds.
    pub rtt_s: f64,
    /// Share of datagrams lost lately.
    pub loss: f64,
    /// Packets per second lately.
    pub packets_per_s: f64,
}
