//! What is in force, and why: the file, a flag, or nobody said anything.

use std::any::TypeId;
use std::fmt;
use std::path::PathBuf;

use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command};
use serde::{Serialize, Serializer};

use super::{Setting, keys};

/// A key and what it is.
#[derive(Debug, Serialize)]
pub struct Shown {
    /// The command; empty: all commands.
    pub command: String,
    pub key: String,
    /// As TOML; `None`: nothing.
    pub value: Option<String>,
    pub origin: Origin,
    /// The first line of its help.
    pub help: String,
}

/// Where a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    Default,
    /// The line of the settings file.
    File(usize),
    Flag,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(line) => write!(f, "file, line {line}"),
            Self::Flag => f.write_str("flag"),
        }
    }
}

impl Serialize for Origin {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

/// Every key of the command line, those for all commands first. `command` has
/// the file's settings as its defaults, `matches` is what was just said.
pub fn effective(command: &Command, settings: &[Setting], matches: &ArgMatches) -> Vec<Shown> {
    let mut all: Vec<Shown> = Vec::new();
    for (path, sub) in std::iter::once((Vec::new(), command)).chain(keys::walk(command)) {
        for (key, arg) in keys::of(sub) {
            let set = settings
                .iter()
                .find(|setting| setting.command == path && setting.key == key);
            let said = path.is_empty().then(|| said(arg, matches)).flatten();
            let (value, origin) = match (said, set) {
                (Some(value), _) => (Some(value), Origin::Flag),
                (None, Some(set)) => (Some(toml(arg, &set.values)), Origin::File(set.line)),
                (None, None) => (default(arg), Origin::Default),
            };
            all.push(Shown {
                command: path.join("."),
                help: help(arg),
                key,
                value,
                origin,
            });
        }
    }
    all
}

/// The first sentence of an argument's help.
pub fn help(arg: &Arg) -> String {
    arg.get_help().map(ToString::to_string).unwrap_or_default()
}

/// What holds when nobody says anything, as TOML.
pub fn default(arg: &Arg) -> Option<String> {
    if keys::is_switch(arg) {
        return Some("false".into());
    }
    if is_count(arg) && arg.get_default_values().is_empty() {
        return Some("0".into());
    }
    let values: Vec<_> = arg
        .get_default_values()
        .iter()
        .map(|value| value.to_string_lossy().into_owned())
        .collect();
    (!values.is_empty()).then(|| toml(arg, &values))
}

fn said(arg: &Arg, matches: &ArgMatches) -> Option<String> {
    let id = arg.get_id().as_str();
    if matches.value_source(id) != Some(ValueSource::CommandLine) {
        return None;
    }
    if is_count(arg) {
        return Some(matches.get_count(id).to_string());
    }
    let raw = matches.get_raw(id)?;
    let values: Vec<_> = raw
        .map(|value| value.to_string_lossy().into_owned())
        .collect();
    Some(toml(arg, &values))
}

fn is_count(arg: &Arg) -> bool {
    matches!(arg.get_action(), ArgAction::Count)
}

/// Values as the file has them.
pub fn toml(arg: &Arg, values: &[String]) -> String {
    let mut written: Vec<_> = values.iter().map(|value| one(arg, value)).collect();
    if keys::is_list(arg) {
        return format!("[{}]", written.join(", "));
    }
    written.pop().unwrap_or_default()
}

/// Numbers and switches are written as they are, texts in quotes.
fn one(arg: &Arg, value: &str) -> String {
    let kind = arg.get_value_parser().type_id();
    let is_text = kind == TypeId::of::<String>() || kind == TypeId::of::<PathBuf>();
    let is_number = value.parse::<f64>().is_ok_and(f64::is_finite) && !value.starts_with('+');
    if keys::is_switch(arg) || is_number && !is_text {
        return value.to_owned();
    }
    toml_edit::Value::from(value).to_string()
}
