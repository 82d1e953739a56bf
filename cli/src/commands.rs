//! One module for each command.

pub mod compare;
pub mod completions;
pub mod config;
pub mod demo;
pub mod devices;
pub mod doctor;
pub mod explain;
pub mod get;
pub mod gui;
pub mod list;
pub mod man;
pub mod play;
pub mod plot;
pub mod plugins;
pub mod replay;
pub mod scenarios;
pub mod share;
