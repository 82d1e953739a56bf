//! Broken on purpose: panics in the middle of a track.

use segue_policy_examples::good;

segue_policy_examples::policy!(
    "panics",
    "panics in the middle of a track",
    |view, actions| {
        assert!(view.playhead() < 300, "this track is too long for me");
        good(view, actions)
    }
);
