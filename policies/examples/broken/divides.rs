//! Broken on purpose: divides by the number of seeders.

use segue_policy_examples::good;

segue_policy_examples::policy!(
    "divides",
    "divides by the number of seeders",
    |view, actions| {
        let _share = view.packets() / view.seeders().count() as u32;
        good(view, actions)
    }
);
