//! The binary contract: what crosses the boundary between host and plugin.
//!
//! Only integers, floats and pointer + length cross. Every table begins with
//! its size in bytes as the side that made it knows it, so tables can grow at
//! their end; arrays come with a stride, so their elements can grow too.
//! Nothing here changes its meaning within a major version.
//!
//! How a host loads a plugin:
//! 1. it looks up the symbol [`ENTRY_SYMBOL`], a function of type [`EntryFn`];
//! 2. calls it once, and checks the [`Entry`]: not null, major version, size;
//! 3. asks [`Entry::interface`] for [`POLICY_INTERFACE`] or
//!    [`NETWORK_INTERFACE`]; the answer is a [`PolicyTable`] or a
//!    [`NetworkTable`], valid as long as the library is loaded;
//! 4. checks size, function pointers and descriptor; then calls `create`.
//!
//! Threads: one instance is used by one thread at a time, not always the same
//! one; different instances may be used at the same time.

mod common;
mod network;
mod policy;

pub use common::*;
pub use network::*;
pub use policy::*;
