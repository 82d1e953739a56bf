use std::process::Command;

use segue_policy_host::{Registry, SearchPath};

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

/// What `segue compare` finds, as JSON.
fn on_the_command_line(arguments: &[&str]) -> String {
    let test = std::env::current_exe().unwrap();
    let program = format!("segue{}", std::env::consts::EXE_SUFFIX);
    let program = test.ancestors().nth(2).unwrap().join(program);
    let output = Command::new(&program)
        .args(["compare", "--json"])
        .args(arguments)
        .env("SEGUE_CONFIG", "")
        .env_remove("SEGUE_PLUGIN_PATH")
        .output()
        .unwrap_or_else(|error| {
            let program = program.display();
            panic!("{program}: {error}: run `cargo build --workspace` first")
        });
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn what_is_found_is_what_the_command_line_finds() {
    let mut state = asked("wifi-bad", "4");
    state.seed = "7".into();
    let file = tempfile::tempdir().unwrap();
    let file = segue_stage::demo::file_in(file.path()).unwrap();
    let mut wish = state.wish(&installed()).unwrap();
    wish.scenario.track = Track::File(file.clone());
    let registry = Registry::open(&SearchPath::new([]));
    let found = job::compare(&registry, wish, &(), |_| ()).unwrap();
    let found = serde_json::to_string_pretty(&found.to_json()).unwrap();

    let scenario = ["--scenario", "wifi-bad", "--runs", "4", "--seed", "7"];
    let track = ["--track", file.to_str().unwrap()];
    let policies = ["--policy", "buffered", "--policy", "stop-1s"];
    let told = on_the_command_line(&[&scenario[..], &track, &policies].concat());
    assert_eq!(found, told.trim_end());
}
