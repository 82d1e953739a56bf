//! `segue gui`: the desktop app, which is a program of its own.

use std::env::consts::EXE_SUFFIX;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::process::Command;

use crate::error::Error;

/// Starts the app that lies beside this program, or else the one in `PATH`, and
/// waits until its window is closed.
pub fn run() -> Result<(), Error> {
    let name = format!("segue-gui{EXE_SUFFIX}");
    let beside = std::env::current_exe()?.with_file_name(&name);
    let program = if beside.is_file() {
        beside
    } else {
        PathBuf::from(name)
    };
    let status = Command::new(&program)
        .status()
        .map_err(|source| match source.kind() {
            ErrorKind::NotFound => Error::NoGui,
            _ => Error::Read {
                path: program,
                source,
            },
        })?;
    if status.success() {
        Ok(())
    } else {
        Err(Error::GuiFailed(status.to_string()))
    }
}
