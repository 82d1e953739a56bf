//! `segue plugins`: what is installed, and how to make more.

mod check;
mod install;
mod new;
mod sdk;
mod worker;

use segue_policy_host::{ParamInfo, ParamKind, Plugin, RefusedFile, Registry, Shadowed};
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
    hidden: &'a [Shadowed],
    refused: &'a [RefusedFile],
}

fn list(registry: &Registry, json: bool) -> Result<(), Error> {
    let (plugins, hidden) = (registry.plugins(), registry.shadowed());
    let refused = registry.refused();
    if json {
        return print::json(&Everything {
            plugins,
            hidden,
            refused,
        });
    }
    let mut table = print::table(&["name", "kind", "version", "from", "status", "what it does"]);
    let mut row = |plugin: &Plugin, status: &str| {
        table.add_row([
            plugin.name().to_owned(),
            plugin.kind().to_string(),
            plugin.version().to_owned(),
            plugin.origin().to_string(),
            status.to_owned(),
            plugin.summary().to_owned(),
        ]);
    };
    plugins.iter().for_each(|plugin| row(plugin, "ready"));
    hidden.iter().for_each(|other| row(&other.plugin, "hidden"));
    print::result(&table.to_string())?;
    for Shadowed { plugin, by } in hidden {
        print::result(&format!(
            "hidden: {}: {} has this name, too, and is found first",
            plugin.path().display(),
            by.display()
        ))?;
    }
    for file in refused {
        print::result(&format!(
            "refused ({}): {}: {}",
            file.origin,
            file.path.display(),
            file.reason
        ))?;
    }
    if plugins.is_empty() {
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
        "{} {} ({}, {})\n{}\n{}\n",
        plugin.name(),
        plugin.version(),
        plugin.kind(),
        plugin.origin(),
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
