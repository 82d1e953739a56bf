//! Peers find each other and learn what they share.

mod hostile;
mod large;
mod moves;
mod names;
mod statics;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use segue_core::catalog;
use segue_core::discovery::{Discovery, DiscoveryOutput};
use segue_core::ids::PeerId;
use segue_core::seeder::SeederConfig;
use segue_core::sim::{AppliesTo, Sim};
use segue_core::time::Timestamp;
use segue_core::token::{Token, TokenKey};
use segue_core::track::{TrackId, TrackInfo};
use segue_core::wire::{
    Announce, CatalogIndex, CatalogPage, CatalogPart, Message, Retry, encoded_bytes,
};

use crate::world::{network, node};

/// Track number `i` of some library.
fn track(i: u32) -> TrackInfo {
    let mut id = [0x5a; 32];
    // Scattered, as hashes are.
    id[..4].copy_from_slice(&i.wrapping_mul(0x9e37_79b1).to_le_bytes());
    TrackInfo {
        id: TrackId(id),
        packets: 1000 + i,
        sample_rate: 44_100,
        samples_per_packet: 1152,
        channels: 2,
        gapless: None,
        bytes: 418_000,
        title: format!("Track number {i}"),
        artist: "Somebody or other".into(),
        album: "A record".into(),
        name: format!("{i:04} - a file name of the usual length"),
    }
}

fn library(tracks: u32) -> Vec<TrackInfo> {
    (0..tracks).map(track).collect()
}

/// Nodes that share so many tracks each.
fn meet(model: &str, shares: &[u32]) -> Sim {
    let mut sim = Sim::new(vec![network(model, 3)], AppliesTo::All);
    for i in 0..shares.len() {
        sim.add(node(i as u8 + 1, SeederConfig::default()));
    }
    for (at, &tracks) in shares.iter().enumerate() {
        sim.with_node(at, |node, now| node.share(now, &library(tracks)));
    }
    sim
}

fn run_s(sim: &mut Sim, seconds: f64) {
    let end = sim.now() + Duration::from_secs_f64(seconds);
    sim.run_until(end, |_| false);
}

/// All tracks that peers have, and how many have each.
fn known(discovery: &Discovery) -> BTreeMap<TrackId, usize> {
    let mut known = BTreeMap::new();
    for (_, pages) in discovery.catalogs() {
        for track in pages.iter().flat_map(|page| page.iter()) {
            *known.entry(track.id).or_default() += 1;
        }
    }
    known
}

fn peers(sim: &Sim, at: usize) -> usize {
    sim.node(at).discovery().peers().count()
}

fn tracks(sim: &Sim, at: usize) -> usize {
    known(sim.node(at).discovery()).len()
}

const LAN: &str = "random-delay:rtt_s=0.002,lambda=10000";

#[test]
fn peers_find_each_other_within_a_second() {
    let mut sim = meet(LAN, &[3, 2, 0]);
    run_s(&mut sim, 1.0);
    assert_eq!([0, 1, 2].map(|at| peers(&sim, at)), [2, 2, 2]);
    assert_eq!([0, 1, 2].map(|at| tracks(&sim, at)), [2, 3, 3]);
    let shared = known(sim.node(2).discovery());
    assert_eq!(shared.values().filter(|who| **who == 2).count(), 2);
}

#[test]
fn a_thousand_tracks_come_in_a_moment() {
    let mut sim = meet(LAN, &[1000, 0]);
    run_s(&mut sim, 2.0);
    assert_eq!(tracks(&sim, 1), 1000);
    assert_eq!(sim.node(1).discovery().sources(track(17).id).len(), 1);
}

#[test]
fn a_lossy_network_only_takes_longer() {
    let mut sim = meet("random-delay:rtt_s=0.05,loss=0.4", &[1000, 500]);
    run_s(&mut sim, 60.0);
    assert_eq!((tracks(&sim, 0), tracks(&sim, 1)), (500, 1000));
}

#[test]
fn a_peer_that_leaves_is_gone_at_once_and_a_silent_one_after_15_s() {
    let mut sim = meet(LAN, &[1, 2, 3]);
    run_s(&mut sim, 2.0);
    sim.with_node(1, |node, now| node.leave(now));
    run_s(&mut sim, 0.5);
    assert_eq!((peers(&sim, 0), tracks(&sim, 0)), (1, 3));
    sim.set_dead(2, true);
    run_s(&mut sim, 13.0);
    assert_eq!(peers(&sim, 0), 1, "it may come back");
    run_s(&mut sim, 3.0);
    assert_eq!((peers(&sim, 0), tracks(&sim, 0)), (0, 0));
}

#[test]
fn a_share_that_becomes_empty_or_changes_is_noticed() {
    let mut sim = meet(LAN, &[5, 0]);
    run_s(&mut sim, 1.0);
    assert_eq!(tracks(&sim, 1), 5);
    sim.with_node(0, |node, now| node.share(now, []));
    run_s(&mut sim, 1.5);
    assert_eq!((peers(&sim, 1), tracks(&sim, 1)), (1, 0));
    assert!(
        sim.node(1)
            .discovery()
            .peers()
            .all(|(.., complete)| complete)
    );
    sim.with_node(0, |node, now| node.share(now, &library(7)));
    run_s(&mut sim, 1.5);
    assert_eq!(tracks(&sim, 1), 7);
}

#[test]
fn a_peer_named_by_address_is_found_without_broadcast() {
    // It shares, but its beacons reach nobody: it is asked by address.
    let mut sim = Sim::new(vec![network(LAN, 3)], AppliesTo::All);
    sim.block_broadcast(true);
    sim.add(node(1, SeederConfig::default()));
    sim.with_node(0, |node, now| node.share(now, &library(300)));
    sim.add(node(2, SeederConfig::default()));
    run_s(&mut sim, 3.0);
    assert_eq!(peers(&sim, 1), 0);
    sim.with_node(1, |node, now| node.add_peer(now, Sim::address(0)));
    run_s(&mut sim, 1.0);
    assert_eq!((peers(&sim, 1), tracks(&sim, 1)), (1, 300));
    sim.with_node(0, |node, now| node.share(now, &library(301)));
    run_s(&mut sim, 6.0);
    assert_eq!(tracks(&sim, 1), 301, "it is asked again now and then");
    run_s(&mut sim, 60.0);
    assert_eq!(peers(&sim, 1), 1, "and does not expire");
}

/// Discovery alone, and a peer played by the test.
struct Alone {
    discovery: Discovery,
    now: Timestamp,
}

const PEER: PeerId = PeerId(77);

fn peer_address() -> SocketAddr {
    SocketAddr::from(([10, 0, 0, 7], 5000))
}

impl Alone {
    fn new() -> Self {
        let key = TokenKey::new([1; 32]);
        Self {
            discovery: Discovery::new(PeerId(1), 9, key),
            now: Timestamp::from_secs_f64(1.0),
        }
    }

    fn hear(&mut self, message: &Message) {
        let bytes = encoded_bytes(message);
        self.discovery.heard(self.now, peer_address());
        self.discovery
            .handle(self.now, peer_address(), message, bytes);
    }

    fn beacon(&mut self, catalog: [u8; 8]) {
        let announce = Announce {
            peer: PEER,
            port: peer_address().port(),
            catalog,
            leaving: false,
        };
        self.discovery
            .hear_beacon(self.now, peer_address(), &announce);
    }

    /// What is asked of the peer for so many seconds, each answered at once.
    fn asked_for(
        &mut self,
        seconds: f64,
        mut answer: impl FnMut(CatalogPart) -> Option<Message>,
    ) -> Vec<CatalogPart> {
        let end = self.now + Duration::from_secs_f64(seconds);
        let mut asked = Vec::new();
        loop {
            assert!(asked.len() < 100_000, "endless");
            match self.discovery.poll(self.now) {
                DiscoveryOutput::Transmit {
                    message: Message::CatalogRequest(request),
                    ..
                } => {
                    asked.push(request.part);
                    if let Some(message) = answer(request.part) {
                        self.hear(&message);
                    }
                }
                DiscoveryOutput::WaitUntil(at) if at > end => break,
                DiscoveryOutput::WaitUntil(at) => {
                    assert!(at > self.now, "it would spin");
                    self.now = at;
                }
                _ => {}
            }
        }
        self.now = end;
        asked
    }
}

fn index(catalog: [u8; 8], pages: u32, first: u32, names: Vec<[u8; 8]>) -> Message {
    Message::CatalogIndex(CatalogIndex {
        peer: PEER,
        catalog,
        pages,
        first,
        names,
    })
}

/// Answers as an honest peer does.
fn honest(catalog: &catalog::Catalog) -> impl FnMut(CatalogPart) -> Option<Message> + '_ {
    |part| {
        let names = catalog.names();
        Some(match part {
            CatalogPart::Index { first } => {
                let end = names.len().min(first as usize + 150);
                let part = names[first as usize..end].to_vec();
                index(catalog.version(), names.len() as u32, first, part)
            }
            CatalogPart::Page(name) => {
                let bytes = catalog.page(name).expect("named").to_vec();
                Message::CatalogPage(CatalogPage { bytes })
            }
        })
    }
}

fn page_count(asked: &[CatalogPart]) -> usize {
    let page = |part: &&CatalogPart| matches!(part, CatalogPart::Page(_));
    asked.iter().filter(page).count()
}

#[test]
fn only_changed_pages_are_fetched() {
    let mut alone = Alone::new();
    let before = catalog::Catalog::new(&library(1000));
    alone.beacon(before.version());
    let asked = alone.asked_for(1.0, honest(&before));
    assert_eq!(page_count(&asked), before.names().len());
    assert_eq!(known(&alone.discovery).len(), 1000);

    let after = catalog::Catalog::new(&library(1001));
    alone.beacon(after.version());
    let asked = alone.asked_for(1.0, honest(&after));
    assert!(
        (1..=2).contains(&page_count(&asked)),
        "{} pages",
        page_count(&asked)
    );
    assert_eq!(known(&alone.discovery).len(), 1001);

    alone.beacon(after.version());
    assert_eq!(alone.asked_for(1.0, honest(&after)), [], "nothing is new");
}

#[test]
fn our_own_beacon_is_not_a_peer() {
    let mut alone = Alone::new();
    let own = Announce {
        peer: PeerId(1),
        port: 9,
        catalog: [1; 8],
        leaving: false,
    };
    alone.discovery.hear_beacon(alone.now, peer_address(), &own);
    assert_eq!(alone.discovery.peers().count(), 0);
}

#[test]
fn only_its_own_address_says_goodbye_for_a_peer() {
    let mut alone = Alone::new();
    alone.beacon([0; 8]);
    let goodbye = Message::Announce(Announce {
        peer: PEER,
        port: peer_address().port(),
        catalog: [0; 8],
        leaving: true,
    });
    let stranger = SocketAddr::from(([10, 0, 0, 66], 5000));
    alone.discovery.handle(alone.now, stranger, &goodbye, 30);
    assert_eq!(alone.discovery.peers().count(), 1);
    alone.hear(&goodbye);
    assert_eq!(alone.discovery.peers().count(), 0);
}
