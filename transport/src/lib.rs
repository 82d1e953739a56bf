//! Segue on a real network: drives a [`segue_core::node::Node`] with UDP and
//! real time, and feeds it from shared files.
//!
//! It decides nothing about protocol or playing, and it never decodes.
//!
//! - [`Peer`] is a running node: share tracks, look around, open sessions.
//! - [`Session`] and [`Frames`] are an open session: one to watch and end it,
//!   one to play it.
//! - [`Remote`] and [`LocalFile`] are entries of a queue: tracks of other peers,
//!   and of this machine.
//! - [`perform`] plays a whole scene of the laboratory in real time, between nodes
//!   of this machine.
//! - [`Library`] is what a peer shares: files found, indexed into packets and
//!   watched in a thread of its own.
#![forbid(unsafe_code)]

mod alarm;
mod beacons;
mod changes;
mod clock;
mod driver;
mod files;
mod frames;
mod interfaces;
mod lapses;
mod library;
mod line;
mod listing;
mod local;
mod loopback;
mod names;
mod path;
mod peer;
mod recorder;
mod remote;
mod session;
mod sockets;
mod status;
mod stock;
mod stopwatch;

pub use changes::Changes;
pub use library::{Damaged, Library, LibraryConfig, LibraryError, LibraryStatus, Refused};
pub use listing::TrackEntry;
pub use local::LocalFile;
pub use loopback::{SceneError, perform};
pub use names::{PeerName, PeerNameError};
pub use path::{AppliesTo, Link, NetworkModels};
pub use peer::{DISCOVERY_PORT, Peer, PeerConfig, PeerError, PeerInfo, Seeding};
pub use remote::{Remote, SessionHost};
pub use session::{
    Frames, PolicyLabel, Session, SessionLog, SessionOptions, SessionReport, SessionStatus,
};
pub use status::{BeaconPath, BeaconSocket, InterfaceStatus, NetworkStatus};
pub use stock::Stock;
pub use stopwatch::Vitals;
