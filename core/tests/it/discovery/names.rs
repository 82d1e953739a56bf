//! Whose word counts for what: names of peers are no secret.

use std::net::SocketAddr;

use segue_core::discovery::Discovery;
use segue_core::ids::PeerId;
use segue_core::time::Timestamp;
use segue_core::token::TokenKey;
use segue_core::wire::Announce;

const CATALOG: [u8; 8] = [1; 8];

fn discovery() -> Discovery {
    Discovery::new(PeerId(1), 9, TokenKey::new([0; 32]))
}

fn beacon(discovery: &mut Discovery, at_s: f64, ip: &str, peer: u64, catalog: [u8; 8]) {
    let from = SocketAddr::new(ip.parse().unwrap(), 12000);
    let announce = Announce {
        peer: PeerId(peer),
        port: 7000,
        catalog,
        leaving: false,
    };
    discovery.hear_beacon(Timestamp::from_secs_f64(at_s), from, &announce);
}

/// The peers, and whether nothing of their catalogs is still to come.
fn table(discovery: &Discovery) -> Vec<(u64, bool)> {
    discovery
        .peers()
        .map(|(id, _, complete)| (id.0, complete))
        .collect()
}

#[test]
fn a_program_restarted_at_the_same_port_takes_its_own_place() {
    for (before, after) in [(50, 99), (50, 5)] {
        let mut discovery = discovery();
        beacon(&mut discovery, 0.0, "10.0.0.2", before, CATALOG);
        beacon(&mut discovery, 1.0, "10.0.0.2", after, CATALOG);
        assert_eq!(table(&discovery), [(after, false)]);
    }
}

#[test]
fn a_beacon_in_the_name_of_another_changes_nothing() {
    let mut discovery = discovery();
    beacon(&mut discovery, 0.0, "10.0.0.2", 50, CATALOG);
    beacon(&mut discovery, 1.0, "10.9.9.9", 50, [0; 8]);
    assert_eq!(
        table(&discovery),
        [(50, false)],
        "its catalog is still to come"
    );
}
