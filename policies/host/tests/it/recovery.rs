//! The paper's rounds, as its program held them.

use segue_policy::Decision;
use segue_policy::abi::SEEDER_STREAMING;

use crate::support::{Record, S, Scene, policy};

const PAPER: &str = "buffer=0.05,gaps=skip,recover=filling,what=missing,ask=200,wait_s=4,\
    ask_stuck=300,wait_stuck_s=6,split=paper";

fn paper(name: &str) -> String {
    format!("{name}:{PAPER}")
}

fn scene(seeders: usize) -> Scene {
    let mut scene = Scene::new(28_000, seeders);
    for seeder in &mut scene.seeders {
        seeder.set(SEEDER_STREAMING, true);
    }
    scene
}

fn asked(record: &Record) -> usize {
    record
        .requests
        .iter()
        .map(|(_, packets)| packets.len())
        .sum()
}

#[test]
fn rounds_of_200_each_4_s_while_it_falls_else_300_each_6_s() {
    let mut policy = policy(&paper("sequential-recovery"), 0);
    let mut scene = scene(1);
    let (answer, record) = scene.ask(&mut *policy);
    assert_eq!(answer, Decision::Hold);
    assert_eq!(asked(&record), 200, "the first round counts as fallen");
    assert_eq!(record.wake_ns, Some(4 * S));
    scene.now_ns = 4 * S - 1;
    scene.arrive(0, 5);
    assert_eq!(asked(&scene.ask(&mut *policy).1), 0, "only at round times");
    scene.now_ns = 4 * S;
    let (_, record) = scene.ask(&mut *policy);
    assert_eq!((asked(&record), record.wake_ns), (200, Some(8 * S)));
    assert!(!record.requests[0].1.contains(&5));
    scene.now_ns = 8 * S;
    let (_, record) = scene.ask(&mut *policy);
    assert_eq!((asked(&record), record.wake_ns), (300, Some(14 * S)));
    scene.now_ns = 14 * S;
    scene.put(0..1300);
    let (_, record) = scene.ask(&mut *policy);
    let window = 1400; // 0.05 × 28,000
    assert_eq!(record.requests, [(0, (1300..1300 + 100).collect())]);
    assert_eq!(1300 + asked(&record), window);
    scene.put(0..1400);
    scene.now_ns = 18 * S - 1;
    assert_eq!(
        scene.ask(&mut *policy).0,
        Decision::Hold,
        "a fill ends on a round"
    );
    scene.now_ns = 18 * S;
    let (answer, record) = scene.ask(&mut *policy);
    assert_eq!((answer, asked(&record)), (Decision::Play, 0));
    scene.playhead = 1400;
    scene.now_ns = 60 * S;
    let (answer, record) = scene.ask(&mut *policy);
    assert_eq!(answer, Decision::Hold);
    assert_eq!(asked(&record), 200, "a new fill asks at once");
    assert_eq!(record.requests[0].1[0], 1400);
}

#[test]
fn two_seeders_get_every_second_and_every_third() {
    let mut policy = policy(&paper("sequential-recovery"), 0);
    let (_, record) = scene(2).ask(&mut *policy);
    let list: Vec<u32> = (0..200).collect();
    let every = |step| list.iter().copied().step_by(step).collect::<Vec<_>>();
    assert_eq!(record.requests, [(0, every(2)), (1, every(3))]);
}

#[test]
fn an_even_split_asks_for_each_packet_once() {
    let spec = paper("sequential-recovery").replace("split=paper", "split=even");
    let mut policy = policy(&spec, 0);
    let (_, record) = scene(3).ask(&mut *policy);
    let mut all: Vec<u32> = record.requests.iter().flat_map(|r| r.1.clone()).collect();
    all.sort_unstable();
    assert_eq!(all, (0..200).collect::<Vec<_>>());
    assert!(
        record
            .requests
            .iter()
            .all(|r| (66..=67).contains(&r.1.len()))
    );
}

#[test]
fn random_recovery_shuffles_the_window_and_sequential_does_not() {
    let (_, in_order) = scene(1).ask(&mut *policy(&paper("sequential-recovery"), 1));
    let (_, shuffled) = scene(1).ask(&mut *policy(&paper("random-recovery"), 1));
    assert!(in_order.requests[0].1.is_sorted());
    let list = &shuffled.requests[0].1;
    assert!(!list.is_sorted());
    assert!(
        list.iter().any(|packet| *packet >= 200),
        "it draws from the whole window"
    );
    assert!(list.iter().all(|packet| *packet < 1400));
}

#[test]
fn the_same_seed_asks_the_same() {
    let run = |seed| {
        let mut policy = policy(&paper("random-recovery"), seed);
        let mut scene = scene(2);
        let mut records = Vec::new();
        for step in 0..20 {
            scene.now_ns = step * 2 * S;
            scene.put((0..40).map(|i| (i * 37 + step as u32 * 11) % 1400));
            records.push(scene.ask(&mut *policy));
        }
        records
    };
    assert_eq!(run(3), run(3));
    assert_ne!(run(3), run(4));
}

#[test]
fn by_default_it_asks_only_for_what_a_stream_lost() {
    let mut policy = policy("sequential-recovery:buffer_s=1", 0);
    let mut scene = scene(1);
    scene.now_ns = S;
    for packet in (0..20).filter(|n| n % 5 != 0) {
        scene.arrive(0, packet);
    }
    assert_eq!(asked(&scene.ask(&mut *policy).1), 0, "it may be overtaken");
    scene.now_ns = 2 * S;
    let (_, record) = scene.ask(&mut *policy);
    assert_eq!(record.requests, [(0, vec![0, 5, 10, 15])]);
}
