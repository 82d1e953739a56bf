//! @NAME@: a playout policy for Segue.
//!
//! It is shown a view of a session and answers what to do. Results depend only
//! on what it is shown, its parameters and its seed: no clock, no threads, no
//! files.
//!
//! `cargo doc -p segue-policy --open` shows how all of it works; begin with `guide`.

use segue_policy::{
    Actions, Decision, Info, Param, PlayoutPolicy, Range, State, Values, View, export_policy,
};

/// An answer to a request should have come after so long, or it was lost.
const ANSWER_NS: u64 = 250_000_000;

struct Policy {
    buffer_s: f64,
    /// Every request has an id of its own.
    last_id: u64,
}

impl PlayoutPolicy for Policy {
    // Name, version and one line of what it does; then the parameters, each
    // with unit, range, default and help. The command line and the sliders of
    // the user interface are made from this.
    const INFO: Info = Info::new(
        "@NAME@",
        env!("CARGO_PKG_VERSION"),
        "plays when enough is here, and asks again for what was lost",
    )
    .with_params(&[Param::number(
        "buffer_s",
        "s",
        (0.0, 10.0),
        0.3,
        "music that must be here before it plays",
    )]);

    fn new(values: &Values<'_>, _seed: u64) -> Self {
        Self {
            buffer_s: values.number("buffer_s"),
            last_id: 0,
        }
    }

    // Called when the device wants a frame, while it waits for one on every
    // arrival and wake-up, and whenever packets or seeders came or went.
    fn decide(&mut self, view: &View<'_>, actions: &mut Actions<'_>) -> Decision {
        // Everybody who has the track sends it, in order.
        actions.stream_from_all(view);
        self.ask_for_lost(view, actions);

        // Nobody waits for an answer unless a frame is due.
        if !view.frame_due() || !view.is_here(view.playhead()) {
            return Decision::Hold;
        }
        match view.state() {
            State::Playing => Decision::Play,
            // Silent now: better a little longer than twice.
            State::Starting | State::Holding if self.enough_here(view) => Decision::Play,
            State::Starting | State::Holding => Decision::Hold,
        }
    }
}

impl Policy {
    /// Asks for packets that a stream has passed by.
    fn ask_for_lost(&mut self, view: &View<'_>, actions: &mut Actions<'_>) {
        let Some(seeder) = view.seeders().find(|seeder| seeder.alive()) else {
            return;
        };
        let passed = match view.seeders().all(|seeder| seeder.stream_ended()) {
            true => Some(view.packets()),
            false => view.seeders().filter_map(|s| s.stream_highest()).max(),
        };
        let askable = view.askable();
        let end = passed.unwrap_or(0).min(askable.end);
        let due = |packet: &u32| match view.ask(*packet) {
            Some(ask) => view.now_ns() >= ask.last_ns + ANSWER_NS,
            None => true,
        };
        let lost: Vec<u32> = view.missing(askable.start..end).filter(due).take(64).collect();
        if !lost.is_empty() {
            self.last_id += 1;
            let ranges = Range::compress(&lost);
            // A refusal shows in the decision log; it is tried again.
            let _ = actions.request(self.last_id, seeder.index(), &ranges, 0.0);
            actions.log(&format!("asking for {} lost packets", lost.len()));
        }
        // Look again even if nothing happens until then.
        actions.wake_at(view.now_ns() + ANSWER_NS);
    }

    /// Whether so much is here in a row, or all that is left.
    fn enough_here(&self, view: &View<'_>) -> bool {
        let row_end = view.next_missing(view.playhead()).unwrap_or(view.packets());
        let row = row_end - view.playhead();
        row_end == view.packets() || f64::from(row) * view.packet_s() >= self.buffer_s
    }
}

export_policy!(Policy);

#[cfg(test)]
mod tests {
    use segue_policy::testing::{Session, Settings};

    use super::*;

    fn policy(changed: &[(&str, f64)]) -> Policy {
        let params = Policy::INFO.params;
        Policy::new(&Settings::new(params, changed).values(params), 1)
    }

    #[test]
    fn it_loses_nothing_on_a_bad_network() {
        let network = Session::new(1000).seeders(2).loss(0.1);
        let heard = network.play(&mut policy(&[]));
        assert!(heard.finished && heard.missing == 0, "{heard}");
        assert_eq!(heard.refused, Vec::<String>::new());
    }

    #[test]
    fn a_larger_buffer_starts_later() {
        let startup_s = |buffer_s| {
            let heard = Session::new(500).play(&mut policy(&[("buffer_s", buffer_s)]));
            heard.startup_s.expect("it starts")
        };
        assert!(startup_s(0.1) < startup_s(1.0));
    }
}
