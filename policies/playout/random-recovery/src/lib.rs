//! random-recovery: a buffer whose gaps are asked for in rounds, in random
//! order.
//!
//! Source: the fourth policy of the paper that Segue grew from (UFMS, 2019).

use segue_policy::blocks::Recovery;
use segue_policy::{Actions, Decision, Info, PlayoutPolicy, Rng, Values, View, export_policy};

struct RandomRecovery {
    recovery: Recovery,
    rng: Rng,
}

impl PlayoutPolicy for RandomRecovery {
    const INFO: Info = Info::new(
        "random-recovery",
        env!("CARGO_PKG_VERSION"),
        "fills a buffer and asks for what is missing, in random order",
    )
    .with_params(Recovery::PARAMS);

    fn new(values: &Values<'_>, seed: u64) -> Self {
        Self {
            recovery: Recovery::new(values),
            rng: Rng::new(seed),
        }
    }

    fn decide(&mut self, view: &View<'_>, actions: &mut Actions<'_>) -> Decision {
        let rng = &mut self.rng;
        self.recovery
            .decide(view, actions, |list| rng.shuffle(list))
    }
}

export_policy!(RandomRecovery);
