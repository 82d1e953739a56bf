//! The decision log: a line for each change, none for each packet. People read it
//! beside the chart, which counts seeders from 1.

use segue_policy::{Actions, View};

use crate::books::Books;
use crate::odds::Odds;
use crate::pipe::Pipe;

/// While it waits, a line this often, seconds.
const WAITS_EVERY_S: f64 = 1.0;

/// It goes on asking for copies until it has not for so long, seconds.
const COPYING_S: f64 = 1.0;

/// What was told already.
#[derive(Debug, Default)]
pub struct Journal {
    waits_at: f64,
    spare_spent: bool,
    copying_until: Option<f64>,
    silent: Vec<bool>,
}

impl Journal {
    /// Playing starts or goes on.
    pub fn starts(&mut self, view: &View<'_>, odds: &Odds, actions: &mut Actions<'_>) {
        self.waits_at = 0.0;
        actions.log(&format!(
            "plays from packet {}: no stall follows with probability {:.3}; {}",
            view.playhead(),
            odds.no_stall,
            supply(odds),
        ));
    }

    /// The next packet is here, and yet it waits.
    pub fn waits(&mut self, view: &View<'_>, odds: &Odds, actions: &mut Actions<'_>) {
        let now = view.now_ns() as f64 / 1e9;
        if now < self.waits_at {
            return;
        }
        self.waits_at = now + WAITS_EVERY_S;
        actions.log(&format!(
            "waits with packet {}: no stall would follow with probability {:.3} at most; {}",
            view.playhead(),
            odds.no_stall,
            supply(odds),
        ));
    }

    /// The next packet is not here though it is due.
    pub fn stalls(&mut self, view: &View<'_>, books: &Books, actions: &mut Actions<'_>) {
        let packet = view.playhead();
        let now = view.now_ns() as f64 / 1e9;
        let line = match books.get(packet) {
            Some(asked) => format!(
                "holds: packet {packet} is due and not here; asked {} times, of {} last, \
                 {:.3} s ago",
                asked.tries,
                name(asked.pipe as usize),
                now - asked.at,
            ),
            None => format!("holds: packet {packet} is due and was not asked for yet"),
        };
        actions.log(&line);
    }

    /// A packet is left out.
    pub fn skips(&mut self, view: &View<'_>, to: u32, late: f64, actions: &mut Actions<'_>) {
        actions.log(&format!(
            "leaves out packets {} to {}: late by {late:.3} s",
            view.playhead(),
            to - 1,
        ));
    }

    /// Lost packets are asked for again, the first of them in so many copies.
    pub fn copies(
        &mut self,
        now: f64,
        (packet, copies, left): (u32, u32, f64),
        actions: &mut Actions<'_>,
    ) {
        if copies > 1 {
            if self.copying_until.is_none() {
                actions.log(&format!(
                    "asks for lost packets in up to {copies} copies: packet {packet} is due in \
                     {left:.3} s",
                ));
            }
            self.copying_until = Some(now + COPYING_S);
        } else if self.copying_until.is_some_and(|until| until <= now) {
            self.copying_until = None;
            actions.log(&format!(
                "asks for lost packets one copy at a time: packet {packet} is due in {left:.3} s",
            ));
        }
    }

    /// No more spare copies.
    pub fn spare_is_spent(&mut self, actions: &mut Actions<'_>) {
        if !std::mem::replace(&mut self.spare_spent, true) {
            actions.log("asks for no more spare copies: the share for them is spent");
        }
    }

    /// Seeders fall silent and speak again.
    pub fn silence(&mut self, pipes: &[Pipe], actions: &mut Actions<'_>) {
        self.silent.resize(pipes.len(), false);
        for (index, (known, pipe)) in self.silent.iter_mut().zip(pipes).enumerate() {
            let silent = pipe.is_silent() || !pipe.alive;
            if silent && !*known {
                actions.log(&format!(
                    "asks little of {}: nothing comes from it; its packets are asked of others",
                    name(index)
                ));
            } else if !silent && *known {
                actions.log(&format!("asks {} again: it answers", name(index)));
            }
            *known = silent;
        }
    }
}

fn name(seeder: usize) -> String {
    format!("seeder {}", seeder + 1)
}

fn supply(odds: &Odds) -> String {
    format!(
        "{:.0} packets/s come and {:.0} are needed, {:.1} % are lost",
        odds.rate,
        odds.rate_needed,
        odds.loss * 100.0
    )
}

#[cfg(test)]
mod tests {
    use segue_policy::host::with_actions;
    use segue_policy::testing::{Record, Scene};

    use super::*;
    use crate::pipe::LaneKind;

    #[test]
    fn the_first_seeder_is_called_by_the_name_that_it_has_in_the_chart() {
        let scene = Scene::new(100, 2);
        let mut books = Books::new(100);
        books.note(0, 1, (0, LaneKind::First, 0), 0.0);
        let mut pipes = [Pipe::new(0.0, 38.0), Pipe::new(0.0, 38.0)];
        let mut journal = Journal::default();
        let mut record = Record::default();
        with_actions(&mut record, |actions| {
            journal.stalls(&scene.view(), &books, actions);
            pipes[1].alive = false;
            journal.silence(&pipes, actions);
            pipes[1].alive = true;
            journal.silence(&pipes, actions);
        });
        let names = [
            "of seeder 1 last",
            "little of seeder 2:",
            "asks seeder 2 again",
        ];
        assert_eq!(record.lines.len(), names.len(), "{:?}", record.lines);
        for (line, name) in record.lines.iter().zip(names) {
            assert!(line.contains(name), "{line}");
        }
    }
}
