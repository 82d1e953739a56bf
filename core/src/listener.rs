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

mod arrivals;
mod asks;
mod commands;
mod conduct;
mod fallback;
mod interface;
mod one_way;
mod outbox;
mod packet_map;
mod path;
mod playing;
mod received;
pub(crate) mod rtt;
mod seeders;
mod standstill;
mod turn;

use std::net::SocketAddr;
use std::time::Duration;

use segue_policy::abi::{RawArrival, RawSeeder, SEEDER_ALIVE, STATE_PLAYING, STATE_STARTING};
use segue_policy::host::Policy;

use crate::metrics::{Metrics, Quality};
use crate::time::Timestamp;
use crate::timeline::Timeline;
use asks::Asks;
use commands::Commands;
use conduct::Conduct;
use outbox::Outbox;
use path::{Common, Found, Path};
use received::ReceivedMap;

pub use interface::{Event, Input, ListenerConfig, Output, PlayState, SeederState, Status};
pub use packet_map::PacketPart;

/// One session. See the module's documentation.
pub struct Listener {
    config: ListenerConfig,
    policy: Box<dyn Policy>,
    conduct: Conduct,
    /// A simple policy plays in the place of one that failed.
    replaced: bool,
    here: ReceivedMap,
    asks: Asks,
    paths: Vec<Path>,
    seeders: Vec<RawSeeder>,
    /// Of seeders that left their place to others: media datagrams sent, and the
    /// longest queue.
    sent_before: u64,
    peak_queue_before: u32,
    /// Every seeder is lost, and none has served since.
    alone: bool,
    arrivals: Vec<RawArrival>,
    commands: Commands,
    serial: u32,
    now: Timestamp,
    playhead: u32,
    state: u32,
    state_since: Timestamp,
    /// Since when the device waits for a frame.
    frame_due: Option<Timestamp>,
    paused: bool,
    next_due: Timestamp,
    wake: Timestamp,
    /// When the driver was asked to come again.
    awaited: Timestamp,
    /// Nothing is to be done before, unless something comes; `None`: to be found
    /// anew.
    due: Option<Timestamp>,
    /// The lowest packet from the playhead on that is not here.
    first_missing: u32,
    packet: Duration,
    ended: bool,
    quality: Quality,
    timeline: Timeline,
    outputs: Outbox,
}

impl Listener {
    /// Begins a session. Seeders come by [`Input::Seeder`].
    pub fn new(now: Timestamp, config: ListenerConfig, policy: Box<dyn Policy>) -> Self {
        let track = &config.track;
        let mut here = ReceivedMap::new(track.packets);
        for range in &config.have {
            (range.start..range.end.min(track.packets)).for_each(|packet| {
                here.insert(packet);
            });
        }
        let start = config.start.packet.min(track.packets);
        Self {
            policy,
            conduct: Conduct::default(),
            replaced: false,
            here,
            asks: Asks::new(track.packets),
            paths: Vec::new(),
            seeders: Vec::new(),
            sent_before: 0,
            peak_queue_before: 0,
            alone: false,
            arrivals: Vec::new(),
            commands: Commands::new(),
            serial: 0,
            now,
            playhead: config.start.first().min(track.packets),
            state: STATE_STARTING,
            state_since: now,
            frame_due: None,
            paused: false,
            next_due: now,
            wake: Timestamp::NEVER,
            awaited: Timestamp::NEVER,
            due: None,
            first_missing: 0,
            packet: Duration::from_secs_f64(track.packet_s()),
            ended: false,
            quality: Quality::new(
                now,
                track.packets - start,
                track.packet_s(),
                config.to_fetch(),
            ),
            timeline: Timeline::default(),
            outputs: Outbox::default(),
            config,
        }
    }

    /// What the session is about.
    pub fn config(&self) -> &ListenerConfig {
        &self.config
    }

    /// Takes an input in. Time that goes backwards counts as standing still.
    pub fn handle(&mut self, now: Timestamp, input: &Input) {
        self.excuse_sleep(now);
        self.now = self.now.max(now);
        if self.ended {
            return;
        }
        // What comes in sets timers, but none that is over at once.
        let timers = self.due.is_none_or(|due| due <= self.now);
        if !matches!(input, Input::FrameDue | Input::Tick | Input::Media { .. }) {
            self.due = None;
        }
        let consult = match input {
            Input::Seeder {
                peer,
                address,
                others,
                token,
            } => self.on_seeder(Found {
                peer: *peer,
                address: *address,
                others,
                token: *token,
            }),
            Input::Media { from, header } => self.on_media(from, header) && self.shows_arrivals(),
            Input::Report { from, report } => self.on_report(from, report),
            Input::Retry { from, token } => {
                self.on_retry(from, *token);
                false
            }
            Input::FrameDue => self.on_frame_due(),
            Input::Pause => self.on_pause(),
            Input::Resume => self.on_resume(),
            Input::PolicySlow { why, ends } => self.on_slow(why, *ends),
            Input::Tick => false,
            Input::Stop => return self.stop(),
        };
        let timed = timers && self.on_timers();
        if (consult || timed) && !self.ended {
            self.consult();
        }
    }

    /// What to do next. To be called until it answers [`Output::WaitUntil`].
    #[inline]
    pub fn poll(&mut self) -> Output {
        match self.quiet_until() {
            Some(due) => Output::WaitUntil(due),
            None => self.next_output(),
        }
    }

    /// Until when it certainly has nothing to say: what [`Listener::poll`] would
    /// answer.
    #[inline]
    pub(crate) fn quiet_until(&mut self) -> Option<Timestamp> {
        let due = self.due.filter(|&due| due > self.now)?;
        if !self.outputs.is_empty() || self.ended {
            return None;
        }
        self.awaited = due;
        Some(due)
    }

    /// What [`Listener::poll`] would answer, if that is there already: made where it
    /// is wanted.
    #[inline]
    pub(crate) fn take_ready(&mut self) -> Option<Output> {
        self.outputs.pop()
    }

    fn next_output(&mut self) -> Output {
        if let Some(output) = self.outputs.pop() {
            return output;
        }
        if self.ended {
            return Output::WaitUntil(Timestamp::NEVER);
        }
        if self.next_due() <= self.now {
            if let Some(message) = self.next_message() {
                return message;
            }
            self.due = None;
        }
        self.awaited = self.next_due();
        Output::WaitUntil(self.awaited)
    }

    fn next_due(&mut self) -> Timestamp {
        let due = self.due.unwrap_or_else(|| self.next_timer());
        debug_assert!(due <= self.next_timer(), "a timer was set unnoticed");
        self.due = Some(due);
        due
    }

    fn next_message(&mut self) -> Option<Output> {
        let common = self.common();
        for (path, raw) in self.paths.iter_mut().zip(&mut self.seeders) {
            if path.is_shut(self.now) {
                continue;
            }
            if let Some(message) = path.next_message(self.now, common, &self.asks, raw) {
                if path.is_doubtful(self.now, raw) {
                    for &to in path.others() {
                        let message = message.clone();
                        self.outputs.push(Output::Transmit { to, message });
                    }
                }
                self.due = None;
                return Some(Output::Transmit {
                    to: path.address,
                    message,
                });
            }
        }
        None
    }

    /// Notes for the chart that a seeder's packet entered the network.
    pub fn note_sent(&mut self, from: SocketAddr, at: Timestamp, packet: u32) {
        if !self.config.timeline {
            return;
        }
        if let Some(index) = self.path_at(&from) {
            self.timeline.sent_by(index, at, packet);
        }
    }

    /// What happened so far, if a timeline is kept.
    pub fn timeline(&self) -> &Timeline {
        &self.timeline
    }

    /// The time of the last input.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// The timeline, when the session is over.
    pub fn into_timeline(self) -> Timeline {
        self.timeline
    }

    /// The metrics so far.
    pub fn metrics(&self) -> Metrics {
        let sent: u64 = self.paths.iter().map(Path::sent).sum();
        let peaks = self.paths.iter().map(|path| path.peak_queue);
        let peak = peaks.fold(self.peak_queue_before, u32::max);
        let sent = self.sent_before + sent;
        self.quality.metrics(self.now, sent, peak)
    }

    /// Whether everything that is still to be played is here.
    pub fn is_fetched(&self) -> bool {
        self.here.next_missing(self.playhead) == self.config.track.packets
    }

    /// Whether the session is over.
    pub fn has_ended(&self) -> bool {
        self.ended
    }

    /// Which packets are here and which are asked for, of so many equal parts of
    /// the track; of each packet, if there are fewer.
    pub fn packet_map(&self, parts: u32) -> Vec<PacketPart> {
        packet_map::of(&self.here, &self.asks, self.config.track.packets, parts)
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
            policy_failed: self.replaced,
            stalls: self.quality.stalls() as u32,
            seeders: self
                .paths
                .iter()
                .zip(&self.seeders)
                .filter(|(path, _)| !path.is_merged())
                .map(|(path, raw)| SeederState {
                    address: path.address,
                    alive: raw.flags & SEEDER_ALIVE != 0,
                    refuses: path.refuses(),
                    rtt_s: raw.rtt_ns as f64 / 1e9,
                    loss: raw.loss,
                    packets_per_s: raw.delivery_rate,
                })
                .collect(),
        }
    }

    fn enter(&mut self, state: u32) {
        if self.state != state {
            self.state = state;
            self.state_since = self.now;
        }
    }

    fn event(&mut self, event: Event) {
        self.outputs.push(Output::Event(event));
    }

    fn common(&self) -> Common {
        Common {
            session: self.config.session,
            track: self.config.track.id,
            credit: self.playhead.saturating_add(self.config.ahead_packets),
        }
    }
}
