//! The program as its users meet it: real processes, real sockets, real files.
//!
//! The plugins must be built: `cargo build --workspace` before
//! `cargo test -p segue-cli`. MP3 files are made with LAME and checked with
//! FFmpeg.
#![allow(missing_docs)]

mod bad_input;
#[cfg(target_os = "linux")]
mod bottleneck;
mod compare;
mod completions;
mod config;
mod demo;
mod discovery;
mod doctor;
mod families;
mod get;
mod hostile;
#[allow(dead_code, reason = "a kit: tests take what they need")]
#[cfg(target_os = "linux")]
mod house;
mod interrupted;
mod keys;
mod library;
mod loss;
mod lossless;
#[cfg(target_os = "linux")]
mod many_listeners;
mod play_several;
mod plugins;
mod replay;
mod seam;
mod sound;
mod support;
#[cfg(unix)]
mod terminal;
mod walls;
mod wire_client;

#[allow(dead_code, reason = "shared with the tests of segue-playout")]
#[path = "../../../playout/tests/it/hearing.rs"]
mod hearing;
#[allow(dead_code, reason = "shared with the tests of segue-playout")]
#[path = "../../../playout/tests/it/sound_server.rs"]
mod sound_server;
#[allow(dead_code, reason = "shared with the tests of segue-playout")]
#[path = "../../../playout/tests/it/tools.rs"]
mod tools;
