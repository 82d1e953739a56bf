//! One way the world may be, and how likely a packet comes late in it.

use crate::Session;
use crate::books::Asked;
use crate::math::{decay, power};
use crate::measure::LOSS_MOST;
use crate::pipe::{LaneKind, Pipe};
use crate::tries::{Spare, TRIES_MOST, copies, tries};

use super::NEGLIGIBLE;

/// A time in a queue is uncertain by so much of it and of the share that is lost,
/// since that is sent again before the rest; but only up to such a loss.
const QUEUE_DOUBT: f64 = 0.9;
const QUEUE_LOSS_MOST: f64 = 0.2;
/// Within a round trip by this much less: what is lost now is sent again no sooner.
const QUEUE_SURE: f64 = 0.5;

/// What the odds are counted for.
pub struct Guess<'a> {
    /// What is known.
    pub session: &'a Session,
    /// Seconds.
    pub now: f64,
    /// The loss is so many deviations above what it was measured as.
    pub deviations: f64,
    /// That many packets it was measured from, with all seeders.
    pub loss_weight: f64,
    /// What is left for copies of what will be lost.
    pub spare: Spare,
    /// Most copies that are asked for at once.
    pub copies_most: u32,
    /// Packets that come in a second, of all seeders.
    pub rate: f64,
}

/// What is to be expected of a packet after some tries.
#[derive(Clone, Copy)]
struct Hope {
    /// None of them comes in time with this probability.
    missing: f64,
    /// When the last of them may come at the earliest, seconds.
    comes: f64,
    /// So much of that is for what is ahead in the queue, seconds.
    queue_s: f64,
}

impl Guess<'_> {
    /// Probability that a missing packet comes after `due`.
    pub fn late(&mut self, packet: u32, due: f64) -> f64 {
        let session = self.session;
        let Some(best) = session.best() else {
            return 1.0;
        };
        let best = &session.pipes[best];
        if session.again.binary_search(&packet).is_ok() {
            return self.late_again(best, Hope::of_nothing(self.now), due);
        }
        let asked = session.books.get(packet);
        let pipe = asked.and_then(|asked| session.pipes.get(asked.pipe as usize));
        let Some((asked, pipe)) = asked.zip(pipe) else {
            let hope = self.unasked(best, packet, due);
            return self.late_if_lost(best, hope, due);
        };
        let hope = self.asked(pipe, asked, due);
        if hope.comes > self.now {
            self.late_if_lost(pipe, hope, due)
        } else {
            self.late_again(pipe, hope, due) // in a moment
        }
    }

    /// A packet that nobody was asked for.
    fn unasked(&self, pipe: &Pipe, packet: u32, due: f64) -> Hope {
        let returned = &self.session.returned;
        let before = returned.partition_point(|&other| other < packet) as f64
            + f64::from(packet.saturating_sub(self.session.frontier));
        let queue_s = before / self.rate.max(0.1);
        self.copies_hope(pipe, 1, self.now + pipe.base_s() + queue_s, queue_s, due)
    }

    /// A packet that was asked for, perhaps with copies, perhaps later ones.
    fn asked(&self, pipe: &Pipe, asked: &Asked, due: f64) -> Hope {
        let at_once = asked.copied_at == asked.at;
        let copies = if at_once { asked.copies } else { 1 };
        let first = self.standing(pipe, (asked.lane, asked.place, asked.at), copies, due);
        if at_once {
            return first;
        }
        let (of, place) = asked.last_copy;
        let of = self.session.pipes.get(of as usize).unwrap_or(pipe);
        let stands = (LaneKind::Again, place, asked.copied_at);
        let others = self.standing(of, stands, asked.copies - 1, due);
        Hope {
            missing: first.missing * others.missing,
            comes: first.comes.max(others.comes),
            queue_s: first.queue_s.max(others.queue_s),
        }
    }

    /// So many copies that stand there since then; now is when they came, if they
    /// were passed.
    fn standing(
        &self,
        pipe: &Pipe,
        (lane, place, since): (LaneKind, u32, f64),
        copies: u32,
        due: f64,
    ) -> Hope {
        if let Some(comes) = pipe.comes(lane, place, since, self.now) {
            let queue_s = comes - (since + pipe.base_s()).max(self.now);
            return self.copies_hope(pipe, copies, comes, queue_s, due);
        }
        let loss = power(self.loss(pipe), copies);
        let lost = pipe.passed_is_lost(lane, place, loss, self.now);
        let late = decay((due - self.now).max(0.0) / pipe.spread_s());
        Hope {
            missing: lost + (1.0 - lost) * late,
            ..Hope::of_nothing(self.now)
        }
    }

    /// So many copies at once: they are lost one by one, but late together, if the
    /// request is.
    fn copies_hope(&self, pipe: &Pipe, copies: u32, comes: f64, queue_s: f64, due: f64) -> Hope {
        let lost = power(self.loss(pipe), copies);
        let sure_s = queue_s.min(pipe.base_s()) * QUEUE_SURE;
        let doubt_s = (queue_s - sure_s) * QUEUE_DOUBT * self.loss(pipe).min(QUEUE_LOSS_MOST);
        let missing = if comes < due {
            let late_s = pipe.lateness_s() + doubt_s;
            lost + (1.0 - lost) * decay((due - comes) / late_s)
        } else {
            1.0
        };
        Hope {
            missing,
            comes,
            queue_s,
        }
    }

    /// Probability that a packet comes late that is asked for again now.
    fn late_again(&mut self, pipe: &Pipe, hope: Hope, due: f64) -> f64 {
        let hope = self.again(pipe, hope, self.now + pipe.base_s(), due);
        self.late_if_lost(pipe, hope, due)
    }

    /// Probability that nothing comes in time, if it is asked for again whenever it
    /// is seen to be lost.
    fn late_if_lost(&mut self, pipe: &Pipe, mut hope: Hope, due: f64) -> f64 {
        let cycle_s = pipe.lived_cycle_s(self.now);
        for _ in 1..TRIES_MOST {
            let comes = hope.comes + cycle_s;
            if comes >= due || hope.missing < NEGLIGIBLE / 100.0 {
                break;
            }
            hope = self.again(pipe, hope, comes, due);
        }
        hope.missing
    }

    /// One more try, with as many copies as are worth it then.
    fn again(&mut self, pipe: &Pipe, hope: Hope, comes: f64, due: f64) -> Hope {
        let left = tries(due - comes, 0.0, pipe.lived_cycle_s(self.now));
        let wanted = copies(pipe.loss(), left).min(self.copies_most);
        let loss = self.loss(pipe);
        let copies = 1 + self.spare.expect(hope.missing, wanted - 1, loss);
        let next = self.copies_hope(pipe, copies, comes, hope.queue_s, due);
        Hope {
            missing: hope.missing * next.missing,
            ..next
        }
    }

    fn loss(&self, pipe: &Pipe) -> f64 {
        let loss = pipe.expected_loss();
        let deviation = (loss * (1.0 - loss) / self.loss_weight).sqrt();
        (loss + self.deviations * deviation).clamp(0.0, LOSS_MOST)
    }
}

impl Hope {
    /// Nothing was asked for.
    fn of_nothing(now: f64) -> Self {
        Self {
            missing: 1.0,
            comes: now,
            queue_s: 0.0,
        }
    }
}
