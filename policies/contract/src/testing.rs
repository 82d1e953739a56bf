//! What a plugin's own tests need: no network, no clock, no other crate.
//!
//! - [`Scene`]: one moment of a session; ask a policy what it would do.
//! - [`Session`]: a small network and a sound device in virtual time; let a
//!   policy play a whole track, and look at what came of it.
//!
//! ```
//! # use segue_policy::{Actions, Decision, Info, PlayoutPolicy, Values, View};
//! use segue_policy::testing::{Session, Settings};
//! # struct Mine;
//! # impl PlayoutPolicy for Mine {
//! #     const INFO: Info = Info::new("mine", "1.0.0", "");
//! #     fn new(_: &Values<'_>, _: u64) -> Self { Mine }
//! #     fn decide(&mut self, view: &View<'_>, actions: &mut Actions<'_>) -> Decision {
//! #         actions.stream_from_all(view);
//! #         if view.is_here(view.playhead()) { Decision::Play } else { Decision::Hold }
//! #     }
//! # }
//! let params = Mine::INFO.params;
//! let mut policy = Mine::new(&Settings::new(params, &[]).values(params), 1);
//! let heard = Session::new(500).seeders(2).play(&mut policy);
//! assert!(heard.finished && heard.missing == 0, "{heard}");
//! ```
//!
//! `segue compare` tells more: it has the whole protocol, and real network
//! models.

mod scene;
mod seeders;
mod session;
mod wishes;

pub use scene::{Record, S, Scene, Settings};
pub use session::{Heard, Running, Session};
pub use wishes::Deed;
