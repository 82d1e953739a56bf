//! Losing seeders, and regaining them: a session survives.

use std::time::Duration;

use segue_core::listener::{Event, Output};
use segue_core::seeder::SeederConfig;
use segue_core::sim::Sim;
use segue_core::track::TrackInfo;

use crate::world::{LISTENER, POLICIES, Setup, World, track};

const PACKETS: u32 = 1000;
const SEEDS: std::ops::Range<u64> = 1..6;

/// Policies that leave nothing out.
const COMPLETE: [&str; 2] = [
    "sequential-recovery:gaps=refill",
    "random-recovery:gaps=refill",
];

/// A packet each 20 ms, and few more by request: a track that is not all there
/// after a moment.
fn paced() -> SeederConfig {
    SeederConfig {
        pace: Some(Duration::from_millis(20)),
        max_bytes_per_s: Some(60.0 * 418.0),
        ..SeederConfig::default()
    }
}

/// The track as catalogs may have it: 20 ms are no MP3 packet.
fn announced() -> TrackInfo {
    TrackInfo {
        sample_rate: 48_000,
        samples_per_packet: 1152,
        ..track(PACKETS)
    }
}

/// A session of 20 s with two seeders, of which 5 s are over.
fn begun(policy: &str, seed: u64) -> World {
    let mut world = Setup {
        packets: PACKETS,
        seeders: vec![paced(), paced()],
        policy: policy.into(),
        network: "random-delay:rtt_s=0.02,loss=0.05".into(),
        seed,
        ..Setup::default()
    }
    .begin();
    world.run_s(5.0);
    world
}

/// For each policy, with several seeds; the name is for messages.
fn each(mut test: impl FnMut(&str, World)) {
    for policy in POLICIES.into_iter().chain(["buffered:gaps=refill"]) {
        for seed in SEEDS {
            test(&format!("{policy}, seed {seed}"), begun(policy, seed));
        }
    }
}

/// When what happened, seconds.
fn times(world: &World, is_it: impl Fn(&Output) -> bool) -> Vec<f64> {
    let heard = world.heard().iter();
    heard
        .filter(|(_, _, output)| is_it(output))
        .map(|(at, ..)| at.as_secs_f64())
        .collect()
}

fn events(world: &World, event: &Event) -> Vec<f64> {
    times(
        world,
        |output| matches!(output, Output::Event(e) if e == event),
    )
}

fn kept_after(world: &World, since_s: f64) -> f64 {
    times(world, |output| matches!(output, Output::Keep { .. }))
        .into_iter()
        .find(|&at| at > since_s)
        .expect("something came")
}

/// The session comes to its end; a policy that refills leaves nothing out, and
/// the others lose no more than the network and the outage took.
#[track_caller]
fn finish(name: &str, world: &mut World) {
    world.play();
    assert!(world.ended(), "{name}");
    let played = world.played();
    assert!(played.is_sorted_by(|a, b| a < b), "{name}");
    let m = world.metrics();
    assert!(!m.unfinished, "{name}: {m:?}");
    if name.contains("recovery") {
        assert_eq!(m.packets_played, PACKETS, "{name}: {m:?}");
    }
    assert!(m.missing_ratio < 0.15, "{name}: {m:?}");
}

#[test]
fn all_are_switched_off_for_30_s_and_on_again() {
    each(|name, mut world| {
        for seeder in 1..=2 {
            world.sim.set_dead(seeder, true);
        }
        world.run_s(30.0);
        assert!(!world.ended(), "{name}: it waits");
        assert_eq!(events(&world, &Event::NoSeederLeft).len(), 1, "{name}");
        for seeder in 1..=2 {
            world.sim.set_dead(seeder, false);
        }
        finish(name, &mut world);
        for seeder in 1..=2 {
            let back = events(&world, &Event::SeederBack(Sim::address(seeder)));
            assert_eq!(back.len(), 1, "{name}");
        }
        // They are asked once a second; what they are asked, or the answer, may
        // be lost.
        let resumed = kept_after(&world, 35.0) - 35.0;
        assert!(resumed < 4.0, "{name}: after {resumed} s");
    });
}

#[test]
fn all_are_killed_and_started_anew_after_30_s() {
    each(|name, mut world| {
        for seeder in 1..=2 {
            world.sim.set_dead(seeder, true);
        }
        world.run_s(30.0);
        for seeder in 1..=2 {
            let anew = world.seeder_node(90 + seeder, paced());
            world.sim.replace(seeder, anew);
            world.sim.set_dead(seeder, false);
        }
        finish(name, &mut world);
        // They are asked once a second; what they are asked, or the answer, may
        // be lost.
        let resumed = kept_after(&world, 35.0) - 35.0;
        assert!(resumed < 4.0, "{name}: after {resumed} s");
        let m = world.metrics();
        let sent: u64 = (1..=2)
            .map(|seeder| world.sim.node(seeder).seeder_stats().packets_sent)
            .sum();
        let told = m.overhead_ratio * f64::from(PACKETS);
        assert!(told > sent as f64, "{name}: both lives count");
        assert!(m.overhead_ratio < 3.0, "{name}: {m:?}");
    });
}

#[test]
fn they_die_one_after_the_other_and_a_third_goes_on() {
    each(|name, mut world| {
        world.sim.set_dead(1, true);
        world.run_s(3.0);
        world.sim.set_dead(2, true);
        world.run_s(20.0);
        let third = world.add_seeder(paced());
        finish(name, &mut world);
        let found = Event::SeederFound(Sim::address(third));
        assert_eq!(events(&world, &Event::NoSeederLeft).len(), 1, "{name}");
        assert_eq!(events(&world, &found).len(), 1, "{name}");
        let resumed = kept_after(&world, 28.0) - 28.0;
        assert!(resumed < 0.5, "{name}: after {resumed} s");
    });
}

#[test]
fn they_die_in_turns_and_somebody_is_always_there() {
    for policy in COMPLETE {
        for seed in SEEDS {
            let name = format!("{policy},buffer_s=5; seed {seed}");
            let mut world = begun(&format!("{policy},buffer_s=5"), seed);
            world.run_s(3.0);
            for seeder in [1, 2] {
                world.sim.set_dead(seeder, true);
                world.run_s(4.0);
                world.sim.set_dead(seeder, false);
                world.run_s(3.0);
            }
            finish(&name, &mut world);
            let m = world.metrics();
            assert!(m.longest_stall_s < 1.0, "{name}: {m:?}");
            assert!(events(&world, &Event::NoSeederLeft).is_empty(), "{name}");
        }
    }
}

#[test]
fn the_listener_gets_another_address() {
    each(|name, mut world| {
        world.run_s(1.0);
        world.sim.readdress(LISTENER);
        finish(name, &mut world);
        let resumed = kept_after(&world, 6.1) - 6.0;
        assert!(resumed < 1.0, "{name}: after {resumed} s");
        assert!(events(&world, &Event::NoSeederLeft).is_empty(), "{name}");
    });
}

#[test]
fn the_listener_is_cut_off_and_comes_back_at_another_address() {
    each(|name, mut world| {
        world.sim.readdress(LISTENER);
        for seeder in 1..=2 {
            world.sim.set_dead(seeder, true);
        }
        world.run_s(30.0);
        for seeder in 1..=2 {
            world.sim.set_dead(seeder, false);
        }
        finish(name, &mut world);
        // They are asked once a second; what they are asked, or the answer, may
        // be lost.
        let resumed = kept_after(&world, 35.0) - 35.0;
        assert!(resumed < 4.0, "{name}: after {resumed} s");
    });
}

#[test]
fn a_seeder_without_the_track_is_not_taken_for_one_that_is_back() {
    each(|name, mut world| {
        for seeder in 1..=2 {
            world
                .sim
                .with_node(seeder, |node, _| node.serve_only(std::iter::empty()));
        }
        world.run_s(60.0);
        assert_eq!(events(&world, &Event::NoSeederLeft).len(), 1, "{name}");
        for seeder in 1..=2 {
            let back = events(&world, &Event::SeederBack(Sim::address(seeder)));
            assert!(back.is_empty(), "{name}: {back:?}");
        }
        world.sim.with_node(2, |node, _| {
            node.serve_only([&track(PACKETS)]);
        });
        finish(name, &mut world);
        let resumed = kept_after(&world, 65.0) - 65.0;
        assert!(resumed < 6.0, "{name}: after {resumed} s");
    });
}

#[test]
fn a_track_that_is_back_in_a_moment_is_played_on_in_a_moment() {
    // As when a file's tags are written: the same music is offered again, and
    // nothing in the catalog tells.
    each(|name, mut world| {
        world.sim.set_dead(2, true);
        world
            .sim
            .with_node(1, |node, _| node.withdraw(track(PACKETS).id));
        world.run_s(0.6);
        world
            .sim
            .with_node(1, |node, _| node.serve_only([&track(PACKETS)]));
        finish(name, &mut world);
        let resumed = kept_after(&world, 5.6) - 5.6;
        assert!(resumed < 1.0, "{name}: after {resumed} s");
    });
}

#[test]
fn a_peer_that_says_goodbye_and_comes_again_is_used_at_once() {
    for policy in POLICIES {
        let mut world = begun(policy, 1);
        world.sim.set_dead(2, true);
        // From here on broadcast tells who is there.
        world
            .sim
            .with_node(1, |node, now| node.share(now, [&announced()]));
        world.run_s(3.0);
        world.sim.with_node(1, |node, now| node.leave(now));
        world.run_s(1.0);
        let mut anew = world.seeder_node(77, paced());
        anew.share(world.sim.now(), [&announced()]);
        world.sim.replace(1, anew);
        finish(policy, &mut world);
        let resumed = kept_after(&world, 9.0) - 9.0;
        assert!(resumed < 1.5, "{policy}: after {resumed} s");
    }
}

#[test]
fn a_seeder_that_gets_another_address_is_found_there() {
    for policy in POLICIES {
        for seed in SEEDS {
            let mut world = begun(policy, seed);
            world.sim.set_dead(2, true);
            world
                .sim
                .with_node(1, |node, now| node.share(now, [&announced()]));
            world.run_s(3.0);
            world.sim.readdress(1);
            finish(policy, &mut world);
            let resumed = kept_after(&world, 8.1) - 8.0;
            // A beacon a second, of which one may be lost, and so may a request.
            assert!(resumed < 2.6, "{policy}, seed {seed}: after {resumed} s");
            let m = world.metrics();
            let sent = [1, 2].map(|n| world.sim.node(n).seeder_stats().packets_sent);
            let told = (m.overhead_ratio * f64::from(PACKETS)).round() as u64;
            assert!(told <= sent.iter().sum(), "{policy}: {told} of {sent:?}");
            let moved = world.session().status().seeders.swap_remove(0);
            assert_eq!(moved.address, world.sim.address_of(1));
            assert!(moved.loss < 0.3, "{policy}: {moved:?}");
        }
    }
}

#[test]
fn what_a_seeder_answers_after_its_sleep_says_nothing_of_the_round_trip() {
    each(|name, mut world| {
        let rtt = |world: &World| world.session().status().seeders[0].rtt_s;
        let before = rtt(&world);
        // It sleeps: what comes for it waits and is answered at once later.
        world.sim.set_asleep(1, true);
        world.sim.set_asleep(2, true);
        world.run_s(20.0);
        world.sim.set_asleep(1, false);
        world.sim.set_asleep(2, false);
        world.run_s(1.0);
        assert!(rtt(&world) < before * 2.0, "{name}: {} s", rtt(&world));
        finish(name, &mut world);
        let resumed = kept_after(&world, 25.0) - 25.0;
        assert!(resumed < 1.5, "{name}: after {resumed} s");
    });
}

#[test]
fn a_listener_that_sleeps_loses_nobody() {
    each(|name, mut world| {
        world.sim.set_asleep(LISTENER, true);
        world.run_s(10.0);
        world.sim.set_asleep(LISTENER, false);
        world.run_s(0.1);
        for seeder in 1..=2 {
            let lost = events(&world, &Event::SeederLost(Sim::address(seeder)));
            assert!(lost.is_empty(), "{name}: {lost:?}");
        }
        finish(name, &mut world);
    });
}
