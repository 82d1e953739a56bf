//! The app as its users meet it: the real program in a real window, real peers,
//! real datagrams, and sound that is recorded.
//!
//! Programs and plugins must be built: `cargo build --workspace --examples`
//! before `cargo test -p segue-gui`.
#![cfg(target_os = "linux")]
#![allow(missing_docs)]

mod drag;
mod dropped;
mod hangs;
mod screen;
mod stage;
mod whole_way;

#[allow(dead_code, reason = "shared with the tests of segue-playout")]
#[path = "../../../playout/tests/it/hearing.rs"]
mod hearing;
#[allow(dead_code, reason = "shared with the tests of segue-playout")]
#[path = "../../../playout/tests/it/sound_server.rs"]
mod sound_server;
#[allow(dead_code, reason = "shared with the tests of segue-playout")]
#[path = "../../../playout/tests/it/tools.rs"]
mod tools;
