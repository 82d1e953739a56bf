//! Losing peers and regaining them, with real programs in real time.

use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use super::{Host, House};
use crate::support::{LIMIT, Running, Sharer, frames, report, song, start, wait_until};

/// A packet each 26 ms: a track that is not all there after a moment.
pub(super) const PACE: [&str; 2] = ["--pace", "24"];
const POLICY: &str = "random-recovery:buffer_s=5";
/// A track, an outage, and some time to start and to end.
const LONG: Duration = Duration::from_secs(120);

/// `segue play` at the speed of sound, nowhere.
pub(super) fn play(host: &Host, output: &str, more: &[&str]) -> Running {
    let arguments = ["play", "song", "--policy", POLICY, "--json", "-o", output];
    start(host.segue(arguments).args(more))
}

pub(super) fn sleep_s(seconds: f64) {
    std::thread::sleep(Duration::from_secs_f64(seconds));
}

/// How it went: it came to its end with nothing left out.
#[track_caller]
pub(super) fn complete(play: Running, what: &str) -> (Value, String) {
    let done = play.done(LONG).succeeded();
    let played = done.json();
    let metrics = played["metrics"].clone();
    report(&format!(
        "{what}: longest stall {} s, {} stalls, overhead {}",
        metrics["longest_stall_s"], metrics["stalls"], metrics["overhead_ratio"]
    ));
    assert_eq!(metrics["missing_ratio"], 0.0, "{metrics}");
    assert_eq!(metrics["unfinished"], false, "{metrics}");
    (metrics, done.stderr)
}

/// Hosts, a song of so many seconds, and two who share it.
fn begin(seconds: f64) -> Option<(House, [Host; 3], [Sharer; 2], tempfile::TempDir)> {
    let (house, hosts) = House::of_three()?;
    let (dir, _) = song(seconds);
    let sharers = [0, 1].map(|number: usize| hosts[number].share(dir.path(), &PACE));
    Some((house, hosts, sharers, dir))
}

#[test]
fn one_of_two_is_killed_in_mid_track_and_nothing_is_heard_of_it() {
    let Some((_house, [_, _, clara], mut sharers, _dir)) = begin(25.0) else {
        return;
    };
    let play = play(&clara, "null", &[]);
    sleep_s(11.0);
    sharers[0].process.kill();
    let (metrics, stderr) = complete(play, "one killed");
    assert!(
        metrics["longest_stall_s"].as_f64().unwrap() < 1.0,
        "{metrics}"
    );
    assert!(stderr.contains("does not answer any more"), "{stderr}");
}

#[test]
fn both_are_killed_for_30_s_and_the_track_ends_complete() {
    let Some((_house, [anna, ben, clara], mut sharers, dir)) = begin(25.0) else {
        return;
    };
    let out = dir.path().join("out.mp3");
    let play = play(&clara, out.to_str().unwrap(), &[]);
    sleep_s(8.0);
    for sharer in &mut sharers {
        sharer.process.kill();
    }
    sleep_s(30.0);
    let _anew = [&anna, &ben].map(|host| host.share(dir.path(), &PACE));
    let (metrics, stderr) = complete(play, "both killed");
    assert!(std::fs::read(&out).unwrap() == frames(&dir.path().join("song.mp3")));
    let stall = metrics["longest_stall_s"].as_f64().unwrap();
    assert!((29.0..36.0).contains(&stall), "{metrics}");
    for text in ["all peers that have it are gone", "is back"] {
        assert!(stderr.contains(text), "`{text}` is not in {stderr}");
    }
}

#[test]
fn the_listeners_address_changes_and_nothing_is_heard_of_it() {
    let Some((_house, [_, _, mut clara], _sharers, _dir)) = begin(25.0) else {
        return;
    };
    let play = play(&clara, "null", &[]);
    sleep_s(11.0);
    clara.readdress(77);
    let (metrics, _) = complete(play, "listener readdressed");
    assert!(
        metrics["longest_stall_s"].as_f64().unwrap() < 1.0,
        "{metrics}"
    );
}

/// Plays to a file while something happens to it after 4 s; the file is whole.
#[track_caller]
fn survives(what: &str, happen: impl FnOnce(&mut [Host; 3], &mut [Sharer; 2], &Running, &Path)) {
    let Some((_house, mut hosts, mut sharers, dir)) = begin(20.0) else {
        return;
    };
    let out = dir.path().join("out.mp3");
    let play = play(&hosts[2], out.to_str().unwrap(), &[]);
    wait_until("music", LIMIT, || {
        std::fs::metadata(&out).is_ok_and(|file| file.len() > 10_000)
    });
    sleep_s(4.0);
    happen(&mut hosts, &mut sharers, &play, dir.path());
    complete(play, what);
    assert!(std::fs::read(&out).unwrap() == frames(&dir.path().join("song.mp3")));
}

#[test]
fn a_cable_is_out_for_10_s() {
    survives("unplugged", |hosts, _, _, _| {
        hosts[2].unplug();
        sleep_s(10.0);
        hosts[2].plug_in();
    });
}

#[test]
fn a_listener_is_off_and_comes_back_at_another_address() {
    survives("off and readdressed", |hosts, _, _, _| {
        hosts[2].off();
        sleep_s(5.0);
        hosts[2].number = 99;
        hosts[2].on();
    });
}

#[test]
fn the_only_seeder_left_gets_another_address() {
    survives("seeder readdressed", |hosts, sharers, _, _| {
        sharers[1].process.kill();
        hosts[0].readdress(66);
    });
}

#[test]
fn the_listener_sleeps_for_20_s() {
    survives("sleeping listener", |_, _, play, _| {
        play.child.signal("STOP");
        sleep_s(20.0);
        play.child.signal("CONT");
    });
}

#[test]
fn the_seeders_sleep_for_20_s() {
    survives("sleeping seeders", |_, sharers, _, _| {
        for sharer in &*sharers {
            sharer.process.signal("STOP");
        }
        sleep_s(20.0);
        for sharer in &*sharers {
            sharer.process.signal("CONT");
        }
    });
}

#[test]
fn both_leave_and_another_peer_with_the_track_takes_over() {
    survives("another peer", |hosts, sharers, _, dir| {
        for sharer in &mut *sharers {
            sharer.process.terminate();
            sharer.process.wait(LIMIT);
        }
        sleep_s(3.0);
        // The same music on the same host, but another program at another port.
        sharers[0] = hosts[1].share_at(4999, dir, &PACE);
    });
}
