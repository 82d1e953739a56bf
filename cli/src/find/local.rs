//! Files of this machine, to be played like tracks of peers.

use std::path::Path;

use segue_transport::LocalFile;

use super::{FindError, Found};

/// Reads a file once, to know what it is.
pub fn open(path: &Path) -> Result<Found, FindError> {
    let read = LocalFile::read(path);
    let file = read.map_err(|source| FindError::File {
        path: path.to_owned(),
        source,
    })?;
    Ok(Found::File(Box::new(file)))
}
