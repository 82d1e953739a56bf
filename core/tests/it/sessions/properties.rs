//! What holds for any seeders, loss and seed.

use proptest::prelude::*;

use super::{COMPLETE, POLICIES, Setup, check, check_complete};
use segue_core::seeder::{Order, SeederConfig};

fn seeder() -> impl Strategy<Value = SeederConfig> {
    (any::<bool>(), prop::option::of(5..40u64), 0.5..1.0).prop_map(
        |(random, pace, availability)| SeederConfig {
            order: if random {
                Order::Random
            } else {
                Order::Sequential
            },
            pace: pace.map(std::time::Duration::from_millis),
            availability,
            ..SeederConfig::default()
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn no_frame_twice_or_out_of_order_whatever_happens(
        packets in 1..200u32,
        seeders in prop::collection::vec(seeder(), 1..4),
        policy in 0..7usize,
        loss in 0.0..0.7f64,
        rtt_s in 0.0..1.0f64,
        paced: bool,
        seed in 1..1000u64,
    ) {
        let policy = POLICIES.iter().chain(&COMPLETE).nth(policy).expect("seven");
        let world = Setup {
            packets,
            seeders,
            policy: (*policy).into(),
            network: format!("random-delay:loss={loss},rtt_s={rtt_s}"),
            paced,
            seed,
            ..Setup::default()
        }
        .play();
        check(&world);
        if COMPLETE.contains(policy) {
            check_complete(&world);
        }
    }
}
