//! Plain retransmission, modelled apart from the engine: what `deadline` is
//! measured against.
//!
//! Two seeders stream a stripe each, 200 packets/s. Of a packet that is lost the
//! seeder hears at the earliest moment at which it could: when the packet might have
//! arrived, and a request has come back. Then it sends it again, ahead of all that is
//! new. The listener starts at the best moment, which only an oracle knows, so there
//! is no stall; startup is the time from the first request on.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use segue_core::time::Timestamp;

const SEEDERS: u32 = 2;
const PACKETS_PER_S: f64 = 200.0;
const PACKET_S: f64 = 0.02;
/// The first minute decides.
const PACKETS: u32 = 3000;
const RUNS: u64 = 60;

/// How long requests take. None is lost, though media are.
#[derive(Clone, Copy)]
pub enum Requests {
    /// Half the round-trip time, as in the notes on the paper.
    Punctual,
    /// They pass the network: as random as media.
    Delayed,
}

pub struct Plain {
    pub loss: f64,
    pub rtt_s: f64,
    pub requests: Requests,
}

impl Plain {
    /// Startup in the mean of some runs.
    pub fn startup_s(&self) -> f64 {
        let runs = (0..RUNS).map(|seed| self.run_s(ChaCha8Rng::seed_from_u64(seed)));
        runs.sum::<f64>() / RUNS as f64
    }

    fn run_s(&self, mut rng: ChaCha8Rng) -> f64 {
        let mut startup_s: f64 = 0.0;
        for seeder in 0..SEEDERS {
            self.stream(seeder, &mut rng, |packet, arrives_s| {
                startup_s = startup_s.max(arrives_s - f64::from(packet) * PACKET_S);
            });
        }
        startup_s
    }

    /// Sends every packet of a seeder's stripe until it arrives.
    fn stream(&self, seeder: u32, rng: &mut ChaCha8Rng, mut arrives: impl FnMut(u32, f64)) {
        let mut new = (seeder..PACKETS).step_by(SEEDERS as usize);
        let mut asked = BinaryHeap::<Reverse<u32>>::new();
        // Requests on their way to it.
        let mut requests = BinaryHeap::<Reverse<(Timestamp, u32)>>::new();
        let mut now = Timestamp::ZERO + self.request(rng);
        loop {
            while let Some(&Reverse((at, packet))) = requests.peek()
                && at <= now
            {
                requests.pop();
                asked.push(Reverse(packet));
            }
            let again = asked.pop().map(|Reverse(packet)| packet);
            let Some(packet) = again.or_else(|| new.next()) else {
                match requests.peek() {
                    Some(&Reverse((at, _))) => now = at,
                    None => return,
                }
                continue;
            };
            if rng.random_bool(self.loss) {
                let heard = now + self.half_rtt() + self.request(rng);
                requests.push(Reverse((heard, packet)));
            } else {
                arrives(packet, (now + self.half_rtt() + random(rng)).as_secs_f64());
            }
            now += Duration::from_secs_f64(1.0 / PACKETS_PER_S);
        }
    }

    fn half_rtt(&self) -> Duration {
        Duration::from_secs_f64(self.rtt_s / 2.0)
    }

    fn request(&self, rng: &mut ChaCha8Rng) -> Duration {
        match self.requests {
            Requests::Punctual => self.half_rtt(),
            Requests::Delayed => self.half_rtt() + random(rng),
        }
    }
}

/// The random part of the paper's delay.
fn random(rng: &mut ChaCha8Rng) -> Duration {
    let uniform = rng.random_range(f64::MIN_POSITIVE..0.1);
    Duration::from_secs_f64(-uniform.ln() / 100.0)
}

#[test]
fn the_model_comes_to_about_what_the_notes_on_the_paper_say() {
    for (loss, rtt_s, about_s) in [(0.1, 0.001, 0.04), (0.5, 1.0, 7.9), (0.2, 2.0, 7.4)] {
        let requests = Requests::Punctual;
        let plain = Plain {
            loss,
            rtt_s,
            requests,
        };
        let startup_s = plain.startup_s();
        let off = (startup_s - about_s).abs() / about_s;
        assert!(off < 0.15, "{startup_s} s, and it should be {about_s} s");
    }
}
