//! When a node's thread ran late: the system had other things to do.
//!
//! What a live run shows depends on it, and nothing in the run's network or engine
//! tells it. Who holds live runs against simulated ones gives the simulator the
//! same lapses.

use segue_core::time::Timestamp;
use tokio::time::Duration;

/// Shorter than this is the work itself, and what a system needs to wake a thread.
const SHORTEST: Duration = Duration::from_millis(1);

/// A thread that waits for a datagram does not see that it runs late. It runs for
/// nothing else this often, so a lapse is known from so soon after it began.
const BEAT: Duration = Duration::from_millis(2);

/// The lapses of one node's thread, in its driver's time.
#[derive(Default)]
pub struct Lapses {
    /// `None`: nobody wants to know.
    noted: Option<Vec<(Timestamp, Timestamp)>>,
    /// When it ran last.
    ran: Timestamp,
}

impl Lapses {
    /// To be noted if `wanted`: they grow without end.
    pub fn new(wanted: bool) -> Self {
        Self {
            noted: wanted.then(Vec::new),
            ran: Timestamp::ZERO,
        }
    }

    /// When to run at the latest, to see whether that is possible.
    pub fn beat(&self) -> Timestamp {
        match self.noted {
            Some(_) => self.ran + BEAT,
            None => Timestamp::NEVER,
        }
    }

    /// It runs now; it was to run at `due`, or whenever something came before.
    pub fn on_run(&mut self, due: Timestamp, now: Timestamp) {
        let ran = std::mem::replace(&mut self.ran, now);
        let Some(noted) = &mut self.noted else {
            return;
        };
        if now.since(due.max(ran)) > SHORTEST {
            // It began somewhere in between, in the mean in the middle.
            noted.push((ran + due.since(ran) / 2, now));
        }
    }

    /// All so far: from when to when.
    pub fn noted(&self) -> &[(Timestamp, Timestamp)] {
        self.noted.as_deref().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> Timestamp {
        Timestamp(ms * 1_000_000)
    }

    #[test]
    fn what_is_due_and_not_done_is_a_lapse_once_and_only_where_it_is_wanted() {
        let runs = [
            (at(10), at(10)),
            (at(20), at(17)), // something came
            (at(19), at(29)),
            (at(25), at(30)), // due meanwhile, and done as soon as it could be
            (at(25), at(36)), // it worked for long
        ];
        let (mut lapses, mut unwanted) = (Lapses::new(true), Lapses::new(false));
        for (due, now) in runs {
            lapses.on_run(due, now);
            unwanted.on_run(due, now);
        }
        assert_eq!(lapses.noted(), [(at(18), at(29)), (at(30), at(36))]);
        assert!(unwanted.noted().is_empty());
        assert_eq!(lapses.beat(), at(38));
        assert_eq!(unwanted.beat(), Timestamp::NEVER, "nobody need wake up");
    }
}
