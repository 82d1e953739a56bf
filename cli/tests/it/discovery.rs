//! Who finds whom, by broadcast on this machine.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use segue_transport::{Peer, PeerConfig, TrackEntry};

use crate::support::{LIMIT, Sharer, free_port, named_song, report, run, song, start, wait_until};

/// A program that looks around.
fn onlooker(port: u16) -> Peer {
    Peer::start(PeerConfig {
        bind: SocketAddr::new(Ipv4Addr::LOCALHOST.into(), 0),
        discovery_port: Some(port),
        ..PeerConfig::default()
    })
    .unwrap()
}

/// Waits until the tracks are so.
#[track_caller]
fn tracks(peer: &Peer, what: &str, are_so: impl Fn(&[TrackEntry]) -> bool) -> Vec<TrackEntry> {
    let mut tracks = Vec::new();
    wait_until(what, LIMIT, || {
        tracks = peer.tracks().unwrap();
        are_so(&tracks)
    });
    tracks
}

#[test]
fn a_sharer_is_found_within_two_seconds() {
    let (dir, _) = song(2.0);
    let port = free_port();
    let sharer = Sharer::with(dir.path(), port, &[]);
    let begun = Instant::now();
    let peer = onlooker(port);
    let found = tracks(&peer, "track", |tracks| tracks.len() == 1);
    let took = begun.elapsed();
    report(&format!("found after {took:?}"));
    assert!(took < Duration::from_secs(2), "{took:?}");
    assert_eq!(found[0].peers, [sharer.address]);
}

#[test]
fn the_list_and_a_player_find_it_without_an_address() {
    let (dir, mp3) = song(2.0);
    let port = free_port();
    let _sharer = Sharer::with(dir.path(), port, &[]);
    let port = port.to_string();
    let list = run(&["list", "--discovery-port", &port]).succeeded().text();
    assert!(list.contains("song") && list.contains("0:02"), "{list}");
    let play = run(&["play", "song", "-o", "-", "--discovery-port", &port]).succeeded();
    assert!(play.stdout == crate::support::frames(&mp3));
}

#[test]
fn equal_music_of_two_names_is_one_track_of_two_peers() {
    let (one, mp3) = song(2.0);
    let two = tempfile::tempdir().unwrap();
    std::fs::copy(&mp3, two.path().join("otherwise.mp3")).unwrap();
    let port = free_port();
    let _sharers = [&one, &two].map(|dir| Sharer::with(dir.path(), port, &[]));
    let peer = onlooker(port);
    let found = tracks(&peer, "track of two peers", |tracks| {
        tracks.first().is_some_and(|track| track.peers.len() == 2)
    });
    assert_eq!(found.len(), 1, "{found:?}");
}

#[test]
fn different_music_of_one_name_is_two_tracks() {
    let dirs = [2.0, 3.0].map(|seconds| {
        let dir = tempfile::tempdir().unwrap();
        named_song(dir.path(), "same", seconds, 44_100, 2, &["-b", "128"]);
        dir
    });
    let port = free_port();
    let _sharers = dirs
        .each_ref()
        .map(|dir| Sharer::with(dir.path(), port, &[]));
    let peer = onlooker(port);
    let found = tracks(&peer, "two tracks", |tracks| tracks.len() == 2);
    assert!(found.iter().all(|track| track.track.name == "same"));
    assert!(found.iter().all(|track| track.peers.len() == 1));
}

#[test]
fn a_peer_that_leaves_is_gone_at_once() {
    let (dir, _) = song(2.0);
    let port = free_port();
    let mut sharer = Sharer::with(dir.path(), port, &[]);
    let peer = onlooker(port);
    tracks(&peer, "track", |tracks| tracks.len() == 1);
    sharer.process.terminate();
    let begun = Instant::now();
    tracks(&peer, "goodbye", <[_]>::is_empty);
    let took = begun.elapsed();
    report(&format!("gone after {took:?}"));
    assert!(took < Duration::from_secs(5), "{took:?}");
    assert_eq!(sharer.process.wait(LIMIT).code(), Some(0));
}

/// Nobody waits for an answer that is known, but whoever wants to wait does.
#[test]
fn what_nobody_has_is_told_as_soon_as_all_have_been_asked_unless_it_is_waited_for() {
    let [(dir, _), (other, late)] = [song(2.0), song(3.0)];
    let sharer = Sharer::start(dir.path());
    let mut waiting = start(&mut sharer.play("late", &["--wait", "60", "-o", "null"]));
    start(&mut sharer.play("late", &["-o", "null"]))
        .done(LIMIT)
        .failed(1, &["no track fits `late`", "the only one there is"]);
    assert!(waiting.child.0.try_wait().unwrap().is_none(), "it waits");
    // The other had heard of all there was; this one goes on looking.
    std::fs::rename(late, dir.path().join("late.mp3")).unwrap();
    waiting.done(LIMIT).succeeded();
    drop(other);
}
