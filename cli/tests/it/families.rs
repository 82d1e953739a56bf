//! IPv6 beside IPv4, several programs on one machine, peers that vanish: over
//! the real sockets of this machine.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::path::Path;
use std::time::{Duration, Instant};

use segue_transport::{Library, NetworkStatus, Peer, PeerConfig};

use crate::support::{LIMIT, Sharer, frames, free_port, report, run, segue, song, wait_until};
use crate::tools;

/// A node in this process. `sharing` is a file or folder, if any.
fn node(bind: &str, discovery_port: Option<u16>, sharing: Option<&Path>) -> Peer {
    let library =
        sharing.map(|path| Library::open(&[path.to_path_buf()], |_, _, _: &Path| {}).unwrap());
    Peer::start(PeerConfig {
        bind: bind.parse().unwrap(),
        discovery_port,
        library: library.unwrap_or_default(),
        ..PeerConfig::default()
    })
    .unwrap()
}

/// `segue share` bound to this address.
fn sharer(path: &Path, bind: &str, discovery: u16, more: &[&str]) -> Sharer {
    let mut command = segue();
    command.arg("share").arg(path);
    command.args(["--json", "--bind", bind, "--discovery-port"]);
    command.arg(discovery.to_string()).args(more);
    Sharer::of(command, discovery)
}

fn at(ip: impl Into<std::net::IpAddr>, port: u16) -> SocketAddr {
    SocketAddr::new(ip.into(), port)
}

/// The addresses of the peers that have tracks, once there are so many.
fn sources(peer: &Peer, count: usize) -> Vec<SocketAddr> {
    let mut peers = Vec::new();
    wait_until(&format!("track of {count} peers"), LIMIT, || {
        let tracks = peer.tracks().unwrap();
        peers = tracks.into_iter().flat_map(|track| track.peers).collect();
        peers.len() == count
    });
    peers
}

fn signal(sharer: &Sharer, name: &str) {
    tools::run(
        "kill",
        "procps",
        &[name, &sharer.process.0.id().to_string()],
    );
}

#[test]
fn a_peer_reached_by_both_families_is_one() {
    let (dir, _) = song(2.0);
    let sharer = sharer(dir.path(), "::", free_port(), &[]);
    assert_eq!(sharer.address.ip(), Ipv6Addr::UNSPECIFIED);
    let port = sharer.address.port();
    let peer = node("[::]:0", None, None);
    for address in [at(Ipv4Addr::LOCALHOST, port), at(Ipv6Addr::LOCALHOST, port)] {
        peer.add_peer(address).unwrap();
    }
    wait_until("both addresses", LIMIT, || {
        let peers = peer.peers().unwrap();
        peers.first().is_some_and(|one| one.addresses.len() == 2)
    });
    assert_eq!(peer.peers().unwrap().len(), 1);
    assert_eq!(sources(&peer, 1).len(), 1);
}

#[test]
fn one_address_alone_is_served_and_no_other() {
    let (dir, mp3) = song(2.0);
    let v6 = sharer(dir.path(), "::1", free_port(), &[]);
    let v4 = sharer(dir.path(), "0.0.0.0", free_port(), &[]);
    let others = [
        at(Ipv4Addr::LOCALHOST, v6.address.port()),
        at(Ipv6Addr::LOCALHOST, v4.address.port()),
    ];
    let port = free_port().to_string();
    for address in others.map(|address| address.to_string()) {
        let list = ["list", "--wait", "1", "--peer", &address];
        run(&[&list[..], &["--discovery-port", &port]].concat())
            .failed(1, &["no answer from", &address]);
    }
    let there = [
        at(Ipv6Addr::LOCALHOST, v6.address.port()),
        at(Ipv4Addr::LOCALHOST, v4.address.port()),
    ];
    for address in there.map(|address| address.to_string()) {
        let play = ["play", "song", "-o", "-", "--peer", &address];
        let play = run(&[&play[..], &["--discovery-port", &port]].concat()).succeeded();
        assert!(play.stdout == frames(&mp3), "from {address}");
    }
}

#[test]
fn a_name_with_several_addresses_is_tried_at_all_of_them() {
    let (dir, _) = song(2.0);
    // `localhost` is ::1 too, on most machines, where nobody serves here.
    let sharer = sharer(dir.path(), "127.0.0.1", free_port(), &[]);
    let peer = node("[::]:0", None, None);
    let name = format!("localhost:{}", sharer.address.port());
    peer.add_named(name.parse().unwrap()).unwrap();
    assert_eq!(sources(&peer, 1), [sharer.address]);
}

#[test]
fn naming_one_side_lists_both() {
    let (one, _) = song(2.0);
    let (other, _) = song(3.0);
    let ben = node("127.0.0.1:0", None, Some(other.path()));
    let ben_at = ben.address().to_string();
    let anna = sharer(one.path(), "127.0.0.1", free_port(), &["--peer", &ben_at]);
    assert_eq!(
        sources(&ben, 1),
        [anna.address],
        "though nobody named it there"
    );
    let begun = Instant::now();
    signal(&anna, "-TERM");
    wait_until("goodbye", LIMIT, || ben.peers().unwrap().is_empty());
    assert!(
        begun.elapsed() < Duration::from_secs(10),
        "{:?}",
        begun.elapsed()
    );
}

#[test]
fn two_programs_of_a_machine_hear_the_same_port_and_each_other() {
    let (one, _) = song(2.0);
    let (other, _) = song(3.0);
    let port = free_port();
    let nodes = [&one, &other].map(|dir| node("127.0.0.1:0", Some(port), Some(dir.path())));
    for (node, other) in [(&nodes[0], &nodes[1]), (&nodes[1], &nodes[0])] {
        assert_eq!(sources(node, 1), [other.address()]);
    }
    let both = node("[::]:0", Some(port), None);
    assert_eq!(sources(&both, 2).len(), 2);
}

#[test]
fn a_program_killed_and_started_anew_is_there_once() {
    let (dir, _) = song(2.0);
    let port = free_port();
    let mut before = sharer(dir.path(), "127.0.0.1", port, &[]);
    let peer = node("127.0.0.1:0", Some(port), None);
    assert_eq!(sources(&peer, 1), [before.address]);
    before.process.kill(); // no goodbye
    let after = sharer(dir.path(), "127.0.0.1", port, &[]);
    let begun = Instant::now();
    wait_until("the new one alone", LIMIT, || {
        let tracks = peer.tracks().unwrap();
        tracks
            .first()
            .is_some_and(|track| track.peers == [after.address])
    });
    let took = begun.elapsed();
    report(&format!("the killed one was gone after {took:?}"));
    assert!(
        took < Duration::from_secs(10),
        "{took:?}: sooner than by silence"
    );
}

#[test]
fn a_program_that_was_stopped_is_there_again_at_once() {
    let (dir, _) = song(2.0);
    let port = free_port();
    let sharer = sharer(dir.path(), "127.0.0.1", port, &[]);
    let peer = node("127.0.0.1:0", Some(port), None);
    sources(&peer, 1);
    signal(&sharer, "-STOP");
    wait_until("silence noticed", LIMIT, || {
        peer.peers().unwrap().is_empty()
    });
    signal(&sharer, "-CONT");
    let begun = Instant::now();
    sources(&peer, 1);
    let took = begun.elapsed();
    report(&format!("back after {took:?}"));
    assert!(took < Duration::from_secs(5), "{took:?}");
}

#[test]
fn the_state_of_the_network_shows_our_own_voice() {
    let port = free_port();
    let peer = Peer::start(PeerConfig {
        discovery_port: Some(port),
        announce: true,
        ..PeerConfig::default()
    })
    .unwrap();
    let mut status: Option<NetworkStatus> = None;
    wait_until("own beacon", LIMIT, || {
        let now = peer.network().unwrap();
        let loopback = now.interfaces.iter().find(|one| one.loopback).unwrap();
        let heard = loopback
            .beacons
            .iter()
            .any(|beacon| beacon.own_heard_s_ago.is_some_and(|ago| ago < 5.0));
        status = Some(now);
        heard
    });
    let status = status.unwrap();
    assert!(status.announcing);
    assert_eq!(status.data.len(), 2, "both families: {status:?}");
    assert_eq!(status.data[0].port(), status.data[1].port());
    assert_eq!(status.discovery.len(), 2, "{status:?}");
    assert!(status.discovery.iter().all(|socket| socket.error.is_none()));
}

#[test]
fn a_discovery_port_that_is_taken_is_told_and_not_fatal() {
    let taken = UdpSocket::bind("0.0.0.0:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let peer = node("0.0.0.0:0", Some(port), None);
    let error = peer.broadcast_error().unwrap();
    assert_eq!(error.kind(), std::io::ErrorKind::AddrInUse);
    let status = peer.network().unwrap();
    assert_eq!(status.discovery.len(), 1);
    assert!(status.discovery[0].error.is_some(), "{status:?}");
    // The other family still hears.
    let peer = node("[::]:0", Some(port), None);
    assert!(peer.broadcast_error().is_some());
    let status = peer.network().unwrap();
    let open = status.discovery.iter().filter(|one| one.error.is_none());
    assert_eq!(open.count(), 1, "{status:?}");
}
