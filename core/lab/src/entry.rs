//! One policy with its settings, ready to play: a row of the table.

use segue_core::scene::Lapse;
use segue_policy_host::{ConfigError, Configured, PluginSpec, Registry, UnknownPlugin};

use crate::scenario::{Contender, Scenario};

/// A policy with its settings.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// As a user would write it, settings that are not defaults included.
    pub label: String,
    /// The policy.
    pub policy: Configured,
    /// When the nodes of each of its live runs ran late: the simulator gives each of
    /// its own runs the lapses of one of them. None: nothing is ever late.
    pub lapses: Vec<Vec<Lapse>>,
}

impl Entry {
    /// Those of a simulated run: of the live runs in turn.
    pub(crate) fn lapses_of(&self, run: u32) -> Vec<Lapse> {
        let live_runs = self.lapses.len().max(1);
        let lapses = self.lapses.get(run as usize % live_runs);
        lapses.cloned().unwrap_or_default()
    }
}

/// A short name for each of several entries: the policy's name, and of its
/// settings only those that tell it from others of that name.
pub fn short_names(entries: &[Entry]) -> Vec<String> {
    let name = |entry: &Entry| entry.policy.plugin().name().to_owned();
    let short = |entry: &Entry| {
        let alike = || entries.iter().filter(|other| name(other) == name(entry));
        let told_apart = |param: &str| {
            let value = entry.policy.value(param);
            alike().any(|other| other.policy.value(param) != value)
        };
        let settings: Vec<String> = entry
            .policy
            .values()
            .filter(|(param, _)| told_apart(&param.name))
            .map(|(param, value)| format!("{}={value}", param.name))
            .collect();
        match settings.is_empty() {
            true => name(entry),
            false => format!("{}:{}", name(entry), settings.join(",")),
        }
    };
    entries.iter().map(short).collect()
}

/// A scenario and its policies do not fit the plugins that there are.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EntryError {
    /// No plugin has this name.
    #[error(transparent)]
    Unknown(#[from] UnknownPlugin),
    /// A setting does not fit.
    #[error(transparent)]
    Setting(#[from] ConfigError),
    /// Nobody is there to be compared.
    #[error("no policy is installed; see `segue plugins list`")]
    Nobody,
}

/// The policies to compare: `contenders` where there are some, else the
/// scenario's own, else every policy that is installed, with its defaults.
///
/// # Errors
/// When a policy or a setting does not exist.
pub fn entries(
    registry: &Registry,
    scenario: &Scenario,
    contenders: &[Contender],
) -> Result<Vec<Entry>, EntryError> {
    let own = || scenario.policies.clone();
    let all = || {
        registry
            .policies()
            .map(|policy| Contender::new(policy.name()))
    };
    let contenders = match contenders {
        [] if scenario.policies.is_empty() => all().collect(),
        [] => own(),
        some => some.to_vec(),
    };
    let mut entries: Vec<Entry> = Vec::new();
    for spec in contenders.iter().flat_map(Contender::sweep) {
        let policy = configure(registry.policy(spec.name())?, &spec, scenario)?;
        let entry = Entry {
            label: policy.spec().to_string(),
            policy,
            lapses: Vec::new(),
        };
        if !entries.contains(&entry) {
            entries.push(entry);
        }
    }
    if entries.is_empty() {
        return Err(EntryError::Nobody);
    }
    Ok(entries)
}

/// Network models in a row.
///
/// # Errors
/// When a model or a setting does not exist.
pub fn networks(
    registry: &Registry,
    scenario: &Scenario,
    chain: &[PluginSpec],
) -> Result<Vec<Configured>, EntryError> {
    let one = |spec: &PluginSpec| Ok(configure(registry.network(spec.name())?, spec, scenario)?);
    chain.iter().map(one).collect()
}

/// A plugin with settings, whose files are named from the scenario's folder.
fn configure(
    plugin: &segue_policy_host::Plugin,
    spec: &PluginSpec,
    scenario: &Scenario,
) -> Result<Configured, ConfigError> {
    let is_file = |key: &str| {
        let found = plugin.params().iter().find(|param| param.name == key);
        found.is_some_and(|param| param.kind == segue_policy_host::ParamKind::File)
    };
    let placed = spec.settings().map(|(key, value)| match is_file(key) {
        true => (key, scenario.place(value.as_ref()).display().to_string()),
        false => (key, value.to_owned()),
    });
    let placed = placed.fold(PluginSpec::new(spec.name()), |spec, (key, value)| {
        spec.with(key, value)
    });
    plugin.configure(&placed)
}
