//! The plugin contract of Segue, and the SDK to write plugins with.
//!
//! A plugin never does I/O, reads a clock or starts a thread: it is shown a
//! view of a session (or a datagram) and answers what to do.
//!
//! # Writing a playout policy
//!
//! Implement [`PlayoutPolicy`], export it, build a `cdylib`, copy the file into
//! a plugin folder. This is a whole plugin; it plays whatever comes next and
//! waits a second whenever nothing is there:
//!
//! ```
//! use segue_policy::{Actions, Decision, Info, PlayoutPolicy, Values, View, export_policy};
//!
//! struct Patient {
//!     until_ns: u64,
//! }
//!
//! impl PlayoutPolicy for Patient {
//!     const INFO: Info = Info::new("patient", "1.0.0", "plays what comes next, else waits a second");
//!
//!     fn new(_values: &Values<'_>, _seed: u64) -> Self {
//!         Self { until_ns: 0 }
//!     }
//!
//!     fn decide(&mut self, view: &View<'_>, actions: &mut Actions<'_>) -> Decision {
//!         actions.stream_from_all(view);
//!         if !view.frame_due() || view.now_ns() < self.until_ns {
//!             return Decision::Hold;
//!         }
//!         match view.next_here() {
//!             Some(packet) => Decision::SkipTo(packet),
//!             None if view.nothing_to_come() => Decision::SkipTo(view.packets()),
//!             None => {
//!                 self.until_ns = view.now_ns() + 1_000_000_000;
//!                 actions.wake_at(self.until_ns);
//!                 Decision::Hold
//!             }
//!         }
//!     }
//! }
//!
//! export_policy!(Patient);
//! ```
//!
//! # The layers
//!
//! - [`PlayoutPolicy`], [`View`], [`Actions`], [`NetworkModel`]: the safe side,
//!   all an author needs.
//! - [`blocks`]: rules that several policies share (fill a buffer, ask in
//!   rounds, know when a packet is lost for good).
//! - [`abi`]: the `#[repr(C)]` tables underneath, for plugins in other
//!   languages and for hosts; `include/segue_policy.h` says the same in C.
//! - [`host`]: what a program that *calls* plugins needs.
//! - [`testing`]: a moment to ask a policy about, and a small session to play
//!   it in: what `cargo test` of a plugin needs.
//!
//! Results must depend only on inputs, parameters and seed: no clock, no
//! threads, no I/O, no addresses, no hash map order.

pub mod abi;
pub mod actions;
pub mod blocks;
pub mod export;
pub mod host;
pub mod network;
pub mod params;
pub mod policy;
pub mod rng;
pub mod testing;
pub mod view;

pub use actions::{Actions, Range, Refused};
pub use network::{Datagram, Direction, Fate, NetworkModel, Traffic};
pub use params::{Info, Param, Values};
pub use policy::{Decision, PlayoutPolicy};
pub use rng::Rng;
pub use view::{Arrival, Ask, Seeder, State, View};
