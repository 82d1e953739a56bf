//! Sockets, interfaces, beacons, peers: a node of its own looks around for a
//! while, and what it sees is judged.

mod interfaces;
mod peers;
mod sockets;

use std::net::SocketAddr;
use std::thread::sleep;
use std::time::{Duration, Instant};

use segue_transport::{
    NetworkStatus, Peer, PeerConfig, PeerError, PeerInfo, PeerName, PeerNameError,
};

use super::Finding;

/// How long it looks around at most. Beacons come once a second, and three lost
/// ones in a row are no accident.
const AROUND: Duration = Duration::from_millis(3500);
/// Not before every peer's beacon has had its time.
const AT_LEAST: Duration = Duration::from_millis(1500);
const LOOK: Duration = Duration::from_millis(5);

/// What to look for.
pub struct Surroundings {
    pub discovery_port: u16,
    /// Peers by address, as the user wrote them.
    pub named: Vec<String>,
    /// The settings file names them, so that every command asks them.
    pub named_by_settings: bool,
}

/// A peer that was asked by its name or address.
struct Asked {
    name: String,
    /// What the name stands for.
    addresses: Vec<SocketAddr>,
    /// When its answer was there.
    answered: Option<Duration>,
}

/// What was seen.
struct Seen {
    status: NetworkStatus,
    peers: Vec<PeerInfo>,
    asked: Vec<Asked>,
}

pub fn look(around: &Surroundings) -> Vec<Finding> {
    let peer = match Peer::start(PeerConfig {
        discovery_port: Some(around.discovery_port),
        announce: true,
        ..PeerConfig::default()
    }) {
        Ok(peer) => peer,
        Err(error) => {
            return vec![Finding::problem(
                format!("no data socket: {error}"),
                "The system refuses UDP sockets to this program: look for limits or a sandbox \
                 that it runs in",
            )];
        }
    };
    let mut findings = Vec::new();
    let mut asked = Vec::new();
    for name in &around.named {
        match ask(&peer, name) {
            Ok(one) => asked.push(one),
            Err(reason) => findings.push(Finding::problem(
                format!("{name}: {reason}"),
                "Correct the name or address; if the name is right, the name service does not \
                 know it",
            )),
        }
    }
    match see(&peer, asked) {
        Ok(seen) => {
            findings.splice(0..0, judge(around, &seen));
            findings
        }
        Err(error) => vec![Finding::problem(error.to_string(), "Please report this")],
    }
}

fn ask(peer: &Peer, text: &str) -> Result<Asked, String> {
    let name: PeerName = text.parse().map_err(|e: PeerNameError| e.to_string())?;
    let addresses = name.resolve().map_err(|e| e.to_string())?;
    peer.add_named(name).map_err(|e| e.to_string())?;
    Ok(Asked {
        name: text.to_owned(),
        addresses,
        answered: None,
    })
}

impl Asked {
    fn is(&self, peer: &PeerInfo) -> bool {
        let mut addresses = peer.addresses.iter();
        addresses.any(|address| self.addresses.contains(address))
    }
}

fn judge(around: &Surroundings, seen: &Seen) -> Vec<Finding> {
    let port = around.discovery_port;
    let mut findings = sockets::judge(&seen.status, port);
    let shut = sockets::shut(&seen.status.discovery);
    findings.extend(interfaces::judge(&seen.status.interfaces, &shut, port));
    findings.extend(peers::judge(around, seen, !shut.is_empty()));
    findings
}

/// Looks around until all is as it should be, or for [`AROUND`].
fn see(peer: &Peer, mut asked: Vec<Asked>) -> Result<Seen, PeerError> {
    let begun = Instant::now();
    loop {
        let peers = peer.peers()?;
        let passed = begun.elapsed();
        for one in asked.iter_mut().filter(|one| one.answered.is_none()) {
            let there = peers.iter().any(|peer| one.is(peer));
            one.answered = there.then_some(passed);
        }
        let status = peer.network()?;
        let all_well = !peers.is_empty()
            && peers.iter().all(|peer| peer.complete)
            && asked.iter().all(|one| one.answered.is_some())
            && interfaces::all_heard(&status.interfaces)
            && (asked.is_empty() || interfaces::others_heard(&status.interfaces));
        if passed >= AROUND || passed >= AT_LEAST && all_well {
            return Ok(Seen {
                status,
                peers,
                asked,
            });
        }
        sleep(LOOK);
    }
}
