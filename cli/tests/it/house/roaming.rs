//! Hosts whose addresses and interfaces come, change and go.

use std::time::{Duration, Instant};

use super::{House, ip};
use crate::support::{LIMIT, frames, report, song, start, wait_until};
use crate::tools;

#[test]
fn hosts_without_ipv4_find_each_other_on_their_link() {
    let Some((_house, [anna, ben, _])) = House::of_three() else {
        return;
    };
    for host in [&anna, &ben] {
        // Not even a global IPv6 address is needed.
        ip::batch(&host.namespace, "address flush dev eth0 scope global\n");
    }
    let (dir, mp3) = song(2.0);
    let _sharer = anna.share(dir.path(), &[]);
    let list = start(&mut ben.segue(["list", "--json"])).done(LIMIT);
    let list = list.succeeded().json();
    let peer = list[0]["peers"][0].as_str().unwrap().to_owned();
    report(&format!("found at {peer}"));
    assert!(peer.starts_with("[fe80::") && peer.contains('%'), "{peer}");
    // What was printed can be said back, by number or by name.
    let by_name = peer.replace(&peer[peer.find('%').unwrap()..], "%eth0]:4021");
    for peer in [peer, by_name] {
        let play = ["play", "song", "-o", "-", "--peer", &peer];
        let play = start(&mut ben.segue(play)).done(LIMIT).succeeded();
        assert!(play.stdout == frames(&mp3), "from {peer}");
    }
}

#[test]
fn an_interface_that_comes_later_is_used() {
    let Some((_house, [anna, ben, _])) = House::of_three() else {
        return;
    };
    let (dir, mp3) = song(2.0);
    for ipv4 in [true, false] {
        ben.off();
        anna.off();
        let sharer = anna.share(dir.path(), &[]);
        let play = start(&mut ben.segue(["play", "song", "-o", "-", "--wait", "40"]));
        std::thread::sleep(Duration::from_millis(1500)); // both run, in the dark
        for host in [&anna, &ben] {
            host.on();
            if !ipv4 {
                let without = format!("address del {}/24 dev eth0\n", host.v4());
                ip::batch(&host.namespace, &without);
            }
        }
        let begun = Instant::now();
        let play = play.done(LIMIT).succeeded();
        report(&format!("IPv4 {ipv4}: played after {:?}", begun.elapsed()));
        assert!(play.stdout == frames(&mp3));
        drop(sharer);
    }
}

#[test]
fn a_sharer_whose_address_changed_is_listed_at_the_new_one() {
    let Some((_house, [mut anna, ben, _])) = House::of_three() else {
        return;
    };
    let (dir, _) = song(2.0);
    let sharer = anna.share(dir.path(), &["-vv"]);
    // No address at all for a while: nothing ends, and nothing floods the log.
    anna.off();
    std::thread::sleep(Duration::from_secs(5));
    anna.on();
    anna.readdress(9);
    let begun = Instant::now();
    wait_until("the new address", LIMIT, || {
        let list = start(&mut ben.segue(["list", "--json", "--wait", "1"])).done(LIMIT);
        list.code == Some(0) && {
            let peers = list.json()[0]["peers"].to_string();
            peers.contains("10.77.0.9") || peers.contains("fe80")
        }
    });
    report(&format!("listed after {:?}", begun.elapsed()));
    let said = sharer.stderr();
    let about_sending = |line: &&str| line.contains("no beacons") || line.contains("cannot send");
    let lines = said.lines().filter(about_sending).count();
    assert!(lines <= 8, "{lines} lines:\n{said}");
}

#[test]
fn a_player_that_was_stopped_for_longer_than_anyone_waits_goes_on() {
    let Some((_house, [anna, ben, _])) = House::of_three() else {
        return;
    };
    let (dir, mp3) = song(45.0);
    let slowly = ["--max-rate", "250"]; // so that it lasts, stop and all
    let _sharer = anna.share(dir.path(), &slowly);
    let out = dir.path().join("out.mp3");
    let mut play = ben.segue(["play", "song", "--json", "-o"]);
    let play = start(play.arg(&out));
    let id = play.child.0.id().to_string();
    wait_until("music", LIMIT, || {
        std::fs::metadata(&out).is_ok_and(|file| file.len() > 20_000)
    });
    tools::run("kill", "procps", &["-STOP", &id]);
    std::thread::sleep(Duration::from_secs(18)); // sharers forget after 15
    tools::run("kill", "procps", &["-CONT", &id]);
    let begun = Instant::now();
    let played = play.done(LIMIT).succeeded().json();
    report(&format!("ended {:?} after it went on", begun.elapsed()));
    assert!(std::fs::read(&out).unwrap() == frames(&mp3));
    assert_eq!(played["metrics"]["missing_ratio"], 0.0);
}

#[test]
fn of_two_cables_one_may_be_pulled_in_mid_track() {
    let Some((_house, [anna, ben, _])) = House::of_three() else {
        return;
    };
    let cable = format!(
        "link add name eth1 type veth peer name eth1 netns {}\n",
        ben.namespace
    );
    ip::batch(&anna.namespace, &cable);
    for (host, number) in [(&anna, 1), (&ben, 2)] {
        let lines = format!(
            "link set dev eth1 up\n\
             address add 10.78.0.{number}/24 broadcast 10.78.0.255 dev eth1\n"
        );
        ip::batch(&host.namespace, &lines);
    }
    let (dir, mp3) = song(20.0);
    let _sharer = anna.share(dir.path(), &["--max-rate", "250"]);
    let list = start(&mut ben.segue(["list", "--json"])).done(LIMIT);
    let list = list.succeeded().json();
    assert_eq!(list[0]["peers"].as_array().unwrap().len(), 1, "{list}");

    let out = dir.path().join("out.mp3");
    let mut play = ben.segue(["play", "song", "--json", "-o"]);
    let play = start(play.arg(&out));
    wait_until("music", LIMIT, || {
        std::fs::metadata(&out).is_ok_and(|file| file.len() > 20_000)
    });
    anna.unplug();
    let begun = Instant::now();
    let played = play.done(LIMIT).succeeded().json();
    report(&format!("ended {:?} after the pull", begun.elapsed()));
    assert!(std::fs::read(&out).unwrap() == frames(&mp3));
    assert_eq!(played["metrics"]["missing_ratio"], 0.0);
}
