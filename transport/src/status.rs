//! How a node stands to the networks around it, for people to look at.

use std::net::{IpAddr, SocketAddr};

use serde::Serialize;

/// How a node stands to the networks around it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct NetworkStatus {
    /// Addresses of the data sockets: one for each family of addresses in use.
    pub data: Vec<SocketAddr>,
    /// Bytes that the system keeps of what has come and was not read yet, as it
    /// counts them; the least of the data sockets.
    pub receive_buffer_bytes: Option<usize>,
    /// The sockets that hear beacons; none if beacons are not wanted.
    pub discovery: Vec<BeaconSocket>,
    /// Whether the node sends beacons: it shares something, or was told to.
    pub announcing: bool,
    /// The interfaces that have addresses.
    pub interfaces: Vec<InterfaceStatus>,
    /// Datagrams that the system refused to send since the start, beacons apart.
    pub unsent: u64,
    /// Why it refused the last of them.
    pub unsent_error: Option<String>,
    /// Network models that failed, and how: they let everything pass since.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub model_faults: Vec<String>,
}

/// A socket for beacons.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BeaconSocket {
    /// Where it listens, or should.
    pub address: SocketAddr,
    /// Why it does not.
    pub error: Option<String>,
}

/// One network interface.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct InterfaceStatus {
    /// The system's name of it.
    pub name: String,
    /// The system's number of it: the scope of its link-local addresses.
    pub index: u32,
    /// Whether it is up and connected.
    pub up: bool,
    /// Whether it joins this machine to itself only.
    pub loopback: bool,
    /// Its addresses.
    pub addresses: Vec<IpAddr>,
    /// Where beacons go on it: none if it can neither broadcast nor multicast,
    /// or is not to be used.
    pub beacons: Vec<BeaconPath>,
}

/// One way that beacons go: a subnet's broadcast address, or the multicast
/// group on one interface.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BeaconPath {
    /// Where they are sent.
    pub to: SocketAddr,
    /// Seconds since one last went out.
    pub sent_s_ago: Option<f64>,
    /// Why the last one did not go out.
    pub error: Option<String>,
    /// Seconds since our own voice was last heard there. A firewall of this
    /// machine that drops beacons shows here; an access point that does, does
    /// not: the system hands a copy back before the wire.
    pub own_heard_s_ago: Option<f64>,
    /// Seconds since another's beacon came from there.
    pub others_heard_s_ago: Option<f64>,
}
