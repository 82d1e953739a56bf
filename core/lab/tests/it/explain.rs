//! A recorded session told again.

use segue_core::session_log::SessionLog;
use segue_lab::explain::{Moment, What, explain};
use segue_lab::run::Keep;
use segue_lab::scenario::Track;
use segue_policy_host::PluginSpec;

use crate::plugins::{experiment, registry, scenario};

/// The first run of a policy in a short `wifi-bad`.
fn record(policy: &str) -> SessionLog {
    let mut scenario = scenario("wifi-bad");
    scenario.track = Track::Made {
        packets: 1500,
        packet_ms: 20.0,
        packet_bytes: 418,
    };
    let experiment = experiment(scenario, &[policy]);
    let record = experiment.record(&experiment.entries()[0], 0, Keep::Everything);
    let lines = record.expect("it plays").log;
    let text: Vec<_> = lines
        .iter()
        .map(|line| serde_json::to_string(line).expect("plain data"))
        .collect();
    SessionLog::parse(&text.join("\n")).expect("our own log")
}

fn told(log: &SessionLog) -> Vec<Moment> {
    let spec: PluginSpec = log.begin.policy.parse().expect("a policy");
    let plugin = registry().policy(spec.name()).expect("installed");
    let configured = plugin.configure(&spec).expect("its own settings");
    let policy = configured.policy(log.begin.seed).expect("it begins");
    explain(log, Some(policy))
}

#[test]
fn tells_start_reasons_and_requests_in_the_order_of_time_with_what_was_known() {
    let moments = told(&record("deadline"));
    assert!(moments.is_sorted_by_key(|moment| moment.at_s));
    let is = |what: fn(&What) -> bool| moments.iter().filter(move |moment| what(&moment.what));
    assert_eq!(is(|what| *what == What::Start).count(), 1);
    assert_eq!(is(|what| *what == What::End).count(), 1);
    assert!(is(|what| matches!(what, What::Reason { .. })).count() > 0);

    let asked: u32 = moments
        .iter()
        .map(|moment| match &moment.what {
            What::Ask(asked) => asked.packets,
            _ => 0,
        })
        .sum();
    assert!(asked >= 1500, "it asks for every packet: {asked}");

    let end = moments.last().expect("moments");
    let known = end.known.as_ref().expect("with the policy");
    assert_eq!((known.playhead, known.here), (1500, 1500));
    assert_eq!(known.seeders.len(), 2);
    assert!(known.seeders.iter().all(|seeder| seeder.rtt_s > 0.01));
}

#[test]
fn a_hold_and_what_ends_it_stand_side_by_side() {
    let moments = told(&record("buffered:buffer=0.02"));
    let holds = moments.iter().filter(|moment| moment.what == What::Hold);
    let lengths = moments.iter().filter_map(|moment| match moment.what {
        What::GoOn { held_s } => Some(held_s),
        _ => None,
    });
    assert!(holds.clone().count() > 0, "so small a buffer runs dry");
    assert_eq!(holds.count(), lengths.clone().count());
    assert!(lengths.sum::<f64>() > 0.0);
}

#[test]
fn without_its_policy_a_log_tells_the_same_but_not_what_was_known() {
    let log = record("sequential-recovery");
    let alone = explain(&log, None);
    assert!(alone.iter().all(|moment| moment.known.is_none()));
    let whats = |moments: &[Moment]| -> Vec<_> {
        moments.iter().map(|moment| moment.what.clone()).collect()
    };
    assert_eq!(whats(&alone), whats(&told(&log)));
}
