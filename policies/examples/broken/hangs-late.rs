//! Broken on purpose: does not come back from a decision, but only after its trial.

use segue_policy_examples::good;

segue_policy_examples::policy!(
    "hangs-late",
    "does not come back from a decision",
    |view, actions| {
        while view.playhead() == 250 {
            std::hint::spin_loop();
        }
        good(view, actions)
    }
);
