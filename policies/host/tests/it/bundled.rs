//! Every bundled plugin loads and does what it says.

use segue_policy::Decision;
use segue_policy::abi::{SEEDER_RANDOM, SEEDER_STREAM_ENDED};
use segue_policy_host::Kind;

use crate::support::{S, Scene, bundled, policy};

#[test]
fn all_load_and_describe_themselves() {
    let registry = bundled();
    assert_eq!(registry.refused(), []);
    assert_eq!(registry.shadowed(), []);
    let names: Vec<_> = registry
        .plugins()
        .iter()
        .map(|p| (p.kind(), p.name()))
        .collect();
    assert_eq!(
        names,
        [
            (Kind::Policy, "buffered"),
            (Kind::Policy, "random-recovery"),
            (Kind::Policy, "sequential-recovery"),
            (Kind::Policy, "stop-1s"),
            (Kind::Network, "bursts"),
            (Kind::Network, "g1050"),
            (Kind::Network, "gilbert-elliott"),
            (Kind::Network, "none"),
            (Kind::Network, "random-delay"),
            (Kind::Network, "rate-limit"),
            (Kind::Network, "trace"),
        ]
    );
    for plugin in registry.plugins() {
        assert!(!plugin.summary().is_empty());
        assert_eq!(plugin.version(), env!("CARGO_PKG_VERSION"));
        assert_eq!(plugin.hash().len(), 16);
        let json = serde_json::to_value(plugin).unwrap();
        assert_eq!(json["name"], plugin.name());
        assert_eq!(
            json["params"].as_array().unwrap().len(),
            plugin.params().len()
        );
    }
}

#[test]
fn each_policy_asks_every_seeder_for_a_stream_and_decides() {
    for plugin in bundled()
        .plugins()
        .iter()
        .filter(|p| p.kind() == Kind::Policy)
    {
        let mut policy = plugin.defaults().policy(1).unwrap();
        let mut scene = Scene::new(1000, 2);
        let (answer, record) = scene.ask(&mut *policy);
        assert_eq!(answer, Decision::Hold, "{}", plugin.name());
        assert_eq!(record.streams, [(0, 0), (1, 0)], "{}", plugin.name());
        scene.now_ns = 3600 * S;
        scene.put(0..1000);
        let (answer, _) = scene.ask(&mut *policy);
        assert!(
            matches!(answer, Decision::Play | Decision::SkipTo(0)),
            "{}: {answer:?}",
            plugin.name()
        );
    }
}

#[test]
fn stop_1s_plays_the_lowest_packet_that_is_here() {
    let mut policy = policy("stop-1s", 0);
    let mut scene = Scene::new(200, 1);
    scene.put([70, 130]);
    assert_eq!(scene.ask(&mut *policy).0, Decision::SkipTo(70));
    scene.playhead = 71;
    assert_eq!(scene.ask(&mut *policy).0, Decision::SkipTo(130));
}

#[test]
fn stop_1s_holds_exactly_a_second() {
    let mut policy = policy("stop-1s", 0);
    let mut scene = Scene::new(200, 1);
    scene.now_ns = 5 * S;
    let (answer, record) = scene.ask(&mut *policy);
    assert_eq!((answer, record.wake_ns), (Decision::Hold, Some(6 * S)));
    scene.now_ns = 6 * S - 1;
    scene.arrive(0, 3);
    assert_eq!(scene.ask(&mut *policy).0, Decision::Hold);
    scene.now_ns = 6 * S;
    assert_eq!(scene.ask(&mut *policy).0, Decision::SkipTo(3));
}

#[test]
fn stop_1s_ends_when_nothing_can_come() {
    let mut policy = policy("stop-1s", 0);
    let mut scene = Scene::new(200, 1);
    scene.seeders[0].set(SEEDER_STREAM_ENDED, true);
    assert_eq!(scene.ask(&mut *policy).0, Decision::SkipTo(200));
}

#[test]
fn buffered_fills_the_floor_of_its_share() {
    // 0.05 × 1,119 = 55.95: the window is 55 packets.
    let mut policy = policy("buffered:buffer=0.05", 0);
    let mut scene = Scene::new(1119, 1);
    for packet in 0..54 {
        scene.arrive(0, packet);
        assert_eq!(scene.ask(&mut *policy).0, Decision::Hold, "{packet}");
    }
    scene.arrive(0, 54);
    assert_eq!(scene.ask(&mut *policy).0, Decision::Play);
}

#[test]
fn buffered_fills_again_when_the_queue_runs_empty() {
    let mut policy = policy("buffered:buffer=0.1", 0);
    let mut scene = Scene::new(100, 1);
    (0..10).for_each(|packet| scene.arrive(0, packet));
    assert_eq!(scene.ask(&mut *policy).0, Decision::Play);
    scene.playhead = 10;
    assert_eq!(scene.ask(&mut *policy).0, Decision::Hold);
    (10..19).for_each(|packet| scene.arrive(0, packet));
    assert_eq!(scene.ask(&mut *policy).0, Decision::Hold);
    scene.arrive(0, 19);
    assert_eq!(scene.ask(&mut *policy).0, Decision::Play);
}

#[test]
fn buffered_gives_up_what_every_stream_passed_a_quarter_second_ago() {
    let mut policy = policy("buffered:buffer=0.1", 0);
    let mut scene = Scene::new(100, 2);
    scene.now_ns = S;
    (0..10)
        .filter(|n| *n != 4)
        .for_each(|packet| scene.arrive(0, packet));
    scene.arrive(0, 10);
    assert_eq!(scene.ask(&mut *policy).0, Decision::Hold);
    scene.now_ns = 2 * S;
    assert_eq!(
        scene.ask(&mut *policy).0,
        Decision::Hold,
        "the other stream may bring it"
    );
    scene.arrive(1, 10);
    assert_eq!(scene.ask(&mut *policy).0, Decision::Hold);
    scene.now_ns = 2 * S + S / 4 - 1;
    assert_eq!(scene.ask(&mut *policy).0, Decision::Hold);
    scene.now_ns = 2 * S + S / 4;
    assert_eq!(scene.ask(&mut *policy).0, Decision::Play);
    scene.playhead = 4;
    assert_eq!(scene.ask(&mut *policy).0, Decision::SkipTo(5));
}

#[test]
fn buffered_gives_nothing_up_before_a_random_stream_ends() {
    let mut policy = policy("buffered:buffer=0.1", 0);
    let mut scene = Scene::new(100, 1);
    scene.seeders[0].set(SEEDER_RANDOM, true);
    scene.now_ns = S;
    (0..11)
        .filter(|n| *n != 4)
        .for_each(|packet| scene.arrive(0, packet));
    scene.ask(&mut *policy);
    scene.now_ns = 100 * S;
    assert_eq!(scene.ask(&mut *policy).0, Decision::Hold);
    scene.seeders[0].set(SEEDER_STREAM_ENDED, true);
    assert_eq!(scene.ask(&mut *policy).0, Decision::Play);
}

#[test]
fn buffered_ends_the_track_when_the_rest_is_lost() {
    for gaps in ["skip", "refill"] {
        let mut policy = policy(&format!("buffered:buffer=0.1,gaps={gaps}"), 0);
        let mut scene = Scene::new(100, 1);
        scene.put(0..100 - 3);
        scene.playhead = 97;
        scene.seeders[0].set(SEEDER_STREAM_ENDED, true);
        assert_eq!(scene.ask(&mut *policy).0, Decision::SkipTo(100), "{gaps}");
    }
}
