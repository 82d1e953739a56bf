//! A recorded session is the whole session: it can be played again, explained,
//! and tried with other policies.

use std::path::{Path, PathBuf};

use segue_core::session_log::{Line, SessionLog};
use segue_policy_host::{PluginSpec, Registry, SearchPath};

use crate::support::{LIMIT, Sharer, play_from, run, song, start};

/// Plays through a bad network, and answers the session's log.
fn record(dir: &Path) -> PathBuf {
    let (one, two) = (Sharer::start(dir), Sharer::start(dir));
    let log = dir.join("session.jsonl");
    let out = dir.join("out.wav");
    start(&mut play_from(
        &[&one, &two],
        "song",
        &[
            "--network",
            "random-delay:loss=0.2,rtt_s=0.03",
            "--seed",
            "11",
            "-o",
            out.to_str().unwrap(),
            "--log",
            log.to_str().unwrap(),
        ],
    ))
    .done(LIMIT)
    .succeeded();
    log
}

#[test]
fn a_recorded_session_gives_the_same_outputs_again() {
    let (dir, _) = song(10.0);
    let log = record(dir.path());
    let log = SessionLog::parse(&std::fs::read_to_string(log).unwrap()).unwrap();
    assert_eq!(log.begin.seed, 11);
    let outputs = log
        .lines
        .iter()
        .filter(|line| matches!(line, Line::Out(..)));
    assert!(outputs.count() > log.begin.config.track.packets as usize);

    let spec: PluginSpec = log.begin.policy.parse().unwrap();
    let registry = Registry::open(&SearchPath::new([]));
    let policy = registry
        .policy(spec.name())
        .unwrap()
        .configure(&spec)
        .unwrap();
    let policy = policy.policy(log.begin.seed).unwrap();
    assert_eq!(log.replay(policy), None);
}

#[test]
fn replay_tells_how_the_recorded_and_other_policies_fare() {
    let (dir, _) = song(10.0);
    let log = record(dir.path());
    let log = log.to_str().unwrap();

    let same = run(&["replay", log]).succeeded();
    assert!(same.stderr.contains("exactly the same"), "{}", same.stderr);

    let runs = run(&["replay", log, "--policy", "stop-1s", "--json"])
        .succeeded()
        .json();
    assert_eq!(runs.as_array().unwrap().len(), 2);
    assert_eq!(runs[0]["recorded"], true);
    assert_eq!(runs[1]["policy"], "stop-1s");
    assert_eq!(runs[1]["metrics"]["packets_asked"], 0);
    let received = |run: usize| runs[run]["metrics"]["packets_received"].as_u64().unwrap();
    let got = received(1);
    assert!(
        got > 0 && got <= received(0),
        "nothing came but what is on record: {got}"
    );

    run(&["replay", log, "--policy", "nosuch"]).failed(2, &["no policy `nosuch`"]);
}

#[test]
fn explain_tells_what_was_decided_and_what_was_known() {
    let (dir, _) = song(10.0);
    let log = record(dir.path());
    let log = log.to_str().unwrap();

    let text = run(&["explain", log]).succeeded().text();
    for word in ["plays the first frame", "asks 127.0.0.1:", "ends", "% lost"] {
        assert!(text.contains(word), "{word}: {text}");
    }
    let moments = run(&["explain", log, "--json"]).succeeded().json();
    let last = moments.as_array().unwrap().last().unwrap();
    assert_eq!(last["what"], "end");
    assert_eq!(last["known"]["seeders"].as_array().unwrap().len(), 2);
}

#[test]
fn a_log_whose_policy_is_another_now_is_explained_from_what_it_says() {
    let (dir, _) = song(5.0);
    let log = record(dir.path());
    let text = std::fs::read_to_string(&log).unwrap();
    let named = |name: &str| format!("\"policy\":\"{name}");
    let begin: Line = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    let Line::Begin(begin) = begin else {
        panic!("{begin:?}");
    };
    let text = text.replacen(&named(&begin.policy), &named("gone-away"), 1);
    std::fs::write(&log, text).unwrap();
    let log = log.to_str().unwrap();

    let done = run(&["explain", log]).succeeded();
    assert!(
        done.stderr.contains("no policy `gone-away`"),
        "{}",
        done.stderr
    );
    assert!(done.text().contains("plays the first frame"));
    run(&["replay", log]).failed(2, &["no policy `gone-away`"]);
    run(&["replay", log, "--policy", "stop-1s"]).succeeded();
}
