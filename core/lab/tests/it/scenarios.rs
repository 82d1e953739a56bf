//! The scenarios that come with Segue, and those that are wrong.

use segue_lab::scenario::{Scenario, builtins};
use segue_policy_host::PluginSpec;

#[test]
fn every_built_in_scenario_is_right_and_named_as_its_file() {
    for builtin in builtins() {
        let scenario = builtin.scenario().unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(scenario.name, builtin.name);
        assert!(!scenario.about.is_empty(), "{}", builtin.name);
    }
}

#[test]
fn a_scenario_on_another_network_does_not_tell_of_its_own() {
    let mut scenario = Scenario::open("wifi-bad").expect("it is built in");
    assert!(scenario.about.contains("Gilbert-Elliott"));
    let chain = "random-delay:loss=0.1";
    scenario.set_network(PluginSpec::parse_chain(chain).expect("a chain"));
    assert!(scenario.about.contains(chain), "{}", scenario.about);
    assert!(!scenario.about.contains("Gilbert-Elliott"));
}

/// What is said of a wrong scenario.
fn said_of(text: &str) -> String {
    Scenario::parse("my.toml", text)
        .expect_err("it is wrong")
        .to_string()
}

const TRACK: &str = "name = \"x\"\n[track]\npackets = 100\n";

#[test]
fn an_unknown_key_is_shown_with_its_line_and_the_known_ones() {
    let said = said_of(&format!("{TRACK}[[seeders]]\npase_ms = 20\n"));
    assert!(
        said.starts_with("my.toml:5:1: unknown field `pase_ms`"),
        "{said}"
    );
    assert!(said.contains("pace_ms"), "{said}");
    assert!(said.contains("5 | pase_ms = 20"), "{said}");
}

#[test]
fn a_wrong_type_is_shown_with_its_place() {
    let said = said_of("name = \"x\"\nruns = \"many\"\n[track]\npackets = 100\n[[seeders]]\n");
    assert!(said.starts_with("my.toml:2:8: "), "{said}");
    assert!(said.contains("integer") || said.contains("i64"), "{said}");
}

#[test]
fn a_value_out_of_range_is_shown_with_the_range() {
    let said = said_of(&format!(
        "{TRACK}[[seeders]]\npace_ms = 20\navailability = 1.8\n"
    ));
    assert!(
        said.starts_with("my.toml:6:16: availability is 1.8, but must be 0.01 to 1"),
        "{said}"
    );
    assert!(
        said.ends_with("6 | availability = 1.8\n                   ^"),
        "{said}"
    );
}

#[test]
fn what_does_not_fit_together_is_said() {
    let wrong = [
        (TRACK.to_owned(), "add [[seeders]]"),
        (
            format!("{TRACK}file = \"a.mp3\"\n[[seeders]]\n"),
            "leave out one",
        ),
        (
            format!("{TRACK}[[seeders]]\njoin_s = 9\nleave_s = 5\n"),
            "joins at 9 s",
        ),
        (
            format!("{TRACK}[[seeders]]\navailability = 0.5\n"),
            "set pace_ms",
        ),
        (
            format!("{TRACK}[[seeders]]\ncount = 60\n[[seeders]]\ncount = 60\n"),
            "at most 64",
        ),
        (
            format!("{TRACK}[network]\nparams = {{ loss = 1 }}\n[[seeders]]\n"),
            "name the `model`",
        ),
    ];
    for (text, remedy) in wrong {
        let said = said_of(&text);
        assert!(said.contains(remedy), "{said}");
    }
}

#[test]
fn a_name_nearly_right_is_suggested() {
    let said = Scenario::open("paper-fig13")
        .expect_err("there is none")
        .to_string();
    assert!(said.contains("did you mean `paper-fig1"), "{said}");
}
