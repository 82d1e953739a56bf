//! Broken on purpose: panics with a value that it offers.

use segue_policy::{Actions, Decision, Info, Param, PlayoutPolicy, Values, View, export_policy};
use segue_policy_examples::good;

struct Broken;

impl PlayoutPolicy for Broken {
    const INFO: Info = Info::new(
        "offers-too-much",
        "1.0.0",
        "panics with a value that it offers",
    )
    .with_params(&[Param::number(
        "wait_s",
        "s",
        (0.0, 10.0),
        1.0,
        "how long to wait",
    )]);

    fn new(values: &Values<'_>, _seed: u64) -> Self {
        assert!(values.number("wait_s") > 0.0, "no waiting at all?");
        Self
    }

    fn decide(&mut self, view: &View<'_>, actions: &mut Actions<'_>) -> Decision {
        good(view, actions)
    }
}

export_policy!(Broken);
