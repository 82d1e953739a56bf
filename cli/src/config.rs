//! The settings file: what holds where a flag is not given.
//!
//! Nothing is written twice: the flags as clap knows them say which keys there
//! are, what they take and what they mean. A setting becomes the default value
//! of its flag, so the command line always wins.

mod defaults;
mod edit;
mod file;
mod keys;
mod show;
mod template;

use std::path::PathBuf;

use clap::Command;

pub use defaults::{Setting, apply};
pub use edit::{EditError, set, unset, write};
pub use file::{File, FileError};
pub use show::{Origin, Shown, effective};
pub use template::template;

/// Names the file in place of the platform's; empty: no file at all.
pub const VARIABLE: &str = "SEGUE_CONFIG";

/// Which file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub path: PathBuf,
    /// The user named it: then it must be there.
    pub named: bool,
}

impl Place {
    /// `--config`, or else [`VARIABLE`], or else the platform's place. `None`
    /// where there is none, or none is wanted.
    pub fn find(flag: Option<PathBuf>) -> Option<Self> {
        let named = |path: PathBuf| {
            let named = !path.as_os_str().is_empty();
            named.then_some(Self { path, named })
        };
        if let Some(path) = flag {
            return named(path);
        }
        match std::env::var_os(VARIABLE) {
            Some(path) => named(path.into()),
            None => directories::BaseDirs::new().map(|dirs| Self {
                path: dirs.config_dir().join("segue").join("config.toml"),
                named: false,
            }),
        }
    }
}

/// The command line with the settings of a file as its defaults.
#[derive(Debug)]
pub struct Configured {
    pub command: Command,
    pub settings: Vec<Setting>,
}

/// Reads the file, if there is one, and takes its settings as defaults.
pub fn load(command: Command, place: Option<&Place>) -> Result<Configured, FileError> {
    let file = match place {
        Some(place) => File::read(place)?,
        None => None,
    };
    match file {
        Some(file) => apply(command, &file),
        None => Ok(Configured {
            command,
            settings: Vec::new(),
        }),
    }
}

#[cfg(test)]
mod tests;
