//! One module for each command.

pub mod demo;
pub mod devices;
pub mod list;
pub mod play;
pub mod plugins;
pub mod share;
