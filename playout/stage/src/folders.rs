//! Where things are kept.

use std::path::PathBuf;

/// Where the platform keeps what can be found out again; without a home, nowhere.
pub fn cache_folder() -> Option<PathBuf> {
    let folders = directories::ProjectDirs::from("", "", "segue")?;
    Some(folders.cache_dir().to_owned())
}
