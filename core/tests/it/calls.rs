//! When a policy is called for the packets that come.

use std::sync::{Arc, Mutex};

use segue_policy::host::{Fault, Policy};
use segue_policy::{Actions, Decision, View};

use crate::world::{Setup, World};

/// What a policy was shown.
#[derive(Default)]
struct Seen {
    calls: usize,
    packets: Vec<u32>,
    most_at_once: usize,
}

/// Streams and plays what comes; packets may wait, or not.
struct Player {
    lets_wait: bool,
    wakes: bool,
    seen: Arc<Mutex<Seen>>,
}

impl Policy for Player {
    fn decide(&mut self, view: &View<'_>, actions: &mut Actions<'_>) -> Result<Decision, Fault> {
        let mut seen = self.seen.lock().expect("one thread");
        let before = seen.packets.len();
        seen.calls += 1;
        seen.packets.extend(view.arrivals().map(|a| a.packet));
        seen.most_at_once = seen.most_at_once.max(seen.packets.len() - before);
        actions.stream_from_all(view);
        if self.lets_wait {
            actions.let_arrivals_wait();
        }
        if self.wakes {
            actions.wake_at(view.now_ns() + 1_000_000_000);
        }
        Ok(match view.is_here(view.playhead()) {
            true => Decision::Play,
            false => Decision::Hold,
        })
    }
}

fn begin(lets_wait: bool, wakes: bool, setup: Setup) -> (Arc<Mutex<Seen>>, World) {
    let seen = Arc::<Mutex<Seen>>::default();
    let player = Player {
        lets_wait,
        wakes,
        seen: Arc::clone(&seen),
    };
    (seen, setup.begin_with(Box::new(player)))
}

fn play(lets_wait: bool, wakes: bool, setup: Setup) -> (Seen, World) {
    let (seen, mut world) = begin(lets_wait, wakes, setup);
    world.play();
    let seen = std::mem::take(&mut *seen.lock().expect("one thread"));
    (seen, world)
}

/// As fast as it plays, so packets come all the time.
fn steady() -> Setup {
    let mut setup = Setup {
        network: "random-delay:rtt_s=0.1".into(),
        ..Setup::default()
    };
    setup.seeders.truncate(1);
    setup.seeders[0].max_bytes_per_s = Some(60.0 * 418.0);
    setup
}

#[test]
fn packets_wait_for_the_next_frame_if_it_lets_them() {
    let (eager, played_eagerly) = play(false, false, steady());
    let (patient, played_patiently) = play(true, false, steady());
    assert!(
        eager.calls > 950,
        "{}: each packet, each frame",
        eager.calls
    );
    assert!(patient.calls < 600, "{}: each frame", patient.calls);
    assert_eq!(patient.packets, eager.packets, "it sees each, once");
    assert_eq!(played_patiently.heard(), played_eagerly.heard());
}

#[test]
fn a_device_that_waits_is_served_at_once_unless_a_wake_up_is_set() {
    let (_, eager) = play(false, false, steady());
    let (_, patient) = play(true, false, steady());
    let (_, asleep) = play(true, true, steady());
    let startup_s = |world: &World| world.metrics().startup_s.expect("it started");
    assert_eq!(startup_s(&patient), startup_s(&eager));
    assert!(
        (0.9..1.1).contains(&startup_s(&asleep)),
        "{}",
        startup_s(&asleep)
    );
}

#[test]
fn no_more_than_64_wait() {
    let fast = Setup {
        asks: false,
        ..Setup::default()
    };
    let (seen, mut world) = begin(true, false, fast);
    world.run_s(20.0);
    let seen = seen.lock().expect("one thread");
    assert_eq!(seen.most_at_once, 64);
    assert!(
        seen.packets.len() > 900,
        "{} of two streams",
        seen.packets.len()
    );
}
