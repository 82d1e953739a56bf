//! Broken on purpose: neither asks nor plays.

use segue_policy::Decision;

segue_policy_examples::policy!("asks-nobody", "neither asks nor plays", |_, _| {
    Decision::Hold
});
