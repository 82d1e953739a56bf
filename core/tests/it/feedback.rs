//! How often a listener says what came.

use std::net::SocketAddr;

use segue_core::listener::Output;
use segue_core::seeder::SeederConfig;
use segue_core::session_log::Line;
use segue_core::sim::{AppliesTo, Sim};
use segue_core::time::Timestamp;
use segue_core::wire::Message;

use crate::world::{LISTENER, SESSION, Setup, World, paper_seeder};

const SEEDER: usize = 1;

fn world(seeder: SeederConfig) -> World {
    Setup {
        packets: 5000,
        seeders: vec![SeederConfig {
            pace: paper_seeder().pace,
            ..seeder
        }],
        network: "random-delay:loss=0.3,rtt_s=0.2".into(),
        applies_to: AppliesTo::Media,
        log: true,
        ..Setup::default()
    }
    .begin()
}

/// When the listener told a seeder what came, since the last call.
fn told(world: &mut World, seeder: SocketAddr) -> Vec<Timestamp> {
    let lines = (world.sim).with_node(LISTENER, |node, _| node.take_log(SESSION));
    let told = lines.into_iter().filter_map(|line| match line {
        Line::Out(at, Output::Transmit { to, message }) if to == seeder => {
            matches!(message, Message::Feedback(_)).then_some(at)
        }
        _ => None,
    });
    told.collect()
}

/// Its pace is fixed: it acts upon no feedback, and says so.
#[test]
fn a_seeder_of_the_paper_is_told_once_a_second_what_came() {
    for (seeder, least, most) in [
        (paper_seeder(), 28, 34),
        (SeederConfig::default(), 250, 350),
    ] {
        let mut world = world(seeder);
        world.run_s(30.0);
        let count = told(&mut world, Sim::address(SEEDER)).len();
        assert!(
            (least..=most).contains(&count),
            "{count} feedbacks in 30 s, {seeder:?}",
            seeder = world.setup.seeders
        );
    }
}

#[test]
fn what_is_told_seldom_is_measured_as_often() {
    let mut world = world(paper_seeder());
    world.run_s(30.3);
    let status = world.session().status();
    let seeder = &status.seeders[0];
    assert!((0.1..0.5).contains(&seeder.loss), "{seeder:?}");
    let before = seeder.packets_per_s;
    assert!((15.0..45.0).contains(&before), "{seeder:?}");
    // Within three tenths of a second it is another one already.
    world.run_s(0.3);
    let after = world.session().status().seeders[0].packets_per_s;
    assert!(before != after, "{before}");
}

#[test]
fn one_that_is_told_seldom_and_falls_silent_is_asked_as_soon_as_any() {
    let asked = [paper_seeder(), SeederConfig::default()].map(|seeder| {
        let mut world = world(seeder);
        world.run_s(20.05);
        told(&mut world, Sim::address(SEEDER));
        world.sim.set_dead(SEEDER, true);
        // What is under way still comes.
        world.run_s(0.3);
        told(&mut world, Sim::address(SEEDER));
        world.run_s(1.5);
        told(&mut world, Sim::address(SEEDER)).len()
    });
    let [seldom, often] = asked;
    assert!(seldom >= 5, "asked {seldom} times in 1.5 s of silence");
    assert!(often >= seldom, "{often} and {seldom}");
}
