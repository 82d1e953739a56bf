//! One listener at a seeder: its stream, its wants, its pace.

use std::net::SocketAddr;
use std::time::Duration;

use rand::distr::{Bernoulli, Distribution};
use rand::rngs::ChaCha8Rng;
use rand::{Rng, SeedableRng};

use super::permutation::Permutation;
use super::rate::RateControl;
use super::wants::Wants;
use super::{Order, SeederConfig, Served};
use crate::ids::SessionId;
use crate::time::Timestamp;
use crate::token::Token;
use crate::track::TrackId;
use crate::wire::{
    FORMAT_FRAME, Feedback, MediaHeader, Report, RequestPackets, RequestTrack, SeederStatus,
};

/// A driver that wakes late may make up for this much, no more.
pub const MAX_BURST: Duration = Duration::from_millis(4);
/// A token is believed for this long without a look at its hash: it may live on
/// by as much.
const PROOF: Duration = Duration::from_secs(10);
/// Turns at which a stream is unavailable are passed over at once, at most so
/// many.
const MAX_PASSED_TURNS: u32 = 64;
/// Most paced streams of paper mode at a time; more requests wait for none.
const MAX_PAPER_STREAMS: usize = 64;
/// Its pace is fixed: what came tells it nothing that it acts upon.
const PAPER_FEEDBACK_MS: u16 = 1000;

pub struct Session {
    pub address: SocketAddr,
    pub track: TrackId,
    pub last_heard: Timestamp,
    /// What was proven last: it need not be hashed again each time.
    proven: Option<(SocketAddr, Token, Timestamp)>,
    id: SessionId,
    served: Served,
    /// What a header says of the payload, until the driver puts in what it read:
    /// the mean.
    payload_bytes: u16,
    order: Order,
    pace: Option<Duration>,
    /// Whether the stream sends at a turn; `None`: at each.
    availability: Option<Bernoulli>,
    rng: ChaCha8Rng,
    stream: Option<Stream>,
    stream_seen: u32,
    stream_ended_us: Option<u64>,
    stream_end_untold: bool,
    wants: Wants,
    next_want: Timestamp,
    /// Paper mode: `None` outside of it.
    paper: Option<PaperMode>,
    rate: RateControl,
    next_by_rate: Timestamp,
    credit: u32,
    sent: u32,
    peak_queue: u32,
}

struct Stream {
    /// Packets from `next` to before `end` are to be sent; in random order,
    /// `next` counts in the permutation of `block`.
    next: u32,
    end: u32,
    /// Time between its turns.
    pause: Duration,
    block: Option<(u32, Permutation)>,
    due: Timestamp,
    /// Whether it sends when it is due.
    available: bool,
}

/// A request's own stream: when its next packet is due, the request's serial,
/// and what is left of it.
type PaperStream = (Timestamp, u32, std::vec::IntoIter<u32>);

#[derive(Default)]
struct PaperMode {
    newest_serial: u32,
    streams: Vec<PaperStream>,
}

impl Session {
    pub fn new(
        config: &SeederConfig,
        now: Timestamp,
        address: SocketAddr,
        id: SessionId,
        track: TrackId,
        served: Served,
        number: u64,
    ) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(config.seed);
        rng.set_stream(number);
        Self {
            address,
            track,
            last_heard: now,
            proven: None,
            id,
            served,
            payload_bytes: served.packet_bytes as u16,
            order: config.order,
            pace: config.pace,
            availability: availability(config),
            rng,
            stream: None,
            stream_seen: 0,
            stream_ended_us: None,
            stream_end_untold: false,
            wants: Wants::default(),
            next_want: now,
            paper: config.recovery_streams.then(PaperMode::default),
            rate: RateControl::new(
                served.packet_bytes / served.packet_s.max(1e-3),
                served.packet_bytes,
                config.seed.wrapping_add(number),
            ),
            next_by_rate: now,
            credit: 0,
            sent: 0,
            peak_queue: 0,
        }
    }

    /// Anything valid came from the listener; it may have moved.
    pub fn hear(&mut self, now: Timestamp, from: SocketAddr) {
        self.last_heard = now;
        self.address = from;
    }

    /// The address has shown that this is its token.
    pub fn prove(&mut self, from: SocketAddr, token: Token, now: Timestamp) {
        if !self.has_proven(from, token, now) {
            self.proven = Some((from, token, now));
        }
    }

    /// Whether it did so a short while ago.
    pub fn has_proven(&self, from: SocketAddr, token: Token, now: Timestamp) -> bool {
        self.proven.is_some_and(|(address, known, at)| {
            (address, known) == (from, token) && now.since(at) < PROOF
        })
    }

    pub fn on_stream(&mut self, now: Timestamp, request: &RequestTrack) {
        self.note_idle();
        self.credit = self.credit.max(request.credit);
        if request.sequence <= self.stream_seen {
            return;
        }
        self.stream_seen = request.sequence;
        self.stream_ended_us = None;
        self.stream = Some(Stream {
            next: request.first,
            end: self.served.packets,
            pause: self.pace.unwrap_or_else(|| interval(request.rate)),
            block: None,
            due: now,
            available: true,
        });
        self.pass_turns();
    }

    pub fn on_wants(&mut self, now: Timestamp, request: &RequestPackets) {
        self.note_idle();
        self.credit = self.credit.max(request.credit);
        let Some(paper) = &mut self.paper else {
            self.wants.replace(request, self.served.packets);
            self.next_want = self.next_want.max(now.minus(MAX_BURST));
            self.note_queue();
            return;
        };
        for want in &request.wants {
            if want.serial > paper.newest_serial && paper.streams.len() < MAX_PAPER_STREAMS {
                paper.newest_serial = want.serial;
                let end = self.served.packets;
                let packets: Vec<u32> = want.packets().take(8192).filter(|&n| n < end).collect();
                paper.streams.push((now, want.serial, packets.into_iter()));
            }
        }
        // Keeps the sequence for acknowledgement; paper streams serve the rest.
        let none = RequestPackets {
            wants: Vec::new(),
            ..request.clone()
        };
        self.wants.replace(&none, 0);
        self.note_queue();
    }

    pub fn on_feedback(&mut self, now: Timestamp, feedback: &Feedback) {
        self.note_idle();
        self.credit = self.credit.max(feedback.credit);
        if self.paper.is_some() {
            return; // nothing asks for the rate
        }
        self.rate.on_feedback(now, feedback, self.sent);
        // It may be allowed earlier than it was.
        self.next_by_rate = self.next_by_rate.min(now + self.gap());
    }

    /// Something else than the rate held packets back.
    pub fn hold_back(&mut self) {
        self.rate.on_idle(self.sent);
    }

    fn note_idle(&mut self) {
        if self.wanted_at() == Timestamp::NEVER {
            self.hold_back();
        }
    }

    /// Time between packets by the rate.
    fn gap(&self) -> Duration {
        Duration::from_secs_f64(self.served.packet_bytes / self.rate.rate(self.sent))
    }

    pub fn report(&self, echo_us: u64) -> Report {
        Report {
            session: self.id,
            echo_us,
            status: SeederStatus::Serving,
            stream_seen: self.stream_seen,
            wants_seen: self.wants.seen(),
            stream_ended_us: self.stream_ended_us,
            random_order: self.order == Order::Random,
            sent: self.sent,
            peak_queue: self.peak_queue,
            feedback_ms: self.paper.as_ref().map_or(0, |_| PAPER_FEEDBACK_MS),
        }
    }

    pub fn packet_bytes(&self) -> f64 {
        self.served.packet_bytes
    }

    pub fn peak_queue(&self) -> u32 {
        self.peak_queue
    }

    /// Whether the stream ended and the listener has not been told yet.
    pub fn take_stream_end(&mut self) -> bool {
        std::mem::take(&mut self.stream_end_untold)
    }

    /// When its next packet may go; `NEVER` when there is none.
    pub fn due(&self) -> Timestamp {
        if let Some(paper) = &self.paper {
            let streams = paper.streams.iter().map(|&(due, ..)| due);
            return streams.fold(self.stream_due(), Timestamp::min);
        }
        self.wanted_at().max(self.next_by_rate)
    }

    /// When its next packet may go but for the rate.
    fn wanted_at(&self) -> Timestamp {
        self.stream_due().min(self.wants_due())
    }

    fn stream_due(&self) -> Timestamp {
        match &self.stream {
            Some(stream) if stream.block.is_some() || stream.next < self.credit => stream.due,
            _ => Timestamp::NEVER,
        }
    }

    fn wants_due(&self) -> Timestamp {
        if self.wants.len() > 0 {
            self.next_want
        } else {
            Timestamp::NEVER
        }
    }

    /// The packet whose turn it is, and the serial it is asked under (0: it is of
    /// the stream). `None` if the turn passes unused.
    // Inlined: written to memory as two numbers and read as one, its answer would be
    // waited for.
    #[inline(always)]
    pub fn take_turn(&mut self, now: Timestamp) -> Option<(u32, u32)> {
        if self.paper.is_some() {
            return self.take_paper_turn(now);
        }
        // There was nothing to send, or the driver slept: a busy machine is no
        // narrow path.
        if now > self.next_by_rate + MAX_BURST {
            self.hold_back();
        }
        // What was lost is more urgent than what comes anyway, but when both
        // wait, the one that waited longer goes first: neither starves.
        if self.wants_due() <= self.stream_due() {
            let rate = self.wants.rate()?;
            let (packet, serial) = self.wants.pop()?;
            self.next_want = later(now, self.next_want, interval(rate));
            return Some((packet, serial));
        }
        Some((self.next_of_stream(now)?, 0))
    }

    #[inline(always)]
    fn take_paper_turn(&mut self, now: Timestamp) -> Option<(u32, u32)> {
        let stream_due = self.stream_due();
        let pace = self.pace.unwrap_or_default();
        let paper = self.paper.as_mut()?;
        let due = paper
            .streams
            .iter()
            .enumerate()
            .min_by_key(|&(i, &(due, ..))| (due, i));
        match due.map(|(i, &(due, ..))| (i, due)) {
            Some((i, due)) if due < stream_due => {
                let (due, serial, packets) = &mut paper.streams[i];
                let serial = *serial;
                *due += pace;
                match packets.next() {
                    Some(packet) => Some((packet, serial)),
                    None => {
                        paper.streams.remove(i);
                        None
                    }
                }
            }
            _ => Some((self.next_of_stream(now)?, 0)),
        }
    }

    /// Takes the stream's turn; `None` if it is unavailable this time or over.
    fn next_of_stream(&mut self, now: Timestamp) -> Option<u32> {
        let stream = self.stream.as_mut()?;
        let pause = stream.pause;
        stream.due = later(now, stream.due, pause);
        if !stream.available {
            self.pass_turns();
            return None;
        }
        let packet = if self.order == Order::Sequential {
            stream.next += 1;
            Some(stream.next - 1).filter(|&packet| packet < stream.end)
        } else {
            let key = &mut self.rng;
            stream.next_random(self.credit, || key.next_u64())
        };
        if stream.next >= stream.end && stream.block.is_none() {
            self.stream = None;
            self.stream_ended_us = Some(now.as_nanos() / 1000);
            self.stream_end_untold = true;
        } else {
            self.pass_turns();
        }
        packet
    }

    /// Draws whether the stream is available at its next turn, and passes over
    /// the turns at which it is not: nobody need wake up for them.
    fn pass_turns(&mut self) {
        let Some(availability) = self.availability else {
            return;
        };
        let Some(stream) = &mut self.stream else {
            return;
        };
        if stream.pause.is_zero() {
            return;
        }
        for turn in 0..MAX_PASSED_TURNS {
            if turn > 0 {
                stream.due += stream.pause;
            }
            stream.available = availability.sample(&mut self.rng);
            if stream.available {
                break;
            }
        }
    }

    /// Sends that packet.
    #[inline]
    pub fn send(&mut self, now: Timestamp, (packet, serial): (u32, u32)) -> MediaHeader {
        self.sent += 1;
        if self.paper.is_none() {
            self.next_by_rate = later(now, self.next_by_rate, self.gap());
        }
        MediaHeader {
            session: self.id,
            path_sequence: self.sent - 1,
            sent_us: now.as_nanos() / 1000,
            packet,
            format: FORMAT_FRAME,
            serial,
            wants_seen: self.wants.seen(),
            payload_bytes: self.payload_bytes,
        }
    }

    fn note_queue(&mut self) {
        let paper = self.paper.as_ref().map_or(0, |paper| {
            let left = paper.streams.iter().map(|(.., packets)| packets.len());
            left.sum()
        });
        self.peak_queue = self.peak_queue.max((self.wants.len() + paper) as u32);
    }
}

impl Stream {
    /// The next packet in random order: a permutation of all up to the credit,
    /// then of the next block that the credit opens.
    fn next_random(&mut self, credit: u32, key: impl FnOnce() -> u64) -> Option<u32> {
        let end = self.end;
        let (start, order, len) = match self.block {
            Some((start, order)) => (start, order, order.len()),
            None => {
                let start = self.next;
                let len = end.min(credit).checked_sub(start).filter(|&len| len > 0)?;
                let order = Permutation::new(len, key());
                self.block = Some((start, order));
                (start, order, len)
            }
        };
        let index = self.next - start;
        self.next += 1;
        if index + 1 == len {
            self.block = None;
        }
        Some(start + order.at(index))
    }
}

/// Only the sequential stream at a pace is away at times: a random one has no place
/// to lose, and without a pace there is no "later" to try again.
fn availability(config: &SeederConfig) -> Option<Bernoulli> {
    let sequential = config.order == Order::Sequential && config.pace.is_some();
    let probability = config.availability.max(0.0);
    let drawn = Bernoulli::new(probability).ok()?;
    (sequential && probability < 1.0).then_some(drawn)
}

/// Time between packets at `rate` packets per second; none for 0.
fn interval(rate: u32) -> Duration {
    Duration::from_secs(1).checked_div(rate).unwrap_or_default()
}

/// The turn after `turn`, made up for at most [`MAX_BURST`] if `now` is late.
fn later(now: Timestamp, turn: Timestamp, pause: Duration) -> Timestamp {
    turn.max(now.minus(MAX_BURST)) + pause
}
