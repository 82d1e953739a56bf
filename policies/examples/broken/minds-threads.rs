//! Broken on purpose: decides by the thread that it runs in.

use segue_policy_examples::good;

segue_policy_examples::policy!(
    "minds-threads",
    "decides by the thread that it runs in",
    |view, actions| {
        actions.log(&format!("here is {:?}", std::thread::current().id()));
        good(view, actions)
    }
);
