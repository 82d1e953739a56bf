//! Forward error correction: asks for repair symbols over what is lost, and
//! for the packets themselves where the host cannot do that.

use std::ffi::c_void;

use segue_policy::abi::{self, RawActions, RawRange};
use segue_policy::{Actions, Decision, Info, PlayoutPolicy, Range, Refused, Seeder, Values, View};

use crate::testing::{Record, Scene};

const BLOCK: u32 = 32;

struct Coded {
    next_id: u64,
    /// Blocks below this one are taken care of.
    next_block: u32,
}

impl PlayoutPolicy for Coded {
    const INFO: Info = Info::new("coded", "0.1.0", "asks for repair symbols");

    fn new(_values: &Values<'_>, _seed: u64) -> Self {
        Self {
            next_id: 0,
            next_block: 0,
        }
    }

    fn decide(&mut self, view: &View<'_>, actions: &mut Actions<'_>) -> Decision {
        actions.stream_from_all(view);
        let passed = view
            .seeders()
            .filter_map(|seeder| seeder.stream_highest())
            .min()
            .unwrap_or(0);
        while (self.next_block + 1) * BLOCK <= passed {
            self.mend(view, actions, self.next_block * BLOCK);
            self.next_block += 1;
        }
        match view.next_here() {
            Some(packet) if packet == view.playhead() && view.frame_due() => Decision::Play,
            _ => Decision::Hold,
        }
    }
}

impl Coded {
    fn mend(&mut self, view: &View<'_>, actions: &mut Actions<'_>, first: u32) {
        let missing: Vec<u32> = view.missing(first..first + BLOCK).collect();
        let Some(seeder) = view
            .seeders()
            .filter(Seeder::alive)
            .min_by(|a, b| a.loss().total_cmp(&b.loss()))
        else {
            return;
        };
        if missing.is_empty() {
            return;
        }
        self.next_id += 1;
        // Any `missing` symbols mend the block, whichever packets they are.
        let symbols = (missing.len() as f64 / (1.0 - seeder.loss()).max(0.1)).ceil() as u32;
        let block = Range::new(first, BLOCK);
        match actions.repair(self.next_id, seeder.index(), block, symbols) {
            Ok(()) => actions.log(&format!("{symbols} repair symbols from {first}")),
            Err(Refused::Unsupported) => {
                let ranges = Range::compress(&missing);
                let _ = actions.request(self.next_id, seeder.index(), &ranges, 0.0);
            }
            Err(_) => self.next_block = self.next_block.saturating_sub(1),
        }
    }
}

fn scene() -> Scene {
    let mut scene = Scene::new(200, 2);
    scene.put((0..70).filter(|n| ![3, 4, 40].contains(n)));
    for (seeder, loss) in scene.seeders.iter_mut().zip([0.5, 0.1]) {
        seeder.set(abi::SEEDER_STREAMING, true);
        seeder.stream_highest = 69;
        seeder.loss = loss;
    }
    scene
}

fn made() -> Coded {
    // SAFETY: there are no texts.
    PlayoutPolicy::new(&unsafe { Values::new(&[], &[]) }.unwrap(), 0)
}

#[test]
fn without_repair_it_asks_for_the_packets() {
    let (answer, record): (_, Record) = scene().ask(&mut made());
    assert_eq!(answer, Decision::Play);
    assert_eq!(record.requests, [(1, vec![3, 4]), (1, vec![40])]);
}

#[test]
fn with_repair_it_asks_for_symbols_only() {
    type Asked = Vec<(u32, RawRange, u32)>;
    unsafe extern "C" fn repair(
        ctx: *mut c_void,
        _id: u64,
        seeder: u32,
        range: *const RawRange,
        symbols: u32,
    ) -> i32 {
        // SAFETY: ctx is the list below, the range is borrowed for the call.
        unsafe { (*ctx.cast::<Asked>()).push((seeder, *range, symbols)) };
        abi::OK
    }
    let mut asked = Asked::new();
    let raw = RawActions {
        size: size_of::<RawActions>() as u32,
        reserved: 0,
        ctx: (&raw mut asked).cast(),
        stream: None,
        request: None,
        cancel: None,
        wake_at: None,
        log: None,
        playback_rate: None,
        repair: Some(repair),
        extension: None,
        let_arrivals_wait: None,
        let_frames_play: None,
    };
    // SAFETY: `repair` may be called with this ctx while `asked` lives.
    let mut actions = unsafe { Actions::from_raw(&raw) };
    let answer = made().decide(&scene().view(), &mut actions);
    assert_eq!(answer, Decision::Play);
    assert_eq!(
        asked,
        [
            (1, Range::new(0, BLOCK), 3),
            (1, Range::new(BLOCK, BLOCK), 2)
        ]
    );
}
