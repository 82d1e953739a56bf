//! buffered: holds until a share of the track is here, plays until the queue
//! runs empty, fills again. It asks for nothing that is lost.
//!
//! Source: the second policy of the paper that Segue grew from (UFMS, 2019).

use segue_policy::blocks::{BUFFER, BUFFER_S, Fill, GAPS_SKIP, Lost};
use segue_policy::{Actions, Decision, Info, PlayoutPolicy, Values, View, export_policy};

struct Buffered {
    fill: Fill,
    lost: Lost,
}

impl PlayoutPolicy for Buffered {
    const INFO: Info = Info::new(
        "buffered",
        env!("CARGO_PKG_VERSION"),
        "fills a buffer before playing, and again when it runs empty",
    )
    .with_params(&[BUFFER, BUFFER_S, GAPS_SKIP]);

    fn new(values: &Values<'_>, _seed: u64) -> Self {
        Self {
            fill: Fill::new(values),
            lost: Lost::default(),
        }
    }

    fn decide(&mut self, view: &View<'_>, actions: &mut Actions<'_>) -> Decision {
        actions.stream_from_all(view);
        let lost = self.lost.update(view).on_all;
        self.fill.begin(view);
        self.fill.end_if_full(view, lost);
        self.fill.let_play_on(actions);
        if !view.frame_due() {
            actions.let_arrivals_wait();
            return Decision::Hold;
        }
        let decision = self.fill.play(view, lost);
        match decision {
            Decision::Hold => actions.wake_at(Lost::changes_at_ns(view)),
            _ => actions.let_arrivals_wait(),
        }
        decision
    }
}

export_policy!(Buffered);
