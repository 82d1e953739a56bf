//! Broken on purpose: writes where it must not, in each session, but only after its
//! trial.

use segue_policy_examples::good;

segue_policy_examples::policy!(
    "crashes-late",
    "writes where it must not",
    |view, actions| {
        if view.playhead() == 250 {
            let nowhere = std::hint::black_box(std::ptr::without_provenance_mut::<u32>(8));
            // SAFETY: none: this is what it is here for.
            unsafe { nowhere.write_volatile(1) };
        }
        good(view, actions)
    }
);
