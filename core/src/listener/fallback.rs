//! What takes over when a policy failed: hold until the next packet is here,
//! ask for missing ones in order.

use segue_policy::{Actions, Decision, Info, PlayoutPolicy, Range, Values, View};

/// How many packets ahead it asks for.
const AHEAD: u32 = 64;
const REPEAT_NS: u64 = 500_000_000;

#[derive(Default)]
pub struct Fallback {
    next_ns: u64,
    rounds: u64,
}

impl PlayoutPolicy for Fallback {
    const INFO: Info = Info::new("fallback", "1.0.0", "plain sequential requests");

    fn new(_values: &Values<'_>, _seed: u64) -> Self {
        Self::default()
    }

    fn decide(&mut self, view: &View<'_>, actions: &mut Actions<'_>) -> Decision {
        if view.now_ns() >= self.next_ns {
            self.next_ns = view.now_ns() + REPEAT_NS;
            self.rounds += 1;
            let window = view.playhead()..view.playhead().saturating_add(AHEAD);
            let missing: Vec<u32> = view.missing(window).collect();
            let living: Vec<_> = view.seeders().filter(|seeder| seeder.alive()).collect();
            if let Some(seeder) = living.get(self.rounds as usize % living.len().max(1)) {
                let ranges = Range::compress(&missing);
                // Refused only when nothing is missing or too much is open.
                let _ = actions.request(self.rounds, seeder.index(), &ranges, 0.0);
            }
        }
        actions.wake_at(self.next_ns);
        if view.frame_due() && view.is_here(view.playhead()) {
            Decision::Play
        } else {
            Decision::Hold
        }
    }
}
