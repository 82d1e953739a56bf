//! Tests of the engine as other crates see it.

mod discovery;
mod mp3_files;
mod paper;
mod playing;
mod rate;
mod replay;
mod robustness;
mod seeder;
mod sessions;
mod world;
