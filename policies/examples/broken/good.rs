//! Not broken: what the others would be but for one thing.

segue_policy::export_policy!(segue_policy_examples::Good);
