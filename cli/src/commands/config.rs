//! `segue config`: the settings file.

use std::path::Path;
use std::process;

use serde::Serialize;

use crate::args::{Config, ConfigWhat};
use crate::config::{self, Configured, Origin, Place, Shown};
use crate::error::Error;
use crate::print;
use crate::start::{Start, command};

pub fn run(args: &Config, start: &Start) -> Result<(), Error> {
    let place = || start.place.as_ref().ok_or(Error::NoSettings);
    // Without the file's own values: what a key is measured against.
    let command = command();
    match &args.what {
        ConfigWhat::Show { json } => show(start, *json),
        ConfigWhat::Path => print::result(&place()?.path.display().to_string()),
        ConfigWhat::Edit => edit(place()?),
        ConfigWhat::Set { key, values } => Ok(config::set(&command, place()?, key, values)?),
        ConfigWhat::Unset { key } => Ok(config::unset(&command, place()?, key)?),
    }
}

#[derive(Serialize)]
struct Everything<'a> {
    file: Option<&'a Path>,
    settings: &'a [Shown],
}

fn show(start: &Start, json: bool) -> Result<(), Error> {
    let Configured { command, settings } = start.configured()?;
    let all = config::effective(command, settings, &start.matches);
    let place = start.place.as_ref();
    let file = place
        .map(|place| place.path.as_path())
        .filter(|path| path.exists());
    if json {
        return print::json(&Everything {
            file,
            settings: &all,
        });
    }
    print::result(&match (file, place) {
        (Some(path), _) => format!("# {}", path.display()),
        (None, Some(place)) => format!("# {} is not there", place.path.display()),
        (None, None) => "# no settings file".to_owned(),
    })?;
    let mut table = "";
    for shown in &all {
        if shown.command != table {
            table = &shown.command;
            print::result(&format!("\n[{table}]"))?;
        }
        print::result(&line(shown))?;
    }
    Ok(())
}

/// A line of TOML; what has no value is a comment.
fn line(shown: &Shown) -> String {
    let Shown { key, value, .. } = shown;
    match (value, shown.origin) {
        (None, _) => format!("# {key} is not set"),
        (Some(value), Origin::Default) => format!("{key} = {value}"),
        (Some(value), origin) => format!("{key} = {value}  # {origin}"),
    }
}

/// Opens an editor; a file that is not there begins as a template.
fn edit(place: &Place) -> Result<(), Error> {
    let path = &place.path;
    if !path.exists() {
        let template = config::template(&command());
        config::write(path, &template).map_err(|source| Error::Write {
            path: path.clone(),
            source,
        })?;
    }
    let editor = editor();
    let failed = |reason: String| Error::Editor {
        editor: editor.clone(),
        reason,
    };
    let words = shell_words::split(&editor).map_err(|error| failed(error.to_string()))?;
    let (program, arguments) = words
        .split_first()
        .ok_or_else(|| failed("it is empty".into()))?;
    let status = process::Command::new(program)
        .args(arguments)
        .arg(path)
        .status()
        .map_err(|error| failed(error.to_string()))?;
    if !status.success() {
        return Err(failed(status.to_string()));
    }
    config::load(command(), Some(place))?;
    print::note("The settings are in order.");
    Ok(())
}

fn editor() -> String {
    let named = |variable| std::env::var(variable).ok().filter(|name| !name.is_empty());
    let usual = if cfg!(windows) { "notepad" } else { "vi" };
    named("VISUAL")
        .or_else(|| named("EDITOR"))
        .unwrap_or_else(|| usual.into())
}
