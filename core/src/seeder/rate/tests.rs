//! The rate control's tests.

use super::*;
use crate::ids::SessionId;
use crate::token::Token;

const PACKET_BYTES: f64 = 400.0;

/// A path of 10 ms each way that carries all, told of each 20 ms.
struct Run {
    control: RateControl,
    now_us: u64,
    sent: u32,
    received: f64,
}

impl Run {
    fn new() -> Self {
        Self {
            control: RateControl::new(16e3, PACKET_BYTES, 1),
            now_us: 1_000_000,
            sent: 0,
            received: 0.0,
        }
    }

    /// Sends as it may, or this share of it, for so long; so much is lost.
    fn run(&mut self, seconds: f64, share: f64, loss: f64) {
        for _ in 0..(seconds * 50.0) as u32 {
            let may = self.control.rate(self.sent) / PACKET_BYTES / 50.0;
            let packets = (may * share).ceil() as u32;
            self.now_us += 20_000;
            self.sent += packets;
            self.received += f64::from(packets) * (1.0 - loss);
            if share < 1.0 {
                self.control.on_idle(self.sent);
            }
            let feedback = self.feedback();
            let now = Timestamp(self.now_us * 1000);
            self.control.on_feedback(now, &feedback, self.sent);
        }
    }

    /// What the listener says now.
    fn feedback(&self) -> Feedback {
        Feedback {
            session: SessionId(1),
            token: Token::default(),
            sent_us: self.now_us - 10_000,
            path_end: self.sent,
            received: self.received as u32,
            newest_sent_us: self.now_us - 20_000,
            held_us: 0,
            queue_us: 0,
            credit: 0,
        }
    }

    fn bandwidth(&self) -> f64 {
        self.control.bandwidth.get().unwrap_or(0.0) * PACKET_BYTES
    }
}

#[test]
fn an_idle_fast_network_is_used_fully() {
    for loss in [0.0, 0.2, 0.5] {
        let mut run = Run::new();
        run.run(20.0, 1.0, loss);
        assert!(
            run.bandwidth() > 0.7 * CEILING,
            "loss {loss}: {}",
            run.bandwidth()
        );
    }
}

#[test]
fn a_session_that_has_little_to_send_keeps_its_rate() {
    let mut run = Run::new();
    run.run(3.0, 1.0, 0.0);
    let before = run.bandwidth();
    run.run(60.0, 0.01, 0.0);
    assert_eq!(run.bandwidth(), before);
}

#[test]
fn a_jump_in_loss_slows_it_down_until_it_proves_usual() {
    let mut run = Run::new();
    run.run(5.0, 1.0, 0.0);
    let before = run.bandwidth();
    run.run(2.0, 1.0, 0.6);
    assert!(run.bandwidth() < 0.7 * before);
    run.run(30.0, 1.0, 0.6);
    assert!(run.bandwidth() > 0.7 * before);
}

#[test]
fn feedback_of_packets_that_were_never_sent_changes_nothing() {
    let mut run = Run::new();
    run.run(5.0, 1.0, 0.0);
    let honest = (run.bandwidth(), run.control.rate(run.sent));
    for path_end in [run.sent + 1, run.sent + 10_000, u32::MAX] {
        let lie = Feedback {
            path_end,
            received: path_end,
            ..run.feedback()
        };
        let now = Timestamp((run.now_us + 10_000) * 1000);
        run.control.on_feedback(now, &lie, run.sent);
        let after = (run.bandwidth(), run.control.rate(run.sent));
        assert_eq!(after, honest, "{path_end} of {}", run.sent);
    }
}

#[test]
fn where_nothing_comes_back_it_stays_near_the_floor() {
    let control = RateControl::new(16e3, PACKET_BYTES, 1);
    assert_eq!(control.rate(0), FIRST_MIN * UNTOLD);
    assert_eq!(control.rate(100_000), 8e3 * BLIND_FACTOR);
}
