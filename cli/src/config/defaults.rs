//! From entries of a file to defaults of flags, each checked by its flag.

use std::any::TypeId;
use std::path::PathBuf;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, Command};

use super::file::{Entry, File, FileError, Given};
use super::{Configured, keys};
use crate::nearest::nearest;

/// What flags take that are counted.
const COUNT: &str = "whole number from 0 to 255";

/// An entry that is in force for a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Names that lead to the command; none: all commands.
    pub command: Vec<String>,
    /// The key, and id of the argument.
    pub key: String,
    pub id: String,
    pub values: Vec<String>,
    /// Where it stands.
    pub line: usize,
}

/// Makes a file's entries the defaults of their flags. Strict: what no flag
/// takes is an error.
pub fn apply(mut command: Command, file: &File) -> Result<Configured, FileError> {
    let mut settings: Vec<Setting> = Vec::new();
    // What is said of one command outweighs what is said of all.
    let mut entries: Vec<&Entry> = file.entries.iter().collect();
    entries.sort_by_key(|entry| entry.table.len());
    for entry in entries {
        for (path, arg) in meant(&command, file, entry)? {
            let values = values(&arg, entry).map_err(|text| file.wrong(entry.line, text))?;
            for value in &values {
                check(&command, &path, &arg, value)
                    .map_err(|text| file.wrong(entry.line, format!("{}: {text}", entry.name())))?;
            }
            settings.retain(|old| !(old.command == path && old.key == entry.key));
            settings.push(Setting {
                id: arg.get_id().to_string(),
                command: path,
                key: entry.key.clone(),
                values,
                line: entry.line,
            });
        }
    }
    for setting in &settings {
        command = with_default(command, &setting.command, setting);
    }
    Ok(Configured { command, settings })
}

/// The arguments that an entry is about, with the names of their commands.
fn meant(
    command: &Command,
    file: &File,
    entry: &Entry,
) -> Result<Vec<(Vec<String>, Arg)>, FileError> {
    let mut table = command;
    for name in &entry.table {
        table = keys::tables(table)
            .find(|sub| sub.get_name() == name)
            .ok_or_else(|| file.wrong(entry.line, no_table(table, name, entry)))?;
    }
    if entry.key.is_empty() {
        return Ok(Vec::new()); // an empty table
    }
    if let Some(arg) = keys::find(table, &entry.key) {
        return Ok(vec![(entry.table.clone(), arg.clone())]);
    }
    let everywhere = keys::walk(table).into_iter().filter_map(|(path, sub)| {
        let arg = keys::find(sub, &entry.key).filter(|arg| !arg.is_positional())?;
        let path = entry.table.iter().cloned().chain(path).collect();
        Some((path, arg.clone()))
    });
    let found: Vec<_> = everywhere.collect();
    if found.is_empty() {
        return Err(file.wrong(entry.line, no_key(command, table, entry)));
    }
    Ok(found)
}

fn no_table(table: &Command, name: &str, entry: &Entry) -> String {
    if keys::find(table, name).is_some() {
        return format!("`{name}` is a key and takes a value: it is no table for others");
    }
    let names = || keys::tables(table).map(|sub| sub.get_name().to_owned());
    if names().next().is_none() {
        return format!(
            "{}: segue {} has no tables in it",
            entry.name(),
            table.get_name()
        );
    }
    match nearest(name, names()) {
        Some(near) => format!("[{name}] is no command with settings; did you mean [{near}]?"),
        None => format!(
            "[{name}] is no command with settings; there are: {}",
            names().collect::<Vec<_>>().join(", ")
        ),
    }
}

fn no_key(root: &Command, table: &Command, entry: &Entry) -> String {
    let key = &entry.key;
    if !entry.table.is_empty() && keys::find(root, key).is_some() {
        return format!("`{key}` is for all commands: write it above the first [table]");
    }
    if let Some(sub) = keys::tables(table).find(|sub| sub.get_name() == key) {
        let first = keys::of(sub).map(|(own, _)| format!("{}.{own}", entry.name()));
        let such = first.take(1).map(|first| format!(", such as {first}"));
        return format!(
            "`{}` is a command and no key: say which of its keys{}",
            entry.name(),
            such.collect::<String>()
        );
    }
    let own = keys::of(table).map(|(key, _)| key);
    let below = keys::walk(table)
        .into_iter()
        .flat_map(|(_, sub)| keys::of(sub).map(|(key, _)| key).collect::<Vec<_>>());
    let near = nearest(key, own.chain(below));
    let of = match entry.table.as_slice() {
        [] => "segue has".to_owned(),
        names => format!("segue {} has", names.join(" ")),
    };
    match near {
        Some(near) => format!("unknown key `{key}`; did you mean `{near}`?"),
        None => {
            format!("unknown key `{key}`: {of} no flag --{key} (`segue config show` lists all)")
        }
    }
}

/// The values as the command line would have them.
fn values(arg: &Arg, entry: &Entry) -> Result<Vec<String>, String> {
    let expand = |text: &String| {
        if arg.get_value_parser().type_id() == TypeId::of::<PathBuf>() {
            at_home(text)
        } else {
            text.clone()
        }
    };
    let refuse = |why: String| Err(format!("{}: {why}", entry.name()));
    match &entry.value {
        Given::Switch(on) if keys::is_switch(arg) => Ok(vec![on.to_string()]),
        Given::Switch(on) => refuse(format!("it takes {}, not {on}", wanted(arg))),
        Given::Other(what) => refuse(format!("it takes {}, not {what}", wanted(arg))),
        _ if keys::is_switch(arg) => refuse("it takes true or false".into()),
        Given::One(text) => Ok(vec![expand(text)]),
        Given::Many(texts) if keys::is_list(arg) => Ok(texts.iter().map(expand).collect()),
        Given::Many(_) => refuse("it takes one value, not a list".into()),
    }
}

/// What a flag takes, in a word.
fn wanted(arg: &Arg) -> String {
    if matches!(arg.get_action(), ArgAction::Count) {
        return COUNT.into();
    }
    if keys::is_switch(arg) {
        return "true or false".into();
    }
    let choices: Vec<_> = arg
        .get_possible_values()
        .iter()
        .map(|choice| choice.get_name().to_owned())
        .collect();
    if !choices.is_empty() {
        return choices.join(", ");
    }
    match arg.get_value_names() {
        Some([name, ..]) => format!("a value ({name})"),
        _ => "a value".into(),
    }
}

/// `~/Music`, as a shell would have it.
fn at_home(text: &str) -> String {
    let inside = match text.strip_prefix('~') {
        Some("") => Some(""),
        Some(rest) => rest.strip_prefix(['/', std::path::MAIN_SEPARATOR]),
        None => None,
    };
    match (inside, directories::BaseDirs::new()) {
        (Some(rest), Some(dirs)) => dirs.home_dir().join(rest).to_string_lossy().into_owned(),
        _ => text.to_owned(),
    }
}

/// Asks the command line itself what it thinks of a value.
fn check(command: &Command, path: &[String], arg: &Arg, value: &str) -> Result<(), String> {
    if keys::is_switch(arg) {
        return Ok(());
    }
    if matches!(arg.get_action(), ArgAction::Count) {
        let counted: Result<u8, _> = value.parse();
        return counted
            .map(drop)
            .map_err(|_| format!("`{value}` is no {COUNT}"));
    }
    let refused = refused(command, path, arg, value);
    // A word where a number is wanted: the flag tells its range only to numbers.
    let range = |reason: &str| Some(format!("`{value}` is no whole number {}", range(reason)?));
    let ranged = refused.as_ref().and_then(|reason| {
        let number = || refused_number(command, path, arg);
        range(reason).or_else(|| range(&number()?))
    });
    ranged.or(refused).map_or(Ok(()), Err)
}

/// What the flag says of a number that is out of any range.
fn refused_number(command: &Command, path: &[String], arg: &Arg) -> Option<String> {
    refused(command, path, arg, &i64::MIN.to_string())
}

/// `from 1 to 9`, of what clap says of a number.
fn range(reason: &str) -> Option<String> {
    let (first, last) = reason.rsplit_once(" is not in ")?.1.split_once("..=")?;
    Some(format!("from {first} to {last}"))
}

/// Why the command line refuses a value.
fn refused(command: &Command, path: &[String], arg: &Arg, value: &str) -> Option<String> {
    let given = match arg.get_long() {
        Some(long) => vec![format!("--{long}={value}")],
        None => vec!["--".to_owned(), value.to_owned()],
    };
    let name = command.get_name().to_owned();
    let line = std::iter::once(name)
        .chain(path.iter().cloned())
        .chain(given);
    match command.clone().try_get_matches_from(line) {
        Err(error) => refusal(&error, value),
        Ok(_) => None,
    }
}

/// Why a value is refused; `None` when only something else is missing.
fn refusal(error: &clap::Error, value: &str) -> Option<String> {
    use std::error::Error;
    if !matches!(
        error.kind(),
        ErrorKind::InvalidValue
            | ErrorKind::ValueValidation
            | ErrorKind::InvalidUtf8
            | ErrorKind::TooManyValues
            | ErrorKind::TooFewValues
            | ErrorKind::WrongNumberOfValues
    ) {
        return None;
    }
    if let Some(reason) = error.source() {
        return Some(format!("`{value}`: {reason}"));
    }
    match error.get(ContextKind::ValidValue) {
        Some(ContextValue::Strings(valid)) if !valid.is_empty() => Some(format!(
            "`{value}` is none of its values: {}",
            valid.join(", ")
        )),
        _ => Some(format!("`{value}` is no value for it")),
    }
}

/// In their places, so that help keeps its order.
fn with_default(command: Command, path: &[String], setting: &Setting) -> Command {
    match path {
        // An empty list is as if it were not there.
        [] if setting.values.is_empty() => command,
        [] => command.mut_args(|arg| {
            if arg.get_id() == setting.id.as_str() {
                arg.required(false).default_values(setting.values.clone())
            } else {
                arg
            }
        }),
        [first, rest @ ..] => command.mut_subcommands(|sub| {
            if sub.get_name() == first {
                with_default(sub, rest, setting)
            } else {
                sub
            }
        }),
    }
}
