//! Commands about plugins.

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};

/// Show, check, write and install policies and network models
#[derive(Debug, clap::Args)]
pub struct Plugins {
    #[command(subcommand)]
    pub what: Option<PluginsWhat>,
    /// Print JSON
    #[arg(long, global = true)]
    pub json: bool,
}

#[derive(Debug, Subcommand)]
pub enum PluginsWhat {
    /// All of them, and files that were refused
    List,
    /// One of them, with its parameters
    Show {
        /// Its name
        name: String,
    },
    /// Check a plugin's file: is it what the contract says, whatever it is shown?
    ///
    /// Each check runs in a process of its own, so a crash or a hang is a result
    Check(Check),
    /// Write the beginning of a new plugin into a folder of its name: it builds at
    /// once, with nothing else to fetch
    New(New),
    /// Check a plugin's file and copy it to your plugins
    Install {
        /// The file, as the compiler made it
        file: PathBuf,
    },
    /// What is done in a process of its own
    #[command(subcommand, hide = true)]
    Worker(Worker),
}

#[derive(Debug, clap::Args)]
pub struct Check {
    /// The file, as the compiler made it
    pub file: PathBuf,
    /// Only this check
    #[arg(long, value_name = "NAME", value_parser = clap::builder::PossibleValuesParser::new(
        segue_policy_validator::CHECKS.iter().map(|check| check.name)
    ))]
    pub only: Option<String>,
    /// Where everything random comes from
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// Set these of its parameters: key=value,...
    #[arg(
        long,
        value_name = "K=V,...",
        default_value = "",
        hide_default_value = true
    )]
    pub with: String,
    /// A check that takes longer hangs, seconds
    #[arg(long, value_name = "S", default_value_t = 20.0, value_parser = super::seconds)]
    pub limit: f64,
}

#[derive(Debug, clap::Args)]
pub struct New {
    /// Its name: lower-case letters, digits and hyphens
    #[arg(value_parser = plugin_name)]
    pub name: String,
    /// What it is
    #[arg(long, value_enum, default_value_t = NewKind::Policy)]
    pub kind: NewKind,
    /// The language to write it in
    #[arg(long, value_enum, default_value_t = Lang::Rust)]
    pub lang: Lang,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum NewKind {
    /// A playout policy
    Policy,
    /// A network model
    Network,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Lang {
    Rust,
    C,
}

#[derive(Debug, Subcommand)]
pub enum Worker {
    /// Load a strange file, and let it work a little
    Try { file: PathBuf },
    /// Run one check
    Check {
        name: String,
        file: PathBuf,
        seed: u64,
        settings: String,
    },
    /// Play a policy for a comparison
    Compare,
    /// Show a policy what came in a recorded session
    Rehearse,
}

/// As the contract has it, and a name for files in any language.
fn plugin_name(name: &str) -> Result<String, String> {
    let letters = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let begins = name.starts_with(|c: char| c.is_ascii_lowercase());
    match begins && name.len() <= 40 && name.chars().all(letters) && !name.ends_with('-') {
        true => Ok(name.to_owned()),
        false => Err(
            "begin with a lower-case letter; then letters, digits and hyphens, 40 at most".into(),
        ),
    }
}
