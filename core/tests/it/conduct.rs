//! Policies that misbehave: what is refused, what is told, and when a simple one
//! goes on in their place.

use std::time::Duration;

use segue_core::listener::{Event, Input, Output};
use segue_core::session_log::{Line, SessionLog};
use segue_core::time::Timestamp;
use segue_policy::host::{Fault, Policy};
use segue_policy::{Actions, Decision, Range, View};

use crate::world::{LISTENER, POLICIES, SESSION, Setup, World, policy};

/// A policy that does this.
struct Does(fn(&View<'_>, &mut Actions<'_>) -> Decision);

impl Policy for Does {
    fn decide(&mut self, view: &View<'_>, actions: &mut Actions<'_>) -> Result<Decision, Fault> {
        Ok(self.0(view, actions))
    }
}

/// Streams from everybody, and plays what comes.
fn good(view: &View<'_>, actions: &mut Actions<'_>) -> Decision {
    actions.stream_from_all(view);
    match view.is_here(view.playhead()) {
        true => Decision::Play,
        false => Decision::Hold,
    }
}

fn never_plays(view: &View<'_>, actions: &mut Actions<'_>) -> Decision {
    actions.stream_from_all(view);
    Decision::Hold
}

/// What is told of the policy, with the second in which it was.
fn complaints(world: &World) -> Vec<(u64, String)> {
    let heard = world.heard().iter();
    heard
        .filter_map(|(at, _, output)| match output {
            Output::Event(event) => Some((at.as_nanos() / 1_000_000_000, event.of_policy()?)),
            _ => None,
        })
        .collect()
}

fn play(setup: Setup, does: fn(&View<'_>, &mut Actions<'_>) -> Decision) -> World {
    let mut world = setup.begin_with(Box::new(Does(does)));
    world.play();
    world
}

#[test]
fn who_holds_when_all_is_here_is_replaced_after_ten_seconds() {
    let world = play(Setup::default(), never_plays);
    let told = complaints(&world);
    let [(second, what)] = &told[..] else {
        panic!("{told:?}");
    };
    assert!(
        what.contains("held for 10 s though the next packet is here"),
        "{what}"
    );
    assert!((10..13).contains(second), "{told:?}");
    assert_eq!(world.played().len(), 500);
    assert!(world.session().status().policy_failed);
    assert!(!world.metrics().unfinished);
}

#[test]
fn who_holds_while_music_is_lost_and_asks_no_more_is_replaced_too() {
    let setup = Setup {
        network: "random-delay:rtt_s=0.1,loss=0.3".into(),
        ..Setup::default()
    };
    let world = play(setup, never_plays);
    assert_eq!(complaints(&world).len(), 1);
    assert_eq!(world.played().len(), 500, "what was lost is asked for");
}

#[test]
fn who_asks_for_nothing_is_replaced() {
    let world = play(Setup::default(), |_, _| Decision::Hold);
    let told = complaints(&world);
    assert!(
        matches!(&told[..], [(10, what)] if what.contains("asked for nothing")),
        "{told:?}"
    );
    assert_eq!(world.played().len(), 500);
}

#[test]
fn who_waits_for_a_seeder_or_through_a_pause_is_not() {
    let mut world = Setup {
        seeders: Vec::new(),
        ..Setup::default()
    }
    .begin_with(Box::new(Does(good)));
    world.run_s(60.0);
    world.add_seeder(Setup::default().seeders[0].clone());
    world.run_s(1.0);
    world.pause(true);
    world.run_s(60.0);
    world.pause(false);
    world.play();
    assert_eq!(complaints(&world), []);
    assert_eq!(world.played().len(), 500);
}

#[test]
fn who_waits_while_music_comes_slower_than_it_plays_is_not() {
    // A whole minute at half the rate: nobody plays that without waiting.
    let slow = Setup {
        packets: 1500,
        seeders: vec![segue_core::seeder::SeederConfig {
            max_bytes_per_s: Some(25.0 * 418.0),
            ..Default::default()
        }],
        ..Setup::default()
    };
    let world = play(slow, |view, actions| {
        actions.stream_from_all(view);
        match view.missing(0..view.packets()).next() {
            None => Decision::Play,
            Some(_) => Decision::Hold,
        }
    });
    assert_eq!(complaints(&world), []);
    assert!(world.metrics().startup_s > Some(59.0));
}

#[test]
fn bundled_policies_are_never_complained_of() {
    for spec in POLICIES {
        for network in [
            "random-delay",
            "random-delay:rtt_s=0.5,loss=0.4",
            "random-delay:rtt_s=2,loss=0.6",
        ] {
            for (paced, seeders) in [(true, 2), (false, 2), (true, 64)] {
                let world = Setup {
                    packets: 3000,
                    seeders: vec![Default::default(); seeders],
                    policy: spec.into(),
                    network: network.into(),
                    paced,
                    ..Setup::default()
                }
                .play();
                assert_eq!(complaints(&world), [], "{spec}, {network}");
            }
        }
    }
}

#[test]
fn who_asks_for_what_is_not_there_is_refused_and_it_is_told_once() {
    let world = play(Setup::default(), |view, actions| {
        let _ = actions.stream(99, 0, 0.0);
        good(view, actions)
    });
    let told = complaints(&world);
    assert!(
        matches!(&told[..], [(0, what)] if what.contains("not there")),
        "{told:?}"
    );
    assert_eq!(world.played().len(), 500);
}

#[test]
fn who_plays_what_is_not_here_holds_and_it_is_told_once() {
    let setup = Setup {
        network: "random-delay:rtt_s=0.1".into(),
        ..Setup::default()
    };
    let world = play(setup, |view, actions| {
        actions.stream_from_all(view);
        Decision::Play
    });
    let told = complaints(&world);
    assert!(
        matches!(&told[..], [(0, what)] if what.contains("not here")),
        "{told:?}"
    );
    assert_eq!(world.played().len(), 500);
}

#[test]
fn who_floods_is_bounded_and_it_is_told_once_of_each_kind() {
    let mut world = Setup {
        packets: 1000,
        ..Setup::default()
    }
    .begin_with(Box::new(Does(|view, actions| {
        for packet in view.askable().take(20) {
            let range = [Range::new(packet, 1)];
            let _ = actions.request(u64::from(packet), 0, &range, 0.0);
        }
        for _ in 0..20 {
            actions.log("la");
        }
        actions.wake_at(view.now_ns());
        match view.next_here() {
            Some(packet) if view.now_ns() > 2_000_000_000 => Decision::SkipTo(packet),
            _ => Decision::Hold,
        }
    })));
    world.play();
    let told = complaints(&world);
    for kind in ["requests", "lines of log", "woken by itself"] {
        let of_kind = told.iter().filter(|(_, what)| what.contains(kind));
        assert_eq!(of_kind.count(), 1, "{kind}: {told:?}");
    }
    assert_eq!(told.len(), 3, "{told:?}");
    let seconds = world.metrics().startup_s.unwrap() + world.metrics().played_s;
    let most = seconds * 1000.0 + 8.0 * world.metrics().packets_received as f64 + 1000.0;
    assert!((world.metrics().requests as f64) < most);
    assert_eq!(world.played().len(), 1000);
}

/// What a driver says that has measured decisions.
fn slow(world: &mut World, ends: bool) {
    world.sim.with_node(LISTENER, |node, now| {
        node.policy_slow(now, SESSION, "it is slow".into(), ends);
    });
}

#[test]
fn who_takes_too_long_is_told_and_then_replaced() {
    let mut world = Setup::default().begin_with(Box::new(Does(good)));
    world.run_s(1.0);
    slow(&mut world, false);
    slow(&mut world, false);
    world.run_s(1.0);
    assert!(!world.session().status().policy_failed);
    slow(&mut world, true);
    slow(&mut world, true);
    world.play();
    let told = complaints(&world);
    let [(1, said), (2, ended)] = &told[..] else {
        panic!("{told:?}");
    };
    assert!(said.contains("too long") && ended.contains("failed: it is slow"));
    assert_eq!(world.played().len(), 500);
}

#[test]
fn a_session_whose_policy_was_too_slow_plays_again_as_it_was() {
    let mut world = Setup {
        log: true,
        network: "random-delay:rtt_s=0.1,loss=0.2".into(),
        ..Setup::default()
    }
    .begin();
    world.run_s(2.0);
    slow(&mut world, true);
    world.play();
    let lines = world.sim.with_node(0, |node, _| node.take_log(SESSION));
    let line = |line: &Line| serde_json::to_string(line).unwrap() + "\n";
    let log = SessionLog::parse(&lines.iter().map(line).collect::<String>()).unwrap();
    let verdict = |line: &&Line| matches!(line, Line::In(_, Input::PolicySlow { .. }));
    assert_eq!(log.lines.iter().filter(verdict).count(), 1);
    assert_eq!(log.replay(policy("buffered", 1)), None);

    // How another one fares is no matter of how long this one took.
    let other = log.rerun(policy("stop-1s", 1));
    assert!(!other.status().policy_failed);
}

#[test]
fn the_verdict_is_a_matter_of_the_sessions_own_time() {
    let ended_at = || {
        let world = play(Setup::default(), never_plays);
        let failed = |o: &Output| matches!(o, Output::Event(Event::PolicyFailed(_)));
        let at = world.heard().iter().find(|(_, _, output)| failed(output));
        at.map(|(at, ..)| *at)
    };
    assert_eq!(ended_at(), ended_at());
    assert!(ended_at() > Some(Timestamp::ZERO + Duration::from_secs(10)));
}
