//! Ten thousand files on each of two peers: how long, and how much memory.
//!
//! Times are printed (`--nocapture`), memory is held. A release build and
//! `--ignored` for files as long as real ones:
//! `cargo test --release -p segue-cli --test it large -- --include-ignored --nocapture`

use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::library::{Ready, fill, onlooker};
use crate::support::{Guarded, free_port, report, segue, wait_until};

const FILES: u32 = 10_000;
const MEMORY_KIB: u64 = 100 << 10;
const LIMIT: Duration = Duration::from_secs(600);

impl Ready {
    fn memory_kib(&self) -> u64 {
        peak_memory(self.process.0.id()).unwrap()
    }
}

/// Most memory that a process ever had, in KiB; `None` once it has ended.
fn peak_memory(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// Runs a command to its end; answers the most memory it was seen to have.
fn memory_of(command: &mut Command) -> u64 {
    let mut process = Guarded(command.stdout(Stdio::null()).spawn().unwrap());
    let mut peak = 0;
    wait_until("end", LIMIT, || {
        peak = peak_memory(process.0.id()).unwrap_or(0).max(peak);
        process.0.try_wait().unwrap().is_some()
    });
    assert!(process.0.wait().unwrap().success());
    peak
}

/// Two peers share so many files each, of so many packets.
fn two_peers(packets: u32) {
    let [one, other, cache] = [0, 1, 2].map(|_| tempfile::tempdir().unwrap());
    fill(one.path(), 0..FILES, packets);
    fill(other.path(), FILES..2 * FILES, packets);

    let first = Ready::start(one.path(), cache.path());
    report(&format!(
        "{packets} packets each, first start: {:.2} s, {} MiB",
        first.took.as_secs_f64(),
        first.memory_kib() >> 10
    ));
    assert!(first.line.contains("10000 tracks"), "{}", first.line);
    assert!(first.memory_kib() < MEMORY_KIB, "{}", first.memory_kib());
    drop(first);

    let first = Ready::start(one.path(), cache.path());
    report(&format!(
        "second start: {:.2} s, {} MiB",
        first.took.as_secs_f64(),
        first.memory_kib() >> 10
    ));
    assert!(first.line.contains("10000 tracks"), "{}", first.line);
    let second = Ready::start(other.path(), cache.path());

    let begun = Instant::now();
    let peer = onlooker(&[first.address, second.address]);
    let mut changes = 0;
    wait_until("both listings", LIMIT, || {
        let now = peer.changes();
        let is_new = std::mem::replace(&mut changes, now) != now;
        is_new && peer.tracks().unwrap().len() == 2 * FILES as usize
    });
    report(&format!(
        "both listings: {:.2} s",
        begun.elapsed().as_secs_f64()
    ));

    // Music of many tracks at once.
    let song = peer.tracks().unwrap()[0].track.id.to_string();
    let mut play = segue();
    play.args(["play", &song, "-o", "-", "--discovery-port"]);
    play.arg(free_port().to_string());
    let mut list = segue();
    list.args(["list", "--json", "--wait", "3", "--discovery-port"]);
    list.arg(free_port().to_string());
    for address in [first.address, second.address].map(|address| address.to_string()) {
        play.args(["--peer", &address]);
        list.args(["--peer", &address]);
    }
    let listeners = [memory_of(&mut play), memory_of(&mut list)];
    let seeders = [&first, &second].map(Ready::memory_kib);
    report(&format!(
        "memory, MiB: seeders {:?}, play {}, list {}",
        seeders.map(|kib| kib >> 10),
        listeners[0] >> 10,
        listeners[1] >> 10
    ));
    for kib in listeners.into_iter().chain(seeders) {
        assert!(kib < MEMORY_KIB, "{kib} KiB");
    }

    // A change among ten thousand.
    let begun = Instant::now();
    fill(one.path(), 3 * FILES..3 * FILES + 1, packets);
    wait_until("the new track", LIMIT, || {
        let now = peer.changes();
        let is_new = std::mem::replace(&mut changes, now) != now;
        is_new && peer.tracks().unwrap().len() == 2 * FILES as usize + 1
    });
    report(&format!(
        "one file more: {:.2} s",
        begun.elapsed().as_secs_f64()
    ));
}

#[test]
fn two_peers_with_ten_thousand_short_files_each() {
    two_peers(4);
}

/// As many packets as four minutes of music have: what memory depends on.
#[test]
#[ignore = "writes 5 GB"]
fn two_peers_with_ten_thousand_long_files_each() {
    two_peers(10_000);
}
