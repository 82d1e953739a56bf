//! What a comparison reads, and writes into its folder.

use std::path::Path;

use segue_lab::report::{Chapter, Report};
use segue_transport::LocalFile;

use crate::error::Error;

/// An MP3 file, read through once.
pub fn track(path: &Path) -> Result<LocalFile, Error> {
    LocalFile::read(path).map_err(|source| Error::Track {
        path: path.to_owned(),
        source,
    })
}

/// Report, results, and each policy's first run.
pub fn write(folder: &Path, chapters: &[Chapter]) -> Result<(), Error> {
    let report = Report {
        command: &command(),
        program: concat!("segue ", env!("CARGO_PKG_VERSION")),
        chapters,
    };
    Ok(report.write(folder)?)
}

/// This very command, as one would type it again.
fn command() -> String {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let typed = shell_words::join(words.iter().map(String::as_str));
    format!("segue {typed}")
}
