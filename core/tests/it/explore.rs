use crate::world::{Setup, World};
use segue_core::listener::{Event, Output};
use segue_core::seeder::SeederConfig;

fn lines(world: &World) -> Vec<(f64, String)> {
    world
        .heard()
        .iter()
        .filter_map(|(at, _, output)| match output {
            Output::Event(Event::Reason(line)) => Some((at.as_nanos() as f64 / 1e9, line.clone())),
            _ => None,
        })
        .collect()
}

#[test]
#[ignore]
fn explore() {
    let var = |name: &str, or: &str| std::env::var(name).unwrap_or(or.into());
    let packets: u32 = var("PACKETS", "6000").parse().unwrap();
    let cap: f64 = var("CAP", "38.3").parse().unwrap();
    let seeds = var("SEEDS", "1-3");
    let (a, b) = seeds.split_once('-').unwrap();
    let (a, b): (u64, u64) = (a.parse().unwrap(), b.parse().unwrap());
    for seed in a..=b {
        let seeder = SeederConfig {
            max_bytes_per_s: Some(cap * 418.0),
            ..SeederConfig::default()
        };
        let world = Setup {
            packets,
            seeders: vec![seeder; 2],
            policy: var("POLICY", "deadline"),
            network: var("NET", "random-delay:loss=0.2,rtt_s=0.05"),
            seed,
            paced: var("PACED", "1") == "1",
            ..Setup::default()
        }
        .play();
        let m = world.metrics();
        println!("seed {seed}: start {:?} stalls {} {:.3} s dup {:.4}", m.startup_s, m.stalls, m.stall_s, m.duplicate_ratio);
        if var("LINES", "1") == "1" {
            for (at, line) in lines(&world) {
                println!("  {at:.3} {line}");
            }
        }
    }
}
