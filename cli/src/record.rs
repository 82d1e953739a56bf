//! Session logs, read back.

use std::path::Path;

use segue_core::session_log::SessionLog;
use segue_policy_host::{Configured, Registry};

use crate::error::Error;
use crate::rehearsal::{Role, rehearse};

/// Reads a session log.
pub fn read(path: &Path) -> Result<SessionLog, Error> {
    let text = std::fs::read_to_string(path).map_err(|source| Error::Read {
        path: path.to_owned(),
        source,
    })?;
    SessionLog::parse(&text).map_err(|source| Error::Log {
        path: path.to_owned(),
        source,
    })
}

/// The policy of a recorded session with its settings. A stranger has been shown the
/// session once, elsewhere.
///
/// # Errors
///
/// It is not installed, not in this shape, or a stranger that fails.
pub fn policy(registry: &Registry, log: &SessionLog, path: &Path) -> Result<Configured, Error> {
    let policy = segue_stage::policy(registry.plugins(), &log.begin.policy)?;
    rehearse(path, &policy, Role::Itself)?;
    Ok(policy)
}
