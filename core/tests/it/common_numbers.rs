//! Every policy meets the same network: what one loses is not another's luck.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use segue_core::seeder::SeederConfig;
use segue_core::sim::{AppliesTo, Sim};
use segue_policy::host::{Fault, Network};
use segue_policy::{Datagram, Direction, Fate, Traffic};

use crate::world::{Setup, network, policy};

/// Whether the k-th media packet on each link was lost, and how many control
/// messages went each way.
#[derive(Default)]
struct Seen {
    lost: BTreeMap<u32, Vec<bool>>,
    control: [usize; 2],
}

/// A model, and what it did.
struct Watched {
    model: Box<dyn Network>,
    seen: Arc<Mutex<Seen>>,
}

impl Network for Watched {
    fn transit_into(&mut self, datagram: &Datagram, fate: &mut Fate) -> Result<(), Fault> {
        self.model.transit_into(datagram, fate)?;
        let mut seen = self.seen.lock().expect("one thread");
        match datagram.traffic {
            Traffic::Media => {
                assert_eq!(datagram.direction, Direction::ToListener);
                let lost = seen.lost.entry(datagram.link).or_default();
                assert_eq!(datagram.index, lost.len() as u64, "counted on its own");
                lost.push(fate.delays_ns().is_empty());
            }
            Traffic::Control => seen.control[datagram.stream() % 2] += 1,
        }
        Ok(())
    }
}

fn seen_by(spec: &str, seed: u64) -> Seen {
    let seen = Arc::default();
    let watched = Watched {
        model: network("random-delay:rtt_s=0.1,loss=0.3", seed),
        seen: Arc::clone(&seen),
    };
    let setup = Setup {
        packets: 1000,
        seeders: vec![SeederConfig::default(); 2],
        policy: spec.into(),
        seed,
        ..Setup::default()
    };
    let sim = Sim::new(vec![Box::new(watched)], AppliesTo::All);
    let mut world = setup.begin_in(sim, policy(spec, seed));
    world.play();
    drop(world);
    Arc::into_inner(seen)
        .expect("the world is gone")
        .into_inner()
        .expect("not poisoned")
}

#[test]
fn policies_that_say_more_or_less_meet_the_same_media_losses() {
    for seed in 1..4 {
        let few = seen_by("stop-1s", seed);
        let many = seen_by("random-recovery:gaps=refill", seed);
        assert_ne!(few.control, many.control, "seed {seed}: nothing is shown");
        for (link, few) in few.lost {
            let many = &many.lost[&link];
            let both = few.len().min(many.len());
            assert!(both > 500, "seed {seed}: {both} on link {link}");
            assert_eq!(few[..both], many[..both], "seed {seed}, link {link}");
        }
    }
}
