//! What can be wrong with a scenario, and where.

use std::fmt;
use std::io;
use std::ops::Range;
use std::path::PathBuf;

use super::builtins;

/// A scenario cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ScenarioError {
    /// The file cannot be read.
    #[error("cannot read the scenario {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// No scenario has this name.
    #[error(
        "there is no scenario `{name}`{}; `segue scenarios` lists those built in, \
         and a file of your own is named by its path, such as ./{name}.toml",
        nearest.as_ref().map(|n| format!(" (did you mean `{n}`?)")).unwrap_or_default()
    )]
    Unknown {
        /// What was looked for.
        name: String,
        /// The name that looks most like it.
        nearest: Option<String>,
    },
    /// Something in it is wrong.
    #[error("{0}")]
    Wrong(Wrong),
}

impl ScenarioError {
    pub(super) fn unknown(name: &str) -> Self {
        let names = builtins().iter().map(|builtin| builtin.name);
        Self::Unknown {
            name: name.to_owned(),
            nearest: segue_policy_host::nearest(name, names),
        }
    }
}

/// What is wrong in the text of a scenario, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// What is wrong, and what would be right.
    pub what: String,
    /// The file, or where the text comes from.
    pub origin: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// The line itself.
    pub text: String,
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, column, .. } = self;
        writeln!(f, "{}:{line}:{column}: {}", self.origin, self.what)?;
        let number = line.to_string();
        writeln!(f, "{number} | {}", self.text)?;
        write!(f, "{:1$}^", "", number.len() + 3 + column - 1)
    }
}

/// What is wrong, at these bytes of the text.
pub(super) struct WrongAt {
    pub what: String,
    pub at: Range<usize>,
}

impl WrongAt {
    pub fn new(at: Range<usize>, what: impl Into<String>) -> Self {
        let what = what.into();
        Self { what, at }
    }

    pub fn locate(self, origin: &str, text: &str) -> Wrong {
        let start = text.floor_char_boundary(self.at.start.min(text.len()));
        let before = &text[..start];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        Wrong {
            what: self.what,
            origin: origin.to_owned(),
            line: before.matches('\n').count() + 1,
            column: text[line_start..start].chars().count() + 1,
            text: text[line_start..].lines().next().unwrap_or_default().into(),
        }
    }
}
