//! Broken on purpose: counts in a place that all instances share.

use std::sync::atomic::{AtomicU64, Ordering};

use segue_policy_examples::good;

segue_policy_examples::policy!(
    "shares-state",
    "counts in a place that all instances share",
    |view, actions| {
        static DECISIONS: AtomicU64 = AtomicU64::new(0);
        if view.now_ns() == 0 {
            DECISIONS.store(0, Ordering::Relaxed);
        }
        actions.log(&format!(
            "decision {}",
            DECISIONS.fetch_add(1, Ordering::Relaxed)
        ));
        good(view, actions)
    }
);
