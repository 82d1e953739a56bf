//! The laboratory through the built plugins.

mod deterministic;
mod limit;
mod paper;
mod plugins;
mod scenarios;
