//! Moments of a session, the odd ones first.

use segue_policy::Rng;
use segue_policy::abi::{self, RawSeeder};
use segue_policy::host::{Fault, Policy};
use segue_policy::testing::{S, Scene};

use crate::{Subject, Verdict};

/// Moments at the edge of what there can be.
fn odd() -> Vec<(&'static str, Scene)> {
    let of = |packets, seeders| Scene::new(packets, seeders);
    let mut all = vec![
        ("a track without packets", of(0, 1)),
        ("a track of one packet", of(1, 1)),
        ("no seeders", of(100, 0)),
        ("64 seeders", of(100, 64)),
        ("nothing at all", of(0, 0)),
        ("a track of 4 million packets", of(1 << 22, 2)),
    ];
    let mut changed = |what, packets, seeders, change: &dyn Fn(&mut Scene)| {
        let mut scene = of(packets, seeders);
        change(&mut scene);
        all.push((what, scene));
    };
    changed("everything is here", 130, 2, &|scene| scene.put(0..130));
    changed("only the last packet is here", 130, 2, &|scene| {
        scene.put(129..130)
    });
    changed("the track is over", 100, 2, &|scene| {
        scene.put(0..100);
        scene.playhead = 100;
    });
    changed("all seeders are dead", 100, 3, &|scene| {
        for seeder in &mut scene.seeders {
            seeder.flags = 0;
        }
    });
    changed(
        "all streams have ended and nothing came",
        100,
        2,
        &|scene| {
            for seeder in &mut scene.seeders {
                seeder.flags = abi::SEEDER_ALIVE | abi::SEEDER_STREAMING | abi::SEEDER_STREAM_ENDED;
            }
        },
    );
    changed("no frame is due", 100, 2, &|scene| scene.due = false);
    changed("an output that keeps no time", 100, 2, &|scene| {
        scene.paced = false
    });
    changed("nothing may be asked for yet", 100, 2, &|scene| {
        scene.ask_end = 1;
    });
    changed("centuries have passed", 100, 2, &|scene| {
        scene.now_ns = u64::MAX / 4;
    });
    changed("extreme measurements", 100, 2, &|scene| {
        for seeder in &mut scene.seeders {
            seeder.rtt_ns = u64::from(u32::MAX) * 1000;
            seeder.rtt_var_ns = 1;
            seeder.loss = 1.0;
            seeder.delivery_rate = 1e9;
            seeder.outstanding = 1_000_000;
        }
    });
    all
}

/// Asks it; of one that panics, tells what it said.
fn asked(scene: &mut Scene, policy: &mut dyn Policy) -> Result<(), String> {
    let (answer, record) = scene.decide(policy);
    answer.map(drop).map_err(|fault| match record.lines.last() {
        Some(line) if fault == Fault::Panicked => format!("it {line}"),
        _ => fault.to_string(),
    })
}

/// Each odd moment, and again with everything that comes after it.
pub fn edges(subject: &Subject) -> Verdict {
    for (what, mut scene) in odd() {
        let mut policy = match subject.configured.policy(subject.seed) {
            Ok(policy) => policy,
            Err(error) => return Verdict::Failed(error.to_string()),
        };
        for _ in 0..3 {
            if let Err(why) = asked(&mut scene, &mut *policy) {
                return Verdict::Failed(format!("with {what}: {why}"));
            }
            scene.wait(1.0);
            for packet in 0..scene.packets.min(5) {
                scene.arrive(0, packet);
            }
        }
    }
    Verdict::Passed
}

/// Random moments; the seed says which.
pub fn random(subject: &Subject) -> Verdict {
    for number in 0..300 {
        let seed = subject.seed.wrapping_add(number);
        let mut draws = Rng::new(seed);
        let mut policy = match subject.configured.policy(seed) {
            Ok(policy) => policy,
            Err(error) => return Verdict::Failed(error.to_string()),
        };
        let mut scene = first(&mut draws);
        for step in 0..20 {
            if let Err(why) = asked(&mut scene, &mut *policy) {
                return Verdict::Failed(format!(
                    "at step {step} of a session drawn at random: {why}; again, and first, with \
                     --only random-views --seed {seed}"
                ));
            }
            later(&mut scene, &mut draws);
        }
    }
    Verdict::Passed
}

fn first(draws: &mut Rng) -> Scene {
    let most = [1, 2, 63, 64, 65, 500, 20_000][draws.below(7) as usize];
    let mut scene = Scene::new(1 + draws.below(most), draws.below(9) as usize);
    scene.now_ns = u64::from(draws.below(1000)) * S / 100;
    scene.state = draws.below(3);
    scene.paced = draws.below(4) > 0;
    scene
}

/// Time passes, packets come, seeders come to life and die.
fn later(scene: &mut Scene, draws: &mut Rng) {
    scene.now_ns += draws.next_u64() % S;
    scene.due = draws.below(3) > 0;
    scene.state = draws.below(3);
    scene.next_due_ns = scene.now_ns + u64::from(draws.below(20_000_000));
    let seeders = scene.seeders.len() as u32;
    for _ in 0..draws.below(40) {
        let packet = draws.below(scene.packets);
        match (draws.below(8), seeders) {
            (0, 1..) => scene.asked(packet, draws.below(seeders), draws.next_u64() % 10),
            (_, 1..) => scene.arrive(draws.below(seeders), packet),
            _ => scene.put([packet]),
        }
    }
    let left = scene.packets - scene.playhead;
    scene.playhead += draws.below(left.min(60) + 1);
    for seeder in &mut scene.seeders {
        measured(seeder, draws, scene.now_ns);
    }
    let joins = draws.below(6) == 0 && scene.seeders.len() < 64;
    if joins {
        scene.seeders.push(RawSeeder::joining(scene.now_ns));
    }
    scene.ask_end = match draws.below(4) {
        0 => scene.playhead + draws.below(scene.packets - scene.playhead + 1),
        _ => 0,
    };
}

fn measured(seeder: &mut RawSeeder, draws: &mut Rng, now_ns: u64) {
    if draws.below(3) == 0 {
        seeder.flags = draws.below(16);
    }
    seeder.rtt_ns = draws.next_u64() % (2 * S);
    seeder.rtt_var_ns = draws.next_u64() % S;
    seeder.loss = draws.unit();
    seeder.delivery_rate = draws.unit() * 500.0;
    seeder.last_heard_ns = now_ns - draws.next_u64() % (now_ns + 1);
    seeder.outstanding = draws.below(200);
}
