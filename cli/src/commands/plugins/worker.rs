//! What the program does in a process of its own, so that a plugin that
//! crashes or hangs does it there.

use std::io;
use std::sync::Arc;

use segue_lab::experiment::{Experiment, Player};
use segue_lab::strangers;
use segue_policy_host::trial;
use segue_policy_validator::answer;

use crate::args::Worker;
use crate::commands::compare::loopback::Live;
use crate::error::Error;
use crate::{print, rehearsal};

pub fn run(worker: &Worker) -> Result<(), Error> {
    let line = match worker {
        Worker::Try { file } => trial::attempt(file),
        Worker::Check {
            name,
            file,
            seed,
            settings,
        } => answer(name, file, settings, *seed).unwrap_or_default(),
        Worker::Compare => {
            let live = |experiment: &Experiment| {
                // Who wants it stopped ends the process.
                let player: Box<dyn Player> = Box::new(Live::new(experiment, Arc::default())?);
                Ok(player)
            };
            strangers::work(io::stdin().lock(), io::stdout(), Some(&live))?;
            return Ok(());
        }
        Worker::Rehearse => return rehearsal::perform(io::stdin().lock()),
    };
    // The plugin may have left a line unfinished.
    print::result(&format!("\n{line}"))
}
