//! Whole tracks through whole outputs, against other people's decoders.
//! What runs against time or a device's rhythm is tested beside the code, with a
//! clock of its own.

mod concealment;
mod device_lost;
mod devices;
mod gapless;
mod gaps;
mod hearing;
mod lossless;
mod memory;
mod mp3_output;
mod queue;
mod reopened;
mod shapes;
mod sinks;
mod sound_server;
mod speaker;
mod split;
mod tools;
