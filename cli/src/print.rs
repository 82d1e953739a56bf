//! Printing: results to standard output, everything else to standard error.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use serde::Serialize;

use crate::error::Error;

/// Prints a result.
pub fn result(text: &str) -> Result<(), Error> {
    finish(writeln!(anstream::stdout().lock(), "{text}"))
}

/// Prints a result as JSON.
pub fn json(value: &impl Serialize) -> Result<(), Error> {
    result(&serde_json::to_string_pretty(value)?)
}

/// Tells a person something that is not the result.
pub fn note(text: &str) {
    // With nobody to tell it to, there is nothing to do about it.
    let _ = writeln!(anstream::stderr().lock(), "{text}");
}

/// Something good, doubtful, bad. Colours are left out where none are wanted.
pub const GOOD: Style = AnsiColor::Green.on_default();
pub const DOUBTFUL: Style = AnsiColor::Yellow.on_default();
pub const BAD: Style = AnsiColor::Red.on_default().bold();

/// Tells why the program ends.
pub fn failure(error: &Error) {
    note(&format!("{BAD}segue:{BAD:#} {error}"));
}

/// A reader that closes early (`| head`) has all it wanted.
fn finish(written: io::Result<()>) -> Result<(), Error> {
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => Ok(other?),
    }
}

pub use segue_stage::clock;

/// A table with a light look.
pub fn table(header: &[&str]) -> comfy_table::Table {
    let mut table = comfy_table::Table::new();
    table
        .load_style(comfy_table::presets::NOTHING)
        .set_content_arrangement(comfy_table::ContentArrangement::Dynamic)
        .set_header(header.iter().copied());
    table
}
