//! `segue plugin new`: the beginning of a plugin, which builds at once.

use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::sdk;
use crate::args::{Lang, New, NewKind};
use crate::error::Error;
use crate::print;

macro_rules! template {
    ($name:literal) => {
        include_str!(concat!("../../../../policies/template/", $name))
    };
}

pub fn run(args: &New, json: bool) -> Result<(), Error> {
    let folder = PathBuf::from(&args.name);
    if folder.exists() {
        return Err(Error::FolderExists(folder));
    }
    let files = files(args);
    for (path, text) in &files {
        put(&folder.join(path), text).map_err(|source| Error::Write {
            path: folder.join(path),
            source,
        })?;
    }
    if json {
        let paths: Vec<_> = files.iter().map(|(path, _)| folder.join(path)).collect();
        return print::json(&paths);
    }
    let (name, library) = (&args.name, library(args));
    print::result(&match args.lang {
        Lang::Rust => format!(
            "The beginning of {name} is in {name}/src/lib.rs. Go on with\n  cd {name}\n  \
             cargo build --release\n  segue plugin install {library}"
        ),
        Lang::C => format!(
            "The beginning of {name} is in {name}/{}.c. Go on with\n  cd {name}\n  make\n  \
             segue plugin install {library}",
            args.name.replace('-', "_")
        ),
    })?;
    print::result(&format!("  segue compare {}", comparison(args)))
}

fn put(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, text)
}

/// Every file, with its path below the plugin's folder.
fn files(args: &New) -> Vec<(String, String)> {
    let fill = |text: &str| filled(text, args);
    let source = match (args.lang, args.kind) {
        (Lang::Rust, NewKind::Policy) => template!("policy.rs"),
        (Lang::Rust, NewKind::Network) => template!("network.rs"),
        (Lang::C, NewKind::Policy) => template!("policy.c"),
        (Lang::C, NewKind::Network) => template!("network.c"),
    };
    match args.lang {
        Lang::Rust => {
            let mut files = vec![
                ("Cargo.toml".to_owned(), fill(template!("cargo.toml"))),
                ("README.md".to_owned(), fill(template!("rust.md"))),
                (".gitignore".to_owned(), "/target\n".to_owned()),
                ("src/lib.rs".to_owned(), fill(source)),
                ("sdk/Cargo.toml".to_owned(), fill(template!("sdk.toml"))),
            ];
            files.extend(sdk::SOURCES.iter().map(|(path, text)| {
                let path = format!("sdk/src/{path}");
                (path, (*text).to_owned())
            }));
            files
        }
        Lang::C => vec![
            ("Makefile".to_owned(), fill(template!("Makefile"))),
            ("README.md".to_owned(), fill(template!("c.md"))),
            (format!("{}.c", args.name.replace('-', "_")), fill(source)),
            ("segue_policy.h".to_owned(), sdk::HEADER.to_owned()),
        ],
    }
}

fn filled(text: &str, args: &New) -> String {
    let kind = match args.kind {
        NewKind::Policy => "playout policy",
        NewKind::Network => "network model",
    };
    text.replace("@NAME@", &args.name)
        .replace("@FILE@", &args.name.replace('-', "_"))
        .replace("@KIND@", kind)
        .replace("@LIBRARY@", &library(args))
        .replace("@COMPARE@", &comparison(args))
        .replace("@VERSION@", env!("CARGO_PKG_VERSION"))
}

/// Where the compiler puts it.
fn library(args: &New) -> String {
    let file = format!("{DLL_PREFIX}{}{DLL_SUFFIX}", args.name.replace('-', "_"));
    match args.lang {
        Lang::Rust => format!("target/release/{file}"),
        Lang::C => file,
    }
}

/// What shows it beside others.
fn comparison(args: &New) -> String {
    let name = &args.name;
    match args.kind {
        NewKind::Policy => {
            format!("--policy {name} --policy buffered --policy sequential-recovery")
        }
        NewKind::Network => format!("--network {name}"),
    }
}
