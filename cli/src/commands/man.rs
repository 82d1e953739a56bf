//! `segue man`: the manual's pages, from the same words as `--help`.

use clap::Command;

use crate::args::Man;
use crate::error::Error;

pub fn run(command: Command, args: &Man) -> Result<(), Error> {
    let failed = |source| Error::Write {
        path: args.dir.clone(),
        source,
    };
    std::fs::create_dir_all(&args.dir).map_err(failed)?;
    clap_mangen::generate_to(command, &args.dir).map_err(failed)
}
