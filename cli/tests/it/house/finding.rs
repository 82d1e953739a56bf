//! Who finds whom in a house, as the program's user sees it.

use super::House;
use crate::support::{LIMIT, frames, song, start};

#[test]
fn hosts_find_each_other_by_broadcast_list_and_play_from_two_at_once() {
    let Some((_house, [anna, ben, clara])) = House::of_three() else {
        return;
    };
    let (dir, mp3) = song(5.0);
    let _sharers = [&anna, &ben].map(|host| host.share(dir.path(), &[]));

    let list = start(&mut clara.segue(["list", "--json"])).done(LIMIT);
    let list = list.succeeded().json();
    let peers = list[0]["peers"].as_array().unwrap();
    assert_eq!(peers.len(), 2, "{list}");

    let out = dir.path().join("out.mp3");
    let mut play = clara.segue(["play", "song", "--json", "-o"]);
    let played = start(play.arg(&out)).done(LIMIT).succeeded().json();
    assert!(std::fs::read(&out).unwrap() == frames(&mp3));
    assert_eq!(played["metrics"]["missing_ratio"], 0.0);
}

#[test]
fn where_broadcast_is_dropped_a_peer_named_by_its_address_is_found() {
    let Some((house, [anna, _, clara])) = House::of_three() else {
        return;
    };
    house.drop_broadcast(&[&anna, &clara]);
    let (dir, _) = song(2.0);
    let _sharer = anna.share(dir.path(), &[]);
    let list = start(&mut clara.segue(["list"])).done(LIMIT);
    assert!(!list.text().contains("song"), "{}", list.text());
    let peer = anna.address().to_string();
    let list = start(&mut clara.segue(["list", "--peer", &peer])).done(LIMIT);
    assert!(list.succeeded().text().contains("song"));
}
