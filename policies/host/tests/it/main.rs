//! The host and the built plugins, through the real boundary.

mod bad_plugins;
mod bundled;
mod c_side;
mod config;
mod delay;
mod networks;
mod recovery;
mod registry;
mod stable;
mod support;
