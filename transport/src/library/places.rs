//! The folders and files that are shared, and what lies in them.

use std::ffi::OsStr;
use std::fs::Metadata;
use std::io;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

/// A folder or file that was named.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub path: PathBuf,
    pub is_folder: bool,
}

/// Something that a walk met.
pub(super) enum Met {
    File(PathBuf, Metadata),
    /// It cannot be looked at, and why.
    Unreadable(PathBuf, String),
}

impl Place {
    /// What was named, which must be there now.
    pub fn new(path: &Path) -> io::Result<Self> {
        let is_folder = path.metadata()?.is_dir();
        // In full, so that the cache knows it from anywhere; a link to a file
        // keeps its own name.
        let full = match (path.file_name(), path.parent()) {
            _ if is_folder => in_full(path)?,
            (Some(name), Some(folder)) => in_full(or_here(folder))?.join(name),
            _ => in_full(path)?,
        };
        Ok(Self {
            path: full,
            is_folder,
        })
    }

    /// The folder to be watched.
    pub fn folder(&self) -> &Path {
        match self.path.parent() {
            Some(parent) if !self.is_folder => parent,
            _ => &self.path,
        }
    }

    /// Whether a file of this path is shared: in a folder by its extension;
    /// named by hand whatever its extension is.
    pub fn takes(&self, path: &Path) -> bool {
        if self.is_folder {
            path.starts_with(&self.path) && is_mp3(path)
        } else {
            path == self.path
        }
    }
}

/// All files to share at or below `path`, in order.
pub(super) fn walk(path: &Path) -> impl Iterator<Item = Met> + use<> {
    let entries = WalkDir::new(path).follow_links(true).sort_by_file_name();
    let whole = path.to_owned();
    entries.into_iter().filter_map(move |entry| {
        let unreadable = |error: walkdir::Error| {
            let path = error.path().unwrap_or(&whole).to_owned();
            Some(Met::Unreadable(path, error.to_string()))
        };
        match entry {
            Ok(entry) if entry.file_type().is_file() && is_mp3(entry.path()) => {
                match entry.metadata() {
                    Ok(metadata) => Some(Met::File(entry.into_path(), metadata)),
                    Err(error) => unreadable(error),
                }
            }
            Ok(_) => None,
            Err(error) if is_no_concern(&error) => None,
            Err(error) => unreadable(error),
        }
    })
}

/// A link to nowhere whose name is no music's: it would not be shared if it led
/// somewhere. A link that goes round hides a folder, and is told.
fn is_no_concern(error: &walkdir::Error) -> bool {
    let leads_nowhere = error
        .io_error()
        .is_some_and(|error| error.kind() == io::ErrorKind::NotFound);
    let path = error.path().filter(|_| error.depth() > 0);
    leads_nowhere && path.is_some_and(|path| !is_mp3(path))
}

fn or_here(folder: &Path) -> &Path {
    if folder == Path::new("") {
        Path::new(".")
    } else {
        folder
    }
}

/// Watchers tell of files by their real paths; on Windows those would look odd.
fn in_full(path: &Path) -> io::Result<PathBuf> {
    if cfg!(windows) {
        std::path::absolute(path)
    } else {
        path.canonicalize()
    }
}

fn is_mp3(path: &Path) -> bool {
    let extension = path.extension().and_then(OsStr::to_str);
    extension.is_some_and(|extension| extension.eq_ignore_ascii_case("mp3"))
}
