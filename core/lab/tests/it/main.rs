//! The laboratory through the built plugins.

mod deterministic;
mod explain;
mod limit;
mod paper;
mod plugins;
mod scenarios;
