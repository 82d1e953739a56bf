//! Session logs, read back.

use std::path::Path;

use segue_core::session_log::SessionLog;
use segue_policy::host::Policy;
use segue_policy_host::Registry;

use crate::error::Error;

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

/// The policy of a recorded session, as it was.
///
/// # Errors
///
/// It is not installed, or not in this shape.
pub fn policy(registry: &Registry, log: &SessionLog) -> Result<Box<dyn Policy>, Error> {
    let policy = segue_stage::policy(registry, &log.begin.policy)?;
    Ok(policy.policy(log.begin.seed)?)
}
