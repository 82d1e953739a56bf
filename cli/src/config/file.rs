//! A settings file as it is written: keys, values and where they stand. It
//! knows nothing of flags.

use std::io::ErrorKind;
use std::ops::Range;
use std::path::{Path, PathBuf};

use toml_edit::{Document, Item, TableLike, Value};

use super::Place;

/// What is wrong with a settings file, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    #[error("{}: {text}", path.display())]
    Unreadable { path: PathBuf, text: String },
    #[error("{}:{line}: {text}", path.display())]
    Wrong {
        path: PathBuf,
        line: usize,
        text: String,
    },
}

/// A settings file.
#[derive(Clone, Debug)]
pub struct File {
    pub path: PathBuf,
    pub entries: Vec<Entry>,
}

/// `key = value`, somewhere in the file.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Names of the tables around it, from the outside; none at the top.
    pub table: Vec<String>,
    pub key: String,
    pub value: Given,
    /// Counted from 1.
    pub line: usize,
}

impl Entry {
    /// As `segue config set` is told it: `list.wait`.
    pub fn name(&self) -> String {
        let names = self.table.iter().chain([&self.key]);
        let names: Vec<_> = names.map(String::as_str).collect();
        names.join(".")
    }
}

/// A value, as far as a command line can tell values apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Given {
    /// A text or a number, as a flag would be given it.
    One(String),
    /// A list of them.
    Many(Vec<String>),
    /// `true` or `false`.
    Switch(bool),
    /// Something that no flag takes: what it is.
    Other(&'static str),
}

impl File {
    /// Reads a file. `None` when there is none, and none was named.
    pub fn read(place: &Place) -> Result<Option<Self>, FileError> {
        match std::fs::read_to_string(&place.path) {
            Ok(text) => Self::parse(&place.path, &text).map(Some),
            Err(error) if error.kind() == ErrorKind::NotFound && !place.named => Ok(None),
            Err(error) => Err(FileError::Unreadable {
                path: place.path.clone(),
                text: match error.kind() {
                    ErrorKind::NotFound => {
                        "there is no such file; `segue config edit` makes one".to_owned()
                    }
                    ErrorKind::InvalidData => "it is not a text (UTF-8)".to_owned(),
                    _ => format!("it cannot be read ({error}); check its permissions"),
                },
            }),
        }
    }

    /// Reads the text of a file at `path`.
    pub fn parse(path: &Path, text: &str) -> Result<Self, FileError> {
        let document = Document::parse(text).map_err(|error| FileError::Wrong {
            path: path.to_owned(),
            line: line(text, error.span()),
            text: format!("this is not TOML: {}", error.message()),
        })?;
        let mut entries = Vec::new();
        gather(text, document.as_table(), &mut Vec::new(), &mut entries);
        entries.sort_by_key(|entry| entry.line);
        Ok(Self {
            path: path.to_owned(),
            entries,
        })
    }

    /// Something is wrong at one of its lines.
    pub fn wrong(&self, line: usize, text: impl Into<String>) -> FileError {
        FileError::Wrong {
            path: self.path.clone(),
            line,
            text: text.into(),
        }
    }
}

fn gather(text: &str, table: &dyn TableLike, names: &mut Vec<String>, entries: &mut Vec<Entry>) {
    for (key, item) in table.iter() {
        if let Some(inner) = item.as_table_like() {
            names.push(key.to_owned());
            // An empty one may still name no command.
            if inner.is_empty() {
                entries.push(Entry {
                    table: names.clone(),
                    key: String::new(),
                    value: Given::Other("nothing"),
                    line: line(text, table.key(key).and_then(toml_edit::Key::span)),
                });
            }
            gather(text, inner, names, entries);
            names.pop();
        } else {
            entries.push(Entry {
                table: names.clone(),
                key: key.to_owned(),
                value: given(item),
                line: line(text, table.key(key).and_then(toml_edit::Key::span)),
            });
        }
    }
}

fn given(item: &Item) -> Given {
    match item {
        Item::Value(Value::Boolean(value)) => Given::Switch(*value.value()),
        Item::Value(Value::Array(array)) => {
            let texts: Option<Vec<_>> = array.iter().map(text_of).collect();
            texts.map_or(Given::Other("a list of lists or tables"), Given::Many)
        }
        Item::Value(value) => text_of(value).map_or(Given::Other("a date"), Given::One),
        _ => Given::Other("a list of tables"),
    }
}

/// As one would write it on the command line.
fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.value().clone()),
        Value::Integer(number) => Some(number.value().to_string()),
        Value::Float(number) => Some(number.value().to_string()),
        _ => None,
    }
}

fn line(text: &str, span: Option<Range<usize>>) -> usize {
    let start = span.map_or(0, |span| span.start.min(text.len()));
    text.as_bytes()[..start]
        .iter()
        .filter(|&&byte| byte == b'\n')
        .count()
        + 1
}
