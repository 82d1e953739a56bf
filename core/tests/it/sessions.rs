//! Whole sessions: what is played, and what adds up.

mod properties;

use segue_core::listener::{Event, Output};
use segue_core::seeder::{Order, SeederConfig};
use segue_core::sim::{AppliesTo, Sim};
use segue_policy::host::{Fault, Policy};
use segue_policy::{Actions, Decision, View};

use crate::world::{LISTENER, POLICIES, SESSION, Setup, World, paper_seeder};

/// Policies that leave nothing out.
const COMPLETE: [&str; 2] = [
    "sequential-recovery:gaps=refill",
    "random-recovery:gaps=refill",
];

fn all(packets: u32) -> Vec<u32> {
    (0..packets).collect()
}

/// No frame twice or out of order, and all sums hold.
#[track_caller]
fn check(world: &World) {
    let played = world.played();
    assert!(played.is_sorted_by(|a, b| a < b), "twice or out of order");
    let m = world.metrics();
    assert!(!m.unfinished, "never ended: {m:?}");
    assert_eq!(m.packets_played as usize, played.len());
    let kept = world.heard().iter();
    let kept = kept
        .filter(|(_, _, o)| matches!(o, Output::Keep { .. }))
        .count() as u64;
    assert_eq!(
        m.packets_received,
        kept + m.packets_late + m.packets_duplicate
    );
    // None of these policies leaves out what is here.
    assert_eq!(kept, u64::from(m.packets_played));
    // Where all was lost and left out, nothing ever started.
    if let (true, Some(startup_s)) = (world.setup.paced, m.startup_s) {
        let end = world.sim.now().as_secs_f64();
        let sum = startup_s + m.stall_s + m.played_s;
        assert!((end - sum).abs() < 1e-6, "ended at {end} s, sum {sum} s");
    }
}

#[track_caller]
fn check_complete(world: &World) {
    check(world);
    assert_eq!(
        world.played(),
        all(world.setup.packets),
        "{:?}",
        world.metrics()
    );
}

#[test]
fn on_a_clean_lan_every_policy_plays_everything_without_a_stall() {
    for policy in POLICIES {
        let world = Setup {
            policy: policy.into(),
            network: "random-delay:rtt_s=0.001".into(),
            ..Setup::default()
        }
        .play();
        check_complete(&world);
        let m = world.metrics();
        assert_eq!(m.stalls, 0, "{policy}");
        let startup_s = m.startup_s.expect("it started");
        assert!(startup_s < 1.1, "{policy}: {startup_s} s");
    }
}

#[test]
fn under_loss_every_policy_comes_to_an_end_and_all_adds_up() {
    for policy in POLICIES.into_iter().chain(COMPLETE) {
        for loss in [0.2, 0.5] {
            let world = Setup {
                policy: policy.into(),
                network: format!("random-delay:rtt_s=0.1,loss={loss}"),
                ..Setup::default()
            }
            .play();
            check(&world);
            let m = world.metrics();
            if COMPLETE.contains(&policy) {
                check_complete(&world);
            }
            // n seeders bring 1 - f^n of the packets even without recovery.
            assert!(m.missing_ratio < loss * loss + 0.08, "{policy}: {m:?}");
        }
    }
}

#[test]
fn one_of_two_seeders_dies_and_the_other_replaces_it() {
    for policy in COMPLETE {
        let mut world = Setup {
            packets: 1500,
            seeders: vec![paper_like(), paper_like()],
            policy: policy.into(),
            network: "random-delay:rtt_s=0.05,loss=0.2".into(),
            ..Setup::default()
        }
        .begin();
        world.run_s(8.0);
        world.sim.set_dead(1, true);
        world.play();
        check_complete(&world);
        let lost = |output: &Output| *output == Output::Event(Event::SeederLost(Sim::address(1)));
        assert!(
            world.heard().iter().any(|(_, _, output)| lost(output)),
            "{policy}"
        );
    }
}

/// Real time, so that a track is not all there after a moment.
fn paper_like() -> SeederConfig {
    SeederConfig {
        pace: paper_seeder().pace,
        ..SeederConfig::default()
    }
}

#[test]
fn a_seeder_that_comes_late_is_used() {
    let mut world = Setup {
        packets: 1500,
        seeders: vec![paper_like()],
        policy: COMPLETE[0].into(),
        network: "random-delay:rtt_s=0.05,loss=0.2".into(),
        ..Setup::default()
    }
    .begin();
    world.run_s(5.0);
    let late = world.add_seeder(paper_like());
    world.play();
    check_complete(&world);
    assert!(world.sim.node(late).seeder_stats().packets_sent > 500);
}

#[test]
fn all_seeders_gone_for_30_s_and_back_the_track_ends_complete() {
    for policy in COMPLETE {
        let mut world = Setup {
            packets: 1500,
            seeders: vec![paper_like(), paper_like()],
            policy: policy.into(),
            network: "random-delay:rtt_s=0.05,loss=0.1".into(),
            ..Setup::default()
        }
        .begin();
        world.run_s(8.0);
        (1..=2).for_each(|seeder| world.sim.set_dead(seeder, true));
        world.run_s(30.0);
        assert!(!world.ended(), "{policy}: it waits for them");
        (1..=2).for_each(|seeder| world.sim.set_dead(seeder, false));
        world.play();
        check_complete(&world);
        assert!(world.metrics().longest_stall_s > 15.0);
    }
}

#[test]
fn a_seeder_started_anew_knows_nothing_and_still_serves_on() {
    for policy in COMPLETE {
        let mut world = Setup {
            packets: 1500,
            seeders: vec![paper_like()],
            policy: policy.into(),
            network: "random-delay:rtt_s=0.05,loss=0.1".into(),
            ..Setup::default()
        }
        .begin();
        world.run_s(8.0);
        let anew = world.seeder_node(99, paper_like());
        world.sim.replace(1, anew);
        world.play();
        check_complete(&world);
        let m = world.metrics();
        assert!(m.longest_stall_s < 10.0, "{policy}: {m:?}");
        let sent = m.overhead_ratio * 1500.0;
        let after = world.sim.node(1).seeder_stats().packets_sent as f64;
        assert!(
            sent > after + 300.0,
            "both its lives count: {sent}, {after}"
        );
    }
}

#[test]
fn an_unpaced_output_gets_each_frame_as_soon_as_it_is_next_and_here() {
    for policy in COMPLETE {
        let world = Setup {
            policy: policy.into(),
            network: "random-delay:rtt_s=0.1,loss=0.3".into(),
            paced: false,
            ..Setup::default()
        }
        .play();
        check_complete(&world);
        let mut here = vec![None; 500];
        let mut last = None;
        for (at, _, output) in world.heard() {
            match output {
                Output::Keep { packet } => here[*packet as usize] = Some(*at),
                Output::Play { packet } => {
                    let came = here[*packet as usize];
                    assert_eq!(Some(*at), came.max(last), "{policy}: packet {packet}");
                    last = Some(*at);
                }
                _ => {}
            }
        }
    }
}

#[test]
fn a_random_and_a_sequential_seeder_work_together() {
    let random = SeederConfig {
        order: Order::Random,
        ..paper_like()
    };
    for policy in COMPLETE {
        let world = Setup {
            seeders: vec![random.clone(), paper_like()],
            policy: policy.into(),
            network: "random-delay:rtt_s=0.2,loss=0.2".into(),
            ..Setup::default()
        }
        .play();
        check_complete(&world);
    }
}

#[test]
fn a_track_of_one_packet_is_played() {
    for policy in POLICIES {
        let world = Setup {
            packets: 1,
            policy: policy.into(),
            ..Setup::default()
        }
        .play();
        check_complete(&world);
    }
}

#[test]
fn each_packet_delivered_costs_at_least_the_floor_in_sends() {
    for loss in [0.2, 0.5] {
        let world = Setup {
            packets: 3000,
            seeders: vec![SeederConfig::default()],
            policy: COMPLETE[0].into(),
            network: format!("random-delay:rtt_s=0.1,loss={loss}"),
            ..Setup::default()
        }
        .play();
        check_complete(&world);
        let floor = 1.0 / (1.0 - loss);
        let sends = world.sim.node(1).seeder_stats().packets_sent as f64 / 3000.0;
        assert!(
            sends > floor * 0.95,
            "{sends} sends for each, floor {floor}"
        );
        assert!(sends < floor * 1.5, "{sends} sends for each, floor {floor}");
    }
}

#[test]
fn a_paced_seeder_that_is_there_four_times_in_five_ends_when_it_should() {
    let packets = 3000.0;
    let mean = 0.02 * (packets / 0.8 - 1.0);
    let sd = 0.02 * f64::sqrt(0.2 * packets) / 0.8;
    for seed in 1..=5 {
        let world = Setup {
            packets: packets as u32,
            seeders: vec![paper_seeder()],
            policy: "stop-1s".into(),
            applies_to: AppliesTo::Media,
            timeline: true,
            seed,
            ..Setup::default()
        }
        .play();
        let sent = &world.session().timeline().sent[0];
        assert_eq!(sent.len(), 3000);
        let last = sent[2999].0.as_secs_f64();
        assert!(
            (last - mean).abs() < 4.0 * sd,
            "{last} s, expected {mean} ± {sd}"
        );
    }
}

#[test]
fn n_seeders_bring_one_minus_f_to_the_n_of_the_packets() {
    for (seeders, loss) in [(1, 0.1), (2, 0.5), (3, 0.5)] {
        let world = Setup {
            packets: 5000,
            seeders: vec![paper_seeder(); seeders],
            policy: "buffered:buffer=1".into(),
            network: format!("random-delay:loss={loss}"),
            applies_to: AppliesTo::Media,
            ..Setup::default()
        }
        .play();
        let share = 1.0 - f64::powi(loss, seeders as i32);
        let sd = f64::sqrt(share * (1.0 - share) / 5000.0);
        let came = 1.0 - world.metrics().missing_ratio;
        assert!(
            (came - share).abs() < 4.0 * sd,
            "{came}, expected {share} ± {sd}"
        );
    }
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_does_not() {
    let run = |seed| {
        let world = Setup {
            policy: COMPLETE[1].into(),
            network: "random-delay:rtt_s=0.1,loss=0.3".into(),
            seed,
            ..Setup::default()
        }
        .play();
        (format!("{:?}", world.heard()), world.metrics())
    };
    assert_eq!(run(1), run(1));
    assert_ne!(run(1), run(2));
}

#[test]
fn a_whole_list_lost_again_and_again_does_not_keep_a_later_one_from_being_told() {
    // Long lists in random order at heavy loss: what was asked and lost must
    // not fill the datagram for ever.
    let world = Setup {
        packets: 4000,
        seeders: vec![SeederConfig::default()],
        policy: "random-recovery:gaps=refill,buffer=0.5,what=missing,ask=4096,ask_stuck=4096"
            .into(),
        network: "random-delay:rtt_s=0.3,loss=0.6".into(),
        ..Setup::default()
    }
    .play();
    check_complete(&world);
    let m = world.metrics();
    assert!(m.startup_s.expect("it started") + m.stall_s < 60.0, "{m:?}");
}

/// Fails at its first chance after so many decisions.
struct Fails(u32);

impl Policy for Fails {
    fn decide(&mut self, view: &View<'_>, actions: &mut Actions<'_>) -> Result<Decision, Fault> {
        actions.stream_from_all(view);
        self.0 = self.0.checked_sub(1).ok_or(Fault::Panicked)?;
        Ok(if view.is_here(view.playhead()) {
            Decision::Play
        } else {
            Decision::Hold
        })
    }
}

#[test]
fn when_a_policy_fails_a_simple_one_plays_on_to_the_end() {
    for decisions in [0, 1, 50, 300] {
        let mut world = Setup {
            network: "random-delay:rtt_s=0.1,loss=0.3".into(),
            ..Setup::default()
        }
        .begin_with(Box::new(Fails(decisions)));
        world.play();
        check_complete(&world);
        let failed = |o: &Output| matches!(o, Output::Event(Event::PolicyFailed(_)));
        let count = world.heard().iter().filter(|(_, _, o)| failed(o)).count();
        assert_eq!(count, 1);
    }
}

#[test]
fn a_session_that_is_stopped_tells_its_seeders() {
    let mut world = Setup {
        seeders: vec![paper_like()],
        ..Setup::default()
    }
    .begin();
    world.run_s(1.0);
    assert_eq!(world.sim.node(1).listeners(), 1);
    world
        .sim
        .with_node(LISTENER, |node, now| node.stop(now, SESSION));
    world.run_s(1.0);
    assert_eq!(world.sim.node(1).listeners(), 0);
    assert!(world.metrics().unfinished);
}
