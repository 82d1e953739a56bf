//! `segue completions`: scripts for shells.

use clap::Command;

use crate::args::Completions;
use crate::error::Error;
use crate::print;

pub fn run(mut command: Command, args: &Completions) -> Result<(), Error> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, "segue", &mut script);
    print::result(String::from_utf8_lossy(&script).trim_end())
}
