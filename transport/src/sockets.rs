//! The sockets of a node, and what each family of addresses asks of them.
//!
//! IPv4 and IPv6 have a socket each, at the same port: broadcast from a socket
//! of both families is not to be had everywhere, and so no address is ever an
//! IPv4 one in IPv6 clothes. Where IPv6 is off, IPv4 does alone.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::UdpSocket;

use crate::interfaces::Interface;

/// The group in which beacons go by IPv6: transient (nobody assigned it), to the
/// link and no further; its number is in the range that RFC 3307 leaves to such
/// groups, and spells `Segu` with the first bit set.
pub const BEACON_GROUP: Ipv6Addr = Ipv6Addr::new(0xff12, 0, 0, 0, 0, 0, 0xd365, 0x6775);

/// Asked for; the system gives what it allows. A second of a fast stream.
const BUFFER_BYTES: usize = 4 << 20;
/// Times that a port free in both families is looked for, or a datagram behind
/// errors.
const ATTEMPTS: usize = 16;

/// A family of addresses.
#[derive(Clone, Copy, Debug)]
pub enum Family {
    V4,
    V6,
}

impl Family {
    pub const ALL: [Self; 2] = [Self::V4, Self::V6];
}

/// One socket for each family of addresses in use.
#[derive(Default)]
pub struct Sockets {
    v4: Option<UdpSocket>,
    v6: Option<UdpSocket>,
}

impl Sockets {
    /// The sockets for everything but beacons. `[::]` is every address of both
    /// families, `0.0.0.0` of IPv4 alone. Port 0: any free one.
    pub fn data(bind: SocketAddr) -> io::Result<Self> {
        if bind.ip() != Ipv6Addr::UNSPECIFIED {
            return Ok(Self::from(open(bind, data_options)?));
        }
        let mut attempts = 0;
        loop {
            attempts += 1;
            let v4 = open((Ipv4Addr::UNSPECIFIED, bind.port()).into(), data_options);
            let port = match &v4 {
                Ok(v4) => v4.local_addr()?.port(),
                Err(_) => bind.port(),
            };
            let v6 = open((Ipv6Addr::UNSPECIFIED, port).into(), data_options);
            match (v4, v6) {
                // Somebody has the port in one family: as good as in both.
                (Err(error), _) | (_, Err(error)) if error.kind() == io::ErrorKind::AddrInUse => {
                    if bind.port() != 0 || attempts >= ATTEMPTS {
                        return Err(error);
                    }
                }
                (Err(error), Err(_)) => return Err(error),
                (v4, v6) => {
                    return Ok(Self {
                        v4: v4.ok(),
                        v6: v6.ok(),
                    });
                }
            }
        }
    }

    /// The sockets for beacons, whose port all Segue programs of a host share,
    /// for the families that the data sockets have. And what went wrong.
    pub fn beacons(data: &Self, port: u16) -> (Self, Vec<(SocketAddr, io::Error)>) {
        let mut failed = Vec::new();
        let mut open_any = |wanted: bool, ip: IpAddr| {
            let address = SocketAddr::new(ip, port);
            let opened = wanted.then(|| open(address, share_port))?;
            opened.map_err(|error| failed.push((address, error))).ok()
        };
        let sockets = Self {
            v4: open_any(data.v4.is_some(), Ipv4Addr::UNSPECIFIED.into()),
            v6: open_any(data.v6.is_some(), Ipv6Addr::UNSPECIFIED.into()),
        };
        (sockets, failed)
    }

    /// The addresses that they are bound to, IPv6 first.
    pub fn addresses(&self) -> impl Iterator<Item = SocketAddr> + '_ {
        let both = self.v6.iter().chain(&self.v4);
        both.filter_map(|socket| socket.local_addr().ok())
    }

    /// Waits until something can be read; for ever without sockets.
    pub async fn readable(&self) {
        // An error shows when it is read.
        tokio::select! {
            () = readable(self.v4.as_ref()) => {}
            () = readable(self.v6.as_ref()) => {}
        }
    }

    /// A datagram that has come in one family: its length, and where from.
    pub fn try_receive(&self, family: Family, buffer: &mut [u8]) -> Option<(usize, SocketAddr)> {
        let socket = match family {
            Family::V4 => self.v4.as_ref()?,
            Family::V6 => self.v6.as_ref()?,
        };
        for _ in 0..ATTEMPTS {
            match socket.try_recv_from(buffer) {
                Ok((length, from)) => return Some((length, canonical(from))),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return None,
                // A peer's closed port comes back as an error of the next call:
                // it says nothing about the others.
                Err(error) => tracing::debug!("receiving: {error}"),
            }
        }
        None
    }

    /// Sends a datagram from the socket of its family.
    pub async fn send(&self, to: SocketAddr, datagram: &[u8]) -> io::Result<()> {
        let socket = if to.is_ipv4() { &self.v4 } else { &self.v6 };
        let Some(socket) = socket else {
            let family = if to.is_ipv4() { "IPv4" } else { "IPv6" };
            let text = format!("no {family} socket here");
            return Err(io::Error::new(io::ErrorKind::Unsupported, text));
        };
        socket.send_to(datagram, to).await.map(drop)
    }

    /// Joins the beacons' group on every interface, the new ones among them.
    pub fn join(&self, interfaces: &[Interface]) {
        let Some(socket) = &self.v6 else {
            return;
        };
        let has_v6 = |one: &&Interface| one.addresses.iter().any(|address| address.ip.is_ipv6());
        for interface in interfaces.iter().filter(has_v6) {
            match socket.join_multicast_v6(&BEACON_GROUP, interface.index) {
                Ok(()) => tracing::debug!("hearing IPv6 beacons on {}", interface.name),
                Err(error) if error.kind() == io::ErrorKind::AddrInUse => {} // joined before
                Err(error) => {
                    tracing::debug!("cannot hear IPv6 beacons on {}: {error}", interface.name)
                }
            }
        }
    }
}

impl From<UdpSocket> for Sockets {
    fn from(socket: UdpSocket) -> Self {
        match socket.local_addr() {
            Ok(SocketAddr::V6(_)) => Self {
                v4: None,
                v6: Some(socket),
            },
            _ => Self {
                v4: Some(socket),
                v6: None,
            },
        }
    }
}

fn open(
    address: SocketAddr,
    options: impl FnOnce(&Socket) -> io::Result<()>,
) -> io::Result<UdpSocket> {
    let domain = Domain::for_address(address);
    let socket = Socket::new(domain, Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_nonblocking(true)?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    // Best effort: small buffers lose more, and recovery makes up for it.
    let _ = socket.set_recv_buffer_size(BUFFER_BYTES);
    let _ = socket.set_send_buffer_size(BUFFER_BYTES);
    options(&socket)?;
    socket.bind(&address.into())?;
    UdpSocket::from_std(socket.into())
}

fn data_options(socket: &Socket) -> io::Result<()> {
    socket.set_broadcast(true)
}

/// Lets all programs of a host hear every beacon. On Linux and Windows address
/// reuse does that, and port reuse would deal datagrams out to one of them; the
/// BSDs, macOS among them, want port reuse.
fn share_port(socket: &Socket) -> io::Result<()> {
    #[cfg(any(
        target_vendor = "apple",
        target_os = "freebsd",
        target_os = "netbsd",
        target_os = "openbsd",
        target_os = "dragonfly"
    ))]
    socket.set_reuse_port(true)?;
    socket.set_reuse_address(true)
}

/// One address has one name: a flow says nothing of where a peer is, and only
/// addresses of a link need the number of its interface.
pub fn canonical(address: SocketAddr) -> SocketAddr {
    match address {
        SocketAddr::V4(_) => address,
        SocketAddr::V6(v6) => {
            let scope = if v6.ip().is_unicast_link_local() {
                v6.scope_id()
            } else {
                0
            };
            SocketAddrV6::new(*v6.ip(), v6.port(), 0, scope).into()
        }
    }
}

async fn readable(socket: Option<&UdpSocket>) {
    match socket {
        Some(socket) => drop(socket.readable().await),
        None => std::future::pending().await,
    }
}
