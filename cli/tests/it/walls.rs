//! The walls between the crates, held against what Cargo builds.

use std::collections::BTreeMap;

use cargo_metadata::{DependencyKind, MetadataCommand};

/// For each of our crates: what it uses when it is built (not in its tests).
fn uses() -> BTreeMap<String, Vec<String>> {
    let metadata = MetadataCommand::new()
        .no_deps()
        .exec()
        .expect("cargo metadata");
    let normal = |package: &cargo_metadata::Package| {
        let dependencies = package.dependencies.iter();
        let built = dependencies.filter(|d| d.kind != DependencyKind::Development);
        built.map(|d| d.name.clone()).collect()
    };
    let packages = metadata.packages.iter();
    packages
        .map(|package| (package.name.to_string(), normal(package)))
        .collect()
}

fn ours(uses: &[String]) -> Vec<&str> {
    uses.iter()
        .map(String::as_str)
        .filter(|name| name.starts_with("segue-"))
        .collect()
}

#[test]
fn each_crate_uses_only_what_it_may() {
    let never: &[(&str, &[&str])] = &[
        (
            "segue-core",
            &["tokio", "libloading", "symphonia", "cpal", "iced", "clap"],
        ),
        (
            "segue-lab",
            &[
                "tokio",
                "symphonia",
                "cpal",
                "iced",
                "clap",
                "segue-transport",
                "segue-playout",
            ],
        ),
        (
            "segue-transport",
            &["segue-playout", "segue-lab", "iced", "clap"],
        ),
        (
            "segue-playout",
            &["segue-transport", "segue-lab", "iced", "clap"],
        ),
        (
            "segue-policy-host",
            &["segue-core", "segue-transport", "segue-playout"],
        ),
        ("segue-stage", &["segue-lab", "iced", "clap"]),
        ("segue-cli", &["segue-gui"]),
        ("segue-gui", &["segue-cli"]),
    ];
    let uses = uses();
    for (of, forbidden) in never {
        for name in uses.get(*of).into_iter().flatten() {
            assert!(
                !forbidden.contains(&name.as_str()),
                "{of} must not use {name}"
            );
        }
    }
}

#[test]
fn the_engine_knows_the_contract_alone() {
    assert_eq!(ours(&uses()["segue-core"]), ["segue-policy"]);
}

#[test]
fn the_contract_depends_on_nothing() {
    assert!(uses()["segue-policy"].is_empty());
}

#[test]
fn plugins_know_the_contract_alone() {
    let uses = uses();
    let plugins: Vec<_> = uses
        .iter()
        .filter(|(name, _)| {
            name.starts_with("segue-playout-") || name.starts_with("segue-network-")
        })
        .collect();
    assert!(plugins.len() >= 6, "{plugins:?}");
    for (plugin, uses) in plugins {
        assert_eq!(ours(uses), ["segue-policy"], "{plugin}");
    }
}

#[test]
fn only_the_host_loads_libraries() {
    for (name, uses) in uses() {
        let loads = uses.iter().any(|used| used == "libloading");
        assert_eq!(loads, name == "segue-policy-host", "{name}");
    }
}
