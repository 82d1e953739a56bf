//! What the program does in a process of its own, so that a plugin that
//! crashes or hangs does it there.

use std::io;

use segue_lab::strangers;
use segue_policy_host::trial;
use segue_policy_validator::answer;

use crate::args::Worker;
use crate::error::Error;
use crate::print;

pub fn run(worker: &Worker) -> Result<(), Error> {
    let line = match worker {
        Worker::Try { file } => trial::attempt(file),
        Worker::Check {
            name,
            file,
            seed,
            settings,
        } => answer(name, file, settings, *seed).unwrap_or_default(),
        Worker::Compare => return Ok(strangers::work(io::stdin().lock(), io::stdout())?),
    };
    // The plugin may have left a line unfinished.
    print::result(&format!("\n{line}"))
}
