//! The trait that a playout policy implements.

use crate::abi;
use crate::actions::Actions;
use crate::params::{Info, Values};
use crate::view::View;

/// A playout policy: decides when to start, hold and skip, and which packets
/// to ask from whom. One instance serves one session.
pub trait PlayoutPolicy: Sized + Send + 'static {
    /// Name, version, summary and parameters.
    const INFO: Info;

    /// Refuses values that a range cannot rule out: two that contradict each
    /// other, a file with the wrong contents. The error is shown to the user:
    /// one line that says what is wrong and how to mend it. Asked before
    /// [`Self::new`], which is only called if this is `Ok`.
    fn check(_values: &Values<'_>) -> Result<(), String> {
        Ok(())
    }

    /// Makes an instance, when a session begins. `values` are checked against
    /// [`Self::INFO`] and borrowed until this returns; everything random must
    /// come from `seed`. The instance is dropped when the session is over.
    fn new(values: &Values<'_>, seed: u64) -> Self;

    /// Decides. Called when the device wants a frame ([`View::frame_due`]; see
    /// [`Actions::let_frames_play`]), while it waits for one on every arrival and
    /// wake-up, and whenever packets (see [`Actions::let_arrivals_wait`]) or
    /// seeders came or went.
    /// What the policy does not ask for through `actions`, nobody asks for.
    fn decide(&mut self, view: &View<'_>, actions: &mut Actions<'_>) -> Decision;
}

/// The answer to a device that wants a frame. When [`View::frame_due`] is
/// false nobody waits for the answer, and `Hold` is a good one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Stay silent; asked again on every arrival and wake-up.
    Hold,
    /// Play the packet at the playhead. It must be here.
    Play,
    /// Leave out everything before this packet and play it. It must be here,
    /// or be the number of packets, which ends the track.
    SkipTo(u32),
    /// Fill the time of the packet at the playhead with concealment.
    Conceal,
}

impl From<Decision> for abi::RawDecision {
    fn from(decision: Decision) -> Self {
        let (kind, packet) = match decision {
            Decision::Hold => (abi::DECIDE_HOLD, 0),
            Decision::Play => (abi::DECIDE_PLAY, 0),
            Decision::SkipTo(packet) => (abi::DECIDE_SKIP_TO, packet),
            Decision::Conceal => (abi::DECIDE_CONCEAL, 0),
        };
        Self { kind, packet }
    }
}

impl Decision {
    /// The other way; `None` for a kind that this version does not know.
    pub fn from_raw(raw: abi::RawDecision) -> Option<Self> {
        match raw.kind {
            abi::DECIDE_HOLD => Some(Self::Hold),
            abi::DECIDE_PLAY => Some(Self::Play),
            abi::DECIDE_SKIP_TO => Some(Self::SkipTo(raw.packet)),
            abi::DECIDE_CONCEAL => Some(Self::Conceal),
            _ => None,
        }
    }
}
