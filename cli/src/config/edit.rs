//! Changing single keys of a settings file; its comments stay.

use std::io::{self, ErrorKind, Write};
use std::path::Path;

use clap::Command;
use toml_edit::{Array, DocumentMut, Item, Table, TableLike, Value};

use super::{File, FileError, Place, apply, keys};

/// A key could not be changed.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    #[error(transparent)]
    File(#[from] FileError),
    #[error("cannot write {path}: {source}")]
    Write { path: String, source: io::Error },
    #[error("{text}. {path} stays as it was")]
    Refused { path: String, text: String },
    #[error("`{0}` is no key: write KEY or COMMAND.KEY, such as list.wait")]
    NoKey(String),
    #[error("{name} is not set in {path}; `segue config show` tells what is, and from where")]
    NotSet { name: String, path: String },
    #[error("{path} has a value named `{name}`: take it out, `segue config unset {name}`")]
    NoTable { name: String, path: String },
}

/// Sets a key, `table.key` or `key`. The result is checked before it is
/// written.
pub fn set(
    command: &Command,
    place: &Place,
    name: &str,
    values: &[String],
) -> Result<(), EditError> {
    change(command, place, |document| {
        let (table, key) = split(name)?;
        let was_empty = document.is_empty();
        let mut at: &mut dyn TableLike = document.as_table_mut();
        for part in &table {
            let new = || Item::Table(Table::new());
            at = match at.entry(part).or_insert_with(new).as_table_like_mut() {
                Some(inner) => inner,
                None => {
                    return Err(EditError::NoTable {
                        name: part.clone(),
                        path: place.path.display().to_string(),
                    });
                }
            };
        }
        let list = keys::walk(command)
            .into_iter()
            .chain([(Vec::new(), command)])
            .filter(|(path, _)| table.is_empty() || *path == table)
            .find_map(|(_, sub)| keys::find(sub, &key))
            .is_some_and(keys::is_list);
        let value = match values {
            [one] if !list => value(one),
            several => several
                .iter()
                .map(|text| value(text))
                .collect::<Array>()
                .into(),
        };
        // In its place, with the comments around it.
        match at.get_mut(&key).and_then(Item::as_value_mut) {
            Some(old) => {
                let decor = old.decor().clone();
                *old = value;
                *old.decor_mut() = decor;
            }
            None => drop(at.insert(&key, Item::Value(value))),
        }
        if was_empty {
            // Its comments stay where they are: before the first key.
            let comments = document.trailing().as_str().unwrap_or_default().to_owned();
            document.set_trailing("");
            if let Some((mut first, item)) = document.iter_mut().next() {
                match item.as_table_mut() {
                    Some(table) => table.decor_mut().set_prefix(comments),
                    None => first.leaf_decor_mut().set_prefix(comments),
                }
            }
        }
        Ok(())
    })
}

/// Takes a key out.
pub fn unset(command: &Command, place: &Place, name: &str) -> Result<(), EditError> {
    change(command, place, |document| {
        let (table, key) = split(name)?;
        let missing = || EditError::NotSet {
            name: name.to_owned(),
            path: place.path.display().to_string(),
        };
        let mut at: &mut dyn TableLike = document.as_table_mut();
        for part in &table {
            let inner = at.get_mut(part).and_then(Item::as_table_like_mut);
            at = inner.ok_or_else(missing)?;
        }
        at.remove(&key).map(drop).ok_or_else(missing)
    })
}

fn change(
    command: &Command,
    place: &Place,
    edit: impl FnOnce(&mut DocumentMut) -> Result<(), EditError>,
) -> Result<(), EditError> {
    let path = &place.path;
    let old = match std::fs::read_to_string(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
        read => read.map_err(|source| failed(path, source))?,
    };
    let file = File::parse(path, &old)?;
    let mut document: DocumentMut = old.parse().unwrap_or_default(); // parsed above
    edit(&mut document)?;
    let new = document.to_string();
    // The file as it will be must be right, not only the new key.
    let checked = apply(command.clone(), &File::parse(path, &new)?);
    checked.map_err(|error| match error {
        // A line of a file that nobody will see says nothing.
        FileError::Wrong { text, .. } if apply(command.clone(), &file).is_ok() => {
            EditError::Refused {
                path: path.display().to_string(),
                text,
            }
        }
        error => error.into(),
    })?;
    write(path, &new).map_err(|source| failed(path, source))
}

fn failed(path: &Path, source: io::Error) -> EditError {
    EditError::Write {
        path: path.display().to_string(),
        source,
    }
}

/// At once or not at all: a file half written would stop every command.
pub fn write(path: &Path, text: &str) -> io::Result<()> {
    // What a link names is changed, not the link.
    let path = &path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let folder = path.parent().filter(|dir| !dir.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(text.as_bytes())?;
    if let Ok(about) = path.metadata() {
        file.as_file().set_permissions(about.permissions())?;
    }
    file.persist(path)?;
    Ok(())
}

fn split(name: &str) -> Result<(Vec<String>, String), EditError> {
    let mut parts: Vec<_> = name.split('.').map(str::to_owned).collect();
    match parts.pop() {
        Some(key) if !key.is_empty() && parts.iter().all(|part| !part.is_empty()) => {
            Ok((parts, key))
        }
        _ => Err(EditError::NoKey(name.to_owned())),
    }
}

/// A number or a switch where it reads as one, or else a text.
fn value(text: &str) -> Value {
    match text.parse::<Value>() {
        Ok(value @ (Value::Integer(_) | Value::Float(_) | Value::Boolean(_))) => value,
        _ => Value::from(text),
    }
}
