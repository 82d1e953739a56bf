//! What a person does to a session: begin in the middle, pause, have it ready
//! before its turn.

use std::time::Duration;

use segue_core::listener::PlayState;
use segue_core::playback::Start;
use segue_core::session_log::{Line, SessionLog};
use segue_policy::host::{Fault, Policy};
use segue_policy::{Actions, Decision, View};

use crate::world::{LISTENER, POLICIES, SESSION, Setup, policy};

const RECOVERY: &str = "random-recovery";
const LOSS: &str = "random-delay:rtt_s=0.05,loss=0.1";

fn log_of(world: &mut crate::world::World) -> SessionLog {
    let lines = world.sim.with_node(0, |node, _| node.take_log(SESSION));
    let line = |line: &Line| serde_json::to_string(line).expect("plain data") + "\n";
    let text: String = lines.iter().map(line).collect();
    SessionLog::parse(&text).expect("our own log")
}

#[test]
fn a_session_fetches_before_anybody_asks_and_starts_at_once() {
    for policy in POLICIES {
        let mut world = Setup {
            policy: policy.into(),
            network: LOSS.into(),
            asks: false,
            ..Setup::default()
        }
        .begin();
        world.run_s(60.0);
        let status = world.session().status();
        assert_eq!((status.state, status.playhead), (PlayState::Starting, 0));
        if policy == RECOVERY {
            assert!(world.session().is_fetched(), "{} are here", status.here);
        }
        world.attach();
        world.play();
        let metrics = world.metrics();
        assert!(!metrics.unfinished, "{policy}");
        assert_eq!(metrics.startup_s, Some(0.0), "{policy}");
        assert_eq!(metrics.ahead_s, 60.0, "{policy}");
        if policy == RECOVERY {
            assert_eq!((metrics.stalls, metrics.missing_ratio), (0, 0.0));
        }
    }
}

#[test]
fn playing_begins_where_it_is_told_and_counts_from_there() {
    for policy in POLICIES {
        let world = Setup {
            policy: policy.into(),
            network: "random-delay:rtt_s=0.05".into(),
            start: Start {
                packet: 200,
                preroll: 10,
            },
            timeline: true,
            ..Setup::default()
        }
        .play();
        assert_eq!(world.played(), (190..500).collect::<Vec<_>>(), "{policy}");
        let metrics = world.metrics();
        assert_eq!(metrics.packets_played, 300);
        assert_eq!(metrics.missing_ratio, 0.0);
        // Two seeders stream all of it, and none of what is before.
        assert!(metrics.overhead_ratio <= 2.0, "{}", metrics.overhead_ratio);
        assert_eq!(world.session().timeline().played[0].1, 200);
    }
}

#[test]
fn what_is_here_already_is_not_asked_for() {
    for policy in POLICIES {
        let world = Setup {
            policy: policy.into(),
            network: "random-delay:rtt_s=0.05,loss=0.1".into(),
            start: Start {
                packet: 200,
                preroll: 10,
            },
            have: vec![190..400, 400..500],
            ..Setup::default()
        }
        .play();
        assert_eq!(world.played(), (190..500).collect::<Vec<_>>(), "{policy}");
        let metrics = world.metrics();
        assert_eq!((metrics.packets_received, metrics.requests), (0, 0));
        assert_eq!(metrics.overhead_ratio, 0.0);
    }
}

#[test]
fn a_start_beyond_the_end_plays_nothing_and_ends() {
    let world = Setup {
        start: Start {
            packet: 1000,
            preroll: 10,
        },
        have: vec![0..10, 10..1000],
        ..Setup::default()
    }
    .play();
    assert!(world.ended() && world.played().is_empty());
}

#[test]
fn a_pause_of_five_minutes_is_no_stall_and_loses_nothing() {
    for spec in POLICIES {
        let mut world = Setup {
            policy: spec.into(),
            network: "random-delay:rtt_s=0.05".into(),
            log: true,
            ..Setup::default()
        }
        .begin();
        world.run_s(5.0);
        world.pause(true);
        let at = world.session().status().playhead;
        assert!(at > 0, "{spec}");
        world.run_s(300.0);
        assert_eq!(world.session().status().playhead, at, "{spec}");
        assert!(world.session().status().seeders.iter().all(|s| s.alive));
        world.pause(false);
        world.play();
        let metrics = world.metrics();
        assert!(!metrics.unfinished);
        assert_eq!(world.played(), (0..500).collect::<Vec<_>>(), "{spec}");
        assert_eq!((metrics.stalls, metrics.paused_s), (0, 300.0), "{spec}");
        let log = log_of(&mut world);
        assert_eq!(log.replay(policy(spec, 1)), None, "{spec}");
    }
}

#[test]
fn buffers_fill_in_a_pause_though_nothing_is_played() {
    let mut world = Setup {
        policy: RECOVERY.into(),
        network: LOSS.into(),
        ..Setup::default()
    }
    .begin();
    world.pause(true);
    world.run_s(60.0);
    assert!(world.session().is_fetched());
    assert_eq!(world.session().status().playhead, 0);
    world.pause(false);
    world.play();
    let metrics = world.metrics();
    assert_eq!((metrics.stalls, metrics.startup_s), (0, Some(0.0)));
}

#[test]
fn nothing_more_is_to_be_fetched_once_what_is_missing_was_left_out() {
    for (spec, conceals) in [("buffered", false), ("conceal", true)] {
        let setup = Setup {
            packets: 300,
            network: "random-delay:rtt_s=0.05,loss=0.2".into(),
            ..Setup::default()
        };
        let mut world = if conceals {
            setup.begin_with(Box::new(Conceals))
        } else {
            let setup = Setup {
                policy: spec.into(),
                ..setup
            };
            setup.begin()
        };
        let end = world.sim.now() + Duration::from_secs(60);
        world.sim.run_until(end, |sim| {
            let session = sim.node(LISTENER).session(SESSION).expect("open");
            session.is_fetched()
        });
        let status = world.session().status();
        assert!(!status.ended, "{spec}: known before the end");
        assert!(status.here < status.packets, "{spec}: some were lost");
        assert_eq!(status.playhead + status.buffered, status.packets, "{spec}");
    }
}

/// One stream, played as it comes after a second, with no word about gaps.
struct Conceals;

impl Policy for Conceals {
    fn decide(&mut self, view: &View<'_>, actions: &mut Actions<'_>) -> Result<Decision, Fault> {
        for seeder in view.seeders().filter(|seeder| !seeder.streaming()) {
            let _ = actions.stream(seeder.index(), 0, 0.0);
        }
        actions.wake_at(1_000_000_000);
        Ok(match view.is_here(view.playhead()) {
            _ if view.now_ns() < 1_000_000_000 => Decision::Hold,
            true => Decision::Play,
            false => Decision::Conceal,
        })
    }
}
