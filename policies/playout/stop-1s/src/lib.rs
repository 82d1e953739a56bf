//! stop-1s: plays the lowest-numbered packet that is here, leaving gaps out;
//! with nothing here it waits exactly one second and looks again.
//!
//! Source: the first policy of the paper that Segue grew from (UFMS, 2019).

use segue_policy::{Actions, Decision, Info, Param, PlayoutPolicy, Values, View, export_policy};

struct Stop {
    wait_ns: u64,
    until_ns: u64,
}

impl PlayoutPolicy for Stop {
    const INFO: Info = Info::new(
        "stop-1s",
        env!("CARGO_PKG_VERSION"),
        "plays what is here, leaves gaps out, waits a second when nothing is here",
    )
    .with_params(&[Param::number(
        "wait_s",
        "s",
        (0.01, 60.0),
        1.0,
        "wait when nothing is here",
    )]);

    fn new(values: &Values<'_>, _seed: u64) -> Self {
        Self {
            wait_ns: (values.number("wait_s") * 1e9) as u64,
            until_ns: 0,
        }
    }

    fn decide(&mut self, view: &View<'_>, actions: &mut Actions<'_>) -> Decision {
        actions.stream_from_all(view);
        // It looks where nothing is here, and when a second is over.
        actions.let_arrivals_wait();
        actions.let_frames_play();
        if !view.frame_due() || view.now_ns() < self.until_ns {
            return Decision::Hold;
        }
        match view.next_here() {
            Some(packet) => Decision::SkipTo(packet),
            None if view.nothing_to_come() => Decision::SkipTo(view.packets()),
            None => {
                actions.log("nothing is here: waiting");
                self.until_ns = view.now_ns() + self.wait_ns;
                actions.wake_at(self.until_ns);
                Decision::Hold
            }
        }
    }
}

export_policy!(Stop);
