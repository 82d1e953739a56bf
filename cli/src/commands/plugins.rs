//! `segue plugins`: what is installed, and how to make more.

mod check;
mod install;
mod new;
mod sdk;
mod worker;

use segue_policy_host::{ParamInfo, ParamKind, Plugin, Registry};
use serde::Serialize;

use crate::args::{Globals, Plugins, PluginsWhat};
use crate::error::Error;
use crate::nearest::nearest;
use crate::{plugins, print};

pub fn run(globals: &Globals, args: &Plugins) -> Result<(), Error> {
    let registry = || plugins::registry(globals);
    match &args.what {
        None | Some(PluginsWhat::List) => list(&registry()?, args.json),
        Some(PluginsWhat::Show { name }) => show(&registry()?, name, args.json),
        Some(PluginsWhat::Check(check)) => check::run(check, args.json),
        Some(PluginsWhat::New(new)) => new::run(new, args.json),
        Some(PluginsWhat::Install { file }) => install::run(globals, file, args.json),
        Some(PluginsWhat::Worker(worker)) => worker::run(worker),
    }
}

#[derive(Serialize)]
struct Everything<'a> {
    plugins: &'a [Plugin],
    refused: Vec<Refused>,
}

#[derive(Serialize)]
struct Refused {
    path: String,
    reason: String,
}

fn list(registry: &Registry, json: bool) -> Result<(), Error> {
    let refused = registry.refused().iter().map(|refused| Refused {
        path: refused.path.display().to_string(),
        reason: refused.reason.to_string(),
    });
    if json {
        return print::json(&Everything {
            plugins: registry.plugins(),
            refused: refused.collect(),
        });
    }
    let mut table = print::table(&["name", "kind", "version", "what it does"]);
    for plugin in registry.plugins() {
        table.add_row([
            plugin.name().to_owned(),
            plugin.kind().to_string(),
            plugin.version().to_owned(),
            plugin.summary().to_owned(),
        ]);
    }
    print::result(&table.to_string())?;
    for Refused { path, reason } in refused {
        print::result(&format!("refused: {path}: {reason}"))?;
    }
    for shadowed in registry.shadowed() {
        print::result(&format!(
            "hidden by another of its name: {}",
            shadowed.plugin.path().display()
        ))?;
    }
    if registry.plugins().is_empty() {
        print::note("No plugin was found. These folders were looked through:");
        for folder in registry.search_path().folders() {
            print::note(&format!("  {}", folder.display()));
        }
    }
    Ok(())
}

fn show(registry: &Registry, name: &str, json: bool) -> Result<(), Error> {
    let plugin = registry.policy(name).or_else(|no_policy| {
        registry.network(name).map_err(|no_network| {
            let all = [no_policy.all, no_network.all].concat();
            Error::NoPlugin {
                name: name.to_owned(),
                near: nearest(name, all.iter().cloned()),
                all,
            }
        })
    })?;
    if json {
        return print::json(plugin);
    }
    print::result(&format!(
        "{} {} ({})\n{}\n{}\n",
        plugin.name(),
        plugin.version(),
        plugin.kind(),
        plugin.summary(),
        plugin.path().display(),
    ))?;
    if plugin.params().is_empty() {
        return print::result("It has no parameters.");
    }
    let mut table = print::table(&["parameter", "default", "range", "unit", "meaning"]);
    for param in plugin.params() {
        let (default, range) = values(param);
        table.add_row([
            param.name.clone(),
            default,
            range,
            param.unit.clone(),
            param.help.clone(),
        ]);
    }
    print::result(&table.to_string())
}

/// Default and range as text.
fn values(param: &ParamInfo) -> (String, String) {
    match &param.kind {
        ParamKind::Number { min, max, default } => (default.to_string(), format!("{min} to {max}")),
        ParamKind::Integer { min, max, default } => {
            (default.to_string(), format!("{min} to {max}"))
        }
        ParamKind::Flag { default } => (default.to_string(), "true, false".into()),
        ParamKind::Choice { choices, default } => (default.clone(), choices.join(", ")),
        ParamKind::Text { default } => (default.clone(), "text".into()),
        ParamKind::File => ("-".into(), "path of a file".into()),
    }
}
