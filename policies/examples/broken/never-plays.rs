//! Broken on purpose: waits for ever.

use segue_policy::Decision;

segue_policy_examples::policy!("never-plays", "waits for ever", |view, actions| {
    actions.stream_from_all(view);
    Decision::Hold
});
