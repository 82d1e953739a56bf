//! Broken on purpose: writes where it must not, but only after its trial, and
//! only in sessions that lose packet 250.

use segue_policy_examples::good;

segue_policy_examples::policy!(
    "segfaults-late",
    "writes where it must not",
    |view, actions| {
        if view.playhead() == 250 && view.next_here() == Some(251) {
            let nowhere = std::hint::black_box(std::ptr::without_provenance_mut::<u32>(8));
            // SAFETY: none: this is what it is here for.
            unsafe { nowhere.write_volatile(1) };
        }
        good(view, actions)
    }
);
