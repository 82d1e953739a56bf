//! What an experiment may set of a run: a seeder's cap, a network for one link,
//! what is kept.

use segue_core::listener::Output;
use segue_core::seeder::SeederConfig;
use segue_core::sim::{AppliesTo, Keep};
use segue_core::timeline::Point;

use crate::world::{LISTENER, Setup, World, network, paper_seeder};

const RATE: f64 = 30.0;

/// Packets of 418 bytes, so many a second in all.
fn capped(seeder: SeederConfig) -> SeederConfig {
    SeederConfig {
        max_bytes_per_s: Some(RATE * 418.0),
        ..seeder
    }
}

/// Most packets of one seeder in any second.
fn busiest_second(sent: &[Point]) -> usize {
    let within = |first: usize| {
        let end = sent[first].0.as_secs_f64() + 1.0;
        sent[first..].partition_point(|(at, _)| at.as_secs_f64() < end)
    };
    (0..sent.len()).map(within).max().unwrap_or(0)
}

#[test]
fn a_seeders_cap_holds_for_stream_and_requests_together() {
    // In paper mode the stream alone takes 40 a second, each request 50 more.
    for seeder in [SeederConfig::default(), paper_seeder()] {
        let world = Setup {
            packets: 2000,
            seeders: vec![capped(seeder); 2],
            policy: "random-recovery:gaps=refill".into(),
            network: "random-delay:loss=0.3,rtt_s=0.2".into(),
            timeline: true,
            ..Setup::default()
        }
        .play();
        let metrics = world.metrics();
        assert!(!metrics.unfinished && metrics.requests > 0, "{metrics:?}");
        for sent in &world.session().timeline().sent {
            let most = busiest_second(sent);
            assert!(most <= RATE as usize + 1, "{most} in a second");
            assert!(most as f64 > 0.9 * RATE, "{most}: the cap was not reached");
        }
    }
}

#[test]
fn a_link_may_have_a_network_of_its_own() {
    let mut world = Setup {
        packets: 1000,
        seeders: Vec::new(),
        policy: "buffered:buffer=1".into(),
        applies_to: AppliesTo::Media,
        timeline: true,
        asks: false,
        ..Setup::default()
    }
    .begin();
    let [whole, torn] = [paper_seeder(), paper_seeder()].map(|seeder| world.add_seeder(seeder));
    let own = vec![network("random-delay:loss=1", 1)];
    world.sim.set_network(LISTENER, torn, own);
    world.attach();
    world.play();
    assert_eq!(world.metrics().packets_played, 1000);
    assert_eq!(world.metrics().packets_received, 1000, "all from one");
    for seeder in [whole, torn] {
        let stats = world.sim.node(seeder).seeder_stats();
        assert!(stats.packets_sent > 900, "{stats:?}");
    }
}

#[test]
fn what_is_kept_changes_nothing_of_the_run() {
    let run = |keep| -> World {
        Setup {
            packets: 1000,
            policy: "random-recovery".into(),
            network: "random-delay:loss=0.2,rtt_s=0.1".into(),
            timeline: true,
            keep,
            ..Setup::default()
        }
        .play()
    };
    let (all, events) = (run(Keep::Everything), run(Keep::Events));
    assert_eq!(all.metrics(), events.metrics());
    assert_eq!(all.session().timeline(), events.session().timeline());
    let is_event = |output: &Output| matches!(output, Output::Event(_));
    let said = |world: &World| -> Vec<Output> {
        let outputs = world.heard().iter().map(|(_, _, output)| output);
        outputs.filter(|output| is_event(output)).cloned().collect()
    };
    assert!(!said(&all).is_empty());
    assert_eq!(said(&all), said(&events));
    assert!(events.heard().iter().all(|(_, _, output)| is_event(output)));
}
