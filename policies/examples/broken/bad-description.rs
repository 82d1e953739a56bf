//! Broken on purpose: its name is no name.

use segue_policy::{Actions, Decision, Info, PlayoutPolicy, Values, View, export_policy};
use segue_policy_examples::good;

struct Broken;

impl PlayoutPolicy for Broken {
    const INFO: Info = Info::new("Bad Name", "1.0.0", "its name is no name");

    fn new(_values: &Values<'_>, _seed: u64) -> Self {
        Self
    }

    fn decide(&mut self, view: &View<'_>, actions: &mut Actions<'_>) -> Decision {
        good(view, actions)
    }
}

export_policy!(Broken);
