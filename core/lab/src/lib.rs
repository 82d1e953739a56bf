//! Segue's laboratory: which policy on this network?
//!
//! The very engine and plugins of the live network run in virtual time, many
//! times, each time with other losses; every policy meets the same ones.
//!
//! # From a question to an answer
//!
//! 1. A [`scenario::Scenario`] says what is played, by whom, over which network.
//!    It is a TOML file, or one of those built in.
//! 2. An [`entry::Entry`] is one policy with its settings: a row of the table.
//!    [`sweep`] makes several of a setting with several values.
//! 3. An [`experiment::Experiment`] joins both with the plugins, and does all
//!    its [`run`]s on all cores. Its results depend on scenario and seed alone.
//!    Whoever has a network plays the same scenes in real time
//!    ([`experiment::Player`]); [`agreement`] holds both against each other.
//!    [`strangers`] play in processes of their own.
//! 4. [`statistics`] sums them up by [`measure`]; [`limit`] says what no policy
//!    could have beaten; [`report`] and [`chart`] show it.
#![forbid(unsafe_code)]

pub mod agreement;
pub mod chart;
pub mod entry;
pub mod experiment;
pub mod explain;
pub mod limit;
pub mod measure;
pub mod recorded;
pub mod report;
pub mod results;
pub mod run;
pub mod scenario;
pub mod statistics;
pub mod strangers;
pub mod sweep;
