//! Broken on purpose: decides by the time of day.

use segue_policy_examples::good;

segue_policy_examples::policy!(
    "reads-the-clock",
    "decides by the time of day",
    |view, actions| {
        let now = std::time::SystemTime::now();
        let since = now
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap_or_default();
        actions.log(&format!("it is {} ns", since.as_nanos()));
        good(view, actions)
    }
);
