//! A recorded session is the whole session.

use segue_core::session_log::{Line, SessionLog};
use segue_policy_host::{PluginSpec, Registry, SearchPath};

use crate::support::{LIMIT, Sharer, play_from, song, start};

#[test]
fn a_recorded_session_gives_the_same_outputs_again() {
    let (dir, _) = song(10.0);
    let (one, two) = (Sharer::start(dir.path()), Sharer::start(dir.path()));
    let log = dir.path().join("session.jsonl");
    let out = dir.path().join("out.wav");
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
