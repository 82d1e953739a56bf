//! Files of this machine, to be played like tracks of peers.

use std::fs::File;
use std::path::Path;

use segue_core::index::{IndexError, index};

use super::{FindError, Found};

/// Reads a file once, to know what it is.
pub fn open(path: &Path) -> Result<Found, FindError> {
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    let indexed = File::open(path)
        .map_err(IndexError::from)
        .and_then(|file| index(file, &name));
    let track = indexed.map_err(|source| FindError::File {
        path: path.to_owned(),
        source,
    })?;
    Ok(Found::File(track.info, path.to_owned()))
}
