//! Checking a user's settings against what a plugin describes.

use std::fmt;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use segue_policy::abi;
use segue_policy::host::{Fault, Network, Policy};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use thiserror::Error;

use crate::instance::{CreateError, Instance, LoadedNetwork, LoadedPolicy};
use crate::plugin::{Kind, ParamInfo, ParamKind, Plugin};
use crate::registry::nearest;
use crate::spec::PluginSpec;

/// A setting does not fit the plugin.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The plugin has no such parameter.
    #[error(
        "{plugin} has no parameter `{name}`{}; it has {}",
        hint(nearest),
        list(all)
    )]
    UnknownParameter {
        /// The plugin.
        plugin: String,
        /// What was written.
        name: String,
        /// The parameter that looks most like it.
        nearest: Option<String>,
        /// All its parameters.
        all: Vec<String>,
    },
    /// The value is of another type.
    #[error("{plugin}: `{param}` is `{value}`, but must be {wanted}")]
    WrongType {
        /// The plugin.
        plugin: String,
        /// The parameter.
        param: String,
        /// What was written.
        value: String,
        /// What it must be.
        wanted: &'static str,
    },
    /// The value is outside the parameter's range.
    #[error(
        "{plugin}: `{param}` is {value}, but must be {min} to {max}{}{unit}",
        gap(unit)
    )]
    OutOfRange {
        /// The plugin.
        plugin: String,
        /// The parameter.
        param: String,
        /// What was written.
        value: String,
        /// Least value.
        min: f64,
        /// Greatest value.
        max: f64,
        /// Unit; may be empty.
        unit: String,
    },
    /// The value is none of the choices.
    #[error(
        "{plugin}: `{param}` is `{value}`{}, but must be one of {}",
        hint(nearest),
        list(choices)
    )]
    UnknownChoice {
        /// The plugin.
        plugin: String,
        /// The parameter.
        param: String,
        /// What was written.
        value: String,
        /// The choice that looks most like it.
        nearest: Option<String>,
        /// All choices.
        choices: Vec<String>,
    },
    /// A file could not be read.
    #[error("{plugin}: `{param}` names {}, which cannot be read: {source}", path.display())]
    File {
        /// The plugin.
        plugin: String,
        /// The parameter.
        param: String,
        /// The file, as seen from the current folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

fn hint(nearest: &Option<String>) -> String {
    nearest
        .as_ref()
        .map(|name| format!(" (did you mean `{name}`?)"))
        .unwrap_or_default()
}

fn list(names: &[String]) -> String {
    if names.is_empty() {
        "none".to_owned()
    } else {
        names.join(", ")
    }
}

fn gap(unit: &str) -> &'static str {
    if unit.is_empty() { "" } else { " " }
}

/// The value of one parameter.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Setting {
    /// A real number.
    Number(f64),
    /// A whole number.
    Integer(i64),
    /// Yes or no.
    Flag(bool),
    /// Name of the choice.
    Choice(String),
    /// Text.
    Text(String),
    /// A file, with the contents that it had when it was set.
    File {
        /// The path as written; `None` if no file was named.
        path: Option<PathBuf>,
        /// What was in it.
        #[serde(skip)]
        contents: Arc<[u8]>,
    },
}

impl Setting {
    fn default_of(kind: &ParamKind) -> Self {
        match kind {
            ParamKind::Number { default, .. } => Self::Number(*default),
            ParamKind::Integer { default, .. } => Self::Integer(*default),
            ParamKind::Flag { default } => Self::Flag(*default),
            ParamKind::Choice { default, .. } => Self::Choice(default.clone()),
            ParamKind::Text { default } => Self::Text(default.clone()),
            ParamKind::File => Self::File {
                path: None,
                contents: Arc::default(),
            },
        }
    }
}

/// As a user would write it.
impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(value) => value.fmt(f),
            Self::Integer(value) => value.fmt(f),
            Self::Flag(value) => value.fmt(f),
            Self::Choice(value) | Self::Text(value) => f.write_str(value),
            Self::File { path, .. } => match path {
                Some(path) => path.display().fmt(f),
                None => Ok(()),
            },
        }
    }
}

/// A plugin with a checked value for each of its parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct Configured {
    plugin: Plugin,
    settings: Vec<Setting>,
}

impl Plugin {
    /// The plugin with the settings of `spec`, whose name is not looked at,
    /// and defaults for the rest.
    pub fn configure(&self, spec: &PluginSpec) -> Result<Configured, ConfigError> {
        let mut configured = self.defaults();
        for (name, value) in spec.settings() {
            configured.set(name, value)?;
        }
        Ok(configured)
    }

    /// The plugin with its own defaults.
    pub fn defaults(&self) -> Configured {
        let params = self.params().iter();
        Configured {
            settings: params
                .map(|param| Setting::default_of(&param.kind))
                .collect(),
            plugin: self.clone(),
        }
    }
}

impl Configured {
    /// For the trial at load. A plugin that needs a file has no complete
    /// defaults, and cannot be tried before its user names one.
    pub(crate) fn trial(plugin: &Plugin) -> Option<Self> {
        let needs_file = plugin.params().iter().any(|p| p.kind == ParamKind::File);
        (!needs_file).then(|| plugin.defaults())
    }

    /// The plugin.
    pub fn plugin(&self) -> &Plugin {
        &self.plugin
    }

    /// All parameters with their values, in the plugin's own order.
    pub fn values(&self) -> impl Iterator<Item = (&ParamInfo, &Setting)> {
        self.plugin.params().iter().zip(&self.settings)
    }

    /// The value of one parameter.
    pub fn value(&self, name: &str) -> Option<&Setting> {
        self.values()
            .find_map(|(param, setting)| (param.name == name).then_some(setting))
    }

    /// What a user would write to get this: settings that are not defaults.
    pub fn spec(&self) -> PluginSpec {
        self.values()
            .filter(|(param, setting)| **setting != Setting::default_of(&param.kind))
            .fold(PluginSpec::new(self.plugin.name()), |spec, (p, s)| {
                spec.with(&p.name, s)
            })
    }

    /// Sets one parameter. A file is read now; its path counts from the
    /// current folder.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), ConfigError> {
        let params = self.plugin.params();
        let Some(index) = params.iter().position(|param| param.name == name) else {
            let all: Vec<_> = params.iter().map(|param| param.name.clone()).collect();
            return Err(ConfigError::UnknownParameter {
                plugin: self.plugin.name().to_owned(),
                name: name.to_owned(),
                nearest: nearest(name, all.iter().map(String::as_str)),
                all,
            });
        };
        self.settings[index] = self.check(&params[index], value)?;
        Ok(())
    }

    fn check(&self, param: &ParamInfo, value: &str) -> Result<Setting, ConfigError> {
        let plugin = || self.plugin.name().to_owned();
        let wrong = |wanted| ConfigError::WrongType {
            plugin: plugin(),
            param: param.name.clone(),
            value: value.to_owned(),
            wanted,
        };
        let outside = |min, max| ConfigError::OutOfRange {
            plugin: plugin(),
            param: param.name.clone(),
            value: value.to_owned(),
            min,
            max,
            unit: param.unit.clone(),
        };
        match &param.kind {
            &ParamKind::Number { min, max, .. } => {
                let number: f64 = value.trim().parse().map_err(|_| wrong("a number"))?;
                // Written so that NaN is outside, too.
                if !(min..=max).contains(&number) {
                    return Err(outside(min, max));
                }
                Ok(Setting::Number(number))
            }
            &ParamKind::Integer { min, max, .. } => {
                let number: i64 = value.trim().parse().map_err(|_| wrong("a whole number"))?;
                if !(min..=max).contains(&number) {
                    return Err(outside(min as f64, max as f64));
                }
                Ok(Setting::Integer(number))
            }
            ParamKind::Flag { .. } => match value.trim() {
                "true" | "yes" | "on" | "1" => Ok(Setting::Flag(true)),
                "false" | "no" | "off" | "0" => Ok(Setting::Flag(false)),
                _ => Err(wrong("yes or no")),
            },
            ParamKind::Choice { choices, .. } => {
                let wanted = value.trim();
                if choices.iter().any(|choice| choice == wanted) {
                    return Ok(Setting::Choice(wanted.to_owned()));
                }
                Err(ConfigError::UnknownChoice {
                    plugin: plugin(),
                    param: param.name.clone(),
                    value: value.to_owned(),
                    nearest: nearest(wanted, choices.iter().map(String::as_str)),
                    choices: choices.clone(),
                })
            }
            ParamKind::Text { .. } => Ok(Setting::Text(value.to_owned())),
            ParamKind::File => self.read_file(param, value),
        }
    }

    fn read_file(&self, param: &ParamInfo, value: &str) -> Result<Setting, ConfigError> {
        if value.is_empty() {
            return Ok(Setting::default_of(&ParamKind::File));
        }
        let path = PathBuf::from(value);
        match fs::read(&path) {
            Ok(contents) => Ok(Setting::File {
                path: Some(path),
                contents: contents.into(),
            }),
            Err(source) => Err(ConfigError::File {
                plugin: self.plugin.name().to_owned(),
                param: param.name.clone(),
                path: std::path::absolute(&path).unwrap_or(path),
                source,
            }),
        }
    }

    pub(crate) fn instance(&self, seed: u64) -> Result<Instance, CreateError> {
        Instance::create(&self.plugin, self.values(), seed).map_err(|(fault, why)| match fault {
            Fault::Status(abi::INVALID) if !why.is_empty() => CreateError::Refused {
                settings: self.spec().to_string(),
                why,
            },
            fault => CreateError::Failed {
                plugin: self.plugin.name().to_owned(),
                path: self.plugin.path().to_path_buf(),
                fault,
                why,
            },
        })
    }

    /// Makes an instance of a policy.
    pub fn policy(&self, seed: u64) -> Result<Box<dyn Policy>, CreateError> {
        match LoadedPolicy::new(self.instance_of(Kind::Policy, seed)?) {
            Some(policy) => Ok(Box::new(policy)),
            None => Err(self.wrong_kind(Kind::Policy)),
        }
    }

    /// Makes an instance of a network model.
    pub fn network(&self, seed: u64) -> Result<Box<dyn Network>, CreateError> {
        match LoadedNetwork::new(self.instance_of(Kind::Network, seed)?) {
            Some(network) => Ok(Box::new(network)),
            None => Err(self.wrong_kind(Kind::Network)),
        }
    }

    fn instance_of(&self, wanted: Kind, seed: u64) -> Result<Instance, CreateError> {
        if self.plugin.kind() != wanted {
            return Err(self.wrong_kind(wanted));
        }
        self.instance(seed)
    }

    fn wrong_kind(&self, wanted: Kind) -> CreateError {
        CreateError::WrongKind {
            plugin: self.plugin.name().to_owned(),
            kind: self.plugin.kind(),
            wanted,
        }
    }
}

/// A map from name to value, all parameters included.
impl Serialize for Configured {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.settings.len()))?;
        for (param, setting) in self.values() {
            map.serialize_entry(&param.name, setting)?;
        }
        map.end()
    }
}
