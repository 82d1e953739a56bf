//! Whether a seeder lives: its silence, its return, and how much of us it knows
//! then.

use std::time::Duration;

use segue_policy::abi::{RawSeeder, SEEDER_ALIVE};

use super::Path;
use super::sending::{FEEDBACK_MAX, FEEDBACK_MIN};
use crate::listener::rtt::Rtt;
use crate::time::Timestamp;
use crate::wire::{Report, SeederStatus};

/// A silent seeder is probed this often while it counts as alive.
const PROBE: Duration = Duration::from_millis(250);
/// A seeder that is silent for this long, or six timeouts, counts as dead.
const SILENCE: Duration = Duration::from_secs(2);
/// One of which nothing is known yet may be further away than that.
pub(super) const FIRST_SILENCE: Duration = Duration::from_secs(5);
const LONGEST_SILENCE: Duration = Duration::from_secs(15);
/// A dead one is probed once a second, later less and less often.
const LAST_PROBE: Duration = Duration::from_secs(5);
const PROBES_OF_A_SILENCE: u32 = 40;

/// Highest sequences that a seeder saw, and the newest of our clock's times
/// that it echoed with them.
#[derive(Clone, Copy, Default, PartialEq)]
pub struct Heard {
    pub stream: u32,
    pub wants: u32,
    pub echo_us: u64,
}

/// How long a silence is borne on a path of this round trip.
pub(super) fn patience(rtt: Rtt) -> Duration {
    (rtt.timeout() * 6).clamp(SILENCE, LONGEST_SILENCE)
}

/// Time between feedbacks on it, where nobody wants fewer.
fn usual_wait(rtt: Rtt) -> Duration {
    rtt.smoothed().clamp(FEEDBACK_MIN, FEEDBACK_MAX)
}

/// How long it is silent at most, usually.
pub(super) fn usual_silence(rtt: Rtt) -> Duration {
    usual_wait(rtt) * 2 + rtt.timeout()
}

impl Path {
    /// Something came from it.
    pub(super) fn hear(&mut self, now: Timestamp, raw: &mut RawSeeder) {
        self.last_heard = now;
        raw.last_heard_ns = now.as_nanos();
    }

    /// It serves. If it did not before, what was measured then is history.
    pub(super) fn lives(&mut self, now: Timestamp, raw: &mut RawSeeder) {
        self.shut_until = Timestamp::ZERO;
        self.shut_for = Duration::ZERO;
        self.refusal = None;
        if raw.set(SEEDER_ALIVE, true) {
            self.rtt_from = now;
            self.counts_anew = true;
            // Its clock may have stood still.
            self.delay.forget();
            self.next_feedback = now;
        }
    }

    /// Why it does not serve, if it said so.
    pub fn refuses(&self) -> Option<SeederStatus> {
        self.refusal
    }

    /// It does not serve any more; answers whether it did until now.
    pub(super) fn die(&mut self, raw: &mut RawSeeder) -> bool {
        raw.delivery_rate = 0.0;
        raw.set(SEEDER_ALIVE, false)
    }

    pub(super) fn dead_at(&self) -> Timestamp {
        self.last_heard + self.patience
    }

    /// Whether the seeder has just died of silence.
    pub fn dies(&mut self, now: Timestamp, raw: &mut RawSeeder) -> bool {
        now >= self.dead_at() && self.die(raw)
    }

    /// We slept, and heard nothing then: that is no silence of the seeder's.
    pub fn excuse(&mut self, now: Timestamp, slept: Duration) {
        self.last_heard = (self.last_heard + slept).min(now);
        self.used_heard = (self.used_heard + slept).min(now);
    }

    /// Asks it soon, though not without end.
    pub(super) fn probe(&mut self, now: Timestamp) {
        self.shut_until = Timestamp::ZERO;
        let again = self.next_retry.max(now);
        self.next_feedback = self.next_feedback.min(again);
        self.next_retry = again + PROBE;
    }

    /// Another path goes to its seeder: this one is used no more, unless the two
    /// turn out to be different.
    pub fn merge(&mut self, raw: &mut RawSeeder) {
        self.die(raw);
        self.merged = true;
    }

    /// Whether it is used no more.
    pub fn is_merged(&self) -> bool {
        self.merged
    }

    pub(super) fn feedback_wait(&self, now: Timestamp, raw: &RawSeeder) -> Duration {
        if raw.flags & SEEDER_ALIVE == 0 {
            let silence = now.since(self.last_heard);
            (silence / PROBES_OF_A_SILENCE).clamp(FEEDBACK_MAX, LAST_PROBE)
        } else if self.is_doubtful(now, raw) {
            PROBE
        } else {
            usual_wait(self.rtt).max(self.feedback_gap)
        }
    }

    /// When the next feedback goes out. Whoever wants few of them is asked as soon
    /// as anyone else when nothing comes from there.
    pub(super) fn feedback_at(&self, raw: &RawSeeder) -> Timestamp {
        if self.feedback_gap.is_zero() || raw.flags & SEEDER_ALIVE == 0 {
            return self.next_feedback;
        }
        let asked = self.told.0 + PROBE;
        self.next_feedback.min(self.doubtful_from().max(asked))
    }

    /// Whether the seeder began this session anew without a word: it saw less
    /// than it did before. A report that was overtaken says so too, but not of
    /// what we said this much later.
    pub(super) fn has_forgotten(&mut self, report: &Report) -> bool {
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
    pub(super) fn begin_anew(&mut self, now: Timestamp) {
        self.sent_before = self.sent();
        (self.sent, self.sent_elsewhere) = (0, 0);
        (self.received, self.path_end) = (0, 0);
        self.newest = None;
        self.told = (now, 0);
        self.mark = (now, 0, 0);
        self.delay.forget();
        self.heard = Heard::default();
        for request in &mut self.requests {
            request.served = 0;
        }
    }

    /// So many packets were sent before the first word that comes here: the
    /// seeder served this session at another address of its own.
    pub(super) fn first_word(&mut self, sent: u32) {
        if std::mem::take(&mut self.unheard) {
            self.sent_elsewhere = sent;
        }
    }
}
