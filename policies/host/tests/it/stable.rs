//! Plugins of earlier versions of the contract still load, and do what they did.
//!
//! `tests/snapshots` holds what such plugins were built with: the SDK's source
//! and the header as they were, and the layout of each version.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use segue_policy::testing::{Heard, Session};
use segue_policy::{Datagram, Direction, Fate, Traffic, abi};
use segue_policy_host::Plugin;

use crate::support::{compile, compile_with, load};

fn snapshots() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots")
}

/// The source of today's SDK.
fn today() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../contract/src")
}

/// Builds the SDK of this folder and a plugin with it, as a stranger would: by
/// the compiler alone.
fn build(sdk: &Path, plugin: &str, folder: &Path) -> Plugin {
    let rustc = |arguments: &[&str], source: &Path| {
        let output = Command::new("rustc")
            .args([
                "--edition",
                "2024",
                "--cap-lints",
                "allow",
                "--out-dir",
                ".",
            ])
            .args(arguments)
            .arg(source)
            .current_dir(folder)
            .output()
            .expect("rustc runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
    };
    let library = ["--crate-type", "rlib", "--crate-name", "segue_policy"];
    rustc(&library, &sdk.join("lib.rs"));
    let cdylib = [
        "--crate-type",
        "cdylib",
        "--extern",
        "segue_policy=libsegue_policy.rlib",
    ];
    rustc(&cdylib, &snapshots().join(format!("{plugin}.rs")));
    load(&folder.join(crate::support::library(plugin)))
}

fn play(plugin: &Plugin, settings: &str) -> Heard {
    let spec = format!("{}:{settings}", plugin.name()).parse().unwrap();
    let mut policy = plugin.configure(&spec).unwrap().policy(7).unwrap();
    Session::new(1000).seeders(2).loss(0.2).play(&mut *policy)
}

#[test]
fn a_policy_built_with_the_sdk_of_1_0_plays_as_one_of_today() {
    let (old, new) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let old = build(&snapshots().join("sdk-1.0/src"), "patient", old.path());
    let new = build(&today(), "patient", new.path());
    for settings in ["buffer_s=0.2", "order=random"] {
        let heard = play(&old, settings);
        assert!(heard.finished && heard.missing == 0, "{heard}");
        assert!(heard.requests > 10 && heard.refused.is_empty(), "{heard:?}");
        assert_eq!(heard, play(&new, settings), "every deed, and when");
    }
    assert_ne!(
        play(&old, "order=up").deeds,
        play(&old, "order=random").deeds
    );
}

#[test]
fn a_network_model_built_with_the_sdk_of_1_0_does_as_one_of_today() {
    let (old, new) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let fates = |plugin: &Plugin| -> Vec<Fate> {
        let mut network = plugin.defaults().network(7).unwrap();
        let datagram = |index| Datagram {
            link: index as u32 % 3,
            direction: [Direction::ToListener, Direction::ToSeeder][index as usize % 2],
            traffic: [Traffic::Media, Traffic::Control][index as usize / 2 % 2],
            bytes: 480,
            now_ns: index * 1_000_000,
            index,
        };
        (0..2000)
            .map(|index| network.transit(&datagram(index)).unwrap())
            .collect()
    };
    let old = fates(&build(&snapshots().join("sdk-1.0/src"), "coin", old.path()));
    let new = fates(&build(&today(), "coin", new.path()));
    assert_eq!(old, new);
    let copies = |count| {
        old.iter()
            .filter(|fate| fate.delays_ns().len() == count)
            .count()
    };
    assert!((300..500).contains(&copies(0)), "{}", copies(0));
    assert!((100..250).contains(&copies(2)), "{}", copies(2));
}

#[test]
fn a_policy_built_with_the_header_of_1_0_plays_as_one_of_today() {
    let folder = tempfile::tempdir().unwrap();
    let header = snapshots().join("sdk-1.0");
    let old = compile_with(
        &header,
        "c/first_come.c",
        &[],
        &folder.path().join("old.so"),
    );
    let new = compile("c/first_come.c", &[], &folder.path().join("new.so"));
    let heard = play(&load(&old), "patience_s=0.1");
    assert!(heard.finished && heard.played > 900, "{heard}");
    assert_eq!(heard, play(&load(&new), "patience_s=0.1"));
}

/// Name and value of each line.
fn read(layout: &str) -> BTreeMap<&str, &str> {
    layout
        .lines()
        .filter_map(|line| line.split_once(' '))
        .collect()
}

/// Layouts of all versions, from the first to today's. For 64 bits.
const LAYOUTS: [&str; 2] = [
    include_str!("../snapshots/layout-1.0.txt"),
    include_str!("../snapshots/layout-1.1.txt"),
];

#[test]
fn the_newest_layout_is_that_of_today() {
    let lines = crate::c_side::rust_side().join("\n");
    let newest = LAYOUTS[LAYOUTS.len() - 1];
    assert_eq!(
        read(&lines),
        read(newest),
        "what was in a version stays in it"
    );
    assert_eq!(
        LAYOUTS.len() as u32,
        abi::MINOR + 1,
        "each version has its layout"
    );
}

#[test]
fn from_version_to_version_nothing_moves_or_shrinks() {
    for pair in LAYOUTS.windows(2) {
        let (before, after) = (read(pair[0]), read(pair[1]));
        for (name, was) in before {
            // A reserved field may be given a meaning: another name in its place.
            let Some(is) = after.get(name) else {
                let table = name.strip_suffix(".reserved").expect(name);
                let in_place = |(other, at): (&&str, &&str)| {
                    other.starts_with(&format!("{table}.")) && *at == was
                };
                assert!(after.iter().any(in_place), "{name} is gone");
                continue;
            };
            let is_size = name.starts_with("segue_") && !name.contains('.');
            match is_size {
                true => assert!(number(is) >= number(was), "{name} shrank"),
                false if name == "MINOR" => assert_eq!(number(is), number(was) + 1),
                false => assert_eq!(*is, was, "{name}"),
            }
        }
    }
}

fn number(text: &str) -> u32 {
    text.parse().expect("a number")
}
