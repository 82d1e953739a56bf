//! Node, plugins and player put together: what every program that plays music
//! from peers needs, whatever it looks like.
//!
//! It never prints and draws nothing.
//!
//! - [`Chosen`] is a policy and network models with checked parameters.
//! - [`Stage`] is how all tracks are played; a [`Part`] is one of them, with its
//!   sessions.
//! - [`Jukebox`] is a node and a player that stay open: a library to share, a
//!   queue, and what is chosen, all of which may change while music plays.
#![forbid(unsafe_code)]

pub mod demo;
mod folders;
mod jukebox;
pub mod lost;
mod plugins;
mod pulse;
mod retold;
pub mod search;
mod shelf;
mod stage;
mod words;

pub use folders::cache_folder;
pub use jukebox::{Jukebox, JukeboxConfig, JukeboxError};
pub use plugins::{ChooseError, Chosen, DEFAULT_POLICY, policy, registry};
pub use pulse::{Beat, Pulse};
pub use retold::{Retold, RetoldError};
pub use shelf::{Shelf, news};
pub use stage::{News, Part, Sessions, Stage, StageError, numbered};
pub use words::{clock, grouped, latency, underruns};
