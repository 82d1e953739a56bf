//! Rules that several plugins share. Use them, or write your own.
//!
//! For policies, from the paper that Segue grew from (UFMS, 2019): a buffer
//! that is filled before playing, and rounds of requests for what is missing.
//! For network models: state of each link, weather, a line with a queue.

mod fill;
mod lanes;
mod line;
mod lost;
mod recovery;
mod rounds;
mod weather;

pub use fill::Fill;
pub use lanes::Lanes;
pub use line::Line;
pub use lost::{Bounds, Lost};
pub use recovery::Recovery;
pub use rounds::Rounds;
pub use weather::{Climate, Spell, Weather};

use crate::abi::Param;
use crate::choices;

/// Buffer as a share of the track. 0: use [`BUFFER_S`].
pub const BUFFER: Param = Param::number(
    "buffer",
    "share of the track",
    (0.0, 1.0),
    0.0,
    "fill this much before playing; 0 uses buffer_s",
);

/// Buffer in seconds.
pub const BUFFER_S: Param = Param::number(
    "buffer_s",
    "s",
    (0.0, 3600.0),
    2.0,
    "fill this much before playing, if buffer is 0",
);

/// What to do at a gap while playing; refilling is the default.
pub const GAPS_REFILL: Param = Param::choice(
    "gaps",
    choices!["refill", "skip"],
    "at a missing packet: wait until the buffer is full again, or leave it out",
);

/// The same; skipping is the default.
pub const GAPS_SKIP: Param = Param::choice(
    "gaps",
    choices!["skip", "refill"],
    "at a missing packet: leave it out, or wait until the buffer is full again",
);
