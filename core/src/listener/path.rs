//! The path to one seeder: what it measured, what is asked of it, what must be
//! repeated until it is heard.

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
use crate::wire::{
    Feedback, MediaHeader, Message, Report, RequestPackets, RequestTrack, SeederStatus, Want,
};

/// Least and most time between feedbacks.
const FEEDBACK_MIN: Duration = Duration::from_millis(100);
const FEEDBACK_MAX: Duration = Duration::from_secs(1);
/// A fast stream is told of more often: each so many packets, but not more
/// often than this.
const FEEDBACK_PACKETS: u32 = 256;
const FEEDBACK_FASTEST: Duration = Duration::from_millis(10);
/// A silent seeder is probed this often while it counts as alive.
const PROBE: Duration = Duration::from_millis(250);
/// A seeder that is silent for this long, or six timeouts, counts as dead.
const SILENCE: Duration = Duration::from_secs(2);
/// First repeat of an unanswered request, before the round trip is known.
const FIRST_REPEAT: Duration = Duration::from_millis(250);
const LAST_REPEAT: Duration = Duration::from_secs(2);
/// After the end of a stream, what was on the way may come this much later than
/// the fastest packet did.
const STRAGGLERS: Duration = Duration::from_millis(250);
/// Bytes for the list in a request; the rest of the datagram is its head.
const LIST_BYTES: usize = 1200;
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
    /// Counts at the last feedback.
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

/// Something to be said again until it is heard.
#[derive(Clone, Copy)]
struct Repeat {
    at: Timestamp,
    wait: Duration,
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
        self.path_end = self.path_end.max(header.path_sequence.saturating_add(1));
        self.delay.take(now, header.sent_us);
        self.acknowledge_wants(header.wants_seen);
        if header.by_stream
            && (raw.stream_highest == NO_PACKET || header.packet > raw.stream_highest)
        {
            raw.stream_highest = header.packet;
        }
        if self.received - self.mark.1 >= FEEDBACK_PACKETS {
            self.next_feedback = self.next_feedback.min(self.mark.0 + FEEDBACK_FASTEST);
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
        (self.received, self.path_end) = (0, 0);
        self.mark = (now, 0, 0);
        self.delay.forget();
        self.heard = Heard::default();
        self.sent_before += u64::from(self.sent);
        self.sent = 0;
    }

    /// Media datagrams that the seeder sent, as far as it told.
    pub fn sent(&self) -> u64 {
        self.sent_before + u64::from(self.sent)
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

    // -- timers ------------------------------------------------------------------

    /// When something is to be done. One place, all timers.
    pub fn next_timer(&self, raw: &RawSeeder) -> Timestamp {
        let alive = raw.flags & SEEDER_ALIVE != 0;
        [
            self.next_feedback,
            if alive {
                self.dead_at()
            } else {
                Timestamp::NEVER
            },
            self.stream_over_at
                .filter(|_| raw.flags & SEEDER_STREAM_ENDED == 0)
                .unwrap_or(Timestamp::NEVER),
            self.stream
                .as_ref()
                .and_then(|stream| stream.repeat)
                .map_or(Timestamp::NEVER, |repeat| repeat.at),
            self.wants_repeat
                .map_or(Timestamp::NEVER, |repeat| repeat.at),
            if self.wants_dirty {
                Timestamp::ZERO
            } else {
                Timestamp::NEVER
            },
        ]
        .into_iter()
        .fold(Timestamp::NEVER, Timestamp::min)
        .max(self.shut_until)
    }

    fn dead_at(&self) -> Timestamp {
        self.last_heard + SILENCE.max(self.rtt.timeout() * 6)
    }

    /// Whether the seeder has just died of silence.
    pub fn dies(&self, now: Timestamp, raw: &mut RawSeeder) -> bool {
        now >= self.dead_at() && raw.set(SEEDER_ALIVE, false)
    }

    /// Whether its stream has just ended for good.
    pub fn stream_ends(&self, now: Timestamp, raw: &mut RawSeeder) -> bool {
        self.stream_over_at.is_some_and(|at| now >= at) && raw.set(SEEDER_STREAM_ENDED, true)
    }

    /// The next message that is due, if any.
    pub fn next_message(
        &mut self,
        now: Timestamp,
        common: Common,
        asks: &Asks,
        raw: &mut RawSeeder,
    ) -> Option<Message> {
        let sent_us = (now.as_nanos() / 1000).max(1);
        let Common {
            session,
            track,
            credit,
        } = common;
        let token = self.token;
        let first_wait = self.first_wait();
        if let Some(stream) = &mut self.stream
            && let Some(repeat) = &mut stream.repeat
            && repeat.at <= now
        {
            repeat.again(now, first_wait);
            return Some(Message::RequestTrack(RequestTrack {
                session,
                token,
                track,
                sequence: self.stream_sequence,
                first: stream.first,
                rate: stream.rate,
                credit,
                sent_us,
            }));
        }
        let repeat_due = self.wants_repeat.is_some_and(|repeat| repeat.at <= now);
        if self.wants_dirty || repeat_due {
            if self.wants_dirty {
                self.wants_sequence += 1;
                self.wants_repeat = None;
                self.wants_dirty = false;
            }
            let wants = self.wants(asks);
            let repeat = self.wants_repeat.get_or_insert(Repeat {
                at: now,
                wait: Duration::ZERO,
            });
            repeat.again(now, first_wait);
            return Some(Message::RequestPackets(RequestPackets {
                session,
                token,
                track,
                sequence: self.wants_sequence,
                credit,
                sent_us,
                wants,
            }));
        }
        if self.next_feedback <= now {
            let queue_us = self.measure(now, raw);
            self.next_feedback = now + self.feedback_wait(now, raw);
            // What did not fit, or has come since, is told anew.
            self.wants_dirty |= self.wants_cut;
            return Some(Message::Feedback(Feedback {
                session,
                token,
                sent_us,
                path_end: self.path_end,
                received: self.received,
                queue_us,
                credit,
            }));
        }
        None
    }

    /// A token was refused: everything unanswered is said again with the new one.
    pub fn on_retry(&mut self, now: Timestamp, token: Token) {
        if self.token == token {
            return;
        }
        self.token = token;
        // It may have been started anew, and its clock with it.
        self.delay.forget();
        // A seeder that never believes must not make us ask without end.
        let at = self.next_retry.max(now);
        if at == now {
            self.next_retry = now + FEEDBACK_MIN;
        }
        let at_once = Repeat {
            at,
            wait: Duration::ZERO,
        };
        if let Some(repeat) = self
            .stream
            .as_mut()
            .and_then(|stream| stream.repeat.as_mut())
        {
            *repeat = at_once;
        }
        if let Some(repeat) = &mut self.wants_repeat {
            *repeat = at_once;
        }
        self.next_feedback = at;
    }

    /// Takes in what came since the last feedback; answers the standing queue.
    fn measure(&mut self, now: Timestamp, raw: &mut RawSeeder) -> u32 {
        let (since, received, path_end) = self.mark;
        let elapsed_s = now.since(since).as_secs_f64();
        let came = self.received - received;
        let passed = self.path_end - path_end;
        if passed >= 5 {
            let loss = 1.0 - f64::from(came.min(passed)) / f64::from(passed);
            let gain = if raw.loss == 0.0 { 1.0 } else { 0.25 };
            raw.loss += (loss - raw.loss) * gain;
        }
        if elapsed_s > 0.0 {
            let rate = f64::from(came) / elapsed_s;
            raw.delivery_rate += (rate - raw.delivery_rate) * 0.5;
        }
        self.mark = (now, self.received, self.path_end);
        self.delay.take_queue_us()
    }

    fn feedback_wait(&self, now: Timestamp, raw: &RawSeeder) -> Duration {
        let usual = self.rtt.smoothed().clamp(FEEDBACK_MIN, FEEDBACK_MAX);
        if raw.flags & SEEDER_ALIVE == 0 {
            FEEDBACK_MAX
        } else if now.since(self.last_heard) > usual * 2 + self.rtt.timeout() {
            PROBE
        } else {
            usual
        }
    }

    fn first_wait(&self) -> Duration {
        if self.rtt.smoothed_ns() == 0 {
            FIRST_REPEAT
        } else {
            self.rtt.timeout().clamp(FEEDBACK_MIN, LAST_REPEAT)
        }
    }

    fn wants(&mut self, asks: &Asks) -> Vec<Want> {
        self.prune(asks);
        let mut left = LIST_BYTES;
        let mut wants = Vec::with_capacity(self.requests.len());
        self.wants_cut = false;
        for request in &self.requests {
            const HEAD_BYTES: usize = 5 + 5 + 3;
            let budget = left.saturating_sub(HEAD_BYTES);
            let (runs, held, bytes) = Want::runs(&request.packets, budget);
            left = budget.saturating_sub(bytes);
            if held > 0 {
                wants.push(Want {
                    serial: request.serial,
                    rate: request.rate,
                    runs,
                });
            }
            if held < request.packets.len() {
                self.wants_cut = true;
                break;
            }
        }
        wants
    }

    /// Whether it refused lately.
    pub fn is_shut(&self, now: Timestamp) -> bool {
        now < self.shut_until
    }
}

impl Repeat {
    /// Notes that it was said now, and waits longer each time.
    fn again(&mut self, now: Timestamp, first_wait: Duration) {
        self.wait = if self.wait.is_zero() {
            first_wait
        } else {
            (self.wait * 3 / 2).min(LAST_REPEAT)
        };
        self.at = now + self.wait;
    }
}
