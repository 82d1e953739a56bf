//! Broken on purpose: forgets its memory.

use segue_policy_examples::good;

segue_policy_examples::policy!("leaks", "forgets its memory", |view, actions| {
    if view.now_ns() == 0 {
        std::mem::forget(std::hint::black_box(vec![1u8; 10_000]));
    }
    good(view, actions)
});
