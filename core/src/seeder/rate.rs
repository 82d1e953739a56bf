//! Rate control: how fast one listener's path takes packets.
//!
//! Delay-based, in the spirit of LEDBAT (RFC 6817): speed up while no queue
//! stands in the network, slow down when one does. The queue is the least
//! one-way delay of a feedback interval above the least ever seen, so jitter
//! does not look like a queue. Loss alone slows it down only when it rises well
//! above what the path loses anyway: bad Wi-Fi loses at any rate.

use crate::time::Timestamp;

/// A queue of less than this is none.
const QUEUE_LOW_US: u32 = 25_000;
/// A queue of more than this must drain.
const QUEUE_HIGH_US: u32 = 60_000;
/// A queue is to be gone after this long.
const DRAIN_S: f64 = 0.4;
/// Fastest, bytes per second: about 100 Mbit/s.
const CEILING: f64 = 12.5e6;
/// First rate: this many times the media's own, and at least [`FIRST_MIN`].
const FIRST_FACTOR: f64 = 4.0;
const FIRST_MIN: f64 = 256e3;

/// The rate of one session, bytes per second.
#[derive(Debug)]
pub struct RateControl {
    rate: f64,
    floor: f64,
    doubling: bool,
    usual_loss: Option<f64>,
    before: Option<Seen>,
    /// Packets sent when the rate was changed last: until one after them has
    /// arrived, what comes back knows nothing of the change.
    changed_at: u32,
}

/// State at a feedback.
#[derive(Clone, Copy, Debug)]
struct Seen {
    at: Timestamp,
    path_end: u32,
    received: u32,
    sent: u32,
}

impl RateControl {
    /// For media of this rate, bytes per second.
    pub fn new(media_rate: f64) -> Self {
        Self {
            rate: (media_rate * FIRST_FACTOR).clamp(FIRST_MIN, CEILING),
            // Half of real time: below that nothing is worth playing.
            floor: (media_rate / 2.0).clamp(1e3, CEILING),
            doubling: true,
            usual_loss: None,
            before: None,
            changed_at: 0,
        }
    }

    /// Bytes per second that may be sent now.
    pub fn rate(&self) -> f64 {
        self.rate
    }

    /// Takes in a listener's counts, and how many packets were sent until now.
    pub fn on_feedback(
        &mut self,
        at: Timestamp,
        (path_end, received, queue_us): (u32, u32, u32),
        sent: u32,
        packet_bytes: f64,
    ) {
        let seen = Seen {
            at,
            path_end,
            received,
            sent,
        };
        let Some(before) = self.before else {
            self.before = Some(seen);
            return;
        };
        if path_end <= self.changed_at && path_end >= before.path_end {
            return;
        }
        self.before = Some(seen);
        let elapsed_s = at.since(before.at).as_secs_f64();
        if path_end < before.path_end || received < before.received || elapsed_s <= 0.0 {
            return; // reordered, or not of this session's making
        }
        let (passed, came) = (path_end - before.path_end, received - before.received);
        let loss = 1.0 - f64::from(came.min(passed)) / f64::from(passed.max(1));
        let used = f64::from(sent - before.sent) * packet_bytes / elapsed_s;
        let loss_rises = self.loss_rises(loss, passed);
        self.doubling &= queue_us < QUEUE_LOW_US && !loss_rises;
        if queue_us > QUEUE_HIGH_US {
            // What comes through (but for the usual loss) is what the network
            // carries: so much less than that as drains the queue soon.
            let came_through = 1.0 - self.usual_loss.unwrap_or(0.0);
            let carried = f64::from(came) * packet_bytes / elapsed_s / came_through.max(0.1);
            let queue_s = f64::from(queue_us) / 1e6;
            let share = (1.0 - queue_s / DRAIN_S).clamp(0.4, 0.9);
            self.rate = self.rate.min(carried * share);
        } else if loss_rises {
            self.rate *= 0.75;
        } else if queue_us < QUEUE_LOW_US && used > 0.7 * self.rate {
            self.rate *= if self.doubling { 1.6 } else { 1.08 };
        } else {
            return;
        }
        self.changed_at = sent;
        self.rate = self.rate.clamp(self.floor, CEILING);
    }

    /// Whether loss is well above the usual; learns what is usual.
    fn loss_rises(&mut self, loss: f64, of: u32) -> bool {
        if of < 20 {
            return false; // too few to tell
        }
        let usual = self.usual_loss.get_or_insert(loss);
        let rises = loss > *usual * 1.3 + 0.1;
        *usual += (loss - *usual) * if loss < *usual { 0.2 } else { 0.05 };
        rises
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A second of feedbacks, ten of them, on a path that loses and queues.
    fn run(control: &mut RateControl, start: &mut (u64, u32, u32), loss: f64, queue_us: u32) {
        for _ in 0..10 {
            let sent = (control.rate() / 10.0 / 400.0) as u32;
            start.0 += 100_000_000;
            start.1 += sent;
            start.2 += (f64::from(sent) * (1.0 - loss)) as u32;
            let counts = (start.1, start.2, queue_us);
            control.on_feedback(Timestamp(start.0), counts, start.1, 400.0);
        }
    }

    #[test]
    fn an_idle_fast_network_is_used_fully() {
        let mut control = RateControl::new(16e3);
        run(&mut control, &mut (0, 0, 0), 0.0, 0);
        assert_eq!(control.rate(), CEILING);
    }

    #[test]
    fn random_loss_does_not_stop_it() {
        let mut control = RateControl::new(16e3);
        run(&mut control, &mut (0, 0, 0), 0.5, 0);
        assert_eq!(control.rate(), CEILING);
    }

    #[test]
    fn a_standing_queue_drains_and_the_floor_holds() {
        let mut control = RateControl::new(16e3);
        let mut state = (0, 0, 0);
        for _ in 0..10 {
            run(&mut control, &mut state, 0.0, 200_000);
        }
        assert_eq!(control.rate(), 8e3);
    }

    #[test]
    fn a_jump_in_loss_slows_it_down() {
        let mut control = RateControl::new(16e3);
        let mut state = (0, 0, 0);
        run(&mut control, &mut state, 0.0, 0);
        let before = control.rate();
        run(&mut control, &mut state, 0.4, 0);
        assert!(control.rate() < before / 2.0);
    }
}
