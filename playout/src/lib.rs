//! Segue's sound: decodes the frames of a session, conceals what is missing and
//! plays the result to a device, a file or a pipe.
//!
//! It never opens a socket and never decides what to play: it takes each step
//! from a [`segue_core::playback::FrameSource`], and asks for the next one when
//! its output has room for it.
//!
//! - [`output::OutputSpec`] names an output in text and opens it.
//! - [`devices()`] lists the sound devices.
//! - [`player::Player`] joins a source and an output in a thread of its own.
//! - [`rendering::render`] writes what a simulated session sounded like.
//! - [`decode::Decoder`] turns frames into samples; it is public because tools
//!   that only measure need no player.
#![forbid(unsafe_code)]

pub mod decode;
mod devices;
mod fade;
pub mod output;
pub mod player;
mod quiet;
pub mod rendering;

pub use devices::{Abilities, Device, devices};
pub use output::{Output, OutputError, OutputSpec, paced};
pub use player::{
    Controls, Ending, Event, Item, ItemId, Outcome, PlayError, Player, Progress, State,
};
