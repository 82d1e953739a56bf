//! Earliest deadline first: every missing packet is asked of the seeder that
//! most likely brings it in time, one ask at a time.

use segue_policy::abi::SEEDER_ALIVE;
use segue_policy::{
    Actions, Decision, Info, Param, PlayoutPolicy, Range, Seeder, State, Values, View,
};

use crate::testing::{Record, S, Scene, Settings};

struct Deadline {
    window: u32,
    next_id: u64,
    /// What has been asked for in stripes, before any deadline is near.
    striped_to: u32,
}

impl PlayoutPolicy for Deadline {
    const INFO: Info = Info::new("deadline", "0.1.0", "asks for what is due first").with_params(&[
        Param::integer("window", "packets", (1, 4096), 40, "how far to look ahead"),
    ]);

    fn new(values: &Values<'_>, _seed: u64) -> Self {
        Self {
            window: values.integer("window") as u32,
            next_id: 0,
            striped_to: 0,
        }
    }

    fn decide(&mut self, view: &View<'_>, actions: &mut Actions<'_>) -> Decision {
        let end = view.packets().min(view.playhead() + self.window);
        self.stripe(view, actions, end);
        self.ask_again(view, actions, end);
        if !view.frame_due() {
            return Decision::Hold;
        }
        let here = view.next_here() == Some(view.playhead());
        if here && (view.state() != State::Starting || will_not_stall(view)) {
            return Decision::Play;
        }
        if here {
            actions.log("holding: arrivals are not yet fast enough");
        }
        Decision::Hold
    }
}

impl Deadline {
    /// New ground is split among the seeders: seeder s gets every n-th.
    fn stripe(&mut self, view: &View<'_>, actions: &mut Actions<'_>, end: u32) {
        let living: Vec<_> = view.seeders().filter(Seeder::alive).collect();
        let (step, first) = (living.len() as u32, self.striped_to);
        if step == 0 || end <= first {
            return;
        }
        for (s, seeder) in living.iter().enumerate() {
            let count = (end - first).saturating_sub(s as u32).div_ceil(step);
            if count > 0 {
                self.next_id += 1;
                let stripe = Range::every(step, first + s as u32, count);
                let _ = actions.request(self.next_id, seeder.index(), &[stripe], 0.0);
            }
        }
        self.striped_to = end;
    }

    /// What did not come within a round trip and four deviations is asked
    /// again, of whom is most likely in time.
    fn ask_again(&mut self, view: &View<'_>, actions: &mut Actions<'_>, end: u32) {
        let packet_ns = (view.packet_s() * 1e9) as u64;
        let mut wake_ns: Option<u64> = None;
        for packet in view.missing(view.playhead()..end) {
            let Some(ask) = view.ask(packet) else {
                continue; // striped just now
            };
            let patience_ns = view.seeder(ask.seeder).map_or(0, |s| patience_ns(&s));
            let again_ns = ask.last_ns + patience_ns;
            if again_ns > view.now_ns() {
                wake_ns = Some(wake_ns.map_or(again_ns, |before| before.min(again_ns)));
                continue;
            }
            let due_ns = view.next_due_ns() + u64::from(packet - view.playhead()) * packet_ns;
            if let Some(seeder) = best(view, packet, due_ns) {
                self.next_id += 1;
                let _ = actions.request(self.next_id, seeder, &[Range::new(packet, 1)], 0.0);
            }
        }
        if let Some(wake_ns) = wake_ns {
            actions.wake_at(wake_ns);
        }
    }
}

fn patience_ns(seeder: &Seeder<'_>) -> u64 {
    seeder
        .rtt_ns()
        .map_or(S / 5, |rtt| rtt + 4 * seeder.rtt_var_ns())
}

/// The seeder that most likely brings a packet by `due_ns`.
fn best(view: &View<'_>, packet: u32, due_ns: u64) -> Option<u32> {
    let chance = |seeder: &Seeder<'_>| {
        let queue_s = f64::from(seeder.outstanding()) / seeder.delivery_rate().max(1.0);
        let comes_ns = view.now_ns() + patience_ns(seeder) + (queue_s * 1e9) as u64;
        let in_time = if comes_ns <= due_ns { 1.0 } else { 0.0 };
        // Among those too late the soonest is best.
        in_time * (1.0 - seeder.loss()) - comes_ns as f64 / 1e18
    };
    view.seeders()
        .filter(|seeder| seeder.alive() && seeder.has(packet))
        .max_by(|a, b| chance(a).total_cmp(&chance(b)))
        .map(|seeder| seeder.index())
}

/// Whether what is missing comes faster than it is played.
fn will_not_stall(view: &View<'_>) -> bool {
    let rate: f64 = view.seeders().map(|s| s.delivery_rate()).sum();
    let missing = f64::from(view.packets() - view.here_count());
    let media_s = f64::from(view.packets() - view.playhead()) * view.packet_s();
    let ahead = view.next_missing(view.playhead()).unwrap_or(view.packets()) - view.playhead();
    let slowest_ns = view.seeders().map(|s| patience_ns(&s)).max().unwrap_or(0);
    f64::from(ahead) * view.packet_s() * 1e9 >= slowest_ns as f64 && missing <= rate * media_s
}

const PARAMS: &[Param] = Deadline::INFO.params;

fn made() -> Deadline {
    PlayoutPolicy::new(&Settings::new(PARAMS, &[]).values(PARAMS), 0)
}

fn decide(policy: &mut Deadline, scene: &mut Scene) -> (Decision, Record) {
    let (answer, record) = scene.ask(policy);
    for (seeder, packets) in &record.requests {
        for &packet in packets {
            scene.asked(packet, *seeder, 0);
        }
    }
    (answer, record)
}

fn measured() -> Scene {
    let mut scene = Scene::new(100, 2);
    for (seeder, rtt_ns) in scene.seeders.iter_mut().zip([S / 10, S / 50]) {
        seeder.rtt_ns = rtt_ns;
        seeder.rtt_var_ns = S / 400;
        seeder.delivery_rate = 100.0;
    }
    scene
}

#[test]
fn new_ground_is_striped_over_the_seeders() {
    let (mut policy, mut scene) = (made(), measured());
    let (_, record) = decide(&mut policy, &mut scene);
    let every_second = |first| (first..40).step_by(2).collect::<Vec<u32>>();
    assert_eq!(
        record.requests,
        [(0, every_second(0)), (1, every_second(1))]
    );
    let (_, record) = decide(&mut policy, &mut scene);
    assert_eq!(record.requests, [], "one ask at a time");
    assert_eq!(
        record.wake_ns,
        Some(S / 50 + S / 100),
        "the faster seeder's answer is due first"
    );
}

#[test]
fn what_does_not_come_is_asked_again_of_whom_brings_it_in_time() {
    let (mut policy, mut scene) = (made(), measured());
    decide(&mut policy, &mut scene);
    scene.put((0..40).filter(|&n| n != 6 && n != 9));
    scene.seeders[0].loss = 0.01;
    scene.seeders[1].loss = 0.3;
    scene.wait(0.05);
    // Due in 20 ms × packets: in time from the slow seeder (110 ms) from the
    // sixth on; that one loses less.
    let (_, record) = decide(&mut policy, &mut scene);
    assert_eq!(record.requests, [(0, vec![9])], "6 is not overdue yet");
    scene.playhead = 5;
    scene.wait(0.07);
    let (_, record) = decide(&mut policy, &mut scene);
    assert_eq!(
        record.requests,
        [(0, vec![40, 42, 44]), (1, vec![41, 43]), (1, vec![6])],
        "only the near seeder can bring 6 in time"
    );
    scene.seeders[1].set(SEEDER_ALIVE, false);
    scene.wait(0.2);
    let (_, record) = decide(&mut policy, &mut scene);
    assert!(record.requests.iter().all(|(seeder, _)| *seeder == 0));
    assert!(record.requests.contains(&(0, vec![6])));
}

#[test]
fn it_starts_when_arrivals_outrun_playing() {
    let (mut policy, mut scene) = (made(), measured());
    scene.state = segue_policy::abi::STATE_STARTING;
    for seeder in &mut scene.seeders {
        seeder.delivery_rate = 10.0; // 50 would be needed
    }
    scene.put(0..20);
    let (answer, record) = decide(&mut policy, &mut scene);
    assert_eq!(answer, Decision::Hold);
    assert_eq!(record.lines.len(), 1);
    scene.seeders[1].delivery_rate = 60.0;
    assert_eq!(decide(&mut policy, &mut scene).0, Decision::Play);
}
