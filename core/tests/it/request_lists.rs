//! How much listeners say: lists of what is wanted, again and again.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use segue_core::seeder::SeederConfig;
use segue_core::sim::{AppliesTo, Sim};
use segue_core::time::Timestamp;
use segue_policy::host::{Fault, Network, Policy};
use segue_policy::{Actions, Datagram, Decision, Direction, Fate, Range, View};

use crate::world::{LISTENER, SESSION, Setup, network, policy};

const PACKETS: u32 = 6000;

/// A model, and the bytes that went to seeders.
struct Counted {
    model: Box<dyn Network>,
    bytes: Arc<AtomicU64>,
}

impl Network for Counted {
    fn transit_into(&mut self, datagram: &Datagram, fate: &mut Fate) -> Result<(), Fault> {
        if datagram.direction == Direction::ToSeeder {
            self.bytes
                .fetch_add(datagram.bytes.into(), Ordering::Relaxed);
        }
        self.model.transit_into(datagram, fate)
    }
}

/// Every three seconds it asks for all that is missing, in one list.
#[derive(Default)]
struct AsksForAll {
    rounds: u64,
}

impl Policy for AsksForAll {
    fn decide(&mut self, view: &View<'_>, actions: &mut Actions<'_>) -> Result<Decision, Fault> {
        let next_ns = self.rounds * 3_000_000_000;
        if view.now_ns() >= next_ns {
            let missing: Vec<u32> = view.missing(view.askable()).collect();
            let _ = actions.request(self.rounds, 0, &Range::compress(&missing), 0.0);
            self.rounds += 1;
        }
        actions.wake_at(next_ns.max(view.now_ns() + 1));
        Ok(Decision::Hold)
    }
}

/// What came of a run.
#[derive(Debug)]
struct Run {
    /// Bytes to the seeder for each packet of the track.
    said: f64,
    overhead: f64,
    took_s: f64,
}

/// The mean of some runs; they end when all is here.
fn run(loss: f64, policy: impl Fn(u64) -> Box<dyn Policy>) -> Run {
    const SEEDS: u64 = 5;
    let runs = (1..=SEEDS).map(|seed| {
        let bytes = Arc::default();
        let model = Counted {
            model: network(&format!("random-delay:rtt_s=0.2,loss={loss}"), seed),
            bytes: Arc::clone(&bytes),
        };
        let setup = Setup {
            packets: PACKETS,
            seeders: vec![SeederConfig::default()],
            seed,
            ..Setup::default()
        };
        let sim = Sim::new(vec![Box::new(model)], AppliesTo::All);
        let mut world = setup.begin_in(sim, policy(seed));
        world.sim.run_until(Timestamp::from_secs_f64(600.0), |sim| {
            let session = sim.node(LISTENER).session(SESSION).expect("open");
            session.is_fetched()
        });
        assert!(world.session().is_fetched(), "loss {loss}, seed {seed}");
        Run {
            said: bytes.load(Ordering::Relaxed) as f64 / f64::from(PACKETS),
            overhead: world.metrics().overhead_ratio,
            took_s: world.session().now().as_secs_f64(),
        }
    });
    let runs: Vec<Run> = runs.collect();
    let mean = |of: fn(&Run) -> f64| runs.iter().map(of).sum::<f64>() / SEEDS as f64;
    Run {
        said: mean(|run| run.said),
        overhead: mean(|run| run.overhead),
        took_s: mean(|run| run.took_s),
    }
}

#[test]
fn a_list_tells_only_what_is_yet_to_be_sent() {
    // What was sent and lost filled the list, and kept the rest out of it:
    // 45.7 s and 15.4 bytes for each packet.
    let half = run(0.5, |_| Box::<AsksForAll>::default());
    assert!(half.took_s < 40.0, "{half:?}");
    assert!(half.said < 11.0, "{half:?}");
    assert!((half.overhead - 2.0).abs() < 0.05, "{half:?}");
    let fifth = run(0.2, |_| Box::<AsksForAll>::default());
    assert!(fifth.said < 4.0, "{fifth:?}");
    assert!((fifth.overhead - 1.25).abs() < 0.02, "{fifth:?}");
}

#[test]
fn policies_that_recover_say_little() {
    for (loss, said) in [(0.2, 9.0), (0.5, 23.0)] {
        let spec = "random-recovery:gaps=refill";
        let m = run(loss, |seed| policy(spec, seed));
        assert!(m.said < said, "{spec}, loss {loss}: {m:?}");
        assert!(
            m.overhead < 1.1 / (1.0 - loss),
            "{spec}, loss {loss}: {m:?}"
        );
    }
}
