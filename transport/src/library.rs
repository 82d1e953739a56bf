//! What a peer shares: MP3 files, indexed into packets.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use segue_core::index::{IndexError, IndexedTrack, index};
use segue_core::mp3::PacketTable;
use segue_core::track::{TrackId, TrackInfo};
use walkdir::WalkDir;

/// A file of the library.
#[derive(Clone, Debug)]
pub(crate) struct Shared {
    pub info: TrackInfo,
    pub table: Arc<PacketTable>,
    pub path: PathBuf,
}

/// Tracks to share, by id: equal music in two files is one track.
#[derive(Clone, Debug, Default)]
pub struct Library {
    tracks: BTreeMap<TrackId, Shared>,
    refused: Vec<Refused>,
}

/// A file that cannot be shared, and why.
#[derive(Debug, Clone)]
pub struct Refused {
    /// Which.
    pub path: PathBuf,
    /// Why, in words.
    pub reason: String,
}

/// Nothing can be shared.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LibraryError {
    /// A folder or file that was named is not there.
    #[error("cannot share {}: {source}. Name a folder with MP3 files, or an MP3 file", path.display())]
    Missing {
        /// What was named.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// Nothing in it can be played.
    #[error("no MP3 file in {paths}{}", hint(refused))]
    Empty {
        /// What was named.
        paths: String,
        /// Files that were looked at, and why they cannot be shared.
        refused: Vec<Refused>,
    },
}

fn hint(refused: &[Refused]) -> String {
    let each = refused.iter().take(5);
    let lines: String = each
        .map(|file| format!("\n  {}: {}", file.path.display(), file.reason))
        .collect();
    match refused.len().saturating_sub(5) {
        0 => lines,
        more => format!("{lines}\n  and {more} more"),
    }
}

impl Library {
    /// Indexes all MP3 files in these folders and files. `progress` is told of
    /// each file before it is read: its number, how many there are, its path.
    /// Files that cannot be shared are kept in [`Library::refused`].
    pub fn open(
        paths: &[PathBuf],
        mut progress: impl FnMut(usize, usize, &Path),
    ) -> Result<Self, LibraryError> {
        let mut library = Self::default();
        let mut files = Vec::new();
        for path in paths {
            let missing = |source| LibraryError::Missing {
                path: path.clone(),
                source,
            };
            if path.metadata().map_err(missing)?.is_dir() {
                library.walk(path, &mut files);
            } else {
                files.push(path.clone()); // named by hand: whatever its extension
            }
        }
        for (number, path) in files.iter().enumerate() {
            progress(number, files.len(), path);
            library.add(path);
        }
        if library.tracks.is_empty() {
            let names: Vec<_> = paths
                .iter()
                .map(|path| path.display().to_string())
                .collect();
            return Err(LibraryError::Empty {
                paths: names.join(", "),
                refused: library.refused,
            });
        }
        Ok(library)
    }

    fn walk(&mut self, folder: &Path, files: &mut Vec<PathBuf>) {
        for entry in WalkDir::new(folder).follow_links(true).sort_by_file_name() {
            match entry {
                Ok(entry) if entry.file_type().is_file() && is_mp3(entry.path()) => {
                    files.push(entry.into_path());
                }
                Ok(_) => {}
                Err(error) => self.refused.push(Refused {
                    path: error.path().unwrap_or(folder).to_owned(),
                    reason: error.to_string(),
                }),
            }
        }
    }

    fn add(&mut self, path: &Path) {
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let indexed = File::open(path)
            .map_err(IndexError::from)
            .and_then(|file| index(file, &name));
        match indexed {
            Ok(IndexedTrack { info, table, notes }) => {
                if notes.junk_bytes > 0 || notes.truncated_bytes > 0 {
                    tracing::debug!("{}: {notes:?}", path.display());
                }
                self.tracks.entry(info.id).or_insert_with(|| Shared {
                    info,
                    table: Arc::new(table),
                    path: path.to_owned(),
                });
            }
            Err(error) => self.refused.push(Refused {
                path: path.to_owned(),
                reason: error.to_string(),
            }),
        }
    }

    /// The tracks that can be shared.
    pub fn tracks(&self) -> impl Iterator<Item = &TrackInfo> {
        self.tracks.values().map(|shared| &shared.info)
    }

    /// Files that cannot be shared, and why.
    pub fn refused(&self) -> &[Refused] {
        &self.refused
    }

    pub(crate) fn remove(&mut self, id: TrackId) {
        self.tracks.remove(&id);
    }

    pub(crate) fn get(&self, id: TrackId) -> Option<&Shared> {
        self.tracks.get(&id)
    }
}

fn is_mp3(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("mp3"))
}
