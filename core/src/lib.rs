//! Segue's engine: wire protocol, tracks, state machines and simulator.
//!
//! It never reads a clock, a socket or a global random source.
#![forbid(unsafe_code)]

pub mod index;
pub mod merkle;
pub mod mp3;
pub mod playback;
pub mod time;
pub mod track;
