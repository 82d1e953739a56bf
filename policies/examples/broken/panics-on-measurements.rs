//! Broken on purpose: panics when much is outstanding.

use segue_policy_examples::good;

segue_policy_examples::policy!(
    "panics-on-measurements",
    "panics when much is outstanding",
    |view, actions| {
        let most = view.seeders().map(|seeder| seeder.outstanding()).max();
        assert!(!matches!(most, Some(100..200)), "what now?");
        good(view, actions)
    }
);
