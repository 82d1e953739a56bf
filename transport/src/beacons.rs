//! Beacons: who on this machine's links hears us, and whom we hear.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use crate::interfaces::Interface;
use crate::sockets::Sockets;
use crate::status::{BeaconPath, BeaconSocket, InterfaceStatus};

/// Where beacons go and come from, and how that goes.
pub struct Beacons {
    pub sockets: Sockets,
    failed: Vec<(SocketAddr, io::Error)>,
    bind: IpAddr,
    /// `None`: neither sent nor heard.
    port: Option<u16>,
    interfaces: Vec<Interface>,
    paths: Vec<Path>,
}

/// One way out: a subnet's broadcast address, or the group on one interface.
#[derive(Clone)]
struct Path {
    interface: usize,
    to: SocketAddr,
    sent: Option<Instant>,
    error: Option<(io::ErrorKind, String)>,
    own_heard: Option<Instant>,
    others_heard: Option<Instant>,
}

impl Beacons {
    /// Opens the sockets. `bind` is the data sockets' address.
    pub fn new(data: &Sockets, bind: IpAddr, port: Option<u16>, found: Vec<Interface>) -> Self {
        let (sockets, failed) =
            port.map_or_else(Default::default, |port| Sockets::beacons(data, port));
        let mut beacons = Self {
            sockets,
            failed,
            bind,
            port,
            interfaces: Vec::new(),
            paths: Vec::new(),
        };
        beacons.move_to(found);
        beacons
    }

    /// Why beacons cannot be heard, if so: none at all, or none by IPv4, which
    /// is all that many networks have.
    pub fn deaf(&self) -> Option<io::Error> {
        let none = self.sockets.addresses().next().is_none();
        let matters = |(address, _): &&(SocketAddr, io::Error)| none || address.is_ipv4();
        let (_, error) = self.failed.iter().find(matters)?;
        Some(io::Error::new(error.kind(), error.to_string()))
    }

    /// The interfaces changed. What is known of those that stayed is kept.
    pub fn move_to(&mut self, interfaces: Vec<Interface>) {
        self.sockets.join(&interfaces);
        let before = std::mem::take(&mut self.paths);
        for (number, interface) in interfaces.iter().enumerate() {
            let port = self.port.into_iter();
            let targets = port.flat_map(|port| interface.beacon_addresses(self.bind, port));
            for to in targets {
                if self.paths.iter().any(|path| path.to == to) {
                    continue; // a second interface of one subnet
                }
                let known = before.iter().find(|path| path.to == to);
                let path = known.cloned().unwrap_or(Path {
                    interface: number,
                    to,
                    sent: None,
                    error: None,
                    own_heard: None,
                    others_heard: None,
                });
                self.paths.push(Path {
                    interface: number,
                    ..path
                });
            }
        }
        self.interfaces = interfaces;
    }

    /// Sends a beacon wherever beacons go. What fails is logged when it begins,
    /// not every second.
    pub async fn send(&mut self, data: &Sockets, datagram: &[u8]) {
        for path in &mut self.paths {
            let interface = &self.interfaces[path.interface].name;
            match data.send(path.to, datagram).await {
                Ok(()) => {
                    if path.error.take().is_some() {
                        tracing::info!("beacons go out on {interface} again, to {}", path.to);
                    }
                    path.sent = Some(Instant::now());
                }
                Err(error) => {
                    let kind = error.kind();
                    if path.error.as_ref().is_none_or(|(known, _)| *known != kind) {
                        tracing::info!("no beacons on {interface}, to {}: {error}", path.to);
                    }
                    path.error = Some((kind, error.to_string()));
                }
            }
        }
    }

    /// Whether a beacon from there is to be believed: from a neighbour whom our
    /// sockets reach. Others may have forged their address, to make us ask
    /// somebody far away.
    pub fn is_neighbour(&self, from: SocketAddr) -> bool {
        let ip = from.ip();
        let mut addresses = self.interfaces.iter().flat_map(|one| &one.addresses);
        let is_near = addresses.any(|address| address.is_near(ip));
        is_near && (!self.bind.is_loopback() || ip.is_loopback())
    }

    /// A beacon came: our own voice, or another's.
    pub fn heard(&mut self, from: SocketAddr, own: bool) {
        let now = Some(Instant::now());
        for path in &mut self.paths {
            if self.interfaces[path.interface].brought(path.to, from, own) {
                if own {
                    path.own_heard = now;
                } else {
                    path.others_heard = now;
                }
            }
        }
    }

    /// The sockets' state.
    pub fn sockets_status(&self) -> Vec<BeaconSocket> {
        let open = self.sockets.addresses().map(|address| BeaconSocket {
            address,
            error: None,
        });
        let failed = self.failed.iter().map(|(address, error)| BeaconSocket {
            address: *address,
            error: Some(error.to_string()),
        });
        open.chain(failed).collect()
    }

    /// Every interface's state.
    pub fn interfaces_status(&self) -> Vec<InterfaceStatus> {
        let ago = |at: Option<Instant>| at.map(|at| seconds(at.elapsed()));
        let status = |(number, interface): (usize, &Interface)| InterfaceStatus {
            name: interface.name.clone(),
            index: interface.index,
            up: interface.up,
            loopback: interface.is_loopback(),
            addresses: interface.addresses.iter().map(|one| one.ip).collect(),
            beacons: self
                .paths
                .iter()
                .filter(|path| path.interface == number)
                .map(|path| BeaconPath {
                    to: path.to,
                    sent_s_ago: ago(path.sent),
                    error: path.error.as_ref().map(|(_, text)| text.clone()),
                    own_heard_s_ago: ago(path.own_heard),
                    others_heard_s_ago: ago(path.others_heard),
                })
                .collect(),
        };
        self.interfaces.iter().enumerate().map(status).collect()
    }
}

fn seconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e3).round() / 1e3
}

impl Interface {
    /// Whether a beacon from there that came to `to`'s family came by this
    /// interface, as far as its source tells.
    fn brought(&self, to: SocketAddr, from: SocketAddr, own: bool) -> bool {
        match (to, from) {
            (SocketAddr::V4(to), SocketAddr::V4(from)) => self.addresses.iter().any(|one| {
                let ip = IpAddr::from(*from.ip());
                let is_there = if own { one.ip == ip } else { one.is_near(ip) };
                one.broadcast == Some(*to.ip()) && is_there
            }),
            (SocketAddr::V6(_), SocketAddr::V6(from)) if from.scope_id() != 0 => {
                from.scope_id() == self.index
            }
            (SocketAddr::V6(_), SocketAddr::V6(from)) => self.addresses.iter().any(|one| {
                let ip = IpAddr::from(*from.ip());
                if own { one.ip == ip } else { one.is_near(ip) }
            }),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interfaces::InterfaceAddress;

    fn beacons(bind: &str) -> Beacons {
        let address = |ip: &str, prefix_bits| InterfaceAddress {
            ip: ip.parse().unwrap(),
            prefix_bits,
            broadcast: None,
        };
        let interface = |name: &str, addresses| Interface {
            name: name.into(),
            index: 1,
            up: true,
            addresses,
        };
        let interfaces = vec![
            interface("lo", vec![address("127.0.0.1", 8), address("::1", 128)]),
            interface(
                "eth0",
                vec![address("10.0.0.5", 24), address("fe80::5", 64)],
            ),
        ];
        Beacons::new(&Sockets::default(), bind.parse().unwrap(), None, interfaces)
    }

    #[test]
    fn only_neighbours_within_reach_are_believed() {
        for (bind, from, believed) in [
            ("::", "10.0.0.7:1", true),
            ("::", "[fe80::7%1]:1", true),
            ("::", "127.0.0.1:1", true),
            ("::", "203.0.113.5:1", false),
            ("::", "[2001:db8::1]:1", false),
            ("127.0.0.1", "127.0.0.1:1", true),
            ("127.0.0.1", "10.0.0.7:1", false),
            ("10.0.0.5", "10.0.0.7:1", true),
        ] {
            let is = beacons(bind).is_neighbour(from.parse().unwrap());
            assert_eq!(is, believed, "{from} at {bind}");
        }
    }
}
