//! Tests of the engine as other crates see it.

mod mp3_files;
mod paper;
mod seeder;
mod sessions;
mod world;
