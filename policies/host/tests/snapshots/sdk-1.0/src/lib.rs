//! The SDK as it was at version 1.0 of the contract: what a plugin of that time
//! was built with. Not to be changed.
//!
//! Left out is what no plugin needs: building blocks, the host's side, tests.

pub mod abi;
pub mod actions;
pub mod export;
pub mod network;
pub mod params;
pub mod policy;
pub mod rng;
pub mod view;

pub use actions::{Actions, Range, Refused};
pub use network::{Datagram, Direction, Fate, NetworkModel};
pub use params::{Info, Param, Values};
pub use policy::{Decision, PlayoutPolicy};
pub use rng::Rng;
pub use view::{Arrival, Ask, Seeder, State, View};
