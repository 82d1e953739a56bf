//! Where plugins are looked for.

use std::collections::HashSet;
use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
use std::fmt;
use std::path::{Path, PathBuf};

use serde::Serialize;

/// Environment variable with more folders, separated as in `PATH`.
const VARIABLE: &str = "SEGUE_PLUGIN_PATH";

/// By which way a plugin's file was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// The user named the file or its folder for this run.
    Named,
    /// It is in a folder of `$SEGUE_PLUGIN_PATH`.
    Variable,
    /// It is in the user's plugin folder.
    User,
    /// It came with the program.
    Bundled,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Named => "named",
            Self::Variable => VARIABLE,
            Self::User => "your folder",
            Self::Bundled => "bundled",
        })
    }
}

/// The folders in which plugins are looked for, in order: of several plugins
/// of one name the first one found wins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SearchPath {
    places: Vec<Place>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    path: PathBuf,
    /// Full of other programs' libraries: only files named like Segue's own.
    only_ours: bool,
    origin: Origin,
}

/// A file that may be a plugin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Candidate {
    pub path: PathBuf,
    pub origin: Origin,
}

impl SearchPath {
    /// The usual order: `explicit` folders or files (as the user named them),
    /// `$SEGUE_PLUGIN_PATH`, the user's data folder, the program's own folder.
    pub fn new(explicit: impl IntoIterator<Item = PathBuf>) -> Self {
        let mut path = Self::only(explicit);
        if let Some(list) = std::env::var_os(VARIABLE) {
            for folder in std::env::split_paths(&list) {
                path.add(folder, false, Origin::Variable);
            }
        }
        if let Some(folder) = Self::user_folder() {
            path.add(folder, false, Origin::User);
        }
        if let Some(exe) = std::env::current_exe()
            .and_then(|exe| exe.canonicalize())
            .ok()
            .as_deref()
            .and_then(Path::parent)
        {
            path.add_program(exe);
        }
        path
    }

    /// These folders or files and nothing else.
    pub fn only(explicit: impl IntoIterator<Item = PathBuf>) -> Self {
        let mut path = Self::default();
        for place in explicit {
            path.add(place, false, Origin::Named);
        }
        path
    }

    /// Where a user puts plugins: `segue/plugins` in the platform's data
    /// folder. It need not exist.
    pub fn user_folder() -> Option<PathBuf> {
        let base = directories::BaseDirs::new()?;
        Some(base.data_dir().join("segue").join("plugins"))
    }

    /// The places in order, whether they exist or not.
    pub fn folders(&self) -> impl Iterator<Item = &Path> {
        self.places.iter().map(|place| place.path.as_path())
    }

    fn add(&mut self, path: PathBuf, only_ours: bool, origin: Origin) {
        if !path.as_os_str().is_empty() {
            self.places.push(Place {
                path,
                only_ours,
                origin,
            });
        }
    }

    /// The folder that the program lies in, and what belongs to it.
    fn add_program(&mut self, folder: &Path) {
        self.add(folder.join("plugins"), false, Origin::Bundled);
        // A test's program lies in `target/<profile>/deps`, and fresh builds
        // one level higher.
        if folder.ends_with("deps")
            && let Some(profile) = folder.parent()
        {
            self.add(profile.to_path_buf(), true, Origin::Bundled);
        }
        self.add(folder.to_path_buf(), true, Origin::Bundled);
        if let Some(parent) = folder.parent() {
            self.add(
                parent.join("lib").join("segue").join("plugins"),
                false,
                Origin::Bundled,
            );
        }
    }

    /// The files that may be plugins: first by place, then by name; each file
    /// once, however often its folder is named.
    pub(crate) fn candidates(&self) -> Vec<Candidate> {
        let mut seen = HashSet::new();
        let mut found = Vec::new();
        for place in &self.places {
            for file in place.files() {
                let key = file.canonicalize().unwrap_or_else(|_| file.clone());
                if seen.insert(key) {
                    found.push(Candidate {
                        path: file,
                        origin: place.origin,
                    });
                }
            }
        }
        found
    }
}

impl Place {
    fn files(&self) -> Vec<PathBuf> {
        if self.path.is_file() {
            return vec![self.path.clone()]; // named by the user: taken as it is
        }
        let Ok(entries) = self.path.read_dir() else {
            return Vec::new();
        };
        let mut files: Vec<_> = entries
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| {
                path.file_name()
                    .and_then(|name| name.to_str())
                    .is_some_and(|name| self.takes(name))
            })
            .collect();
        files.sort();
        files
    }

    fn takes(&self, file_name: &str) -> bool {
        let Some(stem) = file_name.strip_suffix(DLL_SUFFIX) else {
            return false;
        };
        !self.only_ours
            || stem.strip_prefix(DLL_PREFIX).is_some_and(|stem| {
                stem.starts_with("segue_playout_") || stem.starts_with("segue_network_")
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn touch(folder: &Path, name: &str) {
        std::fs::create_dir_all(folder).unwrap();
        std::fs::write(folder.join(name), b"").unwrap();
    }

    fn names(path: &SearchPath) -> Vec<String> {
        path.candidates()
            .iter()
            .map(|file| file.path.file_name().unwrap().to_str().unwrap().to_owned())
            .collect()
    }

    #[test]
    fn the_order_is_that_of_the_places_then_of_the_names() {
        let folder = tempfile::tempdir().unwrap();
        let (a, b) = (folder.path().join("a"), folder.path().join("b"));
        touch(&a, &format!("z{DLL_SUFFIX}"));
        touch(&a, &format!("y{DLL_SUFFIX}"));
        touch(&a, "readme.txt");
        touch(&b, &format!("x{DLL_SUFFIX}"));
        let path = SearchPath::only([a.clone(), b, a]);
        let expected: Vec<_> = ["y", "z", "x"]
            .iter()
            .map(|stem| format!("{stem}{DLL_SUFFIX}"))
            .collect();
        assert_eq!(names(&path), expected);
    }

    #[test]
    fn a_folder_that_does_not_exist_is_no_error() {
        let folder = tempfile::tempdir().unwrap();
        assert!(names(&SearchPath::only([folder.path().join("none")])).is_empty());
    }

    #[test]
    fn a_file_can_be_named_whatever_it_is_called() {
        let folder = tempfile::tempdir().unwrap();
        touch(folder.path(), "mine.plugin");
        let path = SearchPath::only([folder.path().join("mine.plugin")]);
        assert_eq!(names(&path), ["mine.plugin"]);
    }

    #[test]
    fn in_the_programs_folder_only_our_names_count() {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("debug").join("deps");
        touch(&program, &format!("{DLL_PREFIX}serde_derive{DLL_SUFFIX}"));
        touch(
            &program,
            &format!("{DLL_PREFIX}segue_playout_a{DLL_SUFFIX}"),
        );
        touch(
            &folder.path().join("debug"),
            &format!("{DLL_PREFIX}segue_network_b{DLL_SUFFIX}"),
        );
        touch(&program.join("plugins"), &format!("c{DLL_SUFFIX}"));
        touch(
            &folder.path().join("debug/lib/segue/plugins"),
            &format!("d{DLL_SUFFIX}"),
        );
        let mut path = SearchPath::default();
        path.add_program(&program);
        assert_eq!(
            names(&path),
            [
                format!("c{DLL_SUFFIX}"),
                format!("{DLL_PREFIX}segue_network_b{DLL_SUFFIX}"),
                format!("{DLL_PREFIX}segue_playout_a{DLL_SUFFIX}"),
                format!("d{DLL_SUFFIX}"),
            ]
        );
    }
}
