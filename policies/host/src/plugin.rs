//! A plugin that was loaded and checked.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Serialize, Serializer};

use crate::load::{self, Library, LoadError};
use crate::search::Origin;

/// What a plugin is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A playout policy.
    Policy,
    /// A network model.
    Network,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Policy => "policy",
            Self::Network => "network model",
        })
    }
}

/// One parameter of a plugin, as it describes it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ParamInfo {
    /// Its name.
    pub name: String,
    /// Unit; empty for a pure number.
    pub unit: String,
    /// One line of help.
    pub help: String,
    /// Kind, range and default.
    #[serde(flatten)]
    pub kind: ParamKind,
}

/// Kind, range and default of a parameter.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum ParamKind {
    /// A real number.
    Number {
        /// Least value.
        min: f64,
        /// Greatest value.
        max: f64,
        /// Value when none is given.
        default: f64,
    },
    /// A whole number.
    Integer {
        /// Least value.
        min: i64,
        /// Greatest value.
        max: i64,
        /// Value when none is given.
        default: i64,
    },
    /// Yes or no.
    Flag {
        /// Value when none is given.
        default: bool,
    },
    /// One of several names.
    Choice {
        /// The names.
        choices: Vec<String>,
        /// The one that is taken when none is given.
        default: String,
    },
    /// Text.
    Text {
        /// Text when none is given.
        default: String,
    },
    /// The contents of a file that the user names; empty when none is given.
    File,
}

/// A loaded and checked plugin. Cheap to clone; its library stays loaded while
/// a clone or an instance lives.
#[derive(Clone)]
pub struct Plugin {
    about: Arc<About>,
    library: Arc<Library>,
}

/// What is known of a plugin.
#[derive(Debug, Serialize)]
pub(crate) struct About {
    pub kind: Kind,
    pub name: String,
    pub version: String,
    pub summary: String,
    pub path: PathBuf,
    pub hash: String,
    pub origin: Origin,
    pub params: Vec<ParamInfo>,
}

impl Plugin {
    /// Loads and checks one file.
    pub fn load(path: &Path) -> Result<Self, LoadError> {
        load::load(&load::Source::read(path)?)
    }

    pub(crate) fn new(about: About, library: Arc<Library>) -> Self {
        Self {
            about: Arc::new(about),
            library,
        }
    }

    /// Policy or network model.
    pub fn kind(&self) -> Kind {
        self.about.kind
    }

    /// Its name: lower-case letters, digits and hyphens.
    pub fn name(&self) -> &str {
        &self.about.name
    }

    /// Its semantic version.
    pub fn version(&self) -> &str {
        &self.about.version
    }

    /// One line of what it does.
    pub fn summary(&self) -> &str {
        &self.about.summary
    }

    /// The file that it was loaded from, which may have changed since.
    pub fn path(&self) -> &Path {
        &self.about.path
    }

    /// BLAKE3 of the file's bytes as loaded: the first 16 hexadecimal digits.
    pub fn hash(&self) -> &str {
        &self.about.hash
    }

    /// By which way it was found.
    pub fn origin(&self) -> Origin {
        self.about.origin
    }

    /// Whether it came with the program. Others are strangers: a run of theirs
    /// that must not end this process belongs into another.
    pub fn is_bundled(&self) -> bool {
        self.about.origin == Origin::Bundled
    }

    /// Its parameters, in its own order.
    pub fn params(&self) -> &[ParamInfo] {
        &self.about.params
    }

    pub(crate) fn library(&self) -> &Arc<Library> {
        &self.library
    }
}

impl fmt::Debug for Plugin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.about.fmt(f)
    }
}

/// Two plugins are equal if they are the same code from the same file.
impl PartialEq for Plugin {
    fn eq(&self, other: &Self) -> bool {
        self.hash() == other.hash() && self.path() == other.path()
    }
}

impl Eq for Plugin {}

impl Serialize for Plugin {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.about.serialize(serializer)
    }
}
