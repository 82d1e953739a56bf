//! Commands about the program itself.

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};

use super::Peers;

/// Show or change the settings: what holds where a flag is not given
#[derive(Debug, clap::Args)]
pub struct Config {
    #[command(subcommand)]
    pub what: ConfigWhat,
}

#[derive(Debug, Subcommand)]
pub enum ConfigWhat {
    /// Every key, what it is, and where that comes from: default, file or flag
    Show {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Where the settings file is, whether or not it is there
    Path,
    /// Open the settings file in $VISUAL or $EDITOR, and check it afterwards
    Edit,
    /// Set a key: `peer` for all commands, `play.policy` for one
    Set {
        /// The key
        key: String,
        /// Its value; several for a list
        #[arg(required = true, allow_negative_numbers = true)]
        values: Vec<String>,
    },
    /// Take a key out of the file, so that its default holds
    Unset {
        /// The key
        key: String,
    },
}

/// Find out what is wrong on this machine and network, and what to do about it
#[derive(Debug, clap::Args)]
pub struct Doctor {
    #[command(flatten)]
    pub peers: Peers,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Print a script that completes the command line in a shell
#[derive(Debug, clap::Args)]
pub struct Completions {
    /// The shell
    pub shell: clap_complete::Shell,
}

/// Write the manual's pages into a folder
#[derive(Debug, clap::Args)]
pub struct Man {
    /// The folder; made where it is not there
    pub dir: PathBuf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On terminals, unless NO_COLOR is set
    Auto,
    Always,
    Never,
}
