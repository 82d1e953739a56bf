//! adaptive-buffer: waits for as much music as recovering what this network
//! loses will take, and no more.
//!
//! A packet that is lost is asked for; the answer may be lost as well. After
//! n tries, the stream's own among them, a share lossⁿ is still missing. So the
//! buffer must last for as many tries as make that share small enough, each of
//! them as long as an answer takes. On a good network that is next to nothing.

use segue_policy::blocks::Lost;
use segue_policy::{
    Actions, Decision, Info, Param, PlayoutPolicy, Range, Seeder, State, Values, View,
    export_policy,
};

/// A seeder that loses nearly all is no reason to wait for ever.
const MOST_TRIES: u32 = 20;
/// [`Lost`] takes so long to be sure that a packet was lost.
const NOTICING_S: f64 = 0.25;
/// Until something was measured.
const FIRST_ANSWER_NS: u64 = 250_000_000;

struct AdaptiveBuffer {
    least_s: f64,
    most_s: f64,
    risk: f64,
    lost: Lost,
    last_id: u64,
}

impl PlayoutPolicy for AdaptiveBuffer {
    const INFO: Info = Info::new(
        "adaptive-buffer",
        "1.0.0",
        "waits for as much music as recovering what is lost here will take",
    )
    .with_params(&[
        Param::number(
            "least_s",
            "s",
            (0.0, 60.0),
            0.1,
            "buffer where nothing is lost",
        ),
        Param::number(
            "most_s",
            "s",
            (0.0, 60.0),
            5.0,
            "never wait for more; if less than least_s, that",
        ),
        Param::number(
            "risk",
            "",
            (1e-6, 0.5),
            1e-4,
            "share of packets that may still be missing when due",
        ),
    ]);

    fn new(values: &Values<'_>, _seed: u64) -> Self {
        Self {
            least_s: values.number("least_s"),
            most_s: values.number("most_s").max(values.number("least_s")),
            risk: values.number("risk"),
            lost: Lost::default(),
            last_id: 0,
        }
    }

    fn decide(&mut self, view: &View<'_>, actions: &mut Actions<'_>) -> Decision {
        actions.stream_from_all(view);
        self.ask(view, actions);
        if !view.frame_due() || !view.is_here(view.playhead()) {
            return Decision::Hold;
        }
        match view.state() {
            State::Playing => Decision::Play,
            State::Starting | State::Holding if self.is_full(view, actions) => Decision::Play,
            State::Starting | State::Holding => Decision::Hold,
        }
    }
}

impl AdaptiveBuffer {
    /// Asks whoever loses least for what the streams have lost.
    fn ask(&mut self, view: &View<'_>, actions: &mut Actions<'_>) {
        let lost = self.lost.update(view).on_any;
        let Some(best) = best(view) else { return };
        let answer_ns = answer_ns(best);
        let due = |packet: &u32| match view.ask(*packet) {
            Some(ask) => view.now_ns() >= ask.last_ns + answer_ns,
            None => true,
        };
        let askable = view.askable();
        let end = lost.min(askable.end);
        let wanted: Vec<u32> = view.missing(askable.start..end).filter(due).collect();
        if !wanted.is_empty() {
            self.last_id += 1;
            // A refusal shows in the decision log; it is tried again.
            let _ = actions.request(self.last_id, best.index(), &Range::compress(&wanted), 0.0);
        }
        actions.wake_at(view.now_ns() + answer_ns);
    }

    /// Whether the buffer is here in a row, or all that is left.
    fn is_full(&self, view: &View<'_>, actions: &mut Actions<'_>) -> bool {
        let end = view.next_missing(view.playhead()).unwrap_or(view.packets());
        let row_s = f64::from(end - view.playhead()) * view.packet_s();
        let buffer_s = self.buffer_s(view);
        let full = end == view.packets() || row_s >= buffer_s;
        if full {
            actions.log(&format!("{row_s:.2} s are here, {buffer_s:.2} s will do"));
        }
        full
    }

    /// How much music recovering will take, by what was measured so far.
    fn buffer_s(&self, view: &View<'_>) -> f64 {
        let living = || view.seeders().filter(Seeder::alive);
        // As if one more had been lost: careful as long as little is known.
        let came = f64::from(view.here_count());
        let careful = |loss: f64| (loss * came + 1.0) / (came + 1.0);
        // The stream that loses most sets the first try, the best seeder the others.
        let worst = living().map(|seeder| seeder.loss()).fold(0.0, f64::max);
        let mut missing = careful(worst);
        let Some(best) = best(view) else {
            return self.most_s;
        };
        let mut tries = 1;
        while missing > self.risk && tries < MOST_TRIES {
            missing *= careful(best.loss());
            tries += 1;
        }
        let recovering_s = match tries {
            1 => 0.0,
            _ => NOTICING_S + f64::from(tries - 1) * answer_ns(best) as f64 / 1e9,
        };
        (self.least_s + recovering_s).min(self.most_s)
    }
}

/// The living seeder that loses least; of equals the first.
fn best<'a>(view: &View<'a>) -> Option<Seeder<'a>> {
    let living = view.seeders().filter(Seeder::alive);
    living.min_by(|a, b| a.loss().total_cmp(&b.loss()))
}

/// An answer should have come after so long, or it was lost (as RFC 6298 says).
fn answer_ns(seeder: Seeder<'_>) -> u64 {
    let measured = seeder
        .rtt_ns()
        .map(|rtt_ns| rtt_ns + 4 * seeder.rtt_var_ns());
    measured.unwrap_or(FIRST_ANSWER_NS).max(20_000_000)
}

export_policy!(AdaptiveBuffer);

#[cfg(test)]
mod tests {
    use segue_policy::testing::{Heard, Session, Settings};

    use super::*;

    fn play(network: Session, changed: &[(&str, f64)]) -> Heard {
        let params = AdaptiveBuffer::INFO.params;
        let settings = Settings::new(params, changed);
        network.play(&mut AdaptiveBuffer::new(&settings.values(params), 1))
    }

    #[test]
    fn where_nothing_is_lost_it_starts_soon() {
        let heard = play(Session::new(500), &[]);
        assert!(heard.finished && heard.stalls == 0, "{heard}");
        assert!(heard.startup_s < Some(0.5), "{heard}");
    }

    #[test]
    fn where_much_is_lost_it_stalls_less_than_one_that_does_not_adapt() {
        let stalls = |most_s| -> u32 {
            let heard = |seed| {
                let heard = play(
                    Session::new(1000).loss(0.3).seed(seed),
                    &[("most_s", most_s)],
                );
                assert!(heard.finished && heard.missing == 0, "{heard}");
                assert_eq!(heard.refused, Vec::<String>::new());
                heard.stalls
            };
            (1..=10).map(heard).sum()
        };
        let (adapting, fixed) = (stalls(5.0), stalls(0.1));
        assert!(
            adapting * 2 < fixed,
            "{adapting} stalls, without adapting {fixed}"
        );
    }
}
