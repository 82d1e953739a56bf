//! Adaptive playout: slows down while little is here, instead of holding.

use std::ffi::c_void;

use segue_policy::abi::{self, RawActions};
use segue_policy::{Actions, Decision, Info, PlayoutPolicy, Values, View};

use crate::testing::Scene;

struct Tempo {
    rate: f64,
    /// The host can change the rate, as far as known.
    able: bool,
}

impl PlayoutPolicy for Tempo {
    const INFO: Info = Info::new("tempo", "0.1.0", "plays slower while little is here");

    fn new(_values: &Values<'_>, _seed: u64) -> Self {
        Self {
            rate: 1.0,
            able: true,
        }
    }

    fn decide(&mut self, view: &View<'_>, actions: &mut Actions<'_>) -> Decision {
        actions.stream_from_all(view);
        let end = view.next_missing(view.playhead()).unwrap_or(view.packets());
        let ahead_s = f64::from(end - view.playhead()) * view.packet_s();
        let rate = if ahead_s < 0.5 { 0.9 } else { 1.0 };
        if self.able && rate != self.rate {
            match actions.playback_rate(rate) {
                Ok(()) => self.rate = rate,
                Err(_) => self.able = false,
            }
        }
        // A host that cannot slow down gets a buffer instead.
        let enough = self.able || ahead_s >= 0.2 || end == view.packets();
        if view.frame_due() && ahead_s > 0.0 && enough {
            return Decision::Play;
        }
        Decision::Hold
    }
}

fn made() -> Tempo {
    // SAFETY: there are no texts.
    PlayoutPolicy::new(&unsafe { Values::new(&[], &[]) }.unwrap(), 0)
}

#[test]
fn a_host_that_cannot_slow_down_gets_a_buffer() {
    let (mut policy, mut scene) = (made(), Scene::new(100, 1));
    scene.put(0..5);
    assert_eq!(scene.ask(&mut policy).0, Decision::Hold);
    scene.put(0..10);
    assert_eq!(scene.ask(&mut policy).0, Decision::Play);
}

#[test]
fn a_host_that_can_is_asked_when_the_rate_changes() {
    unsafe extern "C" fn playback_rate(ctx: *mut c_void, rate: f64) -> i32 {
        // SAFETY: ctx is the list below.
        unsafe { (*ctx.cast::<Vec<f64>>()).push(rate) };
        abi::OK
    }
    let mut rates = Vec::<f64>::new();
    let raw = RawActions {
        size: size_of::<RawActions>() as u32,
        reserved: 0,
        ctx: (&raw mut rates).cast(),
        stream: None,
        request: None,
        cancel: None,
        wake_at: None,
        log: None,
        playback_rate: Some(playback_rate),
        repair: None,
        extension: None,
        let_arrivals_wait: None,
        let_frames_play: None,
    };
    let (mut policy, mut scene) = (made(), Scene::new(100, 1));
    for (here, expected) in [
        (5, Decision::Play),
        (10, Decision::Play),
        (60, Decision::Play),
    ] {
        scene.put(0..here);
        // SAFETY: `playback_rate` may be called with this ctx while `rates`
        // lives.
        let mut actions = unsafe { Actions::from_raw(&raw) };
        assert_eq!(policy.decide(&scene.view(), &mut actions), expected);
    }
    assert_eq!(rates, [0.9, 1.0]);
}
