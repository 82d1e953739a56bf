//! What strangers may send, and what they get.

use std::net::UdpSocket;
use std::thread;
use std::time::{Duration, Instant};

use segue_core::ids::PeerId;
use segue_core::wire::{Announce, Message, VERSION, encode};

use crate::support::{LIMIT, Sharer, frames, report, song, start};
use crate::tools::Dice;
use crate::wire_client::{Client, track_id};

/// The sharer still does its work.
fn serves(sharer: &Sharer, original: &std::path::Path) {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("out.mp3");
    start(&mut sharer.play("song", &["-o", out.to_str().unwrap()]))
        .done(LIMIT)
        .succeeded();
    assert!(std::fs::read(out).unwrap() == frames(original));
}

#[test]
fn datagrams_of_no_sense_are_ignored() {
    let (dir, mp3) = song(3.0);
    let sharer = Sharer::start(dir.path());
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let mut announce = Vec::new();
    let message = Message::Announce(Announce {
        peer: PeerId(1),
        port: 9,
        catalog: [7; 8],
        leaving: false,
    });
    encode(&message, &[], &mut announce);
    let mut other_version = announce.clone();
    other_version[3] = VERSION + 1;
    let mut dice = Dice::new(3);
    let mut byte = || (dice.roll() * 256.0) as u8;
    for port in [sharer.address.port(), sharer.discovery] {
        let send = |datagram: &[u8]| {
            socket.send_to(datagram, ("127.0.0.1", port)).unwrap();
        };
        send(&[]);
        send(&other_version);
        for length in [1, 3, 4, 5, 40, 1400, 1452, 1453, 9000, 60_000] {
            let noise: Vec<u8> = (0..length).map(|_| byte()).collect();
            send(&noise);
            let mut ours = noise;
            for (to, from) in ours.iter_mut().zip(&announce[..4]) {
                *to = *from; // the right prefix, then nonsense
            }
            send(&ours);
        }
        for length in 0..announce.len() {
            send(&announce[..length]);
        }
        for _ in 0..2000 {
            let mut changed = announce.clone();
            let at = 4 + byte() as usize % (changed.len() - 4);
            changed[at] = byte();
            send(&changed);
        }
        send(&[&announce[..], &[0]].concat());
    }
    serves(&sharer, &mp3);
}

#[test]
fn who_does_not_prove_an_address_gets_no_more_than_it_sent() {
    let (dir, _) = song(3.0);
    let sharer = Sharer::start(dir.path());
    let mut client = Client::new(sharer.address, track_id(&sharer.said, 0), 1);
    client.forgetful = true;
    let until = Instant::now() + Duration::from_secs(2);
    while Instant::now() < until {
        client.ask_track(0, u32::MAX);
        client.ask_packets(0, 100, 1);
        client.feed_back();
        let garbage = [0; 30];
        client.send_raw(&garbage);
        thread::sleep(Duration::from_millis(5));
        client.receive();
    }
    thread::sleep(Duration::from_millis(300));
    client.receive();
    let (sent, received) = (client.sent_bytes, client.received_bytes);
    report(&format!("sent {sent} bytes without proof, got {received}"));
    assert!(received <= sent, "sent {sent}, got {received}");
    assert!(received > 0, "not even a token");
    assert_eq!(client.received, 0, "media for nobody proven");
}

#[test]
fn a_thousand_requests_a_second_do_not_stop_it_from_serving_others() {
    let (dir, mp3) = song(20.0);
    let sharer = Sharer::start(dir.path());
    let (to, track) = (sharer.address, track_id(&sharer.said, 0));
    let flood = thread::spawn(move || {
        let mut client = Client::new(to, track, 2);
        client.shake_hands();
        client.ask_track(0, u32::MAX);
        let begun = Instant::now();
        let mut asked = 0;
        while begun.elapsed() < Duration::from_secs(3) {
            let due = (begun.elapsed().as_secs_f64() * 1000.0) as u32;
            while asked < due {
                client.ask_packets(asked * 7 % 600, 100, 1);
                asked += 1;
            }
            client.receive();
            if asked % 20 == 0 {
                client.feed_back();
            }
            thread::sleep(Duration::from_millis(1));
        }
        (asked, client.received)
    });
    serves(&sharer, &mp3);
    let (asked, received) = flood.join().unwrap();
    report(&format!(
        "{asked} requests in 3 s, {received} packets to the one who asks"
    ));
    assert!(asked >= 2900 && received > 0);
    serves(&sharer, &mp3);
}
