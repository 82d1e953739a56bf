//! Whole sessions of a policy.

use segue_policy::testing::{Deed, Heard, Session};

use crate::{Subject, Verdict};

/// A good network, a bad one, and two seeders on a bad one.
fn networks(seed: u64) -> [(&'static str, Session); 3] {
    let session = Session::new(1500).seed(seed); // 30 s
    [
        ("one seeder without loss", session),
        ("one seeder with 5 % loss", session.loss(0.05)),
        ("two seeders with 20 % loss", session.seeders(2).loss(0.2)),
    ]
}

/// One session with the plugin's defaults.
pub fn session(subject: &Subject, session: Session) -> Result<Heard, String> {
    let policy = subject.configured.policy(subject.seed);
    let mut policy = policy.map_err(|error| error.to_string())?;
    Ok(session.play(&mut *policy))
}

fn all(subject: &Subject, judge: impl Fn(&Heard) -> Verdict) -> Verdict {
    let mut found = Verdict::Passed;
    for (what, network) in networks(subject.seed) {
        let heard = match session(subject, network) {
            Ok(heard) => heard,
            Err(why) => return Verdict::Failed(why),
        };
        match judge(&heard) {
            Verdict::Passed => {}
            Verdict::Failed(why) => return Verdict::Failed(format!("{what}: {why}")),
            Verdict::Warning(why) => found = Verdict::Warning(format!("{what}: {why}")),
            Verdict::Skipped(why) => found = Verdict::Skipped(why),
        }
    }
    found
}

/// It plays something, and comes to an end.
pub fn plays(subject: &Subject) -> Verdict {
    all(subject, |heard| {
        let asked = heard
            .deeds
            .iter()
            .any(|(_, deed)| matches!(deed, Deed::Stream { .. } | Deed::Request { .. }));
        match heard {
            Heard { fault: Some(_), .. } => Verdict::Failed(heard.to_string()),
            _ if !asked => Verdict::Failed(format!(
                "it asks nobody for anything, so nothing comes: call `stream` or `request` ({heard})"
            )),
            Heard { played: 0, .. } => Verdict::Failed(format!(
                "it never plays: answer Play when a frame is due and the packet at the playhead \
                 is here ({heard})"
            )),
            Heard {
                finished: false, ..
            } => Verdict::Failed(format!(
                "it does not come to the end of the track: hold only while something may \
                 come, and ask again for what is lost ({heard})"
            )),
            _ => Verdict::Passed,
        }
    })
}

/// It asks for what there is only, and plays what is here only.
pub fn wishes(subject: &Subject) -> Verdict {
    all(subject, |heard| match &heard.refused[..] {
        [] => Verdict::Passed,
        [first, ..] => {
            let count = match heard.refused.len() {
                1 => String::new(),
                more => format!(" (the first of {more})"),
            };
            Verdict::Failed(format!("at {first}{count}"))
        }
    })
}

/// Most requests for each packet of the track, on average.
const REQUESTS_PER_PACKET: u64 = 8;
/// Most decisions for each packet: a device's ask, arrivals, and some wake-ups.
const DECISIONS_PER_PACKET: u64 = 20;
/// Most log lines for each decision, on average.
const LINES_PER_DECISION: usize = 4;

/// It does not flood the network, the engine or the log.
pub fn calm(subject: &Subject) -> Verdict {
    all(subject, |heard| {
        // At least a second's worth, so that a short session is not judged.
        let packets = u64::from(heard.played + heard.missing)
            .max((heard.length_s * 50.0) as u64)
            .max(50);
        let logs = |(_, deed): &&(u64, Deed)| matches!(deed, Deed::Log(_));
        let lines = heard.deeds.iter().filter(logs).count();
        let full = heard.refused.iter().find(|what| what.contains("more than"));
        if let Some(what) = full {
            return Verdict::Failed(format!("at {what}"));
        }
        if heard.requests > packets * REQUESTS_PER_PACKET {
            return Verdict::Failed(format!(
                "{} requests in the time of {packets} packets: ask for several packets at once, \
                 and not again before an answer can have come",
                heard.requests
            ));
        }
        if heard.decisions > packets * DECISIONS_PER_PACKET {
            return Verdict::Failed(format!(
                "it is woken {} times in the time of {packets} packets: wake when something is \
                 to be done",
                heard.decisions
            ));
        }
        if lines as u64 > heard.decisions * LINES_PER_DECISION as u64 {
            return Verdict::Warning(format!(
                "{lines} lines in the decision log for {} decisions",
                heard.decisions
            ));
        }
        Verdict::Passed
    })
}
