//! Peers named by address: who asks, who learns of whom, who says goodbye.

use std::net::SocketAddr;
use std::time::Duration;

use segue_core::discovery::{Discovery, DiscoveryOutput};
use segue_core::ids::PeerId;
use segue_core::seeder::SeederConfig;
use segue_core::sim::{AppliesTo, Sim};
use segue_core::time::Timestamp;
use segue_core::token::{Token, TokenKey};
use segue_core::wire::{Announce, CatalogPart, CatalogRequest, Message, Retry, encoded_bytes};

use super::{LAN, library, peers, run_s, tracks};
use crate::world::{network, node};

/// Two that share so many tracks, where no broadcast passes; the first has the
/// second as a static peer.
fn one_sided(shares: [u32; 2]) -> Sim {
    let mut sim = Sim::new(vec![network(LAN, 3)], AppliesTo::All);
    sim.block_broadcast(true);
    for (at, tracks) in shares.into_iter().enumerate() {
        sim.add(node(at as u8 + 1, SeederConfig::default()));
        if tracks > 0 {
            sim.with_node(at, |node, now| node.share(now, &library(tracks)));
        }
    }
    sim.with_node(0, |node, now| node.add_peer(now, Sim::address(1)));
    sim
}

#[test]
fn naming_one_side_lists_both() {
    let mut sim = one_sided([3, 2]);
    run_s(&mut sim, 3.0);
    assert_eq!((tracks(&sim, 0), tracks(&sim, 1)), (2, 3));
    sim.with_node(0, |node, now| node.share(now, &library(7)));
    run_s(&mut sim, 2.0);
    assert_eq!(tracks(&sim, 1), 7, "changes arrive within a beacon");
    run_s(&mut sim, 120.0);
    assert_eq!((tracks(&sim, 0), tracks(&sim, 1)), (2, 7), "and it stays");
}

#[test]
fn a_goodbye_reaches_those_whom_broadcast_does_not() {
    for leaver in [0, 1] {
        let mut sim = one_sided([3, 2]);
        run_s(&mut sim, 3.0);
        sim.with_node(leaver, |node, now| node.leave(now));
        run_s(&mut sim, 0.5);
        assert_eq!(peers(&sim, 1 - leaver), 0, "{leaver} left");
    }
}

#[test]
fn who_shares_nothing_says_goodbye_to_those_who_asked_it() {
    let mut sim = one_sided([3, 0]);
    run_s(&mut sim, 3.0);
    assert_eq!(peers(&sim, 0), 1);
    sim.with_node(1, |node, now| node.leave(now));
    run_s(&mut sim, 0.5);
    assert_eq!(peers(&sim, 0), 0);
}

#[test]
fn a_static_peer_that_was_away_for_long_is_found_again_soon() {
    let mut sim = one_sided([0, 2]);
    run_s(&mut sim, 3.0);
    sim.set_dead(1, true);
    run_s(&mut sim, 600.0);
    assert_eq!(peers(&sim, 0), 0);
    // Started anew: another name, another secret.
    let mut anew = node(9, SeederConfig::default());
    anew.share(sim.now(), &library(4));
    sim.replace(1, anew);
    sim.set_dead(1, false);
    run_s(&mut sim, 4.5);
    assert_eq!((peers(&sim, 0), tracks(&sim, 0)), (1, 4));
}

/// Discovery alone: what it sends, second by second.
struct Alone {
    discovery: Discovery,
    now: Timestamp,
}

impl Alone {
    fn new() -> Self {
        Self {
            discovery: Discovery::new(PeerId(1), 9, TokenKey::new([1; 32])),
            now: Timestamp::from_secs_f64(10.0),
        }
    }

    fn sent_in(&mut self, seconds: f64) -> Vec<(SocketAddr, Message)> {
        let end = self.now + Duration::from_secs_f64(seconds);
        let mut sent = Vec::new();
        loop {
            match self.discovery.poll(self.now) {
                DiscoveryOutput::Transmit { to, message } => sent.push((to, message)),
                DiscoveryOutput::WaitUntil(at) if at > end => break,
                DiscoveryOutput::WaitUntil(at) => self.now = at,
                _ => {}
            }
        }
        self.now = end;
        sent
    }

    fn handle(&mut self, from: SocketAddr, message: &Message) {
        let bytes = encoded_bytes(message);
        self.discovery.handle(self.now, from, message, bytes);
    }
}

fn address(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

#[test]
fn a_silent_static_peer_is_asked_for_ever_though_not_often() {
    let mut alone = Alone::new();
    alone.discovery.add_peer(alone.now, address("10.0.0.2:1"));
    let first = alone.sent_in(2.0).len();
    assert!((3..=5).contains(&first), "{first} times in the first 2 s");
    let later = alone.sent_in(600.0).len();
    assert!((140..=160).contains(&later), "{later} times in 10 min");
    alone.discovery.announce_now(alone.now);
    assert!(
        !alone.sent_in(0.0).is_empty(),
        "at once when the network changed"
    );
}

#[test]
fn a_token_that_does_not_hold_any_more_is_replaced_at_once() {
    // As when our own address changed.
    let mut alone = Alone::new();
    let peer = address("10.0.0.2:1");
    alone.discovery.add_peer(alone.now, peer);
    for token in [Token([1; 16]), Token([2; 16])] {
        alone.sent_in(1.0);
        let retry = Retry {
            session: None,
            token,
        };
        alone.handle(peer, &Message::Retry(retry));
        let sent = alone.sent_in(0.0);
        let [(to, Message::CatalogRequest(request))] = sent.as_slice() else {
            panic!("{sent:?}");
        };
        assert_eq!((*to, request.token), (peer, token));
    }
}

#[test]
fn all_addresses_of_a_name_are_tried_and_new_ones_at_once() {
    let mut alone = Alone::new();
    let (v4, v6) = (address("10.0.0.2:1"), address("[fd00::2]:1"));
    alone.discovery.add_named_peer(alone.now, 0, vec![v4, v6]);
    let sent = alone.sent_in(0.1);
    assert_eq!(sent.iter().map(|(to, _)| *to).collect::<Vec<_>>(), [v4, v6]);
    assert_eq!(alone.sent_in(6.0).last().unwrap().0, v6);
    let silent = |alone: &Alone| {
        let long = Duration::from_secs(5);
        alone.discovery.silent_names(alone.now, long).count()
    };
    assert_eq!(silent(&alone), 1, "worth looking up again");
    let moved = address("10.0.0.99:1");
    alone.discovery.add_named_peer(alone.now, 0, vec![moved]);
    let sent = alone.sent_in(0.1);
    assert_eq!(sent.iter().map(|(to, _)| *to).collect::<Vec<_>>(), [moved]);
}

#[test]
fn whoever_forges_an_address_makes_us_ask_nobody() {
    let mut alone = Alone::new();
    let victim = address("203.0.113.5:53");
    for number in 0..100 {
        let announce = Message::Announce(Announce {
            peer: PeerId(1000 + number),
            port: victim.port(),
            catalog: [7; 8],
            leaving: false,
        });
        alone.handle(victim, &announce);
    }
    assert_eq!(alone.sent_in(5.0), []);
    // With a token that is not ours it gets no more than it sent.
    let request = Message::CatalogRequest(CatalogRequest {
        peer: PeerId(5),
        token: Token::default(),
        part: CatalogPart::Index { first: 0 },
    });
    alone.handle(victim, &request);
    let sent = alone.sent_in(5.0);
    let bytes: usize = sent.iter().map(|(_, message)| encoded_bytes(message)).sum();
    assert!(bytes <= encoded_bytes(&request), "{sent:?}");
    assert_eq!(alone.discovery.peers().count(), 0);
}

#[test]
fn however_many_introduce_themselves_few_are_known() {
    let mut alone = Alone::new();
    let tokens = TokenKey::new([1; 32]);
    for number in 0..2000u32 {
        let ip = std::net::Ipv4Addr::from(0x0a00_0000 + number);
        let from = SocketAddr::new(ip.into(), 7);
        let peer = PeerId(1000 + u64::from(number));
        let request = Message::CatalogRequest(CatalogRequest {
            peer,
            token: tokens.token(from, alone.now),
            part: CatalogPart::Index { first: 0 },
        });
        alone.handle(from, &request);
        let announce = Message::Announce(Announce {
            peer,
            port: 7,
            catalog: [7; 8],
            leaving: false,
        });
        alone.handle(from, &announce);
        alone.sent_in(0.0);
    }
    assert_eq!(alone.discovery.peers().count(), 256);
}

#[test]
fn however_many_ask_few_are_told_goodbye() {
    let mut alone = Alone::new();
    let tokens = TokenKey::new([1; 32]);
    for number in 0..5000u32 {
        let ip = std::net::Ipv4Addr::from(0x0a00_0000 + number);
        let from = SocketAddr::new(ip.into(), 7);
        let request = Message::CatalogRequest(CatalogRequest {
            peer: PeerId(number.into()),
            token: tokens.token(from, alone.now),
            part: CatalogPart::Index { first: 0 },
        });
        alone.handle(from, &request);
        alone.sent_in(0.0);
    }
    alone.discovery.leave();
    assert_eq!(alone.sent_in(1.0).len(), 256);
}
