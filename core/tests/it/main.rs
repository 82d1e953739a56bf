//! Tests of the engine as other crates see it.

mod calls;
mod certainty;
mod closed_forms;
mod common_numbers;
mod conduct;
mod deadline;
mod discovery;
mod feedback;
mod losing;
mod mp3_files;
mod paper;
mod places;
mod playing;
mod rate;
mod replay;
mod request_lists;
mod retransmission;
mod robustness;
mod seeder;
mod sessions;
mod staging;
mod world;
