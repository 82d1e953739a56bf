//! Finds, loads, checks, watches and calls Segue's plugins.
//!
//! It knows nothing of sessions, sockets or sound: it turns the tables of
//! `segue_policy::abi` into the safe traits of `segue_policy::host`.
//!
//! # Key types
//!
//! - [`SearchPath`]: where plugins are looked for, and in which order.
//! - [`Registry`]: what was found there, what was refused and why; follows
//!   changes of the folders ([`Registry::rescan`], [`Registry::watch`]).
//! - [`Plugin`]: one checked plugin that describes itself.
//! - [`PluginSpec`]: what a user writes, `name:key=value,...`.
//! - [`Configured`]: a plugin with checked settings, which makes instances.
//!
//! ```no_run
//! use segue_policy_host::{PluginSpec, Registry, SearchPath};
//!
//! let registry = Registry::open(&SearchPath::new([]));
//! let spec: PluginSpec = "buffered:buffer=0.05,gaps=skip".parse()?;
//! let configured = registry.policy(spec.name())?.configure(&spec)?;
//! let policy = configured.policy(7)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Why so
//!
//! - A file is read once; what was read is checked, hashed, and written to a
//!   copy of its own, and the copy is loaded. So the original can be replaced
//!   at any time, also in place, and the hash is that of the code that runs.
//! - A library stays loaded as long as a [`Plugin`] or an instance of it lives.
//! - An instance that failed once is never called again.
//! - What native code can do to a process (hang, crash) no check can undo: so
//!   a strange file is tried in a process of its own ([`Trials`]) before it is
//!   loaded into this one. That finds accidents, no malice: loading a plugin
//!   still means trusting it.

pub mod child;
mod config;
mod image;
mod instance;
mod load;
mod plugin;
mod registry;
mod search;
mod spec;
pub mod trial;
mod watch;

pub use config::{ConfigError, Configured, Setting};
pub use instance::CreateError;
pub use load::{LoadError, Reason};
pub use plugin::{Kind, ParamInfo, ParamKind, Plugin};
pub use registry::{Change, RefusedFile, Registry, Shadowed, UnknownPlugin, find, nearest};
pub use search::{Origin, SearchPath};
pub use spec::{PluginSpec, SpecError};
pub use trial::Trials;
pub use watch::{Watch, WatchError};
