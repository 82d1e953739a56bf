//! Segue's engine: wire protocol, tracks, state machines and simulator.
//!
//! It never reads a clock, a socket or a global random source.
//!
//! # How to drive it
//!
//! Every state machine works the same way. Feed an input with its time, then
//! poll until the answer is "wait until":
//!
//! ```text
//! node.handle(now, from, message, bytes);
//! loop {
//!     match node.poll(now) {
//!         NodeOutput::WaitUntil(time) => break, // come back then, or with the next input
//!         output => do_it(output),
//!     }
//! }
//! ```
//!
//! # The parts
//!
//! - [`node::Node`] is a whole peer: it joins [`discovery`], a [`seeder`] and
//!   any number of [`listener`]s. Drivers talk to it alone.
//! - [`wire`] is what datagrams say; [`token`] proves addresses.
//! - [`mp3`], [`index`], [`merkle`], [`track`] turn a file into packets with an
//!   identity.
//! - [`metrics`] and [`timeline`] say how a session went; [`session_log`]
//!   records one and plays it again.
//! - [`network`] loses and delays datagrams on purpose; [`sim`] drives many
//!   nodes in virtual time.
#![forbid(unsafe_code)]

pub mod catalog;
pub mod discovery;
pub mod ids;
pub mod index;
pub mod listener;
pub mod merkle;
pub mod metrics;
pub mod mp3;
pub mod network;
pub mod node;
pub mod offer;
pub mod playback;
pub mod scene;
mod seal;
pub mod seeder;
pub mod session_log;
mod sessions;
pub mod sim;
pub mod time;
pub mod timeline;
pub mod token;
pub mod track;
pub mod wire;
