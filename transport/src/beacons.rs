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

    pub fn interfaces(&self) -> &[Interface] {
        &self.interfaces
    }

    /// Why no beacon can be heard at all, if so.
    pub fn deaf(&self) -> Option<io::Error> {
        let (_, error) = self.failed.first()?;
        let deaf = self.sockets.addresses().next().is_none();
        deaf.then(|| io::Error::new(error.kind(), error.to_string()))
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

    /// Whether whoever sent a beacon can be talked to: a socket bound to the
    /// loopback reaches nobody else.
    pub fn reaches(&self, from: SocketAddr) -> bool {
        !self.bind.is_loopback() || from.ip().is_loopback()
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
