//! Ctrl-C, or a polite kill, at any time.

use std::net::UdpSocket;
use std::process::Stdio;

use crate::support::{Guarded, LIMIT, Sharer, free_port, segue, song, start, wait_until};

#[test]
fn playing_ends_with_what_there_is_to_tell() {
    let (dir, _) = song(60.0);
    let sharer = Sharer::start(dir.path());
    let log = dir.path().join("session.jsonl");
    let options = ["-o", "null", "--json", "--log", log.to_str().unwrap()];
    let mut playing = start(&mut sharer.play("song", &options));
    wait_until("playing", LIMIT, || {
        log.metadata().is_ok_and(|log| log.len() > 50_000)
    });
    playing.child.terminate();
    let done = playing.done(LIMIT).failed(1, &["stopped before the end"]);
    assert_eq!(done.json()["metrics"]["unfinished"], true);
    // The log is whole as far as it goes.
    let log = std::fs::read_to_string(log).unwrap();
    segue_core::session_log::SessionLog::parse(&log).unwrap();
}

#[test]
fn looking_for_a_track_ends_at_once() {
    let silent = UdpSocket::bind("127.0.0.1:0").unwrap();
    silent.set_read_timeout(Some(LIMIT)).unwrap();
    let peer = silent.local_addr().unwrap().to_string();
    let port = free_port().to_string();
    let options = ["--wait", "600", "--peer", &peer, "--discovery-port", &port];
    let mut looking = start(segue().args(["play", "x"]).args(options));
    // It knocks, so it is looking.
    silent.recv(&mut [0; 2000]).unwrap();
    looking.child.terminate();
    looking.done(LIMIT).failed(1, &["stopped before the end"]);
}

#[test]
fn the_second_time_ends_it_even_while_the_reader_hangs() {
    let (dir, _) = song(60.0);
    let sharer = Sharer::start(dir.path());
    let mut playing = Guarded(
        sharer
            .play("song", &["-o", "-"])
            .stdout(Stdio::piped()) // and never read
            .stderr(Stdio::null())
            .spawn()
            .unwrap(),
    );
    wait_until("end", LIMIT, || {
        playing.terminate();
        std::thread::sleep(std::time::Duration::from_millis(200));
        playing.0.try_wait().unwrap().is_some()
    });
}
