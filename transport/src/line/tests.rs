use std::net::SocketAddr;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use segue_core::playback::{FrameSource, Opening, Start};
use segue_core::track::{TrackId, TrackInfo};
use segue_policy::host::{Fault, Policy};
use segue_policy::{Actions, Decision, View};

use crate::{Peer, PeerConfig, PeerError, SessionOptions};

/// Says that it decides, and comes back when it is let go.
struct Hangs {
    says: Sender<()>,
    goes_on: Receiver<()>,
}

impl Policy for Hangs {
    fn decide(&mut self, _: &View<'_>, _: &mut Actions<'_>) -> Result<Decision, Fault> {
        let _ = self.says.send(());
        let _ = self.goes_on.recv();
        Ok(Decision::Hold)
    }
}

fn track() -> TrackInfo {
    TrackInfo {
        id: TrackId([7; 32]),
        packets: 100,
        sample_rate: 44_100,
        samples_per_packet: 1152,
        channels: 2,
        gapless: None,
        bytes: 41_700,
        title: String::new(),
        artist: String::new(),
        album: String::new(),
        name: "song".to_owned(),
    }
}

fn peer(patience: Option<Duration>) -> Peer {
    Peer::start(PeerConfig {
        bind: SocketAddr::from(([127, 0, 0, 1], 0)),
        discovery_port: None,
        patience,
        ..PeerConfig::default()
    })
    .unwrap()
}

/// A session whose policy is in the midst of a decision, and what lets it go on.
fn hanging(peer: &Peer) -> (crate::Session, crate::Frames, Sender<()>) {
    let (says, decides) = channel();
    let (go_on, goes_on) = channel();
    let opening = Opening {
        start: Start::default(),
        paced: true,
    };
    let policy = Box::new(Hangs { says, goes_on });
    let options = SessionOptions::new(track(), opening, policy);
    let (session, mut frames) = peer.play(options).unwrap();
    frames.ask();
    decides.recv().unwrap();
    (session, frames, go_on)
}

#[test]
fn who_has_little_patience_is_told_that_a_policy_keeps_the_network() {
    let peer = peer(Some(Duration::from_millis(50)));
    let (session, _frames, go_on) = hanging(&peer);
    assert!(matches!(session.state(), Err(PeerError::Busy)));
    assert!(session.packet_map(4).is_none());
    assert!(matches!(peer.tracks(), Err(PeerError::Busy)));
    // It comes back after all: then all is as it was.
    drop(go_on);
    while peer.vitals().deciding().is_some() {
        std::thread::yield_now();
    }
    assert!(session.state().is_ok());
    assert!(peer.tracks().is_ok());
}

#[test]
fn a_program_can_end_though_a_policy_hangs() {
    let peer = peer(Some(Duration::from_millis(50)));
    let (session, frames, go_on) = hanging(&peer);
    drop((session, frames));
    drop(peer); // does not wait for it
    drop(go_on);
}

#[test]
fn who_has_all_the_time_gets_an_answer_when_it_is_over() {
    let peer = peer(None);
    let (session, _frames, go_on) = hanging(&peer);
    let late = std::thread::spawn(move || session.state().is_ok());
    drop(go_on);
    assert!(late.join().unwrap());
}
