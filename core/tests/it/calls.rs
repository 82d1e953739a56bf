//! When a policy is called: for packets that come, and for frames.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use segue_policy::host::{Fault, Policy};
use segue_policy::{Actions, Decision, View};

use crate::world::{LISTENER, SESSION, Setup, World};

/// What a policy was shown.
#[derive(Default)]
struct Seen {
    calls: usize,
    frames: usize,
    packets: Vec<u32>,
    most_at_once: usize,
}

/// Streams and plays what comes; packets may wait, or not.
struct Player {
    manner: Manner,
    seen: Arc<Mutex<Seen>>,
}

#[derive(Clone, Copy)]
struct Manner {
    lets_wait: bool,
    lets_play: bool,
    /// A second after each call it wants to be called again.
    wakes: bool,
}

const EAGER: Manner = Manner {
    lets_wait: false,
    lets_play: false,
    wakes: false,
};
const PATIENT: Manner = Manner {
    lets_wait: true,
    ..EAGER
};
const QUIET: Manner = Manner {
    lets_play: true,
    ..PATIENT
};

impl Policy for Player {
    fn decide(&mut self, view: &View<'_>, actions: &mut Actions<'_>) -> Result<Decision, Fault> {
        let mut seen = self.seen.lock().expect("one thread");
        let before = seen.packets.len();
        seen.calls += 1;
        seen.frames += usize::from(view.frame_due());
        seen.packets.extend(view.arrivals().map(|a| a.packet));
        seen.most_at_once = seen.most_at_once.max(seen.packets.len() - before);
        actions.stream_from_all(view);
        if self.manner.lets_wait {
            actions.let_arrivals_wait();
        }
        if self.manner.lets_play {
            actions.let_frames_play();
        }
        if self.manner.wakes {
            actions.wake_at(view.now_ns() + 1_000_000_000);
        }
        Ok(match view.next_here() {
            Some(packet) => Decision::SkipTo(packet),
            None if view.nothing_to_come() => Decision::SkipTo(view.packets()),
            None => Decision::Hold,
        })
    }
}

fn begin(manner: Manner, setup: Setup) -> (Arc<Mutex<Seen>>, World) {
    let seen = Arc::<Mutex<Seen>>::default();
    let player = Player {
        manner,
        seen: Arc::clone(&seen),
    };
    (seen, setup.begin_with(Box::new(player)))
}

fn play(manner: Manner, setup: Setup) -> (Seen, World) {
    let (seen, mut world) = begin(manner, setup);
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
    let (eager, played_eagerly) = play(EAGER, steady());
    let (patient, played_patiently) = play(PATIENT, steady());
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
    let (_, eager) = play(EAGER, steady());
    let (_, patient) = play(PATIENT, steady());
    let waking = Manner {
        wakes: true,
        ..PATIENT
    };
    let (_, asleep) = play(waking, steady());
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
    let (seen, mut world) = begin(PATIENT, fast);
    world.run_s(20.0);
    let seen = seen.lock().expect("one thread");
    assert_eq!(seen.most_at_once, 64);
    assert!(
        seen.packets.len() > 900,
        "{} of two streams",
        seen.packets.len()
    );
}

#[test]
fn frames_whose_packets_are_here_are_played_without_a_call_if_it_lets_them() {
    let (patient, played_patiently) = play(PATIENT, steady());
    let (quiet, played_quietly) = play(QUIET, steady());
    assert!(patient.frames >= 500, "{}: each frame", patient.frames);
    assert!(quiet.calls < 20, "{}: when 64 came", quiet.calls);
    assert_eq!(quiet.packets, patient.packets, "it sees each, once");
    assert_eq!(played_quietly.heard(), played_patiently.heard());
    assert_eq!(played_quietly.metrics(), played_patiently.metrics());
}

#[test]
fn it_is_asked_for_frames_whose_packets_are_missing() {
    let lossy = || Setup {
        network: "random-delay:rtt_s=0.1,loss=0.1".into(),
        ..steady()
    };
    let ((patient, a), (quiet, b)) = (play(PATIENT, lossy()), play(QUIET, lossy()));
    let skipped = 500 - a.metrics().packets_played as usize;
    assert!(skipped > 20 && quiet.frames > skipped / 2, "{skipped}");
    assert!(quiet.frames < patient.frames / 3, "{}", quiet.frames);
    assert_eq!(a.heard(), b.heard());
    assert_eq!(a.metrics(), b.metrics());
}

#[test]
fn a_wake_up_that_is_due_comes_before_a_frame() {
    let waking = Manner {
        wakes: true,
        ..QUIET
    };
    let by_hand = Setup {
        asks: false,
        ..Setup::default()
    };
    let (seen, mut world) = begin(waking, by_hand);
    world.run_s(1.0);
    let mut frames_after_s = |seconds: f64| {
        let at = world.sim.now() + Duration::from_secs_f64(seconds);
        world
            .sim
            .with_node(LISTENER, |node, _| node.frame_due(at, SESSION));
        seen.lock().expect("one thread").frames
    };
    assert_eq!(frames_after_s(0.0), 1, "it begins");
    assert_eq!(frames_after_s(0.02), 1, "played without it");
    assert_eq!(frames_after_s(1.01), 2, "its second is over");
}
