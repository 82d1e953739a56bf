//! Broken on purpose: does not come back from a decision.

use segue_policy_examples::good;

segue_policy_examples::policy!(
    "hangs",
    "does not come back from a decision",
    |view, actions| {
        while view.playhead() == 100 {
            std::hint::spin_loop();
        }
        good(view, actions)
    }
);
