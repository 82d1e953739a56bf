//! The plugin contract of Segue, and the SDK to write plugins with.
//!
//! A plugin never does I/O, reads a clock or starts a thread: it is shown a
//! view of a session (or a datagram) and answers what to do.
//!
//! # Where to begin
//!
//! [`guide`] writes a policy in twenty-five lines, one that recovers what was
//! lost, and a network model. `segue plugin new NAME` writes a whole crate to
//! begin with: implement [`PlayoutPolicy`] or [`NetworkModel`], export it with
//! [`export_policy!`] or [`export_network!`], build a `cdylib`, and
//! `segue plugin install` it.
//!
//! # The layers
//!
//! - [`PlayoutPolicy`], [`View`], [`Actions`], [`NetworkModel`]: the safe side,
//!   all an author needs. Every field and function tells its unit, and what it
//!   shows is valid for the call that it was given to.
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
pub mod guide;
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
