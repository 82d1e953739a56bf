//! Rate control: how fast one listener's path takes packets.
//!
//! Model-based, after BBR (draft-ietf-ccwg-bbr): the greatest rate at which
//! packets came through lately and the least round trip of late say how much
//! the path holds; sending is paced at that rate, and what is under way is
//! bounded by what the path holds plus a little queue. Beside traffic that
//! fills the queue, the round trip without our own packets includes theirs, and
//! the bound grows with it: that keeps a share of the link (Ware et al.,
//! "Modeling BBR's Interactions with Loss-Based Congestion Control", IMC 2019).
//!
//! Unlike BBR, loss that stays whatever the rate is counted as carried: bad
//! Wi-Fi loses a fifth at any rate, and pacing at what came would stop it.

mod look;
mod phase;
mod sample;
mod windowed;

use std::time::Duration;

use crate::time::Timestamp;
use crate::wire::Feedback;
use look::{Bare, Looks};
use phase::Phase;
use sample::{Heard, Sample};
use windowed::Windowed;

/// Fastest, bytes per second: about 100 Mbit/s.
const CEILING: f64 = 12.5e6;
/// First rate: this many times the media's own, and at least [`FIRST_MIN`].
const FIRST_FACTOR: f64 = 4.0;
const FIRST_MIN: f64 = 256e3;
/// Until anything is known, this share of it: others may begin at the same time.
const UNTOLD: f64 = 0.7;
/// Until anything is known, this much may be under way; after that it goes on
/// at so many times the floor.
const FIRST_FLIGHT_S: f64 = 0.3;
const BLIND_FACTOR: f64 = 8.0;

/// Queue that we may make, seconds: as long as the round trip, within these.
const QUEUE_MIN_S: f64 = 0.010;
const QUEUE_MAX_S: f64 = 0.060;
/// Time between feedbacks as long as none is known. Much less than it is would
/// leave no room to send what the next feedback waits for.
const FIRST_BETWEEN_S: f64 = 0.04;
/// Fewest packets that may be under way.
const FLIGHT_MIN: f64 = 8.0;

/// The start ends when what comes did not grow by this for so many round trips.
const START_GROWTH: f64 = 1.25;
const START_ROUNDS: u32 = 3;
/// A probe that finds so much more, and no queue, is the beginning of another.
const PROBE_GROWTH: f64 = 1.15;
/// Shortest step of a cycle: feedbacks come no faster than a third of it.
const STEP_MIN_S: f64 = 0.03;

/// A listener that was silent for this long begins anew.
const SILENCE: Duration = Duration::from_secs(2);

/// The usual loss is the least of one or two of these.
const LOSS_WINDOW: Duration = Duration::from_secs(1);
/// Packets that tell a loss, and of how many such samples a mean is.
const LOSS_PACKETS: u32 = 50;
const LOSS_SAMPLES: f64 = 8.0;
/// Loss above the usual that is none of congestion, as in BBR's later versions.
const LOSS_TOLERANCE: f64 = 0.02;
/// Packets and seconds that tell a rate.
const RATE_PACKETS: u32 = 8;
const RATE_S: f64 = 0.02;

/// The rate of one session. Counts packets; bytes at its edges.
#[derive(Debug)]
pub struct RateControl {
    packet_bytes: f64,
    /// Packets per second.
    first: f64,
    floor: f64,
    ceiling: f64,
    bandwidth: Windowed,
    looks: Looks,
    mean_loss: f64,
    loss_samples: f64,
    loss: Windowed,
    loss_turned: Timestamp,
    /// Feedbacks that rate, loss and round trip are told from.
    newest: Option<Heard>,
    rate_since: Option<Heard>,
    loss_since: Option<Heard>,
    /// Smoothed time between feedbacks.
    between_s: f64,
    phase: Phase,
    /// Paced at this, packets per second.
    pace: f64,
    /// Most packets under way.
    flight: f64,
    /// Packets the listener knows of; what is sent beyond is under way.
    path_end: u32,
    /// Up to this packet there was less to send than might have been.
    idle_before: u32,
    /// Steps of holding differ, so that sessions do not probe in step.
    dice: u64,
}

impl RateControl {
    /// For media of this rate, bytes per second, in packets of `packet_bytes`.
    /// Sessions of different `seed` probe at different times.
    pub fn new(media_rate: f64, packet_bytes: f64, seed: u64) -> Self {
        let packet_bytes = packet_bytes.max(1.0);
        let packets = |bytes: f64| bytes / packet_bytes;
        let first = packets((media_rate * FIRST_FACTOR).clamp(FIRST_MIN, CEILING));
        Self {
            packet_bytes,
            first,
            // Half of real time: below that nothing is worth playing.
            floor: packets((media_rate / 2.0).clamp(1e3, CEILING)),
            ceiling: packets(CEILING),
            bandwidth: Windowed::greatest(),
            looks: Looks::new(),
            mean_loss: 0.0,
            loss_samples: 0.0,
            loss: Windowed::least(),
            loss_turned: Timestamp::ZERO,
            newest: None,
            rate_since: None,
            loss_since: None,
            between_s: FIRST_BETWEEN_S,
            phase: Phase::start(0, 0.0),
            pace: first * UNTOLD,
            flight: first * FIRST_FLIGHT_S,
            path_end: 0,
            idle_before: 0,
            dice: seed,
        }
    }

    /// Bytes per second that may be sent now, `sent` packets having been.
    pub fn rate(&self, sent: u32) -> f64 {
        // The floor holds whatever happens: if all that is under way was lost,
        // nothing else would ever tell.
        let full = f64::from(sent.saturating_sub(self.path_end)) >= self.flight;
        let pace = match (full, self.bandwidth.get()) {
            (false, _) => self.pace,
            (true, Some(_)) => self.floor,
            // Nobody has told anything yet: the way may be long.
            (true, None) => self.floor * BLIND_FACTOR,
        };
        pace * self.packet_bytes
    }

    /// There was nothing to send, though the rate allowed it, before packet
    /// `sent`: what came until then does not tell what the path can do.
    pub fn on_idle(&mut self, sent: u32) {
        self.idle_before = sent;
    }

    /// Takes in what a listener received of `sent` packets.
    pub fn on_feedback(&mut self, at: Timestamp, feedback: &Feedback, sent: u32) {
        if feedback.path_end > sent {
            return; // nobody can have received that
        }
        let heard = Heard::new(at, feedback);
        let Some(newest) = self.newest.replace(heard) else {
            self.take_delays(&heard, feedback, sent);
            (self.rate_since, self.loss_since) = (Some(heard), Some(heard));
            self.path_end = heard.path_end;
            return;
        };
        if at.since(newest.at) > SILENCE {
            return self.restart(heard, sent);
        }
        if heard.path_end < newest.path_end || heard.received < newest.received {
            if heard.said_us <= newest.said_us {
                self.newest = Some(newest); // overtaken
            } else {
                // It counts anew: it listens at another address.
                (self.rate_since, self.loss_since) = (Some(heard), Some(heard));
            }
            return;
        }
        if heard.path_end == newest.path_end {
            return;
        }
        self.path_end = heard.path_end;
        let between_s = at.since(newest.at).as_secs_f64().min(0.25);
        self.between_s += (between_s - self.between_s) / 4.0;
        let own_us = self.take_delays(&heard, feedback, sent);
        self.take_loss(&heard);
        self.take_rate(&heard);
        self.step(at, own_us, sent);
        self.apply();
    }

    /// After a silence the path may be another, and what was under way is lost:
    /// what was known of its rate would hold it back.
    fn restart(&mut self, heard: Heard, sent: u32) {
        (self.rate_since, self.loss_since) = (Some(heard), Some(heard));
        self.bandwidth = Windowed::greatest();
        self.phase = Phase::start(0, 0.0);
        self.pace = self.first * UNTOLD;
        self.flight = self.first * FIRST_FLIGHT_S;
        self.path_end = sent;
    }

    /// Answers how much of the queue is not others', as far as known.
    fn take_delays(&mut self, heard: &Heard, feedback: &Feedback, sent: u32) -> f64 {
        let queue_us = f64::from(feedback.queue_us);
        if let Some(rtt_s) = heard.rtt_s() {
            let seen = Bare { rtt_s, queue_us };
            let own_us = match self.phase {
                Phase::Start { .. } => f64::INFINITY, // it may make any queue
                _ => 2.0 * (self.flight_s() - self.rtt_s() - self.between_s) * 1e6,
            };
            let before = self
                .looks
                .take(heard.at, seen, own_us, heard.path_end, sent);
            if before.is_some_and(|before| self.rtt_s() > before.rtt_s * 1.2 + 0.01) {
                // The path is another than it was, or others fill its queue.
                self.phase = Phase::start(sent, 0.0);
            }
        }
        self.looks.own_us(queue_us)
    }

    fn take_loss(&mut self, heard: &Heard) {
        let since = self.loss_since.get_or_insert(*heard);
        let Some(sample) = heard.since(since) else {
            if heard.path_end < since.path_end {
                *since = *heard;
            }
            return;
        };
        if sample.passed < LOSS_PACKETS {
            return;
        }
        *since = *heard;
        if heard.at.since(self.loss_turned) >= LOSS_WINDOW {
            self.loss.turn();
            self.loss_turned = heard.at;
        }
        self.loss_samples = (self.loss_samples + 1.0).min(LOSS_SAMPLES);
        self.mean_loss += (sample.loss() - self.mean_loss) / self.loss_samples;
        // The first few say little, and the least of them too little.
        if self.loss_samples >= LOSS_SAMPLES / 2.0 {
            self.loss.take(self.mean_loss);
        }
    }

    fn take_rate(&mut self, heard: &Heard) {
        let since = self.rate_since.get_or_insert(*heard);
        let idle = since.path_end < self.idle_before;
        let Some(sample) = heard.since(since) else {
            *since = *heard;
            return;
        };
        let enough = sample.passed >= RATE_PACKETS && sample.seconds >= RATE_S;
        if !enough {
            return;
        }
        *since = *heard;
        self.take_sample(sample, idle);
    }

    fn take_sample(&mut self, sample: Sample, idle: bool) {
        let usual = self.loss.get().unwrap_or(self.mean_loss.max(sample.loss()));
        let carried = sample.carried(usual + LOSS_TOLERANCE);
        // As long as nothing is known, less than the first rate tells nothing, if
        // the first flight is enough to keep it up.
        let first = match self.rtt_s() < FIRST_FLIGHT_S / 2.0 {
            true => self.first,
            false => 0.0,
        };
        let most = self.bandwidth.get().unwrap_or(first);
        if !idle || carried > most {
            self.bandwidth.take(carried);
        }
    }

    /// Steps through start and cycles.
    fn step(&mut self, at: Timestamp, own_us: f64, sent: u32) {
        let seen_us = self.looks.noticed_us();
        let Some(bandwidth) = self.bandwidth.get() else {
            return;
        };
        // A step is to show in the rate that it is measured by.
        let told_s = 1.5 * f64::from(RATE_PACKETS) / bandwidth.max(1.0);
        let step_s = self.rtt_s().clamp(STEP_MIN_S, 0.3).max(told_s.min(1.0));
        let step = Duration::from_secs_f64(step_s);
        match &mut self.phase {
            Phase::Start {
                round_end,
                best,
                flat_rounds,
            } => {
                if self.path_end > *round_end && self.path_end > self.idle_before {
                    *round_end = sent;
                    if bandwidth >= *best * START_GROWTH {
                        (*best, *flat_rounds) = (bandwidth, 0);
                    } else {
                        *flat_rounds += 1;
                    }
                }
                if *flat_rounds >= START_ROUNDS || own_us > seen_us {
                    self.phase = Phase::Drain {
                        until: at + step,
                        before: None,
                    };
                }
            }
            Phase::Probe { until, before } if at >= *until => {
                self.phase = Phase::Drain {
                    until: at + step,
                    before: Some(*before),
                };
            }
            // There may be much more.
            Phase::Drain {
                until,
                before: Some(before),
            } if at >= *until && bandwidth >= *before * PROBE_GROWTH && own_us < seen_us => {
                self.phase = Phase::start(sent, bandwidth);
            }
            Phase::Drain { until, .. } if at >= *until => {
                let steps = 4 + self.roll() % 4;
                self.phase = Phase::Hold {
                    until: at + step * steps,
                };
            }
            Phase::Hold { until } if at >= *until && self.path_end >= self.idle_before => {
                self.bandwidth.turn();
                self.phase = Phase::Probe {
                    until: at + step,
                    before: bandwidth,
                };
            }
            _ => {}
        }
    }

    fn apply(&mut self) {
        let Some(bandwidth) = self.bandwidth.get() else {
            return;
        };
        // Where there was less to send than might have been, what came is but
        // the least that the path can do.
        let idle = self.path_end <= self.idle_before;
        let bandwidth = if idle {
            bandwidth.max(self.first)
        } else {
            bandwidth
        };
        let pace = match self.looks.is_on() {
            true => bandwidth,
            false => bandwidth * self.phase.gain(),
        };
        self.pace = pace.clamp(self.floor, self.ceiling);
        let flight_s = match self.looks.is_on() {
            true => (self.rtt_s() + self.between_s) / 2.0,
            false => self.flight_s(),
        };
        self.flight = (bandwidth.max(self.floor) * flight_s).max(FLIGHT_MIN);
    }

    /// What may be under way, in seconds of the bandwidth.
    fn flight_s(&self) -> f64 {
        let rtt_s = self.rtt_s();
        // Feedbacks come in steps; what was sent since the last is no queue.
        rtt_s + rtt_s.clamp(QUEUE_MIN_S, QUEUE_MAX_S) + self.between_s * 1.5
    }

    fn rtt_s(&self) -> f64 {
        let bare = self.looks.bare();
        bare.map_or(FIRST_FLIGHT_S, |bare| bare.rtt_s)
    }

    /// A number that differs from time to time and from seed to seed.
    fn roll(&mut self) -> u32 {
        self.dice = self
            .dice
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.dice >> 33) as u32
    }
}

#[cfg(test)]
mod tests;
