//! Broken on purpose: thinks too long.

use segue_policy_examples::good;

segue_policy_examples::policy!("slow", "thinks too long", |view, actions| {
    std::thread::sleep(std::time::Duration::from_millis(6));
    good(view, actions)
});
