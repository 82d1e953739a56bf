//! sequential-recovery: a buffer whose gaps are asked for in rounds, in order
//! of number.
//!
//! Source: the third policy of the paper that Segue grew from (UFMS, 2019).

use segue_policy::blocks::Recovery;
use segue_policy::{Actions, Decision, Info, PlayoutPolicy, Values, View, export_policy};

struct SequentialRecovery(Recovery);

impl PlayoutPolicy for SequentialRecovery {
    const INFO: Info = Info::new(
        "sequential-recovery",
        env!("CARGO_PKG_VERSION"),
        "fills a buffer and asks for what is missing, in order",
    )
    .with_params(Recovery::PARAMS);

    fn new(values: &Values<'_>, _seed: u64) -> Self {
        Self(Recovery::new(values))
    }

    fn decide(&mut self, view: &View<'_>, actions: &mut Actions<'_>) -> Decision {
        self.0.decide(view, actions, |_in_order| {})
    }
}

export_policy!(SequentialRecovery);
