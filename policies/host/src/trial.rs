//! A new file is tried in a process of its own before it is offered anywhere.

use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use segue_policy::testing::Session;
use segue_policy::{Datagram, Direction, Traffic};
use serde::{Deserialize, Serialize};

use crate::child::{self, Ended};
use crate::load::Source;
use crate::plugin::{Kind, Plugin};

/// Longer than any good plugin takes, also on a busy machine.
const LIMIT: Duration = Duration::from_secs(10);

/// A verdict that nobody asked for in so long is forgotten.
const STALE: Duration = Duration::from_secs(90 * 24 * 3600);

/// How new files are tried: by the program itself, in a child process that it
/// starts with hidden arguments and that answers with [`attempt`].
#[derive(Clone, Debug)]
pub struct Trials {
    program: PathBuf,
    arguments: Vec<OsString>,
    verdicts: Option<PathBuf>,
    limit: Duration,
}

/// What a child found, on the last line of its standard output.
#[derive(Debug, Serialize, Deserialize)]
struct Verdict {
    /// Of the bytes that were tried.
    hash: String,
    /// Why it was refused.
    refused: Option<String>,
}

impl Trials {
    /// `program arguments FILE` tries FILE. Nothing is remembered.
    pub fn new(program: PathBuf, arguments: impl IntoIterator<Item = OsString>) -> Self {
        Self {
            program,
            arguments: arguments.into_iter().collect(),
            verdicts: None,
            limit: LIMIT,
        }
    }

    /// What was found is remembered in this folder, so that the next start is
    /// quick. It is made when there is something to remember.
    pub fn remembered_in(mut self, folder: PathBuf) -> Self {
        self.verdicts = Some(folder);
        self
    }

    /// A file hangs that takes longer than this.
    pub fn limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Forgets old verdicts: once for each program that looks for plugins.
    pub(crate) fn sweep(&self) {
        let Some(Ok(entries)) = self.verdicts.as_ref().map(fs::read_dir) else {
            return;
        };
        for entry in entries.flatten() {
            let age = || entry.metadata().ok()?.modified().ok()?.elapsed().ok();
            if age().is_some_and(|age| age > STALE) {
                let _ = fs::remove_file(entry.path()); // another program was faster
            }
        }
    }

    /// Whether the file may be loaded into this process; else why not.
    pub(crate) fn judge(&self, source: &Source) -> Result<(), String> {
        let place = self.place(source);
        if let Some(known) = place.as_deref().and_then(recall) {
            return known;
        }
        let verdict = self.run(source);
        if let Some(place) = place {
            // Without a memory it is tried again next time.
            let _ = remember(&place, &verdict);
        }
        verdict
    }

    fn run(&self, source: &Source) -> Result<(), String> {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).arg(source.path());
        let ended = child::run(&mut command, self.limit)
            .map_err(|error| format!("it cannot be tried in a process of its own ({error})"))?;
        let said = match &ended {
            Ended::Well(said) => last_line::<Verdict>(said),
            _ => None,
        };
        match said {
            Some(verdict) if verdict.hash != source.hash() => {
                Err("it changed while it was tried; look again".into())
            }
            Some(Verdict { refused, .. }) => refused.map_or(Ok(()), Err),
            None => Err(format!(
                "tried in a process of its own, {ended}; `segue plugin check` tells more"
            )),
        }
    }

    /// Where the verdict on these bytes in this file is remembered. Touching
    /// the file has it tried again.
    fn place(&self, source: &Source) -> Option<PathBuf> {
        let changed = fs::metadata(source.path()).ok()?.modified().ok()?;
        let since = changed.duration_since(SystemTime::UNIX_EPOCH).ok()?;
        let key = format!(
            "{} {} {} {} {}",
            env!("CARGO_PKG_VERSION"),
            source.hash(),
            source.len(),
            since.as_nanos(),
            source.path().display(),
        );
        let name = blake3::hash(key.as_bytes()).to_hex()[..32].to_owned();
        Some(self.verdicts.as_ref()?.join(name))
    }
}

fn recall(place: &Path) -> Option<Result<(), String>> {
    let refused: Option<String> = serde_json::from_slice(&fs::read(place).ok()?).ok()?;
    Some(refused.map_or(Ok(()), Err))
}

fn remember(place: &Path, verdict: &Result<(), String>) -> std::io::Result<()> {
    let Some(folder) = place.parent() else {
        return Ok(());
    };
    fs::create_dir_all(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(&serde_json::to_vec(&verdict.as_ref().err())?)?;
    file.persist(place)?;
    Ok(())
}

/// The last line of what a child said: a plugin may have written before it.
pub fn last_line<T: serde::de::DeserializeOwned>(said: &str) -> Option<T> {
    serde_json::from_str(said.lines().rev().find(|line| !line.trim().is_empty())?).ok()
}

/// What the child process does: loads the file and lets it work a little.
/// Answers the line that it has to print. A plugin that panics or answers
/// nonsense is no danger to the process, and not refused for it.
pub fn attempt(path: &Path) -> String {
    let (hash, refused) = match Source::read(path) {
        Err(error) => (String::new(), Some(error.reason.to_string())),
        Ok(source) => {
            let hash = source.hash().to_owned();
            match crate::load::load(&source) {
                Err(error) => (hash, Some(error.reason.to_string())),
                Ok(plugin) => {
                    work(&plugin);
                    (hash, None)
                }
            }
        }
    };
    serde_json::to_string(&Verdict { hash, refused }).unwrap_or_default()
}

fn work(plugin: &Plugin) {
    match plugin.kind() {
        Kind::Policy => {
            let Ok(mut policy) = plugin.defaults().policy(1) else {
                return;
            };
            let mut session = Session::new(200).seeders(2).loss(0.1).begin();
            for _ in 0..2000 {
                if !session.step(&mut *policy) {
                    break;
                }
            }
        }
        Kind::Network => {
            let Ok(mut network) = plugin.defaults().network(1) else {
                return;
            };
            for index in 0..500 {
                let _ = network.transit(&Datagram {
                    link: index as u32 % 2,
                    direction: Direction::ToListener,
                    traffic: Traffic::Media,
                    bytes: 500,
                    now_ns: index * 10_000_000,
                    index: index / 2,
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verdicts_that_nobody_asked_for_in_months_are_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let verdict = |name: &str, days: u64| {
            let path = folder.path().join(name);
            remember(&path, &Ok(())).unwrap();
            let then = SystemTime::now() - Duration::from_secs(days * 24 * 3600);
            fs::File::options()
                .write(true)
                .open(&path)
                .and_then(|file| file.set_modified(then))
                .unwrap();
            path
        };
        let (old, new) = (verdict("old", 91), verdict("new", 89));
        let trials = Trials::new("segue".into(), []).remembered_in(folder.path().to_owned());
        trials.sweep();
        assert_eq!((recall(&old), recall(&new)), (None, Some(Ok(()))));
    }
}
