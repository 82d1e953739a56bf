//! Sockets and where to broadcast.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::UdpSocket;

/// Asked for; the system gives what it allows. A second of a fast stream.
const BUFFER_BYTES: usize = 4 << 20;

/// The socket for everything but beacons. Port 0: any free one.
pub fn data(address: SocketAddr) -> io::Result<UdpSocket> {
    let socket = udp(address)?;
    socket.set_broadcast(true)?;
    socket.bind(&address.into())?;
    UdpSocket::from_std(socket.into())
}

/// The socket for beacons, whose port all Segue programs of a host share.
pub fn discovery(port: u16) -> io::Result<UdpSocket> {
    let address = SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), port);
    let socket = udp(address)?;
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    UdpSocket::from_std(socket.into())
}

fn udp(address: SocketAddr) -> io::Result<Socket> {
    let socket = Socket::new(
        Domain::for_address(address),
        Type::DGRAM,
        Some(Protocol::UDP),
    )?;
    socket.set_nonblocking(true)?;
    // Best effort: small buffers lose more, and recovery makes up for it.
    let _ = socket.set_recv_buffer_size(BUFFER_BYTES);
    let _ = socket.set_send_buffer_size(BUFFER_BYTES);
    Ok(socket)
}

/// The broadcast address of every interface that is up, the loopback's too: so
/// programs of one host find each other without a network.
pub fn broadcast_addresses(bind: IpAddr, port: u16) -> Vec<SocketAddr> {
    let interfaces = if_addrs::get_if_addrs().unwrap_or_else(|error| {
        tracing::warn!("cannot list the network interfaces: {error}");
        Vec::new()
    });
    let mut addresses: Vec<SocketAddr> = interfaces
        .into_iter()
        .filter(|interface| bind.is_unspecified() || interface.ip() == bind)
        .filter_map(|interface| match interface.addr {
            if_addrs::IfAddr::V4(v4) if v4.ip.is_loopback() => {
                Some(Ipv4Addr::new(127, 255, 255, 255))
            }
            if_addrs::IfAddr::V4(v4) => v4.broadcast,
            if_addrs::IfAddr::V6(_) => None,
        })
        .map(|ip| SocketAddr::new(ip.into(), port))
        .collect();
    addresses.sort();
    addresses.dedup();
    addresses
}
