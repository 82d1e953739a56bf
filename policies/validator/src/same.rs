//! Results depend on inputs, parameters and seed alone.

use std::thread;
use std::time::Duration;

use segue_policy::testing::{Heard, Session};
use segue_policy::{Datagram, Fate};
use segue_policy_host::Kind;

use crate::{Subject, Verdict, network, policy};

/// What an instance did.
#[derive(PartialEq)]
enum Done {
    Heard(Box<Heard>),
    Fates(Vec<Fate>),
}

fn track(subject: &Subject) -> Session {
    Session::new(500).seeders(2).loss(0.2).seed(subject.seed)
}

fn datagrams() -> Vec<Datagram> {
    network::traffic(4000)
}

fn done(subject: &Subject) -> Result<Done, String> {
    Ok(match subject.plugin().kind() {
        Kind::Policy => Done::Heard(policy::session(subject, track(subject))?.into()),
        Kind::Network => Done::Fates(network::fates(subject, &datagrams())?),
    })
}

/// Where two differ first.
fn compared(one: &Done, other: &Done, when: &str) -> Verdict {
    let difference = match (one, other) {
        _ if one == other => return Verdict::Passed,
        (Done::Heard(one), Done::Heard(other)) => {
            let mut pairs = one.deeds.iter().zip(&other.deeds);
            match pairs.find(|(a, b)| a != b) {
                Some(((ns, a), (_, b))) => {
                    format!("{a} at {:.3} s, then {b}", *ns as f64 / 1e9)
                }
                None => "one does more than the other".into(),
            }
        }
        (Done::Fates(one), Done::Fates(other)) => {
            let mut pairs = one.iter().zip(other).enumerate();
            match pairs.find(|(_, (a, b))| a != b) {
                Some((number, (a, b))) => {
                    format!("datagram {number} {}, then {}", told(a), told(b))
                }
                None => "one does more than the other".into(),
            }
        }
        _ => "they are of different kinds".into(),
    };
    Verdict::Failed(format!(
        "{when}: {difference}; use no clock, no addresses, no hash map order, no global state"
    ))
}

fn told(fate: &Fate) -> String {
    let delays: Vec<_> = fate
        .delays_ns()
        .iter()
        .map(|ns| format!("{ns} ns"))
        .collect();
    match delays.is_empty() {
        true => "is lost".into(),
        false => format!("comes after {}", delays.join(" and ")),
    }
}

fn judged(verdict: Result<Verdict, String>) -> Verdict {
    verdict.unwrap_or_else(Verdict::Failed)
}

/// The same seed a second time, a moment later.
pub fn again(subject: &Subject) -> Verdict {
    let twice = || {
        let first = done(subject)?;
        thread::sleep(Duration::from_millis(30)); // a clock would tell
        Ok(compared(&first, &done(subject)?, "the second time"))
    };
    judged(twice())
}

/// Two instances in turns.
pub fn interleaved(subject: &Subject) -> Verdict {
    let both = || -> Result<Verdict, String> {
        let alone = done(subject)?;
        let failed = |error: segue_policy_host::CreateError| error.to_string();
        let plugin = || &subject.configured;
        let beside = match subject.plugin().kind() {
            Kind::Policy => {
                let mut one = plugin().policy(subject.seed).map_err(failed)?;
                let mut other = plugin().policy(subject.seed ^ 1).map_err(failed)?;
                let mut running = track(subject).begin();
                let mut second = track(subject).seed(subject.seed ^ 1).begin();
                while running.step(&mut *one) {
                    second.step(&mut *other);
                }
                Done::Heard(running.heard().into())
            }
            Kind::Network => {
                let mut one = plugin().network(subject.seed).map_err(failed)?;
                let mut other = plugin().network(subject.seed ^ 1).map_err(failed)?;
                let fate = |datagram: &Datagram| {
                    let fate = one.transit(datagram);
                    let _ = other.transit(datagram); // its own affair
                    fate.map_err(|fault| fault.to_string())
                };
                Done::Fates(datagrams().iter().map(fate).collect::<Result<_, _>>()?)
            }
        };
        Ok(compared(&alone, &beside, "beside another instance"))
    };
    judged(both())
}

/// Four instances in four threads.
pub fn threads(subject: &Subject) -> Verdict {
    let all = || {
        let alone = done(subject)?;
        let together: Vec<_> = thread::scope(|scope| {
            let started: Vec<_> = (0..4).map(|_| scope.spawn(|| done(subject))).collect();
            started.into_iter().map(|thread| thread.join()).collect()
        });
        for one in together {
            let one = one.map_err(|_| "its thread panicked".to_owned())??;
            let verdict = compared(&alone, &one, "in several threads");
            if verdict != Verdict::Passed {
                return Ok(verdict);
            }
        }
        Ok(Verdict::Passed)
    };
    judged(all())
}
