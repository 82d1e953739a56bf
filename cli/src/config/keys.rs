//! Which flags are keys of the settings file, and what they are called there.

use clap::{Arg, ArgAction, Command};

/// Arguments without a name that are settings all the same: command and id.
const NAMELESS: [(&str, &str); 1] = [("share", "paths")];
/// Flags that say something of one call only.
const NO_SETTINGS: [&str; 3] = ["help", "version", "config"];
/// Commands without settings: they are about the program, not the music.
const NO_TABLES: [&str; 3] = ["config", "completions", "man"];

/// An argument's key in the file; `None` when it has none.
pub fn key(command: &str, arg: &Arg) -> Option<String> {
    if arg.is_hide_set() {
        return None;
    }
    match arg.get_long() {
        Some(long) => (!NO_SETTINGS.contains(&long)).then(|| long.to_owned()),
        None => NAMELESS
            .contains(&(command, arg.get_id().as_str()))
            .then(|| arg.get_id().as_str().replace('_', "-")),
    }
}

/// The argument of this key.
pub fn find<'a>(command: &'a Command, wanted: &str) -> Option<&'a Arg> {
    command
        .get_arguments()
        .find(|arg| key(command.get_name(), arg).as_deref() == Some(wanted))
}

/// All keys of a command's own.
pub fn of(command: &Command) -> impl Iterator<Item = (String, &Arg)> {
    command
        .get_arguments()
        .filter_map(|arg| Some((key(command.get_name(), arg)?, arg)))
}

/// The commands that may have settings.
pub fn tables(command: &Command) -> impl Iterator<Item = &Command> {
    command
        .get_subcommands()
        .filter(|sub| !sub.is_hide_set() && !NO_TABLES.contains(&sub.get_name()))
}

/// Every command below this one, with the names that lead to it.
pub fn walk(command: &Command) -> Vec<(Vec<String>, &Command)> {
    let mut all = Vec::new();
    for sub in tables(command) {
        let name = sub.get_name().to_owned();
        all.push((vec![name.clone()], sub));
        for (mut path, inner) in walk(sub) {
            path.insert(0, name.clone());
            all.push((path, inner));
        }
    }
    all
}

/// Whether an argument takes a list.
pub fn is_list(arg: &Arg) -> bool {
    let many = arg.get_num_args().is_some_and(|n| n.max_values() > 1);
    many || matches!(arg.get_action(), ArgAction::Append)
}

/// Whether an argument is on or off.
pub fn is_switch(arg: &Arg) -> bool {
    matches!(arg.get_action(), ArgAction::SetTrue | ArgAction::SetFalse)
}
