//! `segue plugin install`: checked, then copied to the user's plugins.

use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
use std::fs;
use std::io::Write;
use std::path::Path;
use std::time::Duration;

use segue_policy_host::{Registry, SearchPath};
use serde::Serialize;

use super::check;
use crate::args::Globals;
use crate::error::Error;
use crate::{plugins, print};

/// As `segue plugin check` has it.
const LIMIT: Duration = Duration::from_secs(20);

#[derive(Serialize)]
struct Installed<'a> {
    name: &'a str,
    version: &'a str,
    path: &'a Path,
}

pub fn run(globals: &Globals, file: &Path, json: bool) -> Result<(), Error> {
    let report = check::report(file, 1, LIMIT, "", None)?;
    if report.failed() > 0 {
        check::tell(&report)?;
        return check::sound(&report);
    }
    let (Some(about), Some(folder)) = (&report.plugin, SearchPath::user_folder()) else {
        return Err(Error::NoPluginFolder);
    };
    let name = format!("{DLL_PREFIX}{}{DLL_SUFFIX}", about.name.replace('-', "_"));
    let path = folder.join(name);
    let before = plugins::registry(globals)?;
    put(file, &folder, &path).map_err(|source| Error::Write {
        path: path.clone(),
        source,
    })?;
    if json {
        return print::json(&Installed {
            name: &about.name,
            version: &about.version,
            path: &path,
        });
    }
    let (name, version) = (&about.name, &about.version);
    print::result(&format!("Installed {name} {version} as {}", path.display()))?;
    tell_rivals(&before, name, about.policy, &path);
    print::note(&match about.policy {
        true => format!("Compare it: segue compare --policy {name} --policy sequential-recovery"),
        false => format!("Compare on it: segue compare --network {name}"),
    });
    Ok(())
}

/// Whole or not at all: a program may be looking.
fn put(file: &Path, folder: &Path, path: &Path) -> std::io::Result<()> {
    fs::create_dir_all(folder)?;
    let mut copy = tempfile::NamedTempFile::new_in(folder)?;
    copy.write_all(&fs::read(file)?)?;
    copy.persist(path)?;
    Ok(())
}

/// Of several plugins of one name only the first is offered.
fn tell_rivals(before: &Registry, name: &str, policy: bool, path: &Path) {
    let other = match policy {
        true => before.policy(name),
        false => before.network(name),
    };
    if let Ok(other) = other
        && other.path() != path
    {
        let (version, other) = (other.version(), other.path().display());
        print::note(&format!(
            "There is another of this name, {version} in {other}: `segue plugins` tells which is taken"
        ));
    }
}
