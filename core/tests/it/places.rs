//! The seeders of a session: one path to each, wherever it is, and places for so
//! many.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use segue_core::ids::PeerId;
use segue_core::listener::{Input, Listener, ListenerConfig, Output};
use segue_core::playback::Start;
use segue_core::seeder::{Seeder, SeederConfig, SeederOutput, Served};
use segue_core::time::Timestamp;
use segue_core::token::TokenKey;
use segue_core::wire::{Message, encoded_bytes};

use crate::world::{SESSION, policy, track};

const PACKETS: u32 = 10_000;
const PEER: Option<PeerId> = Some(PeerId(7));

fn address(number: u16) -> SocketAddr {
    SocketAddr::from(([10, 0, 0, 2], number))
}

/// A listener and a seeder; the test is the network between them.
struct Pair {
    listener: Listener,
    seeder: Seeder,
    key: TokenKey,
    now: Timestamp,
    /// Where the seeder hears; it speaks from the first of these.
    at: Vec<SocketAddr>,
    /// Messages to each address, since this was looked at.
    said: BTreeMap<SocketAddr, u32>,
    /// When each new packet came.
    kept: Vec<Timestamp>,
}

impl Pair {
    fn new(at: &[u16]) -> Self {
        let key = TokenKey::new([3; 32]);
        let paced = SeederConfig {
            pace: Some(Duration::from_millis(10)),
            ..SeederConfig::default()
        };
        let mut seeder = Seeder::new(paced, key.clone());
        let track = track(PACKETS);
        seeder.share([(track.id, Served::from(&track))].into());
        let config = ListenerConfig {
            session: SESSION,
            track,
            paced: true,
            ahead_packets: u32::MAX,
            timeline: false,
            start: Start::BEGINNING,
            have: Vec::new(),
        };
        Self {
            listener: Listener::new(Timestamp::ZERO, config, policy("stop-1s", 1)),
            seeder,
            key,
            now: Timestamp::ZERO,
            at: at.iter().map(|&number| address(number)).collect(),
            said: BTreeMap::new(),
            kept: Vec::new(),
        }
    }

    fn found(&mut self, peer: Option<PeerId>, used: u16, others: &[u16]) {
        let seeder = Input::Seeder {
            peer,
            address: address(used),
            others: others.iter().map(|&number| address(number)).collect(),
            token: self.key.token(Self::listener_address(), self.now),
        };
        self.listener.handle(self.now, &seeder);
    }

    fn listener_address() -> SocketAddr {
        SocketAddr::from(([10, 0, 0, 1], 9))
    }

    fn run_s(&mut self, seconds: f64) {
        let end = self.now + Duration::from_secs_f64(seconds);
        while self.now < end {
            self.deliver();
            self.now += Duration::from_millis(1);
            self.listener.handle(self.now, &Input::Tick);
        }
    }

    /// Everything arrives at once, or not at all.
    fn deliver(&mut self) {
        loop {
            match self.listener.poll() {
                Output::WaitUntil(_) => break,
                Output::Keep { .. } => self.kept.push(self.now),
                Output::Transmit { to, message } => {
                    *self.said.entry(to).or_default() += 1;
                    if self.at.contains(&to) {
                        let bytes = encoded_bytes(&message);
                        let from = Self::listener_address();
                        self.seeder.handle(self.now, from, &message, bytes);
                    }
                }
                _ => {}
            }
        }
        loop {
            let from = self.at[0];
            let input = match self.seeder.poll(self.now) {
                SeederOutput::Media { header, .. } => Input::Media { from, header },
                SeederOutput::Transmit {
                    message: Message::Report(report),
                    ..
                } => Input::Report { from, report },
                SeederOutput::Transmit { message, .. } => panic!("{message:?}"),
                SeederOutput::WaitUntil(_) => break,
            };
            self.listener.handle(self.now, &input);
        }
    }

    /// Ports of the addresses that were talked to since the last call.
    fn talked_to(&mut self) -> Vec<u16> {
        let said = std::mem::take(&mut self.said);
        said.keys().map(SocketAddr::port).collect()
    }

    /// How long after this the next new packet came, seconds.
    fn resumed(&self, since_s: f64) -> f64 {
        let since = Timestamp::from_secs_f64(since_s);
        let next = self.kept.iter().find(|&&at| at > since);
        (*next.expect("something came") - since).as_secs_f64()
    }
}

#[test]
fn a_seeder_that_is_elsewhere_too_is_talked_to_at_one_address() {
    let mut pair = Pair::new(&[1, 2]);
    pair.found(PEER, 1, &[]);
    pair.run_s(1.0);
    // Discovery takes the other address, though the first one works.
    pair.found(PEER, 2, &[1]);
    pair.run_s(5.0);
    assert_eq!(pair.talked_to(), [1]);
    let seeders = pair.listener.status().seeders;
    assert_eq!((seeders.len(), seeders[0].address), (1, address(1)));
}

#[test]
fn it_is_followed_to_its_other_address_once_the_first_is_silent() {
    let mut pair = Pair::new(&[1, 2]);
    pair.found(PEER, 1, &[2]);
    pair.run_s(2.0);
    pair.at = vec![address(2)];
    pair.run_s(3.0);
    assert!(pair.resumed(2.01) < 0.5, "after {} s", pair.resumed(2.01));
    pair.talked_to();
    pair.run_s(3.0);
    assert_eq!(pair.talked_to(), [2]);
    let seeders = pair.listener.status().seeders;
    assert_eq!((seeders.len(), seeders[0].address), (1, address(2)));
    assert!(seeders[0].loss < 0.3, "{seeders:?}");
}

#[test]
fn news_of_another_address_is_used_at_once() {
    let mut pair = Pair::new(&[1]);
    pair.found(PEER, 1, &[]);
    pair.run_s(2.0);
    pair.at = vec![address(2)];
    pair.run_s(1.0);
    pair.found(PEER, 1, &[2]);
    pair.run_s(1.0);
    assert!(pair.resumed(3.0) < 0.05, "after {} s", pair.resumed(3.0));
}

#[test]
fn two_that_turn_out_to_be_one_are_one_path() {
    let mut pair = Pair::new(&[1, 2]);
    pair.found(None, 1, &[]);
    pair.found(None, 2, &[]);
    pair.run_s(1.0);
    assert_eq!(pair.talked_to(), [1, 2]);
    pair.found(PEER, 2, &[1]);
    pair.run_s(0.1);
    pair.talked_to();
    pair.run_s(3.0);
    assert_eq!(pair.talked_to().len(), 1);
    assert_eq!(pair.listener.status().seeders.len(), 1);
    assert!(pair.resumed(3.9) < 0.1, "it goes on");
}

#[test]
fn the_dead_leave_their_places_to_the_living() {
    let mut pair = Pair::new(&[1000]);
    for number in 1..=64 {
        pair.found(Some(PeerId(number.into())), number, &[]);
    }
    pair.run_s(5.0);
    assert!(pair.kept.is_empty());
    pair.found(Some(PeerId(1000)), 1000, &[]);
    pair.run_s(1.0);
    assert!(pair.resumed(5.0) < 0.1);
    assert_eq!(pair.listener.status().seeders.len(), 64);
    // One that lives keeps its own, whoever comes.
    for number in 2000..2100 {
        pair.found(Some(PeerId(number.into())), number, &[]);
        pair.run_s(0.1);
    }
    assert!(pair.resumed(15.9) < 0.1);
}
