//! A policy that did not come with Segue is shown a recorded session in a process of
//! its own before it is in this one. It does the same each time, so what went well
//! there goes well here.

use std::io::{self, BufRead};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use segue_policy_host::child::{self, Ended, Follower};
use segue_policy_host::{Configured, Registry, SearchPath};
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::record;

/// A session of hours takes seconds.
const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Serialize, Deserialize)]
struct Task {
    log: PathBuf,
    /// With its settings.
    policy: String,
    plugin: PathBuf,
    hash: String,
    role: Role,
}

/// How a policy meets a recorded session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Role {
    /// As the one that was recorded.
    Itself,
    /// As another, on what came.
    Another,
}

/// Nothing is told meanwhile.
struct Silent;

impl Follower for Silent {
    fn on_line(&mut self, _: &str) {}
}

/// Lets a stranger try. Bundled policies need not.
///
/// # Errors
/// When it crashes, hangs or ends its process.
pub fn rehearse(log: &Path, policy: &Configured, role: Role) -> Result<(), Error> {
    let plugin = policy.plugin();
    if plugin.is_bundled() {
        return Ok(());
    }
    let spec = policy.spec().to_string();
    let task = Task {
        log: log.to_owned(),
        policy: spec.clone(),
        plugin: plugin.path().to_owned(),
        hash: plugin.hash().to_owned(),
        role,
    };
    let input = serde_json::to_vec(&task)?;
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["plugins", "worker", "rehearse"]);
    match child::follow(&mut command, input, PATIENCE, &mut Silent)? {
        Ended::Well(_) => Ok(()),
        ended => Err(Error::Rehearsal {
            policy: spec,
            plugin: task.plugin,
            ended: ended.to_string(),
        }),
    }
}

/// What the other process does.
pub fn perform(input: impl BufRead) -> Result<(), Error> {
    let task: Task = serde_json::from_reader(input).map_err(io::Error::from)?;
    let log = record::read(&task.log)?;
    let registry = Registry::open(&SearchPath::only([task.plugin.clone()]));
    let policy = segue_stage::policy(registry.plugins(), &task.policy)?;
    if policy.plugin().hash() != task.hash {
        return Err(Error::Replaced(task.plugin));
    }
    let policy = policy.policy(log.begin.seed)?;
    match task.role {
        Role::Itself => drop(log.relive(policy, |_, _, _| {})),
        Role::Another => drop(log.rerun(policy)),
    }
    Ok(())
}
