//! A session on record, played again.

use segue_core::session_log::{LOG_VERSION, Line, ReplayError, SessionLog};

use crate::world::{POLICIES, SESSION, Setup, policy};

fn record(spec: &str, network: &str) -> (String, u64) {
    let mut world = Setup {
        packets: 400,
        policy: spec.into(),
        network: network.into(),
        seed: 7,
        log: true,
        ..Setup::default()
    }
    .play();
    let lines = world.sim.with_node(0, |node, _| node.take_log(SESSION));
    let line = |line: &Line| serde_json::to_string(line).expect("plain data") + "\n";
    (lines.iter().map(line).collect(), world.setup.seed)
}

#[test]
fn a_session_played_again_gives_the_same_outputs() {
    let more = ["sequential-recovery:gaps=skip,recover=filling,split=paper"];
    for spec in POLICIES.into_iter().chain(more) {
        for network in ["random-delay:rtt_s=0.1", "random-delay:rtt_s=0.5,loss=0.4"] {
            let (text, seed) = record(spec, network);
            let log = SessionLog::parse(&text).expect("our own log");
            assert_eq!(log.begin.policy, spec);
            let outputs = log
                .lines
                .iter()
                .filter(|line| matches!(line, Line::Out(..)));
            assert!(outputs.count() > 200);
            assert_eq!(log.replay(policy(spec, seed)), None, "{spec}, {network}");
        }
    }
}

#[test]
fn the_recorded_policy_run_again_on_what_came_fares_as_it_did() {
    for spec in POLICIES {
        let (text, seed) = record(spec, "random-delay:rtt_s=0.3,loss=0.2");
        let log = SessionLog::parse(&text).expect("our own log");
        let as_it_was = log.relive(policy(spec, seed), |_, _, _| {});
        let again = log.rerun(policy(spec, seed));
        assert!(as_it_was.has_ended() && again.has_ended());
        assert_eq!(again.metrics(), as_it_was.metrics(), "{spec}");
    }
}

#[test]
fn another_policy_that_asks_for_the_same_fares_on_the_record_as_in_the_network() {
    let network = "random-delay:rtt_s=0.3,loss=0.2";
    let (text, seed) = record("buffered", network);
    let log = SessionLog::parse(&text).expect("our own log");
    let (other, _) = record("stop-1s", network);
    let other = SessionLog::parse(&other).expect("our own log");

    let on_record = log.rerun(policy("stop-1s", seed)).metrics();
    let in_network = other.relive(policy("stop-1s", seed), |_, _, _| {});
    assert_eq!(on_record, in_network.metrics());
    let recorded = log.relive(policy("buffered", seed), |_, _, _| {});
    assert_ne!(on_record, recorded.metrics(), "they are no copies");
}

#[test]
fn what_the_record_lacks_stays_missing_and_the_replay_ends() {
    let (text, seed) = record("stop-1s", "random-delay:rtt_s=0.1,loss=0.3");
    let log = SessionLog::parse(&text).expect("our own log");
    // It never skips, and what it asks for never comes.
    let waits = log.rerun(policy("sequential-recovery:gaps=refill", seed));
    assert!(waits.metrics().unfinished && !waits.has_ended());
}

#[test]
fn another_policy_or_a_changed_line_diverges_at_a_place_that_is_told() {
    let (text, seed) = record("buffered", "random-delay:rtt_s=0.1,loss=0.3");
    let log = SessionLog::parse(&text).expect("our own log");
    assert!(log.replay(policy("stop-1s", seed)).is_some());

    let mut tampered = log.clone();
    let media = |line: &Line| matches!(line, Line::In(_, input) if format!("{input:?}").starts_with("Media"));
    let at = tampered.lines.iter().position(media).expect("media came");
    tampered.lines.remove(at);
    let divergence = tampered.replay(policy("buffered", seed)).expect("it shows");
    let before = log.lines[..at].iter();
    let outputs_before = before.filter(|line| matches!(line, Line::Out(..))).count();
    assert_eq!(divergence.output, outputs_before, "at the packet left out");
    assert_ne!(divergence.recorded, divergence.replayed);

    let mut cut = log.clone();
    cut.lines
        .retain(|line| !matches!(line, Line::Out(_, output) if format!("{output:?}") == "End"));
    let divergence = cut.replay(policy("buffered", seed)).expect("it shows");
    assert_eq!(divergence.recorded, None, "an output more than recorded");
}

#[test]
fn what_is_no_log_is_refused_with_the_reason() {
    let (text, _) = record("stop-1s", "random-delay");
    let garbage = text.replacen("{\"In\"", "{\"Inn\"", 1);
    let error = SessionLog::parse(&garbage).expect_err("no such line");
    assert!(
        matches!(error, ReplayError::Malformed { line: 2, .. }),
        "{error}"
    );
    assert!(error.to_string().contains("line 2"));

    let newer = text.replacen(
        &format!("\"log_version\":{LOG_VERSION}"),
        "\"log_version\":99",
        1,
    );
    let error = SessionLog::parse(&newer).expect_err("another version");
    assert!(matches!(error, ReplayError::Version(99)), "{error}");

    let headless = text.split_once('\n').expect("many lines").1;
    assert!(matches!(
        SessionLog::parse(headless),
        Err(ReplayError::NoBegin)
    ));
    assert!(matches!(SessionLog::parse(""), Err(ReplayError::NoBegin)));
    assert!(matches!(
        SessionLog::parse("hello"),
        Err(ReplayError::Malformed { line: 1, .. })
    ));
}
