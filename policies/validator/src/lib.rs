//! Checks a plugin of Segue: is it what the contract says, whatever it is
//! shown?
//!
//! It never judges how well a policy plays: that is for comparisons.
//!
//! Each check has a name and one question ([`CHECKS`]), and runs in a process
//! of its own ([`Suite`]), so that a crash or a hang is a result. The process
//! is the program that checks, started again; it answers with [`answer`].
#![forbid(unsafe_code)]

mod growth;
mod loading;
mod network;
mod policy;
mod same;
mod settings;
mod suite;
mod views;

use segue_policy_host::{Configured, Kind, Plugin};
use serde::{Deserialize, Serialize};

pub use suite::{Report, Result, Suite, answer};

/// One question about a plugin.
pub struct Check {
    /// Its name: lower-case letters and hyphens.
    pub name: &'static str,
    /// What it asks.
    pub question: &'static str,
    /// Which plugins it is for; all if `None`.
    pub kind: Option<Kind>,
    work: Work,
}

enum Work {
    /// Which step of loading it is about.
    Load(loading::Step),
    Use(fn(&Subject) -> Verdict),
}

/// What a check found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", content = "why", rename_all = "lowercase")]
pub enum Verdict {
    /// All is well.
    Passed,
    /// It works, but its author should know this.
    Warning(String),
    /// This is wrong.
    Failed(String),
    /// It could not be asked, for this reason.
    Skipped(String),
}

/// The plugin that is looked at.
pub struct Subject {
    /// Where everything random comes from.
    pub seed: u64,
    /// It, with its own defaults but for what the user has set.
    configured: Configured,
}

impl Subject {
    fn plugin(&self) -> &Plugin {
        self.configured.plugin()
    }
}

macro_rules! checks {
    ($($name:literal $kind:expr, $question:literal => $work:expr;)+) => {
        /// All checks, in the order in which they are told.
        pub const CHECKS: &[Check] = &[$(Check {
            name: $name,
            question: $question,
            kind: $kind,
            work: $work,
        }),+];
    };
}

const POLICY: Option<Kind> = Some(Kind::Policy);
const NETWORK: Option<Kind> = Some(Kind::Network);

checks! {
    "library" None, "is it a shared library that this system can load?"
        => Work::Load(loading::Step::Library);
    "symbol" None, "does it export the plugin's one symbol?"
        => Work::Load(loading::Step::Symbol);
    "version" None, "was it built for this version of the contract?"
        => Work::Load(loading::Step::Version);
    "sizes" None, "are its tables as large as they must be?"
        => Work::Load(loading::Step::Sizes);
    "functions" None, "are all its functions and tables there?"
        => Work::Load(loading::Step::Functions);
    "description" None, "do name, version and parameters make sense?"
        => Work::Load(loading::Step::Description);
    "defaults" None, "does it start with its own defaults?"
        => Work::Load(loading::Step::Defaults);
    "settings" None, "does it start with each value that it offers, or say why not?"
        => Work::Use(settings::every_value);
    "edge-views" POLICY, "does it stand the odd moments: no packets, no seeders, 64, dead ones?"
        => Work::Use(views::edges);
    "random-views" POLICY, "does it stand whatever a session may look like?"
        => Work::Use(views::random);
    "plays" POLICY, "does it play a track to its end, on a good network and a bad one?"
        => Work::Use(policy::plays);
    "wishes" POLICY, "does it ask only for what there is, and play only what is here?"
        => Work::Use(policy::wishes);
    "calm" POLICY, "does it keep from flooding: requests, wake-ups, log lines?"
        => Work::Use(policy::calm);
    "edge-datagrams" NETWORK, "does it stand odd datagrams: empty ones, large ones, many links?"
        => Work::Use(network::edges);
    "delivers" NETWORK, "does it deliver something, and in sensible time?"
        => Work::Use(network::delivers);
    "same-seed" None, "does it do the same again with the same seed?"
        => Work::Use(same::again);
    "same-beside" None, "does it do the same while another instance works beside it?"
        => Work::Use(same::interleaved);
    "same-threads" None, "does it do the same in several threads at once?"
        => Work::Use(same::threads);
    "growth" None, "does it give back the memory of ended instances?"
        => Work::Use(growth::instances);
    "time" None, "does it answer quickly?"
        => Work::Use(growth::time);
}
