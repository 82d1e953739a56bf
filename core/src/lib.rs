//! Segue's engine: wire protocol, tracks, state machines and simulator.
//!
//! It never reads a clock, a socket or a global random source.
#![forbid(unsafe_code)]

pub mod ids;
pub mod listener;
pub mod metrics;
pub mod mp3;
pub mod network;
pub mod playback;
pub mod seeder;
pub mod time;
pub mod timeline;
pub mod token;
pub mod track;
pub mod wire;
