//! The others: who was heard, and who answers.

use segue_transport::PeerInfo;

use super::{Asked, Seen, Surroundings, interfaces};
use crate::doctor::Finding;

/// Most addresses in one line.
const SHOWN: usize = 8;

/// `deaf`: beacons cannot be heard, and that has been told.
pub fn judge(around: &Surroundings, seen: &Seen, deaf: bool) -> Vec<Finding> {
    let mut findings = Vec::new();
    let is_named = |peer: &&PeerInfo| seen.asked.iter().any(|one| one.is(peer));
    let (_, others): (Vec<_>, Vec<_>) = seen.peers.iter().partition(is_named);
    findings.extend(heard(&others, seen.asked.is_empty() && !deaf));
    for one in &seen.asked {
        findings.push(asked(one));
    }
    findings.extend(blocked(
        &seen.asked,
        deaf || interfaces::others_heard(&seen.status.interfaces),
        around.named_by_settings,
    ));
    findings
}

/// Those that nobody named.
fn heard(others: &[&PeerInfo], none_named: bool) -> Vec<Finding> {
    if others.is_empty() {
        if !none_named {
            return Vec::new();
        }
        return vec![Finding::warning(
            "no other peer was heard",
            "Does `segue share` run on another machine of this network? If it does, something \
             between drops broadcast (a wireless access point that isolates its clients, a guest \
             network, a VPN): see whether it answers with `segue doctor --peer HOST:PORT`",
        )];
    }
    let (told, silent): (Vec<&PeerInfo>, Vec<_>) = others.iter().partition(|peer| peer.complete);
    let mut findings = Vec::new();
    if !told.is_empty() {
        let count = match told.len() {
            1 => "1 peer".to_owned(),
            more => format!("{more} peers"),
        };
        findings.push(Finding::ok(format!(
            "{count} heard, lists complete: {}",
            list(&told)
        )));
    }
    if !silent.is_empty() {
        findings.push(Finding::warning(
            format!(
                "heard, but the lists did not come in time: {}",
                list(&silent)
            ),
            "A long list takes a while: try again. If it stays so, a firewall there keeps our \
             questions out: start it with a fixed port, `segue share --port 4021`, and let UDP \
             port 4021 in on that machine",
        ));
    }
    findings
}

fn list(peers: &[&PeerInfo]) -> String {
    let mut shown: Vec<_> = peers
        .iter()
        .take(SHOWN)
        .map(|peer| peer.address.to_string())
        .collect();
    if peers.len() > SHOWN {
        shown.push(format!("and {} more", peers.len() - SHOWN));
    }
    shown.join(", ")
}

/// One that was asked by its address.
fn asked(one: &Asked) -> Finding {
    let name = &one.name;
    let address = one.addresses.first();
    match one.answered {
        Some(after) => Finding::ok(format!("{name} answers, after {} ms", after.as_millis())),
        None => Finding::problem(
            format!("{name} does not answer"),
            format!(
                "Does `segue share` run there, and does it print this port? Does `ping {}` reach \
                 the machine? If so, a firewall may be in the way: on that machine, let UDP port \
                 {} in",
                address.map(|one| one.ip().to_string()).unwrap_or_default(),
                address
                    .map(|one| one.port().to_string())
                    .unwrap_or_default(),
            ),
        ),
    }
}

/// A peer of another machine answers, but no beacon comes from there.
fn blocked(asked: &[Asked], others_heard: bool, by_settings: bool) -> Option<Finding> {
    let outside = |one: &&Asked| {
        one.answered.is_some() && !one.addresses.iter().all(|a| a.ip().is_loopback())
    };
    let answering: Vec<_> = asked.iter().filter(outside).collect();
    let first = answering.first().filter(|_| !others_heard)?;
    let text = format!(
        "{} answers, but its beacons do not come here: something between drops broadcast",
        first.name
    );
    let cause = "A wireless access point may isolate its clients (\"AP isolation\", \"guest \
                 network\"): switch that off";
    Some(if by_settings {
        Finding::warning(
            text,
            format!("{cause}. The settings name it, so it is found all the same"),
        )
    } else {
        let names: Vec<_> = answering.iter().map(|one| one.name.as_str()).collect();
        Finding::problem(
            text,
            format!(
                "{cause}; or keep the address: `segue config set peer {}`",
                names.join(" ")
            ),
        )
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::doctor::Verdict;

    fn one(address: &str, answered: bool) -> Asked {
        Asked {
            name: address.into(),
            addresses: vec![address.parse().unwrap()],
            answered: answered.then_some(Duration::from_millis(3)),
        }
    }

    #[test]
    fn a_peer_that_answers_without_beacons_shows_that_broadcast_is_dropped() {
        let far = [one("10.0.0.7:4021", true)];
        let told = blocked(&far, false, false).unwrap();
        assert_eq!(told.verdict, Verdict::Problem);
        assert!(
            told.remedy
                .unwrap()
                .contains("segue config set peer 10.0.0.7:4021")
        );
        assert_eq!(
            blocked(&far, false, true).unwrap().verdict,
            Verdict::Warning
        );
        assert_eq!(blocked(&far, true, false), None);
        // Who does not answer, or is this machine, shows nothing.
        assert_eq!(blocked(&[one("10.0.0.7:4021", false)], false, false), None);
        assert_eq!(blocked(&[one("127.0.0.1:4021", true)], false, false), None);
    }

    #[test]
    fn who_does_not_answer_is_a_problem_of_that_machine_and_port() {
        let told = asked(&one("10.0.0.7:4021", false));
        assert_eq!(told.verdict, Verdict::Problem);
        let remedy = told.remedy.unwrap();
        for words in ["segue share", "ping 10.0.0.7", "4021"] {
            assert!(remedy.contains(words), "{remedy}");
        }
    }

    #[test]
    fn those_heard_are_counted_and_those_without_a_list_told_apart() {
        let peer = |number, complete| PeerInfo {
            address: ([10, 0, 0, number], 4021).into(),
            addresses: Vec::new(),
            complete,
        };
        let peers: Vec<_> = (1..=9)
            .map(|n| peer(n, true))
            .chain([peer(10, false)])
            .collect();
        let told = heard(&peers.iter().collect::<Vec<_>>(), true);
        assert_eq!(told[0].verdict, Verdict::Ok);
        assert!(told[0].text.starts_with("9 peers heard"), "{told:?}");
        assert!(told[0].text.ends_with("and 1 more"), "{told:?}");
        assert_eq!(told[1].verdict, Verdict::Warning);
        assert!(told[1].text.contains("10.0.0.10:4021"), "{told:?}");
        assert_eq!(heard(&[], true)[0].verdict, Verdict::Warning);
        assert_eq!(heard(&[], false), []);
    }
}
