//! A settings file in which everything is still commented out.

use std::fmt::Write;

use clap::{Arg, Command};

use super::{keys, show};

const HEAD: &str = "\
# Settings of Segue: what holds where a flag is not given.
#
# Each key is a flag without its dashes (`segue COMMAND --help` tells all about
# it). What stands above the first [table] is for all commands that have this
# flag, a table for the command of its name. Take away a `#` to set a key;
# `segue config show` shows what is in force.
";

/// The text of a new settings file, generated from the command line's help.
pub fn template(command: &Command) -> String {
    let mut text = HEAD.to_owned();
    keys_of(&mut text, command);
    for (path, sub) in keys::walk(command) {
        if keys::of(sub).next().is_none() {
            continue;
        }
        let _ = write!(text, "\n[{}]\n", path.join(".")); // a String takes all
        keys_of(&mut text, sub);
    }
    text
}

fn keys_of(text: &mut String, command: &Command) {
    for (key, arg) in keys::of(command) {
        text.push('\n');
        for line in show::help(arg).lines() {
            let _ = writeln!(text, "# {line}");
        }
        let _ = writeln!(text, "# {key} = {}", example(arg));
    }
}

/// The default, or else what kind of value it takes.
fn example(arg: &Arg) -> String {
    if let Some(value) = show::default(arg) {
        return value;
    }
    let names = arg.get_value_names().unwrap_or_default();
    let name = names.first().map_or("VALUE", |name| name.as_str());
    if keys::is_list(arg) {
        format!("[\"{name}\"]")
    } else {
        format!("\"{name}\"")
    }
}
