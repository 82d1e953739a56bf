//! Every model works at both ends of every parameter, on any link, and at the
//! end of time.

use segue_policy::Direction;
use segue_policy_host::{Kind, ParamKind};

use super::*;

/// The least and the greatest value of a parameter; all choices.
fn edges(kind: &ParamKind) -> Vec<String> {
    match kind {
        ParamKind::Number { min, max, .. } => vec![min.to_string(), max.to_string()],
        ParamKind::Integer { min, max, .. } => vec![min.to_string(), max.to_string()],
        ParamKind::Choice { choices, .. } => choices.clone(),
        ParamKind::Flag { .. } => vec!["no".into(), "yes".into()],
        ParamKind::Text { .. } | ParamKind::File => Vec::new(),
    }
}

fn survives(spec: &PluginSpec) {
    // What contradicts itself may be refused.
    let Ok(mut model) = try_network(&spec.to_string(), 1) else {
        assert!(spec.name() == "bursts" || spec.name() == "trace", "{spec}");
        return;
    };
    let times = [0, 1, MS, 60_000 * MS, u64::MAX / 2, u64::MAX - 1, u64::MAX];
    for (index, now_ns) in times.into_iter().enumerate() {
        for link in [0, 1, 65_535, 65_536, u32::MAX] {
            for direction in [Direction::ToListener, Direction::ToSeeder] {
                let datagram = Datagram {
                    link,
                    direction,
                    traffic: segue_policy::Traffic::Media,
                    bytes: if index == 3 { u32::MAX } else { 0 },
                    now_ns,
                    index: index as u64,
                };
                model
                    .transit(&datagram)
                    .unwrap_or_else(|fault| panic!("{spec}: {fault}"));
            }
        }
    }
}

#[test]
fn every_model_works_with_every_parameter_at_its_edges() {
    let models = bundled()
        .plugins()
        .iter()
        .filter(|p| p.kind() == Kind::Network);
    let mut tried = 0;
    for model in models {
        for param in model.params() {
            for edge in edges(&param.kind) {
                survives(&PluginSpec::new(model.name()).with(&param.name, edge));
                tried += 1;
            }
        }
        // All at the least, all at the greatest.
        for end in [0, usize::MAX] {
            let spec =
                model.params().iter().fold(
                    PluginSpec::new(model.name()),
                    |spec, param| match edges(&param.kind) {
                        edges if edges.is_empty() => spec,
                        edges => spec.with(&param.name, &edges[end.min(edges.len() - 1)]),
                    },
                );
            survives(&spec);
        }
    }
    assert!(tried > 50, "{tried}");
}

#[test]
fn settings_at_their_edges_mean_what_they_say() {
    let fates = |spec: &str| every(20 * MS).through(&mut *network(spec, 1), 500);
    let all = |spec: &str, fate: Fate| assert!(fates(spec).iter().all(|f| *f == fate), "{spec}");
    all("gilbert-elliott:loss_good=0,loss_bad=0", Fate::after_ns(0));
    all("gilbert-elliott:loss_good=1,loss_bad=1", Fate::LOST);
    all(
        "gilbert-elliott:per=packet,loss_good=1,loss_bad=1",
        Fate::LOST,
    );
    all(
        "bursts:min_ms=0,max_ms=0,delay_ms=20",
        Fate::after_ns(20 * MS),
    );
    all("rate-limit:queue_bytes=0", Fate::LOST);
    all("rate-limit:kbps=100000000", Fate::after_ns(40));
    // A chain that changes with every packet.
    let turns = lost(&fates(
        "gilbert-elliott:per=packet,mean_good=1,mean_bad=1,loss_bad=1",
    ));
    assert!(turns.windows(2).all(|pair| pair[0] != pair[1]));
}
