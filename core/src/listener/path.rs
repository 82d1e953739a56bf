//! The path to one seeder: what it measured, what is asked of it, what must be
//! repeated until it is heard.

mod repeat;
mod sending;

use std::net::SocketAddr;
use std::time::Duration;

use segue_policy::abi::{
    NO_PACKET, RawSeeder, SEEDER_ALIVE, SEEDER_RANDOM, SEEDER_STREAM_ENDED, SEEDER_STREAMING,
};

use super::asks::Asks;
use super::one_way::OneWay;
use super::rtt::Rtt;
use crate::ids::SessionId;
use crate::time::Timestamp;
use crate::token::Token;
use crate::track::TrackId;
use crate::wire::{MediaHeader, Report, SeederStatus};
use repeat::Repeat;
use sending::FEEDBACK_MIN;

/// A fast stream is told of more often: each so many packets, but not more
/// often than this.
const FEEDBACK_PACKETS: u32 = 16;
const FEEDBACK_FASTEST: Duration = Duration::from_millis(10);
/// After the end of a stream, what was on the way may come this much later than
/// the fastest packet did.
const STRAGGLERS: Duration = Duration::from_millis(250);
/// Most requests open at one seeder.
pub const MAX_REQUESTS: usize = 256;

pub struct Path {
    /// Number of the seeder.
    index: u32,
    pub address: SocketAddr,
    pub token: Token,
    rtt: Rtt,
    received: u32,
    path_end: u32,
    /// The packet of the highest sequence: when it was sent by the seeder's
    /// clock, and when it came.
    newest: Option<(u64, Timestamp)>,
    /// When the last feedback was sent, and what had come until then.
    told: (Timestamp, u32),
    /// Counts when loss and delivery rate were measured last.
    mark: (Timestamp, u32, u32),
    delay: OneWay,
    last_heard: Timestamp,
    next_feedback: Timestamp,
    stream: Option<Stream>,
    stream_sequence: u32,
    stream_over_at: Option<Timestamp>,
    requests: Vec<Request>,
    wants_sequence: u32,
    wants_dirty: bool,
    /// The list did not fit the datagram: there is more to tell.
    wants_cut: bool,
    wants_repeat: Option<Repeat>,
    /// Gone for good, or full: not asked before then.
    shut_until: Timestamp,
    /// What the seeder is known to have heard.
    heard: Heard,
    /// Media datagrams of sessions that the seeder lost, and of this one.
    sent_before: u64,
    sent: u32,
    pub peak_queue: u32,
    /// Another token is believed at once, but not more often than this allows.
    next_retry: Timestamp,
}

/// Highest sequences that a seeder saw, and the newest of our clock's times
/// that it echoed with them.
#[derive(Clone, Copy, Default)]
struct Heard {
    stream: u32,
    wants: u32,
    echo_us: u64,
}

struct Stream {
    first: u32,
    rate: u32,
    repeat: Option<Repeat>,
}

struct Request {
    id: u64,
    serial: u32,
    rate: u32,
    packets: Vec<u32>,
}

/// What all messages of a session say.
#[derive(Clone, Copy)]
pub struct Common {
    pub session: SessionId,
    pub track: TrackId,
    pub credit: u32,
}

impl Path {
    pub fn new(now: Timestamp, index: u32, address: SocketAddr, token: Token) -> Self {
        Self {
            index,
            address,
            token,
            rtt: Rtt::default(),
            received: 0,
            path_end: 0,
            newest: None,
            told: (now, 0),
            mark: (now, 0, 0),
            delay: OneWay::default(),
            last_heard: now,
            next_feedback: now + FEEDBACK_MIN,
            stream: None,
            stream_sequence: 0,
            stream_over_at: None,
            requests: Vec::new(),
            wants_sequence: 0,
            wants_dirty: false,
            wants_cut: false,
            wants_repeat: None,
            shut_until: Timestamp::ZERO,
            heard: Heard::default(),
            sent_before: 0,
            sent: 0,
            peak_queue: 0,
            next_retry: now,
        }
    }

    // -- what the policy asks ------------------------------------------------

    pub fn stream(&mut self, now: Timestamp, first: u32, rate: u32, raw: &mut RawSeeder) {
        self.stream_sequence += 1;
        self.stream_over_at = None;
        raw.set(SEEDER_STREAMING, true);
        raw.set(SEEDER_STREAM_ENDED, false);
        raw.stream_highest = NO_PACKET;
        self.stream = Some(Stream {
            first,
            rate,
            repeat: Some(Repeat {
                at: now,
                wait: Duration::ZERO,
            }),
        });
    }

    pub fn request(&mut self, id: u64, serial: u32, rate: u32, packets: Vec<u32>) {
        self.requests.push(Request {
            id,
            serial,
            rate,
            packets,
        });
        self.wants_dirty = true;
    }

    /// Takes back the request of this id, if it is here; answers its packets
    /// that are still wanted.
    pub fn cancel(&mut self, id: u64, asks: &Asks) -> Vec<u32> {
        let Some(at) = self.requests.iter().position(|request| request.id == id) else {
            return Vec::new();
        };
        self.wants_dirty = true;
        let request = self.requests.remove(at);
        let wanted = |packet: &u32| asks.is_wanted(*packet, request.serial, self.index);
        request.packets.into_iter().filter(wanted).collect()
    }

    /// The id of the request that has been open for longest; 0 without any.
    pub fn oldest_request(&self) -> u64 {
        self.requests.first().map_or(0, |request| request.id)
    }

    /// Forgets requests of which nothing is wanted any more; answers how many
    /// are left.
    pub fn prune(&mut self, asks: &Asks) -> usize {
        let index = self.index;
        self.requests.retain_mut(|request| {
            request
                .packets
                .retain(|&packet| asks.is_wanted(packet, request.serial, index));
            !request.packets.is_empty()
        });
        self.requests.len()
    }

    // -- what the seeder says --------------------------------------------------

    pub fn on_media(&mut self, now: Timestamp, header: &MediaHeader, raw: &mut RawSeeder) {
        self.hear(now, raw);
        self.received += 1;
        let path_end = header.path_sequence.saturating_add(1);
        if path_end > self.path_end {
            self.path_end = path_end;
            self.newest = Some((header.sent_us, now));
        }
        self.delay.take(now, header.sent_us);
        self.acknowledge_wants(header.wants_seen);
        if header.by_stream
            && (raw.stream_highest == NO_PACKET || header.packet > raw.stream_highest)
        {
            raw.stream_highest = header.packet;
        }
        if self.received - self.told.1 >= FEEDBACK_PACKETS {
            self.next_feedback = self.next_feedback.min(self.told.0 + FEEDBACK_FASTEST);
        }
    }

    /// Takes in a report. Answers whether the seeder has nothing of this
    /// session (any more): then its stream and requests are void.
    pub fn on_report(&mut self, now: Timestamp, report: &Report, raw: &mut RawSeeder) -> bool {
        raw.set(SEEDER_RANDOM, report.random_order);
        if report.echo_us > 0 {
            let rtt = now.since(Timestamp(report.echo_us.saturating_mul(1000)));
            if rtt < Duration::from_secs(60) {
                self.rtt.sample(rtt);
                raw.rtt_ns = self.rtt.smoothed_ns();
                raw.rtt_var_ns = self.rtt.deviation_ns();
            }
        }
        self.last_heard = now;
        raw.last_heard_ns = now.as_nanos();
        match report.status {
            SeederStatus::Serving => {}
            SeederStatus::Unknown => {
                raw.set(SEEDER_ALIVE, true);
                self.begin_anew(now);
                // A stream that was not acknowledged yet is repeated anyway.
                let unheard = match &self.stream {
                    Some(stream) => stream.repeat.is_some(),
                    None => self.wants_repeat.is_some() || self.requests.is_empty(),
                };
                return !unheard;
            }
            SeederStatus::Gone | SeederStatus::Busy => {
                self.shut_until = now + Duration::from_secs(5);
                raw.set(SEEDER_ALIVE, false);
                return true;
            }
        }
        self.shut_until = Timestamp::ZERO;
        raw.set(SEEDER_ALIVE, true);
        if self.has_forgotten(report) {
            self.begin_anew(now);
            return true;
        }
        self.sent = self.sent.max(report.sent);
        self.peak_queue = self.peak_queue.max(report.peak_queue);
        self.acknowledge_wants(report.wants_seen);
        if report.stream_seen == self.stream_sequence {
            if let Some(stream) = &mut self.stream {
                stream.repeat = None;
            }
            if let (Some(ended_us), None) = (report.stream_ended_us, self.stream_over_at)
                && self.stream.is_some()
            {
                self.stream_over_at = Some(self.arrival_of(now, ended_us) + STRAGGLERS);
            }
        }
        false
    }

    /// Whether the seeder began this session anew without a word: it saw less
    /// than it did before. A report that was overtaken says so too, but not of
    /// what we said this much later.
    fn has_forgotten(&mut self, report: &Report) -> bool {
        const OVERTAKING_US: u64 = 1_000_000;
        let Heard {
            stream,
            wants,
            echo_us,
        } = self.heard;
        if report.stream_seen >= stream && report.wants_seen >= wants {
            self.heard = Heard {
                stream: report.stream_seen,
                wants: report.wants_seen,
                echo_us: echo_us.max(report.echo_us),
            };
            return false;
        }
        report.echo_us > echo_us.saturating_add(OVERTAKING_US)
    }

    /// The seeder counts from 0 again, and its clock may be another.
    fn begin_anew(&mut self, now: Timestamp) {
        self.sent_before = self.sent();
        self.sent = 0;
        (self.received, self.path_end) = (0, 0);
        self.newest = None;
        self.told = (now, 0);
        self.mark = (now, 0, 0);
        self.delay.forget();
        self.heard = Heard::default();
    }

    /// Media datagrams that the seeder sent, as far as it told or they tell.
    pub fn sent(&self) -> u64 {
        self.sent_before + u64::from(self.sent.max(self.path_end))
    }

    /// When something sent at this time by the seeder's clock comes, at the
    /// earliest.
    fn arrival_of(&self, now: Timestamp, sent_us: u64) -> Timestamp {
        let Some(at) = self.delay.arrival_of(sent_us) else {
            return now + self.rtt.timeout();
        };
        // A peer's clock is not to be trusted beyond a few seconds.
        at.clamp(now, now + Duration::from_secs(5))
    }

    fn hear(&mut self, now: Timestamp, raw: &mut RawSeeder) {
        self.last_heard = now;
        raw.last_heard_ns = now.as_nanos();
        raw.set(SEEDER_ALIVE, true);
    }

    fn acknowledge_wants(&mut self, seen: u32) {
        if seen == self.wants_sequence {
            self.wants_repeat = None;
        }
    }

    /// Voids stream and requests; answers the packets that were still wanted.
    pub fn reset(&mut self, asks: &Asks, raw: &mut RawSeeder) -> Vec<u32> {
        raw.set(SEEDER_STREAMING | SEEDER_STREAM_ENDED, false);
        raw.stream_highest = NO_PACKET;
        self.stream = None;
        self.stream_over_at = None;
        self.wants_repeat = None;
        self.wants_dirty = false;
        let requests = std::mem::take(&mut self.requests);
        let index = self.index;
        let wanted = requests.into_iter().flat_map(|request| {
            let serial = request.serial;
            request
                .packets
                .into_iter()
                .filter(move |&packet| asks.is_wanted(packet, serial, index))
        });
        wanted.collect()
    }
}
