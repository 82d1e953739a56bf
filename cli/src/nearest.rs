//! What was probably meant.

/// The name that was probably meant: as the plugins' host has it.
pub fn nearest(wanted: &str, names: impl IntoIterator<Item = String>) -> Option<String> {
    let names: Vec<String> = names.into_iter().collect();
    segue_policy_host::nearest(wanted, names.iter().map(String::as_str))
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn only_what_a_slip_of_the_fingers_explains() {
        let names = ["policy", "peer", "play", "random-delay", "discovery-port"];
        let near = |wanted| nearest(wanted, names.map(str::to_owned));
        for (wanted, meant) in [
            ("polcy", Some("policy")),
            ("plya", Some("play")),
            ("random-dely", Some("random-delay")),
            ("discovery-prot", Some("discovery-port")),
            ("peers", Some("peer")),
            ("pause", None),
            ("random", None),
            ("", None),
        ] {
            assert_eq!(near(wanted).as_deref(), meant, "{wanted}");
        }
    }
}
