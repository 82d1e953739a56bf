//! What plugins there are, and how that changes while the program runs.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use std::{fs, mem};

use rayon::prelude::*;
use serde::Serialize;
use thiserror::Error;

use crate::load::{self, LoadError, Reason, Source};
use crate::plugin::{Kind, Plugin};
use crate::search::{Candidate, Origin, SearchPath};
use crate::trial::Trials;

/// The plugins of a search path. Asked by name it answers the current one;
/// whoever holds a [`Plugin`] keeps the version that it got.
#[derive(Debug)]
pub struct Registry {
    path: SearchPath,
    trials: Option<Trials>,
    /// What each file was when it was last looked at.
    known: HashMap<PathBuf, Known>,
    plugins: Vec<Plugin>,
    refused: Vec<RefusedFile>,
    shadowed: Vec<Shadowed>,
}

#[derive(Debug)]
struct Known {
    stamp: Option<Stamp>,
    hash: String,
    outcome: Result<Plugin, String>,
}

/// A file whose stamp stays is not read again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    changed: SystemTime,
    len: u64,
}

impl Stamp {
    fn of(path: &Path) -> Option<Self> {
        let about = fs::metadata(path).ok()?;
        Some(Self {
            changed: about.modified().ok()?,
            len: about.len(),
        })
    }
}

/// A file that looks like a plugin and is none that can be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RefusedFile {
    /// The file.
    pub path: PathBuf,
    /// By which way it was found.
    pub origin: Origin,
    /// Why, and what to do.
    pub reason: String,
}

/// A plugin that is not offered because another of its name comes first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Shadowed {
    /// The one that is not offered.
    pub plugin: Plugin,
    /// The file of the one that is.
    pub by: PathBuf,
}

/// What a [`Registry::rescan`] found changed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Change {
    /// A plugin of a new name.
    Added(Plugin),
    /// Another file or other contents under a known name.
    Replaced(Plugin),
    /// A plugin is no longer there. Its instances go on.
    Removed(Plugin),
    /// A file was refused, or for another reason than before.
    Refused(RefusedFile),
}

/// No plugin has this name.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "there is no {kind} `{name}`{}; there are: {}",
    nearest.as_ref().map(|n| format!(" (did you mean `{n}`?)")).unwrap_or_default(),
    if all.is_empty() { "none at all".to_owned() } else { all.join(", ") }
)]
pub struct UnknownPlugin {
    /// What was looked for.
    pub kind: Kind,
    /// Under which name.
    pub name: String,
    /// The name that looks most like it.
    pub nearest: Option<String>,
    /// All names of this kind.
    pub all: Vec<String>,
}

/// The name that was probably meant, if any is near enough: at most one letter in
/// three is wrong, missing, too many or in its neighbour's place.
pub fn nearest<'a>(name: &str, all: impl Iterator<Item = &'a str>) -> Option<String> {
    all.filter_map(|known| {
        let wrong = strsim::osa_distance(name, known);
        let letters = name.chars().count().max(known.chars().count());
        (wrong * 3 <= letters).then_some((wrong, known))
    })
    .min_by_key(|&(wrong, _)| wrong)
    .map(|(_, known)| known.to_owned())
}

/// The plugin of this kind and name among these.
///
/// # Errors
/// When there is none; the error names those that there are.
pub fn find<'a>(
    plugins: &'a [Plugin],
    kind: Kind,
    name: &str,
) -> Result<&'a Plugin, UnknownPlugin> {
    let of_kind = || plugins.iter().filter(|plugin| plugin.kind() == kind);
    let found = of_kind().find(|plugin| plugin.name() == name);
    found.ok_or_else(|| UnknownPlugin {
        kind,
        name: name.to_owned(),
        nearest: nearest(name, of_kind().map(Plugin::name)),
        all: of_kind().map(|plugin| plugin.name().to_owned()).collect(),
    })
}

impl Registry {
    /// Looks through `path` and loads what is there. Never fails: what cannot
    /// be used is in [`Registry::refused`].
    pub fn open(path: &SearchPath) -> Self {
        Self::looking(path, None)
    }

    /// The same, but what did not come with the program is tried in a process
    /// of its own before it is loaded into this one.
    pub fn open_tried(path: &SearchPath, trials: Trials) -> Self {
        Self::looking(path, Some(trials))
    }

    fn looking(path: &SearchPath, trials: Option<Trials>) -> Self {
        load::sweep();
        if let Some(trials) = &trials {
            trials.sweep();
        }
        let mut registry = Self {
            path: path.clone(),
            trials,
            known: HashMap::new(),
            plugins: Vec::new(),
            refused: Vec::new(),
            shadowed: Vec::new(),
        };
        registry.look();
        registry
    }

    /// Where it looks.
    pub fn search_path(&self) -> &SearchPath {
        &self.path
    }

    /// All plugins on offer, by kind and name.
    pub fn plugins(&self) -> &[Plugin] {
        &self.plugins
    }

    /// The policies among them.
    pub fn policies(&self) -> impl Iterator<Item = &Plugin> {
        let policy = |plugin: &&Plugin| plugin.kind() == Kind::Policy;
        self.plugins.iter().filter(policy)
    }

    /// The files that were refused, in search order.
    pub fn refused(&self) -> &[RefusedFile] {
        &self.refused
    }

    /// The plugins that are hidden by others of their name, in search order.
    /// An exact copy of the one on offer is not listed.
    pub fn shadowed(&self) -> &[Shadowed] {
        &self.shadowed
    }

    /// The policy of this name.
    pub fn policy(&self, name: &str) -> Result<&Plugin, UnknownPlugin> {
        find(&self.plugins, Kind::Policy, name)
    }

    /// The network model of this name.
    pub fn network(&self, name: &str) -> Result<&Plugin, UnknownPlugin> {
        find(&self.plugins, Kind::Network, name)
    }

    /// Looks again, loads new and changed files, and answers what changed.
    pub fn rescan(&mut self) -> Vec<Change> {
        let plugins = mem::take(&mut self.plugins);
        let refused = mem::take(&mut self.refused);
        self.look();
        let same = |a: &Plugin, b: &Plugin| (a.kind(), a.name()) == (b.kind(), b.name());
        let mut changes = Vec::new();
        for now in &self.plugins {
            match plugins.iter().find(|before| same(before, now)) {
                None => changes.push(Change::Added(now.clone())),
                Some(before) if before != now => changes.push(Change::Replaced(now.clone())),
                Some(_) => {}
            }
        }
        for before in plugins {
            if !self.plugins.iter().any(|now| same(&before, now)) {
                changes.push(Change::Removed(before));
            }
        }
        let newly = self.refused.iter().filter(|now| !refused.contains(now));
        changes.extend(newly.cloned().map(Change::Refused));
        changes
    }

    fn look(&mut self) {
        let candidates = self.path.candidates();
        let mut known = mem::take(&mut self.known);
        let with_before = candidates.into_iter().map(|candidate| {
            let before = known.remove(&candidate.path);
            (candidate, before)
        });
        let work: Vec<_> = with_before.collect();
        let trials = self.trials.as_ref();
        let examined: Vec<_> = work
            .into_par_iter()
            .map(|(candidate, before)| {
                let entry = examine(&candidate, before, trials);
                (candidate, entry)
            })
            .collect();
        self.plugins.clear();
        self.refused.clear();
        self.shadowed.clear();
        for (Candidate { path, origin }, entry) in examined {
            match &entry.outcome {
                Ok(plugin) => self.offer(plugin.clone()),
                Err(reason) => self.refused.push(RefusedFile {
                    path: path.clone(),
                    origin,
                    reason: reason.clone(),
                }),
            }
            self.known.insert(path, entry);
        }
        self.plugins
            .sort_by(|a, b| (a.kind(), a.name()).cmp(&(b.kind(), b.name())));
    }

    fn offer(&mut self, plugin: Plugin) {
        let first = self
            .plugins
            .iter()
            .find(|first| (first.kind(), first.name()) == (plugin.kind(), plugin.name()));
        match first {
            None => self.plugins.push(plugin),
            Some(first) if first.hash() != plugin.hash() => {
                let by = first.path().to_path_buf();
                self.shadowed.push(Shadowed { plugin, by });
            }
            Some(_) => {}
        }
    }
}

/// Loads a file, unless it is what it was.
fn examine(candidate: &Candidate, before: Option<Known>, trials: Option<&Trials>) -> Known {
    let path = candidate.path.as_path();
    // Taken before reading: a file that changes meanwhile is read again.
    let stamp = Stamp::of(path);
    let before = match before {
        Some(known) if known.stamp.is_some() && known.stamp == stamp => return known,
        before => before,
    };
    let source = match Source::read(path) {
        Ok(source) => source.found_by(candidate.origin),
        Err(error) => {
            // Its permissions may change without a new stamp.
            return Known {
                stamp: None,
                hash: String::new(),
                outcome: Err(log(&error)),
            };
        }
    };
    let hash = source.hash().to_owned();
    let outcome = match before {
        Some(known) if known.hash == hash => known.outcome,
        _ => admitted(
            &source,
            trials.filter(|_| candidate.origin != Origin::Bundled),
        ),
    };
    Known {
        stamp,
        hash,
        outcome,
    }
}

/// Loads what passes its trial, if it has one.
fn admitted(source: &Source, trials: Option<&Trials>) -> Result<Plugin, String> {
    if let Some(trials) = trials {
        let verdict = trials.judge(source);
        verdict.inspect_err(|reason| warn(source.path(), reason))?;
    }
    load::load(source).map_err(|error| log(&error))
}

fn log(error: &LoadError) -> String {
    let reason: &Reason = &error.reason;
    warn(&error.path, reason);
    reason.to_string()
}

fn warn(path: &Path, reason: impl std::fmt::Display) {
    tracing::warn!(path = %path.display(), "plugin refused: {reason}");
}
