//! Peers of several addresses, peers that move, restart, or sleep.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use segue_core::catalog::Catalog;
use segue_core::discovery::{Discovery, DiscoveryOutput};
use segue_core::ids::PeerId;
use segue_core::time::Timestamp;
use segue_core::token::TokenKey;
use segue_core::wire::{Announce, CatalogPart, Message};

use super::{known, library, meet, peers, run_s, tracks};

const V4: &str = "10.0.0.2:7000";
const V6: &str = "[fe80::2%3]:7000";

/// Discovery alone, in a network that the test plays.
struct Town {
    discovery: Discovery,
    now: Timestamp,
    /// How often a catalog was asked for, and where.
    asked: BTreeMap<SocketAddr, u32>,
    changes: u32,
    /// What beacons name: nothing is shared, and nobody need be asked.
    catalog: [u8; 8],
}

impl Town {
    fn new() -> Self {
        Self {
            discovery: Discovery::new(PeerId(1), 9, TokenKey::new([1; 32])),
            now: Timestamp::from_secs_f64(100.0),
            asked: BTreeMap::new(),
            changes: 0,
            catalog: [0; 8],
        }
    }

    fn beacon(&mut self, peer: u64, address: &str) {
        let address: SocketAddr = address.parse().unwrap();
        let mut from = address;
        from.set_port(55_555); // what counts is the port that it names
        let announce = Announce {
            peer: PeerId(peer),
            port: address.port(),
            catalog: self.catalog,
            leaving: false,
        };
        self.discovery.hear_beacon(self.now, from, &announce);
        self.drain();
    }

    fn drain(&mut self) -> Timestamp {
        loop {
            match self.discovery.poll(self.now) {
                DiscoveryOutput::Transmit {
                    to,
                    message: Message::CatalogRequest(request),
                } => {
                    assert_eq!(request.part, CatalogPart::Index { first: 0 });
                    *self.asked.entry(to).or_default() += 1;
                }
                DiscoveryOutput::Changed => self.changes += 1,
                DiscoveryOutput::WaitUntil(at) => return at,
                _ => {}
            }
        }
    }

    /// Time passes, and what is due is done.
    fn pass(&mut self, seconds: f64) {
        let end = self.now + Duration::from_secs_f64(seconds);
        loop {
            let wake = self.drain();
            if wake > end {
                break;
            }
            self.now = wake;
        }
        self.now = end;
    }

    /// Seconds with a beacon from each of these.
    fn seconds(&mut self, count: u32, beacons: &[(u64, &str)]) {
        for _ in 0..count {
            for &(peer, address) in beacons {
                self.beacon(peer, address);
            }
            self.pass(1.0);
        }
    }

    /// Time jumps, as when a program was stopped or its machine slept.
    fn sleep(&mut self, seconds: f64) {
        self.now += Duration::from_secs_f64(seconds);
    }

    fn table(&self) -> Vec<(u64, String)> {
        self.discovery
            .peers()
            .map(|(id, address, _)| (id.0, address.to_string()))
            .collect()
    }
}

fn at(peer: u64, address: &str) -> (u64, String) {
    (peer, address.to_owned())
}

#[test]
fn a_peer_of_two_families_is_one_and_stays_where_it_was_met() {
    let mut town = Town::new();
    town.seconds(10, &[(5, V4), (5, V6)]);
    assert_eq!(town.table(), [at(5, V4)]);
    let all = town.discovery.addresses(PeerId(5));
    assert_eq!(all, [V4.parse().unwrap(), V6.parse().unwrap()]);
}

#[test]
fn an_address_that_falls_silent_is_left_for_one_that_speaks() {
    let mut town = Town::new();
    town.seconds(3, &[(5, V4), (5, V6)]);
    let before = town.changes;
    town.seconds(5, &[(5, V6)]);
    assert_eq!(town.table(), [at(5, V6)]);
    assert_eq!(town.changes, before + 1, "sessions must know of it");
    town.seconds(20, &[(5, V4), (5, V6)]);
    assert_eq!(town.table(), [at(5, V6)], "and it does not waver");
}

#[test]
fn a_peer_that_got_another_address_is_followed_within_four_seconds() {
    let mut town = Town::new();
    town.seconds(3, &[(5, V4)]);
    town.seconds(5, &[(5, "10.0.0.77:7000")]);
    assert_eq!(town.table(), [at(5, "10.0.0.77:7000")]);
}

#[test]
fn an_address_that_never_answers_is_left_for_another() {
    let mut town = Town::new();
    town.catalog = [1; 8];
    town.seconds(8, &[(5, V4), (5, V6)]);
    let asked = |address: &str| town.asked.get(&address.parse().unwrap()).copied();
    assert!(
        asked(V4) >= Some(3) && asked(V6) >= Some(1),
        "{:?}",
        town.asked
    );
    assert_eq!(town.discovery.peers().count(), 1);
}

#[test]
fn a_program_restarted_at_another_port_takes_the_place_of_the_killed_one() {
    let mut town = Town::new();
    town.seconds(5, &[(5, V4)]);
    town.seconds(4, &[(6, "10.0.0.2:7001")]);
    assert_eq!(town.table(), [at(6, "10.0.0.2:7001")]);
}

#[test]
fn two_programs_of_one_host_are_two() {
    let mut town = Town::new();
    town.seconds(20, &[(5, V4), (6, "10.0.0.2:7001")]);
    assert_eq!(town.discovery.peers().count(), 2);
    // One is stopped for a while: it is not the other's predecessor.
    town.seconds(10, &[(6, "10.0.0.2:7001")]);
    assert_eq!(town.discovery.peers().count(), 2);
}

#[test]
fn whoever_slept_does_not_take_it_for_the_silence_of_others() {
    for slept in [20.0, 3600.0] {
        let mut town = Town::new();
        town.seconds(5, &[(5, V4), (6, "10.0.0.3:7000")]);
        let changes = town.changes;
        town.sleep(slept);
        // The timer comes first, then what waited in the socket.
        town.drain();
        assert_eq!(town.discovery.peers().count(), 2);
        town.seconds(4, &[(5, V4)]);
        assert_eq!(town.table(), [at(5, V4)], "the other is gone indeed");
        assert_eq!(town.changes, changes + 1);
    }
}

#[test]
fn a_node_that_was_stopped_finds_everybody_where_they_were() {
    let mut sim = meet("random-delay:rtt_s=0.002,lambda=10000", &[3, 2]);
    run_s(&mut sim, 3.0);
    sim.set_dead(1, true);
    run_s(&mut sim, 20.0);
    assert_eq!(peers(&sim, 0), 0, "silent for 20 s");
    sim.set_dead(1, false);
    assert_eq!((peers(&sim, 1), tracks(&sim, 1)), (1, 3));
    run_s(&mut sim, 1.5);
    assert_eq!((tracks(&sim, 0), tracks(&sim, 1)), (2, 3));
    run_s(&mut sim, 20.0);
    assert_eq!((tracks(&sim, 0), tracks(&sim, 1)), (2, 3));
}

#[test]
fn a_peer_that_vanished_and_returns_is_there_with_its_first_beacon() {
    let mut sim = meet("random-delay:rtt_s=0.002,lambda=10000", &[3, 0]);
    run_s(&mut sim, 2.0);
    sim.set_dead(0, true);
    run_s(&mut sim, 16.0);
    assert_eq!(peers(&sim, 1), 0);
    sim.set_dead(0, false);
    run_s(&mut sim, 0.1);
    assert_eq!((peers(&sim, 1), tracks(&sim, 1)), (1, 3));
}

#[test]
fn addresses_of_a_forged_name_are_bounded() {
    let mut town = Town::new();
    for number in 0..1000u32 {
        let ip = std::net::Ipv4Addr::from(0x0a01_0000 + number);
        town.beacon(5, &format!("{ip}:7000"));
    }
    assert_eq!(town.table(), [at(5, "10.1.0.0:7000")]);
    assert!(town.discovery.addresses(PeerId(5)).len() <= 9);
}

#[test]
fn the_catalog_of_a_peer_that_moved_is_kept() {
    let catalog = Catalog::new(&library(3));
    let mut town = Town::new();
    town.catalog = catalog.version();
    town.seconds(2, &[(5, V4)]);
    let index = Message::CatalogIndex(segue_core::wire::CatalogIndex {
        peer: PeerId(5),
        catalog: catalog.version(),
        pages: catalog.names().len() as u32,
        first: 0,
        names: catalog.names().to_vec(),
    });
    let v4 = V4.parse().unwrap();
    town.discovery.handle(town.now, v4, &index, 100);
    for &name in catalog.names() {
        let bytes = catalog.page(name).unwrap().to_vec();
        let page = Message::CatalogPage(segue_core::wire::CatalogPage { bytes });
        town.discovery.handle(town.now, v4, &page, 1000);
    }
    town.drain();
    town.seconds(5, &[(5, V6)]);
    let id = *known(&town.discovery).keys().next().unwrap();
    let sources = town.discovery.sources(id);
    assert_eq!(sources.len(), 1);
    assert_eq!(sources[0].address, V6.parse().unwrap());
}
