//! From `NAME:key=value` to a plugin at work.

use std::io;
use std::path::PathBuf;

use segue_policy::host::Policy;
use segue_policy_host::{
    ConfigError, Configured, CreateError, Kind, Plugin, PluginSpec, Registry, SearchPath,
    SpecError, Trials, UnknownPlugin, find,
};
use segue_transport::{AppliesTo, NetworkModels};

use crate::cache_folder;

/// A plugin cannot be had as it was asked for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ChooseError {
    /// The text names none.
    #[error("{kind}: {source}")]
    Spec {
        /// `policy` or `network`.
        kind: &'static str,
        /// What is wrong with it.
        source: SpecError,
    },
    /// There is none of that name.
    #[error(transparent)]
    Unknown(#[from] UnknownPlugin),
    /// It does not take these values.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// It does not start.
    #[error(transparent)]
    Create(#[from] CreateError),
}

/// All plugins that can be found, first in these folders and files. Strange ones
/// are tried by this program in a process of its own, which it starts with
/// `worker` and the file, and which answers with
/// [`segue_policy_host::trial::attempt`].
///
/// # Errors
/// When the system does not say where this program is.
pub fn registry(first: impl IntoIterator<Item = PathBuf>, worker: &[&str]) -> io::Result<Registry> {
    let path = SearchPath::new(first);
    let mut trials = Trials::new(std::env::current_exe()?, worker.iter().map(Into::into));
    if let Some(folder) = cache_folder() {
        trials = trials.remembered_in(folder.join("plugins"));
    }
    Ok(Registry::open_tried(&path, trials))
}

/// What plays when nothing else is said.
pub const DEFAULT_POLICY: &str = "deadline";

/// One of these policies with checked parameters.
///
/// # Errors
/// When there is none of that name, or it does not take these values.
pub fn policy(plugins: &[Plugin], text: &str) -> Result<Configured, ChooseError> {
    let spec: PluginSpec = text.parse().map_err(|source| ChooseError::Spec {
        kind: "policy",
        source,
    })?;
    configure(plugins, Kind::Policy, &spec)
}

/// Some of these network models with checked parameters, in a row.
///
/// # Errors
/// As for [`policy`].
fn networks(plugins: &[Plugin], text: &str) -> Result<Vec<Configured>, ChooseError> {
    let chain = PluginSpec::parse_chain(text).map_err(|source| ChooseError::Spec {
        kind: "network",
        source,
    })?;
    chain
        .iter()
        .map(|spec| configure(plugins, Kind::Network, spec))
        .collect()
}

fn configure(plugins: &[Plugin], kind: Kind, spec: &PluginSpec) -> Result<Configured, ChooseError> {
    Ok(find(plugins, kind, spec.name())?.configure(spec)?)
}

/// Everything a session needs of plugins.
#[derive(Clone)]
pub struct Chosen {
    /// How it is played.
    pub policy: Configured,
    /// Network models that its datagrams pass, in a row.
    pub networks: Vec<Configured>,
    /// Which of them.
    pub applies_to: AppliesTo,
    /// Of policy and network models.
    pub seed: u64,
}

impl Chosen {
    /// Checks what was asked for of these plugins; without a seed a random one is
    /// taken.
    ///
    /// # Errors
    /// When there is no such plugin, or it does not take these values.
    pub fn new(
        plugins: &[Plugin],
        of_policy: &str,
        of_network: Option<&str>,
        applies_to: AppliesTo,
        seed: Option<u64>,
    ) -> Result<Self, ChooseError> {
        Ok(Self {
            policy: policy(plugins, of_policy)?,
            networks: of_network.map_or(Ok(Vec::new()), |text| networks(plugins, text))?,
            applies_to,
            // A short seed is easily typed again.
            seed: seed.unwrap_or_else(|| u64::from(rand::random::<u16>())),
        })
    }

    /// The same choice among these plugins, some of which may be of another version
    /// by now; what is not among them stays as it was.
    ///
    /// # Errors
    /// When another version does not take the values of this one.
    pub fn among(&self, plugins: &[Plugin]) -> Result<Self, ChooseError> {
        let again = |configured: &Configured| {
            let known = configured.plugin();
            match find(plugins, known.kind(), known.name()) {
                Ok(now) if now != known => now.configure(&configured.spec()),
                _ => Ok(configured.clone()),
            }
        };
        Ok(Self {
            policy: again(&self.policy)?,
            networks: self.networks.iter().map(again).collect::<Result<_, _>>()?,
            ..*self
        })
    }

    /// The policy at work.
    ///
    /// # Errors
    /// When it does not start.
    pub fn policy(&self) -> Result<Box<dyn Policy>, ChooseError> {
        Ok(self.policy.policy(self.seed)?)
    }

    /// The network models at work.
    ///
    /// # Errors
    /// When one does not start.
    pub fn network(&self) -> Result<NetworkModels, ChooseError> {
        let models = self.networks.iter().enumerate().map(|(place, model)| {
            // A seed of its own: else two of a kind would lose the same datagrams.
            model.network(self.seed.wrapping_add(place as u64))
        });
        Ok(NetworkModels {
            models: models.collect::<Result<_, _>>()?,
            applies_to: self.applies_to,
            ..NetworkModels::default()
        })
    }
}
