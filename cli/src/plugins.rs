//! From `NAME:key=value` on the command line to a plugin at work.

use segue_policy::host::Policy;
use segue_policy_host::{Configured, Plugin, PluginSpec, Registry, SearchPath, Trials};
use segue_transport::{AppliesTo, NetworkModels};

use crate::args::{Globals, How};
use crate::error::Error;

/// All plugins that can be found.
pub fn registry(globals: &Globals) -> Result<Registry, Error> {
    for path in &globals.plugin_path {
        path.metadata().map_err(|source| Error::PluginPath {
            path: path.clone(),
            source,
        })?;
    }
    let path = SearchPath::new(globals.plugin_path.iter().cloned());
    let registry = Registry::open_tried(&path, trials()?);
    for refused in registry.refused() {
        tracing::warn!(
            "plugin refused: {}: {}",
            refused.path.display(),
            refused.reason
        );
    }
    Ok(registry)
}

/// Strange files are tried by this program in a process of its own.
fn trials() -> Result<Trials, Error> {
    let worker = ["plugins", "worker", "try", "--"].map(Into::into);
    let trials = Trials::new(std::env::current_exe()?, worker);
    Ok(match directories::BaseDirs::new() {
        Some(dirs) => trials.remembered_in(dirs.cache_dir().join("segue").join("plugins")),
        None => trials,
    })
}

/// A policy with checked parameters.
pub fn policy(registry: &Registry, text: &str) -> Result<Configured, Error> {
    let spec: PluginSpec = text.parse().map_err(|source| Error::Spec {
        flag: "policy",
        source,
    })?;
    configure(registry.policy(spec.name())?, &spec)
}

/// Network models with checked parameters, in a row.
pub fn networks(registry: &Registry, text: &str) -> Result<Vec<Configured>, Error> {
    let chain = PluginSpec::parse_chain(text).map_err(|source| Error::Spec {
        flag: "network",
        source,
    })?;
    chain
        .iter()
        .map(|spec| configure(registry.network(spec.name())?, spec))
        .collect()
}

fn configure(plugin: &Plugin, spec: &PluginSpec) -> Result<Configured, Error> {
    Ok(plugin.configure(spec)?)
}

/// Everything a session needs of plugins.
pub struct Chosen {
    pub policy: Configured,
    pub networks: Vec<Configured>,
    pub applies_to: AppliesTo,
    pub seed: u64,
}

impl Chosen {
    /// Checks what the command line says.
    pub fn new(globals: &Globals, how: &How) -> Result<Self, Error> {
        let registry = registry(globals)?;
        let network = how.network.as_deref();
        Ok(Self {
            policy: policy(&registry, &how.policy)?,
            networks: network.map_or(Ok(Vec::new()), |text| networks(&registry, text))?,
            applies_to: how.network_applies_to.into(),
            // A short seed is easily typed again.
            seed: how.seed.unwrap_or_else(|| u64::from(rand::random::<u16>())),
        })
    }

    /// The policy at work.
    pub fn policy(&self) -> Result<Box<dyn Policy>, Error> {
        Ok(self.policy.policy(self.seed)?)
    }

    /// The network models at work.
    pub fn network(&self) -> Result<NetworkModels, Error> {
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
