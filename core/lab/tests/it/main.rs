//! The laboratory through the built plugins.

mod deterministic;
mod explain;
mod lateness;
mod limit;
mod paper;
mod players;
mod plugins;
mod scenarios;
