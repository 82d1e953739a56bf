//! Plugins as the command line names them.

use segue_policy_host::Registry;
use segue_stage::{Chosen, Shelf};

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
    let worker = ["plugins", "worker", "try", "--"];
    let registry = segue_stage::registry(globals.plugin_path.iter().cloned(), &worker)?;
    for refused in registry.refused() {
        tracing::warn!(
            "plugin refused: {}: {}",
            refused.path.display(),
            refused.reason
        );
    }
    Ok(registry)
}

/// What the command line chooses, checked.
pub fn chosen(globals: &Globals, how: &How) -> Result<Chosen, Error> {
    Ok(Chosen::new(
        registry(globals)?.plugins(),
        &how.policy,
        how.network.as_deref(),
        how.network_applies_to.into(),
        how.seed,
    )?)
}

/// The same, with the plugins as they come and go while the program runs.
pub fn followed(globals: &Globals, how: &How) -> Result<(Shelf, Chosen), Error> {
    let shelf = Shelf::new(registry(globals)?)?;
    let chosen = shelf.choose(
        &how.policy,
        how.network.as_deref(),
        how.network_applies_to.into(),
        how.seed,
    )?;
    Ok((shelf, chosen))
}
