//! The laboratory through the built plugins.

mod deterministic;
mod limit;
mod paper;
mod players;
mod plugins;
mod scenarios;
