//! The program and its settings.

use super::Finding;
use crate::config::{Configured, FileError, Place};

/// Which program this is.
pub fn program() -> Vec<Finding> {
    vec![Finding::ok(format!(
        "Segue {} for {} on {}",
        env!("CARGO_PKG_VERSION"),
        std::env::consts::OS,
        std::env::consts::ARCH,
    ))]
}

/// Whether the settings file is there, and right.
pub fn look(place: Option<&Place>, configured: Result<&Configured, FileError>) -> Vec<Finding> {
    vec![match (place, configured) {
        (_, Err(error)) => Finding::problem(
            error.to_string(),
            "Mend it with `segue config edit`; until then no command runs, and what follows \
             here is without it",
        ),
        (Some(place), Ok(_)) if !place.path.exists() => Finding::ok(format!(
            "no file at {}: all is as by default",
            place.path.display()
        )),
        (Some(place), Ok(configured)) => Finding::ok(format!(
            "{}, {} in force",
            place.path.display(),
            count(configured.settings.len())
        )),
        (None, Ok(_)) => Finding::ok("no file is wanted: all is as by default"),
    }]
}

fn count(settings: usize) -> String {
    match settings {
        1 => "1 setting".to_owned(),
        more => format!("{more} settings"),
    }
}
