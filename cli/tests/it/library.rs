//! Shared folders that change, and large ones.

#[cfg(target_os = "linux")]
mod large;
mod replaced;

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, UdpSocket};
use std::ops::Range;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use segue_core::wire::{self, Message};
use segue_transport::{Peer, PeerConfig};

use crate::support::{Guarded, LIMIT, Sharer, free_port, segue, start, wait_until};

/// `segue share` with a cache of its own.
fn share(dir: &Path, cache: &Path) -> Command {
    let mut command = segue();
    command
        .arg("share")
        .arg(dir)
        .args(["--bind", "127.0.0.1", "--discovery-port"])
        .arg(free_port().to_string())
        .env("XDG_CACHE_HOME", cache)
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    command
}

/// `segue share`, once it has looked at all files.
pub struct Ready {
    pub process: Guarded,
    pub address: SocketAddr,
    pub took: Duration,
    /// What it said.
    pub line: String,
}

impl Ready {
    pub fn start(dir: &Path, cache: &Path) -> Self {
        let begun = Instant::now();
        let mut process = Guarded(share(dir, cache).spawn().unwrap());
        let stdout = BufReader::new(process.0.stdout.take().unwrap());
        let (tell, told) = mpsc::channel();
        thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                let _ = tell.send(line);
            }
        });
        let line = told.recv_timeout(LIMIT * 10).expect("no word");
        let port = line.split("port ").nth(1).expect("a port");
        let port = port.split('.').next().unwrap().parse().unwrap();
        Self {
            process,
            address: SocketAddr::from(([127, 0, 0, 1], port)),
            took: begun.elapsed(),
            line,
        }
    }
}

/// An MP3 without an encoder: frames of other content than all others of all
/// seeds.
pub fn mp3(frames: u32, seed: u32) -> Vec<u8> {
    // 32 kb/s, 44.1 kHz, mono
    repeat([0xff, 0xfb, 0x10, 0xc4], 104, frames, seed)
}

fn repeat(header: [u8; 4], bytes: usize, frames: u32, seed: u32) -> Vec<u8> {
    let mut file = Vec::with_capacity(frames as usize * bytes);
    for number in 0..frames {
        let start = file.len();
        file.extend(header);
        file.extend(seed.to_le_bytes());
        file.extend(number.to_le_bytes());
        file.resize(start + bytes, 0);
    }
    file
}

/// Writes files `000/0.mp3` and so on, as small as MP3s can be: 24 bytes for a
/// frame of 24 ms.
pub fn fill(dir: &Path, files: Range<u32>, frames: u32) {
    for number in files {
        let folder = dir.join(format!("{:03}", number / 100));
        fs::create_dir_all(&folder).unwrap();
        let file = repeat([0xff, 0xf3, 0x14, 0xc4], 24, frames, number);
        fs::write(folder.join(format!("{number}.mp3")), file).unwrap();
    }
}

/// A peer that knows only what it is told of by address.
pub fn onlooker(peers: &[SocketAddr]) -> Peer {
    let peer = Peer::start(PeerConfig {
        bind: SocketAddr::from(([127, 0, 0, 1], 0)),
        discovery_port: None,
        ..PeerConfig::default()
    })
    .unwrap();
    for &address in peers {
        peer.add_peer(address).unwrap();
    }
    peer
}

/// Passes datagrams to a peer and back, and counts catalog pages.
fn relay(to: SocketAddr) -> (SocketAddr, Arc<AtomicUsize>) {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    let pages = Arc::new(AtomicUsize::new(0));
    let count = pages.clone();
    thread::spawn(move || {
        let mut client = None;
        let mut buffer = [0; 2000];
        while let Ok((bytes, from)) = socket.recv_from(&mut buffer) {
            let datagram = &buffer[..bytes];
            if from != to {
                client = Some(from);
                let _ = socket.send_to(datagram, to);
            } else if let Some(client) = client {
                if let Ok((Message::CatalogPage(_), _)) = wire::decode(datagram) {
                    count.fetch_add(1, Ordering::Relaxed);
                }
                let _ = socket.send_to(datagram, client);
            }
        }
    });
    (address, pages)
}

#[test]
fn a_file_more_sends_few_pages_more() {
    let [dir, cache] = [0, 1].map(|_| tempfile::tempdir().unwrap());
    fill(dir.path(), 0..500, 3);
    let sharer = Ready::start(dir.path(), cache.path());
    let (address, pages) = relay(sharer.address);
    let peer = onlooker(&[address]);
    let count = |expected: usize| {
        wait_until("tracks", LIMIT, || peer.tracks().unwrap().len() == expected);
        pages.swap(0, Ordering::Relaxed)
    };
    let first = count(500);
    assert!(first >= 500 / 12, "{first} pages");
    fill(dir.path(), 500..501, 3);
    let more = count(501);
    assert!((1..=3).contains(&more), "{more} pages");
    fs::remove_file(dir.path().join("000/7.mp3")).unwrap();
    let fewer = count(500);
    assert!(fewer <= 3, "{fewer} pages");
}

#[test]
fn a_file_that_comes_is_shared_while_others_are_listened_to() {
    let dir = tempfile::tempdir().unwrap();
    let sharer = Sharer::start(dir.path());
    let peer = onlooker(&[sharer.address]);
    wait_until("peer", LIMIT, || peer.peers().unwrap().len() == 1);
    let before = peer.changes();
    fs::write(dir.path().join("late.mp3"), mp3(50, 1)).unwrap();
    wait_until("track", LIMIT, || peer.tracks().unwrap().len() == 1);
    assert!(peer.changes() > before);
    let done = start(&mut sharer.play("late", &["-o", "null"])).done(LIMIT);
    done.succeeded();
}

#[test]
fn a_sharer_that_is_killed_while_it_indexes_loses_nothing() {
    let [dir, cache] = [0, 1].map(|_| tempfile::tempdir().unwrap());
    fill(dir.path(), 0..1000, 400);
    for ms in [20, 60, 150] {
        let mut process = Guarded(share(dir.path(), cache.path()).spawn().unwrap());
        thread::sleep(Duration::from_millis(ms)); // anywhere in the work
        process.kill();
    }
    let sharer = Ready::start(dir.path(), cache.path());
    assert!(sharer.line.contains("1000 tracks"), "{}", sharer.line);
    let peer = onlooker(&[sharer.address]);
    wait_until("tracks", LIMIT, || peer.tracks().unwrap().len() == 1000);
    let mut play = segue();
    play.args(["play", "777", "-o", "-", "--discovery-port"]);
    play.arg(free_port().to_string());
    play.args(["--peer", &sharer.address.to_string()]);
    let done = start(&mut play).done(LIMIT).succeeded();
    let original = fs::read(dir.path().join("007/777.mp3")).unwrap();
    assert!(done.stdout.ends_with(&original));
}
