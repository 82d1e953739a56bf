//! The policy `deadline`: at the paper's losses and round trips, and on
//! ordinary networks.

use segue_core::metrics::Metrics;
use segue_core::seeder::SeederConfig;

use crate::world::{Setup, World};

const PACKETS: u32 = 28_000;

/// A seeder that sends at most so many packets of 418 bytes in a second.
fn capped(packets_per_s: f64) -> SeederConfig {
    SeederConfig {
        max_bytes_per_s: Some(packets_per_s * 418.0),
        ..SeederConfig::default()
    }
}

fn figure(network: &str, policy: &str, seed: u64) -> Setup {
    Setup {
        packets: PACKETS,
        seeders: vec![capped(200.0); 2],
        policy: policy.into(),
        network: format!("random-delay:{network}"),
        seed,
        ..Setup::default()
    }
}

/// Startup and stalls together, seconds.
fn waited(metrics: &Metrics) -> f64 {
    metrics.startup_s.unwrap_or(f64::NAN) + metrics.stall_s
}

fn mean(of: impl Iterator<Item = f64>) -> f64 {
    let all: Vec<f64> = of.collect();
    all.iter().sum::<f64>() / all.len() as f64
}

#[test]
#[ignore = "prints figures"]
fn measure() {
    use std::fmt::Write;
    let env = |name: &str, default: &str| std::env::var(name).unwrap_or(default.into());
    let seeds: u64 = env("SEEDS", "5").parse().unwrap();
    let mut out = String::new();
    for network in env(
        "NETS",
        "loss=0.1,rtt_s=0.001;loss=0.5,rtt_s=1;loss=0.2,rtt_s=2",
    )
    .split(';')
    {
        for policy in env("POLICIES", "deadline").split(';') {
            let begun = std::time::Instant::now();
            let all: Vec<Metrics> = (env("FIRST", "1").parse().unwrap()..=seeds)
                .map(|seed| {
                    let mut setup = figure(network, policy, seed);
                    setup.packets = env("PACKETS", "28000").parse().unwrap();
                    let n: usize = env("SEEDERS", "2").parse().unwrap();
                    let cap: f64 = env("CAP", "200").parse().unwrap();
                    setup.seeders = vec![
                        if cap > 0.0 {
                            capped(cap)
                        } else {
                            SeederConfig::default()
                        };
                        n
                    ];
                    setup.timeline = env("BIND", "0") == "1";
                    setup.paced = env("PACED", "1") == "1";
                    let world = setup.play();
                    if env("LOG", "0") == "1" {
                        for (at, _, o) in world.heard() {
                            if let segue_core::listener::Output::Event(e) = o {
                                let _ = writeln!(out, "  {at:?} {e:?}");
                            }
                        }
                    }
                    let m = world.metrics();
                    if env("BIND", "0") == "1" {
                        let mut a: Vec<(i64, u32, f64)> = world.heard().iter().filter_map(|(at, _, o)| match o {
                            segue_core::listener::Output::Keep { packet } => Some(((at.as_secs_f64() * 1e3) as i64 - i64::from(*packet) * 20, *packet, at.as_secs_f64())),
                            _ => None,
                        }).collect();
                        a.sort_by_key(|x| x.0);
                        a.reverse();
                        let _ = writeln!(out, "  bind {:?}", &a[..6]);
                        for b in &a[..2] {
                            let sent: Vec<_> = world.session().timeline().sent.iter().map(|s| s.iter().filter(|(_, p)| *p == b.1).map(|(t, _)| t.as_secs_f64()).collect::<Vec<_>>()).collect();
                            let _ = writeln!(out, "    sent {} {sent:?}", b.1);
                        }
                    }
                    if m.unfinished {
                        let _ = writeln!(out, "seed {seed}: {m:?} {:?}", world.session().status());
                        let all = world.heard();
                        for h in &all[all.len() - 12..] {
                            let _ = writeln!(out, "{h:?}");
                        }
                    }
                    m
                })
                .collect();
            let each = |f: fn(&Metrics) -> f64| mean(all.iter().map(f));
            let worst = all.iter().map(waited).fold(0.0, f64::max);
            let _ = writeln!(
                out,
                "{network:24} {policy:32} wait {:.3} (max {worst:.3}) startup {:.3} stalls {:.2} stall_s {:.3} missing {:.4} dup {:.4} overhead {:.3} requests {:.0} asked {:.0} unfinished {} {:.0} ms/run",
                mean(all.iter().map(waited)),
                each(|m| m.startup_s.unwrap_or(f64::NAN)),
                each(|m| m.stalls.into()),
                each(|m| m.stall_s),
                each(|m| m.missing_ratio),
                each(|m| m.duplicate_ratio),
                each(|m| m.overhead_ratio),
                each(|m| m.requests as f64),
                each(|m| m.packets_asked as f64),
                all.iter().filter(|m| m.unfinished).count(),
                begun.elapsed().as_secs_f64() * 1e3 / seeds as f64
            );
        }
    }
    std::fs::write(env("OUT", "/tmp/deadline-measure.txt"), out).unwrap();
    let _: Option<World> = None;
}
