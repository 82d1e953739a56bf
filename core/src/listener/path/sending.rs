//! What is to be said to a seeder, and when.

use std::time::Duration;

use segue_policy::abi::{RawSeeder, SEEDER_ALIVE, SEEDER_STREAM_ENDED};

use super::repeat::Repeat;
use super::{Common, Path};
use crate::listener::asks::Asks;
use crate::time::Timestamp;
use crate::token::Token;
use crate::wire::{Feedback, Message, RequestPackets, RequestTrack, Want};

/// Least and most time between feedbacks.
pub(super) const FEEDBACK_MIN: Duration = Duration::from_millis(100);
pub(super) const FEEDBACK_MAX: Duration = Duration::from_secs(1);
/// First repeat of an unanswered request, before the round trip is known: it is
/// small then, and what comes of it is waited for. Each waits half as long again.
const FIRST_REPEAT: Duration = Duration::from_millis(10);
/// The answer of a near seeder is not waited for longer than this: a lost request
/// costs what passes until its repeat.
const NEAR: Duration = Duration::from_millis(150);
const NEAR_REPEAT: Duration = Duration::from_millis(50);
/// To a seeder that is further than this a list is said again before any answer
/// can have come: a short one soon, a long one after what it takes at so many
/// bytes in a second.
const FAR: Duration = Duration::from_millis(400);
const REPEAT_BYTES_PER_S: f64 = 6000.0;
/// Bytes for the list in a request; the rest of the datagram is its head.
const LIST_BYTES: usize = 1200;

impl Path {
    /// When something is to be done. One place, all timers.
    pub fn next_timer(&self, raw: &RawSeeder) -> Timestamp {
        if self.merged {
            return Timestamp::NEVER;
        }
        let alive = raw.flags & SEEDER_ALIVE != 0;
        [
            self.feedback_at(raw),
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
            return Some(Message::RequestTrack(Box::new(RequestTrack {
                session,
                token,
                track,
                sequence: self.stream_sequence,
                first: stream.first,
                rate: stream.rate,
                credit,
                sent_us,
            })));
        }
        let repeat_due = self.wants_repeat.is_some_and(|repeat| repeat.at <= now);
        // Unlike a feedback, a list of wants names the track: the answer tells
        // whether a seeder that was lost serves it (again).
        let probes = self.feedback_at(raw) <= now && raw.flags & SEEDER_ALIVE == 0;
        if probes {
            self.next_feedback = now + self.feedback_wait(now, raw);
        }
        if self.wants_dirty || repeat_due || probes {
            if self.wants_dirty {
                self.wants_sequence = self.wants_sequence.saturating_add(1);
                self.wants_repeat = None;
                self.wants_dirty = false;
            }
            let wants = self.wants(asks);
            let first_wait = self.first_wait();
            let repeat = self.wants_repeat.get_or_insert(Repeat {
                at: now,
                wait: Duration::ZERO,
            });
            repeat.again(now, first_wait);
            return Some(Message::RequestPackets(Box::new(RequestPackets {
                session,
                token,
                track,
                sequence: self.wants_sequence,
                credit,
                sent_us,
                wants,
            })));
        }
        if self.feedback_at(raw) <= now {
            self.measure_in_time(now, raw);
            self.told = (now, self.received);
            self.next_feedback = now + self.feedback_wait(now, raw);
            let (newest_sent_us, came) = self.newest.unwrap_or((0, now));
            return Some(Message::Feedback(Feedback {
                session,
                token,
                sent_us,
                path_end: self.path_end,
                received: self.received,
                newest_sent_us,
                held_us: u32::try_from(now.since(came).as_micros()).unwrap_or(u32::MAX),
                queue_us: self.delay.take_queue_us(),
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
        self.say_again(at);
    }

    /// Measures, unless that was a moment ago.
    pub(super) fn measure_in_time(&mut self, now: Timestamp, raw: &mut RawSeeder) {
        if now >= self.mark.0 + FEEDBACK_MIN {
            self.measure(now, raw);
            // What did not fit, or has come since, is told anew.
            self.wants_dirty |= self.wants_cut;
            self.hurries |= self.wants_cut;
        }
    }

    /// Takes in what came since this was called last.
    fn measure(&mut self, now: Timestamp, raw: &mut RawSeeder) {
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
    }

    fn first_wait(&self) -> Duration {
        if self.rtt.smoothed_ns() == 0 {
            return FIRST_REPEAT;
        }
        match self.rtt.timeout() {
            near if near < NEAR => near.clamp(NEAR_REPEAT / 2, NEAR_REPEAT),
            fair if self.rtt.smoothed() < FAR => fair,
            far => {
                let said_s = self.list_bytes as f64 / REPEAT_BYTES_PER_S;
                far.min(NEAR_REPEAT + Duration::from_secs_f64(said_s))
            }
        }
    }

    fn wants(&mut self, asks: &Asks) -> Vec<Want> {
        self.prune(asks);
        let mut left = LIST_BYTES;
        let mut wants = Vec::with_capacity(self.requests.len());
        self.wants_cut = false;
        for request in &self.requests {
            let packets = request.to_serve();
            let head = Want::head_bytes(request.serial, request.rate, packets.len());
            let budget = left.saturating_sub(head);
            let (runs, held, bytes) = Want::runs(packets, budget);
            left = budget.saturating_sub(bytes);
            if held > 0 {
                wants.push(Want {
                    serial: request.serial,
                    rate: request.rate,
                    runs,
                });
            }
            if held < packets.len() {
                self.wants_cut = true;
                break;
            }
        }
        self.list_bytes = LIST_BYTES - left;
        wants
    }

    /// Whether it refused lately.
    pub fn is_shut(&self, now: Timestamp) -> bool {
        now < self.shut_until || self.merged
    }
}
