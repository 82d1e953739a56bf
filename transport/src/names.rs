//! Peers as people name them: HOST:PORT.

use std::fmt;
use std::io;
use std::net::{Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::str::FromStr;

/// A peer as people name it: `HOST:PORT`, `192.168.1.5:4021`,
/// `[2001:db8::5]:4021`, or `[fe80::5%eth0]:4021` for one on a link.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PeerName {
    host: String,
    port: u16,
}

/// Some text names no peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PeerNameError {
    /// There is no port.
    #[error("it has no port")]
    NoPort,
    /// The port is none.
    #[error("its port is not a number from 1 to 65535")]
    Port,
    /// Colons of an address look like that of a port.
    #[error("an IPv6 address stands in brackets, as in [2001:db8::5]:4021")]
    Brackets,
    /// There is no host.
    #[error("it has no host")]
    NoHost,
    /// An address of a link, but which link?
    #[error("an address of a link needs its interface, as in [fe80::5%eth0]:4021")]
    NoScope,
}

impl FromStr for PeerName {
    type Err = PeerNameError;

    fn from_str(text: &str) -> Result<Self, PeerNameError> {
        let (host, port) = text.rsplit_once(':').ok_or(PeerNameError::NoPort)?;
        let inner = host
            .strip_prefix('[')
            .map(|rest| rest.strip_suffix(']').ok_or(PeerNameError::Brackets))
            .transpose()?;
        if inner.is_none() && host.contains(':') {
            return Err(PeerNameError::Brackets);
        }
        let host = inner.unwrap_or(host);
        if host.is_empty() {
            return Err(PeerNameError::NoHost);
        }
        let on_link = host
            .parse()
            .is_ok_and(|ip: Ipv6Addr| ip.is_unicast_link_local());
        if on_link {
            return Err(PeerNameError::NoScope);
        }
        let port = port.parse().ok().filter(|&port| port != 0);
        Ok(Self {
            host: host.to_owned(),
            port: port.ok_or(PeerNameError::Port)?,
        })
    }
}

impl From<SocketAddr> for PeerName {
    fn from(address: SocketAddr) -> Self {
        let scope = match address {
            SocketAddr::V6(v6) if v6.scope_id() != 0 => format!("%{}", v6.scope_id()),
            _ => String::new(),
        };
        Self {
            host: format!("{}{scope}", address.ip()),
            port: address.port(),
        }
    }
}

impl fmt::Display for PeerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port } = self;
        if host.contains(':') {
            write!(f, "[{host}]:{port}")
        } else {
            write!(f, "{host}:{port}")
        }
    }
}

impl PeerName {
    /// What it stands for now, at least one address. This asks the system's
    /// resolver, which may take seconds.
    pub fn resolve(&self) -> io::Result<Vec<SocketAddr>> {
        let mut addresses = Vec::new();
        for address in (self.host.as_str(), self.port).to_socket_addrs()? {
            let address = crate::sockets::canonical(address);
            if !addresses.contains(&address) {
                addresses.push(address);
            }
        }
        if addresses.is_empty() {
            let text = "it has no address";
            return Err(io::Error::new(io::ErrorKind::NotFound, text));
        }
        Ok(addresses)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_addresses_are_read_and_written_alike() {
        for text in [
            "kitchen:4021",
            "10.0.0.5:1",
            "[2001:db8::5]:4021",
            "[fe80::5%eth0]:65535",
        ] {
            let name: PeerName = text.parse().unwrap();
            assert_eq!(name.to_string(), text);
        }
        let address: SocketAddr = "[fe80::5%3]:70".parse().unwrap();
        assert_eq!(PeerName::from(address).to_string(), "[fe80::5%3]:70");
    }

    #[test]
    fn what_names_no_peer_is_refused_with_the_reason() {
        for (text, reason) in [
            ("kitchen", PeerNameError::NoPort),
            ("kitchen:", PeerNameError::Port),
            ("kitchen:0", PeerNameError::Port),
            ("kitchen:65536", PeerNameError::Port),
            (":4021", PeerNameError::NoHost),
            ("2001:db8::5:4021", PeerNameError::Brackets),
            ("[2001:db8::5:4021", PeerNameError::Brackets),
            ("[fe80::5]:4021", PeerNameError::NoScope),
        ] {
            assert_eq!(text.parse::<PeerName>(), Err(reason), "{text}");
        }
    }

    #[test]
    fn addresses_stand_for_themselves() {
        for text in ["127.0.0.1:5", "[::1]:5", "[fe80::5%1]:7"] {
            let name: PeerName = text.parse().unwrap();
            assert_eq!(name.resolve().unwrap(), [text.parse().unwrap()]);
        }
    }
}
