//! Broken on purpose: asks a seeder that is not there.

use segue_policy_examples::good;

segue_policy_examples::policy!(
    "nonsense",
    "asks a seeder that is not there",
    |view, actions| {
        let _ = actions.stream(99, 0, 0.0);
        good(view, actions)
    }
);
