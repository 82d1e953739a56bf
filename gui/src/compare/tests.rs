use super::*;

/// As the page is when somebody has chosen this.
fn asked(scenario: &str, runs: &str) -> State {
    State {
        scenario: scenario.into(),
        runs: runs.into(),
        ..State::default()
    }
}

fn installed() -> Vec<String> {
    ["buffered", "stop-1s"].map(String::from).to_vec()
}

#[test]
fn what_is_chosen_is_what_is_compared() {
    let mut state = asked("lan-clean", "7");
    state.seed = "11".into();
    state.out.insert("buffered".into());
    state.more = "buffered:buffer=0.02|0.05".into();
    let wish = state.wish(&installed()).expect("it is right");
    assert_eq!(wish.scenario.name, "lan-clean");
    assert_eq!((wish.scenario.runs, wish.scenario.seed), (7, 11));
    let names: Vec<_> = wish
        .contenders
        .iter()
        .map(|one| one.name.as_str())
        .collect();
    assert_eq!(names, ["stop-1s", "buffered"]);
}

#[test]
fn what_is_wrong_is_said_with_what_to_do() {
    let wrong =
        |state: &State, installed: &[String]| state.wish(installed).err().unwrap_or_default();
    assert!(wrong(&asked("lan-clean", "many"), &installed()).contains("number of runs"));
    assert!(wrong(&asked("lan-clean", "0"), &installed()).contains("number of runs"));
    assert!(wrong(&asked(FILE, "3"), &installed()).contains("path of a scenario"));
    assert!(wrong(&asked("lan-clean", "3"), &[]).contains("Choose a policy"));
    let mut state = asked("lan-clean", "3");
    state.more = "buffered:buffer".into();
    assert!(wrong(&state, &installed()).contains("buffered:buffer"));
}
