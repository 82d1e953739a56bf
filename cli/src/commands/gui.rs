//! `segue gui`: the desktop app, which is a program of its own.

use std::env::consts::EXE_SUFFIX;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::process::Command;

use crate::error::Error;
use crate::start::Start;

/// Flags of all commands that would do nothing here, and what does.
const NOT_HERE: [(&str, &str, &str); 2] = [
    (
        "discovery_port",
        "discovery-port",
        "set `discovery_port` in its file of settings (`segue-gui --help` says where)",
    ),
    (
        "plugin_path",
        "plugin-path",
        "name the folder in $SEGUE_PLUGIN_PATH",
    ),
];

/// Starts the app that lies beside this program, or else the one in `PATH`, and
/// waits until its window is closed.
pub fn run(start: &Start) -> Result<(), Error> {
    if let Some((_, flag, instead)) = NOT_HERE.into_iter().find(|(id, ..)| start.was_said(id)) {
        return Err(Error::NotForGui { flag, instead });
    }
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
