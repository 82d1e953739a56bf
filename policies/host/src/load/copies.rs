//! The copies that are loaded in place of plugins.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;

const PREFIX: &str = "segue-plugin-";

/// Older ones belong to nobody who is still loading them.
const STALE: Duration = Duration::from_secs(600);

/// A folder of its own for one copy.
pub(super) fn folder(parent: &Path) -> io::Result<TempDir> {
    tempfile::Builder::new().prefix(PREFIX).tempdir_in(parent)
}

/// Where copies are made: the folder for temporary files, and, where nothing
/// can be loaded from there (it may forbid execution), the user's cache folder.
pub(super) fn parents() -> impl Iterator<Item = PathBuf> {
    let cache = directories::BaseDirs::new().map(|dirs| dirs.cache_dir().join("segue"));
    std::iter::once(std::env::temp_dir()).chain(cache)
}

/// Removes what programs left behind that were killed. A loaded file that the
/// system protects stays.
pub(crate) fn sweep() {
    for parent in parents() {
        sweep_in(&parent, STALE);
    }
}

fn sweep_in(parent: &Path, stale: Duration) {
    let Ok(entries) = parent.read_dir() else {
        return;
    };
    for entry in entries.flatten() {
        let ours = entry
            .file_name()
            .to_str()
            .is_some_and(|name| name.starts_with(PREFIX));
        let age = || entry.metadata().ok()?.modified().ok()?.elapsed().ok();
        if ours && age().is_some_and(|age| age >= stale) {
            // Somebody else's, or in use: it is theirs to remove.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_stale_copies_are_swept() {
        let parent = tempfile::tempdir().unwrap();
        let left = folder(parent.path()).unwrap().keep();
        fs::write(left.join("plugin.so"), "code").unwrap();
        let other = parent.path().join("other");
        fs::create_dir(&other).unwrap();
        sweep_in(parent.path(), STALE);
        assert!(left.exists());
        sweep_in(parent.path(), Duration::ZERO);
        assert!(!left.exists());
        assert!(other.exists());
    }
}
