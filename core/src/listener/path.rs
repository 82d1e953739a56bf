//! The path to one seeder: what it measured, what is asked of it, what must be
//! repeated until it is heard.

mod addresses;
mod life;
mod repeat;
mod requests;
mod sending;

use std::net::SocketAddr;
use std::time::Duration;

use segue_policy::abi::{
    NO_PACKET, RawSeeder, SEEDER_ALIVE, SEEDER_RANDOM, SEEDER_STREAM_ENDED, SEEDER_STREAMING,
};

use super::asks::Asks;
use super::one_way::OneWay;
use super::rtt::Rtt;
use crate::ids::{PeerId, SessionId};
use crate::time::Timestamp;
use crate::token::Token;
use crate::track::TrackId;
use crate::wire::{MediaHeader, Report, SeederStatus};
use life::Heard;
use repeat::Repeat;
use requests::Request;
use sending::{FEEDBACK_MAX, FEEDBACK_MIN};

pub use addresses::Found;

/// A fast stream is told of more often: each so many packets, but not more
/// often than this.
const FEEDBACK_PACKETS: u32 = 16;
const FEEDBACK_FASTEST: Duration = Duration::from_millis(10);
/// After the end of a stream, what was on the way may come this much later than
/// the fastest packet did.
const STRAGGLERS: Duration = Duration::from_millis(250);
/// A seeder that is full, or has the track no more, is left alone for this long
/// in the end; at first less, for a file that was touched is back in a moment.
const SHUT: Duration = Duration::from_secs(5);
const FIRST_SHUT: Duration = Duration::from_millis(250);
/// Most requests open at one seeder.
pub const MAX_REQUESTS: usize = 256;

pub struct Path {
    /// Number of the seeder.
    index: u32,
    /// Who is there, if that is known.
    pub peer: Option<PeerId>,
    pub address: SocketAddr,
    others: Vec<SocketAddr>,
    /// There is another path to the same seeder.
    merged: bool,
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
    /// The same, of the address in use.
    used_heard: Timestamp,
    /// So long a silence is death.
    patience: Duration,
    next_feedback: Timestamp,
    /// The least time between feedbacks that the seeder wants.
    feedback_gap: Duration,
    /// A packet brought something forward.
    hurries: bool,
    /// How long an answer takes at most, usually: a longer silence is doubtful.
    usual_silence: Duration,
    stream: Option<Stream>,
    stream_sequence: u32,
    stream_over_at: Option<Timestamp>,
    requests: Vec<Request>,
    wants_sequence: u32,
    wants_dirty: bool,
    /// The list did not fit the datagram: there is more to tell.
    wants_cut: bool,
    /// How long the list was that was told last.
    list_bytes: usize,
    wants_repeat: Option<Repeat>,
    /// Gone for good, or full: not asked before then.
    shut_until: Timestamp,
    /// For how long it was shut last; zero if it served since.
    shut_for: Duration,
    /// What it said then.
    refusal: Option<SeederStatus>,
    /// What was said before tells nothing of the round trip: the answer may have
    /// waited while the seeder was away.
    rtt_from: Timestamp,
    /// The next media packet is the first to be counted for loss: what was sent
    /// before it was for somebody else, or for nobody.
    counts_anew: bool,
    /// What the seeder is known to have heard.
    heard: Heard,
    /// Media datagrams of sessions that the seeder lost, of this one, and those
    /// of this one that went to another path: the seeder has moved.
    sent_before: u64,
    sent: u32,
    sent_elsewhere: u32,
    /// Nothing of this session has come from it yet.
    unheard: bool,
    pub peak_queue: u32,
    /// Another token is believed at once, but not more often than this allows.
    next_retry: Timestamp,
}

struct Stream {
    first: u32,
    rate: u32,
    repeat: Option<Repeat>,
    /// Its first packet has at least this path sequence; unknown until the
    /// seeder has acknowledged it. What is on the way before is of another.
    from_sequence: Option<u32>,
}

/// What all messages of a session say.
#[derive(Clone, Copy)]
pub struct Common {
    pub session: SessionId,
    pub track: TrackId,
    pub credit: u32,
}

impl Path {
    /// `after`: the highest sequence that any path of the session has used. The
    /// seeder may be one that has moved, and goes by the newest.
    pub fn new(now: Timestamp, index: u32, found: Found<'_>, after: u32) -> Self {
        Self {
            index,
            peer: found.peer,
            address: found.address,
            others: found.others.to_vec(),
            merged: false,
            token: found.token,
            rtt: Rtt::default(),
            received: 0,
            path_end: 0,
            newest: None,
            told: (now, 0),
            mark: (now, 0, 0),
            delay: OneWay::default(),
            last_heard: now,
            used_heard: now,
            patience: life::FIRST_SILENCE,
            next_feedback: now + FEEDBACK_MIN,
            feedback_gap: Duration::ZERO,
            hurries: false,
            usual_silence: life::usual_silence(Rtt::default()),
            stream: None,
            stream_sequence: after,
            stream_over_at: None,
            requests: Vec::new(),
            wants_sequence: after,
            wants_dirty: false,
            wants_cut: false,
            list_bytes: 0,
            wants_repeat: None,
            shut_until: Timestamp::ZERO,
            shut_for: Duration::ZERO,
            refusal: None,
            rtt_from: now,
            counts_anew: true,
            heard: Heard::default(),
            sent_before: 0,
            sent: 0,
            sent_elsewhere: 0,
            unheard: true,
            peak_queue: 0,
            next_retry: now,
        }
    }

    /// The highest sequence said here.
    pub fn sequence(&self) -> u32 {
        self.stream_sequence.max(self.wants_sequence)
    }

    // -- what the policy asks ------------------------------------------------

    pub fn stream(&mut self, now: Timestamp, first: u32, rate: u32, raw: &mut RawSeeder) {
        self.stream_sequence = self.stream_sequence.saturating_add(1);
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
            from_sequence: None,
        });
    }

    pub fn request(&mut self, id: u64, serial: u32, rate: u32, packets: Vec<u32>) {
        // The policy orders its wishes by their ids.
        let at = self.requests.partition_point(|request| request.id < id);
        self.requests.insert(
            at,
            Request {
                id,
                serial,
                told: self.wants_sequence.saturating_add(1),
                rate,
                packets,
                served: 0,
            },
        );
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
        let oldest = self.requests.iter().min_by_key(|request| request.serial);
        oldest.map_or(0, |request| request.id)
    }

    // -- what the seeder says --------------------------------------------------

    /// Takes in a packet's header. Answers whether it came by the stream that was
    /// asked for last.
    pub fn on_media(&mut self, now: Timestamp, header: &MediaHeader, raw: &mut RawSeeder) -> bool {
        self.hear(now, raw);
        self.first_word(header.path_sequence);
        // One that has just said that it does not serve was overtaken by that.
        if !self.is_shut(now) {
            self.lives(now, raw);
        }
        if std::mem::take(&mut self.counts_anew) {
            self.mark.2 = self.path_end.max(header.path_sequence);
        }
        self.received += 1;
        let path_end = header.path_sequence.saturating_add(1);
        if path_end > self.path_end {
            self.path_end = path_end;
            self.newest = Some((header.sent_us, now));
        }
        self.delay.take(now, header.sent_us);
        self.acknowledge_wants(header.wants_seen);
        self.note_served(header);
        let stream = self.stream.as_ref();
        let from_sequence = stream.and_then(|stream| stream.from_sequence);
        let by_stream =
            header.by_stream() && from_sequence.is_some_and(|from| header.path_sequence >= from);
        if by_stream && (raw.stream_highest == NO_PACKET || header.packet > raw.stream_highest) {
            raw.stream_highest = header.packet;
        }
        if !self.feedback_gap.is_zero() {
            // What is told seldom is looked at as often as ever.
            self.measure_in_time(now, raw);
        } else if self.received - self.told.1 >= FEEDBACK_PACKETS {
            let at = self.told.0 + FEEDBACK_FASTEST;
            self.hurries |= at < self.next_feedback;
            self.next_feedback = self.next_feedback.min(at);
        }
        by_stream
    }

    /// Whether the packets since the last call brought something forward that is
    /// to be done.
    pub fn take_hurry(&mut self) -> bool {
        std::mem::take(&mut self.hurries)
    }

    /// Takes in a report. Answers whether the seeder has nothing of this
    /// session (any more): then its stream and requests are void.
    pub fn on_report(&mut self, now: Timestamp, report: &Report, raw: &mut RawSeeder) -> bool {
        raw.set(SEEDER_RANDOM, report.random_order);
        let was_alive = raw.flags & SEEDER_ALIVE != 0;
        if was_alive {
            self.take_rtt(now, report.echo_us, raw);
        }
        self.hear(now, raw);
        match report.status {
            SeederStatus::Serving => {}
            // Whether it serves, the answer to the next probe will tell.
            SeederStatus::Unknown if !was_alive => return false,
            SeederStatus::Unknown => {
                self.begin_anew(now);
                // A stream that was not acknowledged yet is repeated anyway.
                let unanswered = match &self.stream {
                    Some(stream) => stream.repeat.is_some(),
                    None => self.wants_repeat.is_some() || self.requests.is_empty(),
                };
                return !unanswered;
            }
            SeederStatus::Gone | SeederStatus::Busy => {
                if !self.is_shut(now) {
                    self.shut_for = (self.shut_for * 2).clamp(FIRST_SHUT, SHUT);
                    self.shut_until = now + self.shut_for;
                    self.next_feedback = self.shut_until;
                }
                self.refusal = Some(report.status);
                self.die(raw);
                return true;
            }
        }
        // Said before it refused, and overtaken by that.
        if now >= self.shut_until {
            self.lives(now, raw);
        }
        self.first_word(report.sent);
        if self.has_forgotten(report) {
            self.begin_anew(now);
            return true;
        }
        self.feedback_gap = Duration::from_millis(report.feedback_ms.into()).min(FEEDBACK_MAX);
        self.sent = self.sent.max(report.sent);
        self.peak_queue = self.peak_queue.max(report.peak_queue);
        self.acknowledge_wants(report.wants_seen);
        if report.stream_seen == self.stream_sequence {
            if let Some(stream) = &mut self.stream {
                stream.repeat = None;
                stream.from_sequence.get_or_insert(report.sent);
            }
            if let (Some(ended_us), None) = (report.stream_ended_us, self.stream_over_at)
                && self.stream.is_some()
            {
                self.stream_over_at = Some(self.arrival_of(now, ended_us) + STRAGGLERS);
            }
        }
        false
    }

    fn take_rtt(&mut self, now: Timestamp, echo_us: u64, raw: &mut RawSeeder) {
        let said = Timestamp(echo_us.saturating_mul(1000));
        let rtt = now.since(said);
        if echo_us > 0 && said >= self.rtt_from && rtt < Duration::from_secs(60) {
            self.rtt.sample(rtt);
            self.patience = life::patience(self.rtt);
            self.usual_silence = life::usual_silence(self.rtt);
            raw.rtt_ns = self.rtt.smoothed_ns();
            raw.rtt_var_ns = self.rtt.deviation_ns();
        }
    }

    /// Media datagrams that the seeder sent, as far as it told or they tell.
    pub fn sent(&self) -> u64 {
        let here = self.sent.max(self.path_end);
        self.sent_before + u64::from(here.saturating_sub(self.sent_elsewhere))
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
        // The empty list is a new one.
        self.wants_sequence = self.wants_sequence.saturating_add(1);
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
