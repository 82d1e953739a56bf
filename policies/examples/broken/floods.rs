//! Broken on purpose: asks for everything, all the time.

use segue_policy::Range;
use segue_policy_examples::good;

segue_policy_examples::policy!(
    "floods",
    "asks for everything, all the time",
    |view, actions| {
        for packet in view.askable().take(20) {
            let _ = actions.request(u64::from(packet), 0, &[Range::new(packet, 1)], 0.0);
        }
        actions.wake_at(view.now_ns());
        good(view, actions)
    }
);
