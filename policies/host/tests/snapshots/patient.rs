//! A policy that uses all that 1.0 had: built with the SDK of then and of now.

use segue_policy::{
    Actions, Decision, Info, Param, PlayoutPolicy, Range, Rng, Seeder, State, Values, View,
    choices, export_policy,
};

const ANSWER_NS: u64 = 250_000_000;

struct Patient {
    buffer_s: f64,
    random: bool,
    draws: Rng,
    last_id: u64,
    duplicates: u64,
}

impl PlayoutPolicy for Patient {
    const INFO: Info = Info::new("patient", "1.0.0", "fills a buffer, asks for what was lost")
        .with_params(&[
            Param::number("buffer_s", "s", (0.0, 10.0), 0.5, "music here before it plays"),
            Param::choice("order", choices!["up", "random"], "in which order it asks"),
        ]);

    fn new(values: &Values<'_>, seed: u64) -> Self {
        Self {
            buffer_s: values.number("buffer_s"),
            random: values.choice("order") == "random",
            draws: Rng::new(seed),
            last_id: 0,
            duplicates: 0,
        }
    }

    fn decide(&mut self, view: &View<'_>, actions: &mut Actions<'_>) -> Decision {
        self.duplicates += view.arrivals().filter(|arrival| arrival.duplicate).count() as u64;
        actions.stream_from_all(view);
        self.ask(view, actions);
        if !view.frame_due() || !view.is_here(view.playhead()) {
            return Decision::Hold;
        }
        let end = view.next_missing(view.playhead()).unwrap_or(view.packets());
        let row_s = f64::from(end - view.playhead()) * view.packet_s();
        match view.state() == State::Playing || end == view.packets() || row_s >= self.buffer_s {
            true => Decision::Play,
            false => Decision::Hold,
        }
    }
}

impl Patient {
    fn ask(&mut self, view: &View<'_>, actions: &mut Actions<'_>) {
        actions.wake_at(view.now_ns() + ANSWER_NS);
        let living = view.seeders().filter(Seeder::alive);
        let Some(best) = living.min_by(|a, b| a.loss().total_cmp(&b.loss())) else {
            return;
        };
        let passed = match view.seeders().all(|seeder| seeder.stream_ended()) {
            true => view.packets(),
            false => view.seeders().filter_map(|s| s.stream_highest()).max().unwrap_or(0),
        };
        let askable = view.askable();
        let due = |packet: &u32| match view.ask(*packet) {
            Some(ask) => view.now_ns() >= ask.last_ns + ANSWER_NS,
            None => true,
        };
        let mut lost: Vec<u32> =
            view.missing(askable.start..passed.min(askable.end)).filter(due).collect();
        if lost.is_empty() {
            return;
        }
        if self.random {
            self.draws.shuffle(&mut lost);
        }
        self.last_id += 1;
        let refused = actions.request(self.last_id, best.index(), &Range::compress(&lost), 0.0);
        assert_eq!(refused, Ok(()));
        actions.log(&format!("{} lost, {} came twice", lost.len(), self.duplicates));
    }
}

export_policy!(Patient);
