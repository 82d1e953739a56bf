//! Every value that a plugin offers.

use segue_policy::host::{Fault, Policy};
use segue_policy::testing::{S, Scene};
use segue_policy_host::{Configured, CreateError, Kind, ParamKind};

use crate::{Subject, Verdict, network};

/// Each parameter at each end of its range, and each choice.
pub fn every_value(subject: &Subject) -> Verdict {
    for param in subject.plugin().params() {
        let values = match &param.kind {
            ParamKind::Number { min, max, .. } => vec![min.to_string(), max.to_string()],
            ParamKind::Integer { min, max, .. } => vec![min.to_string(), max.to_string()],
            ParamKind::Flag { .. } => vec!["false".into(), "true".into()],
            ParamKind::Choice { choices, .. } => choices.clone(),
            // Any text may be refused; what is in files is the user's.
            ParamKind::Text { .. } => vec!["?".into()],
            ParamKind::File => Vec::new(),
        };
        for value in values {
            let mut configured = subject.configured.clone();
            let set = configured.set(&param.name, &value);
            let tried = set.map_err(|error| error.to_string());
            if let Err(why) = tried.and_then(|()| works(&configured, subject.seed)) {
                return Verdict::Failed(format!("with {}={value}: {why}", param.name));
            }
        }
    }
    Verdict::Passed
}

/// It starts and answers once, or refuses with a reason.
fn works(configured: &Configured, seed: u64) -> Result<(), String> {
    let refused = |error| match error {
        CreateError::Refused { why, .. } if !why.trim().is_empty() => Ok(()),
        CreateError::Refused { .. } => Err("it refuses and does not say why".to_owned()),
        other => Err(other.to_string()),
    };
    let failed = |fault: Fault| fault.to_string();
    match configured.plugin().kind() {
        Kind::Policy => match configured.policy(seed) {
            Ok(mut policy) => twice(&mut *policy).map_err(failed),
            Err(error) => refused(error),
        },
        Kind::Network => match configured.network(seed) {
            Ok(mut model) => {
                let all = network::traffic(200);
                all.iter()
                    .try_for_each(|datagram| model.transit(datagram).map(drop))
                    .map_err(failed)
            }
            Err(error) => refused(error),
        },
    }
}

fn twice(policy: &mut dyn Policy) -> Result<(), Fault> {
    let mut scene = Scene::new(100, 2);
    scene.decide(policy).0?;
    scene.now_ns = S;
    (0..50).for_each(|packet| scene.arrive(packet % 2, packet));
    scene.decide(policy).0.map(drop)
}
