//! Whether plugins are there, and the one that plays.

use segue_policy_host::{Kind, Registry};

use super::Finding;
use crate::args::Globals;
use crate::plugins;

/// `policy` is what `segue play` would take.
pub fn look(globals: &Globals, policy: &str) -> Vec<Finding> {
    let registry = match plugins::registry(globals) {
        Ok(registry) => registry,
        Err(error) => {
            return vec![Finding::problem(
                error.to_string(),
                "Give --plugin-path a folder that is there, or leave it out",
            )];
        }
    };
    let mut findings = vec![found(&registry)];
    findings.extend(registry.refused().iter().map(|refused| {
        Finding::warning(
            format!("{} is refused: {}", refused.path.display(), refused.reason),
            "Replace the file, or take it out of the folder",
        )
    }));
    findings.extend(registry.shadowed().iter().map(|shadowed| {
        Finding::warning(
            format!(
                "{} is hidden: {} has its name and comes first",
                shadowed.plugin.path().display(),
                shadowed.by.display()
            ),
            "Take one of them away",
        )
    }));
    findings.push(match segue_stage::policy(registry.plugins(), policy) {
        Ok(_) => Finding::ok(format!("`segue play` takes the policy {policy}")),
        Err(error) => Finding::problem(
            format!("`segue play` takes the policy {policy}, but {error}"),
            "Choose one of `segue plugins`: `segue config set play.policy NAME`",
        ),
    });
    findings
}

fn found(registry: &Registry) -> Finding {
    let count = |kind| {
        let all = registry.plugins().iter();
        all.filter(|plugin| plugin.kind() == kind).count()
    };
    let (policies, networks) = (count(Kind::Policy), count(Kind::Network));
    let told = format!("{policies} policies, {networks} network models");
    if policies > 0 {
        return Finding::ok(told);
    }
    let folders: Vec<_> = registry
        .search_path()
        .folders()
        .map(|folder| folder.display().to_string())
        .collect();
    Finding::problem(
        format!("{told}: nothing can be played"),
        format!(
            "Install Segue with its plugins (`make install`), or put them into one of: {}",
            folders.join(", ")
        ),
    )
}
