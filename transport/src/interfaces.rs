//! The network interfaces of this machine, and word of their changes.

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV6};
use std::time::SystemTime;

use if_addrs::{IfAddr, Ifv4Addr};
use tokio::sync::mpsc::UnboundedSender;
use tokio::task::spawn_blocking;
use tokio::time::{Duration, Instant, sleep};

use crate::driver::News;
use crate::sockets::BEACON_GROUP;

/// How often the interfaces are listed. Not every system tells of every change.
const LOOK: Duration = Duration::from_secs(1);
/// Whoever looks this much later than meant was asleep.
const SLEPT: Duration = Duration::from_secs(3);

/// One interface and all its addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface {
    pub name: String,
    /// The system's number of it; 0 where it has none.
    pub index: u32,
    pub up: bool,
    pub addresses: Vec<InterfaceAddress>,
}

/// One address of an interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InterfaceAddress {
    pub ip: IpAddr,
    /// Bits of `ip` that all neighbours share.
    pub prefix_bits: u8,
    /// Where a datagram reaches all IPv4 neighbours.
    pub broadcast: Option<Ipv4Addr>,
}

impl Interface {
    pub fn is_loopback(&self) -> bool {
        self.addresses
            .iter()
            .any(|address| address.ip.is_loopback())
    }

    /// Where beacons go on this interface, from a socket bound to `bind`.
    pub fn beacon_addresses(&self, bind: IpAddr, port: u16) -> Vec<SocketAddr> {
        if !self.up {
            return Vec::new();
        }
        let usable = |address: &&InterfaceAddress| {
            bind.is_unspecified() && (bind.is_ipv6() || address.ip.is_ipv4()) || address.ip == bind
        };
        let mut all: Vec<_> = self
            .addresses
            .iter()
            .filter(usable)
            .filter_map(|address| match address.ip {
                IpAddr::V4(_) => Some(SocketAddr::new(address.broadcast?.into(), port)),
                // Where a loopback knows multicast, it has an address of its link,
                // too. Elsewhere programs of one host meet by IPv4.
                IpAddr::V6(ip) if ip.is_loopback() => None,
                IpAddr::V6(_) => Some(SocketAddrV6::new(BEACON_GROUP, port, 0, self.index).into()),
            })
            .collect();
        all.sort();
        all.dedup();
        all
    }
}

impl InterfaceAddress {
    /// Whether another address is in the same subnet.
    pub fn is_near(&self, other: IpAddr) -> bool {
        let differ = match (self.ip, other) {
            (IpAddr::V4(a), IpAddr::V4(b)) => (a.to_bits() ^ b.to_bits()).leading_zeros(),
            (IpAddr::V6(a), IpAddr::V6(b)) => (a.to_bits() ^ b.to_bits()).leading_zeros(),
            _ => return false,
        };
        differ >= self.prefix_bits.into()
    }
}

/// All interfaces that have addresses: loopback first, then by number. This may
/// take a while on a machine with many.
///
/// # Errors
/// What the system says when it cannot tell.
pub fn list() -> io::Result<Vec<Interface>> {
    let found = if_addrs::get_if_addrs()?;
    let mut interfaces = BTreeMap::new();
    for one in found {
        let index = one.index.unwrap_or(0);
        let address = match &one.addr {
            IfAddr::V4(v4) => InterfaceAddress {
                ip: v4.ip.into(),
                prefix_bits: prefix_bits(v4.netmask),
                broadcast: broadcast(v4, one.is_p2p),
            },
            IfAddr::V6(v6) => InterfaceAddress {
                ip: v6.ip.into(),
                prefix_bits: v6.netmask.to_bits().leading_ones() as u8,
                broadcast: None,
            },
        };
        let interface = interfaces
            .entry((!one.is_loopback(), index, one.name.clone()))
            .or_insert_with(|| Interface {
                name: one.name.clone(),
                index,
                up: one.is_oper_up(),
                addresses: Vec::new(),
            });
        interface.addresses.push(address);
    }
    Ok(interfaces.into_values().collect())
}

fn prefix_bits(netmask: Ipv4Addr) -> u8 {
    netmask.to_bits().leading_ones() as u8
}

/// Whether or not the interface was told one, the last address of the subnet
/// reaches all of it.
fn broadcast(v4: &Ifv4Addr, is_p2p: bool) -> Option<Ipv4Addr> {
    let last = Ipv4Addr::from_bits(v4.ip.to_bits() | !v4.netmask.to_bits());
    if v4.ip.is_loopback() {
        Some(last)
    } else if is_p2p || prefix_bits(v4.netmask) > 30 {
        None
    } else {
        // What getifaddrs tells of an address without one may be the address.
        v4.broadcast.filter(|told| *told != v4.ip).or(Some(last))
    }
}

/// The interfaces as they were when they could be listed last.
#[derive(Default)]
pub struct Known {
    interfaces: Vec<Interface>,
    /// It was said that they cannot be listed.
    failing: bool,
}

impl Known {
    /// Takes a new list; answers it if it is another. A failure says nothing of
    /// the interfaces: those that were there are taken to be there still.
    pub fn update(&mut self, listed: io::Result<Vec<Interface>>) -> Option<Vec<Interface>> {
        match listed {
            Ok(listed) => {
                if std::mem::take(&mut self.failing) {
                    tracing::info!("the network interfaces can be listed again");
                }
                (listed != self.interfaces).then(|| {
                    self.interfaces.clone_from(&listed);
                    listed
                })
            }
            Err(error) => {
                if !std::mem::replace(&mut self.failing, true) {
                    tracing::warn!(
                        "cannot list the network interfaces: {error}. Those known so far \
                         are used; it is tried again each second"
                    );
                }
                None
            }
        }
    }
}

/// What a look around shows.
pub struct Look {
    /// The interfaces, if they changed since the last look.
    pub changed: Option<Vec<Interface>>,
    /// The machine, or this program, was asleep since then.
    pub woke: bool,
}

/// Looks around once a second, beside the network's thread, until nobody
/// listens.
pub async fn watch(mut known: Known, tell: UnboundedSender<News>) {
    loop {
        // The one may stand still in sleep, the other does not.
        let (awake, wall) = (Instant::now(), SystemTime::now());
        sleep(LOOK).await;
        let Ok(listed) = spawn_blocking(list).await else {
            return;
        };
        let passed = wall.elapsed().unwrap_or_default().max(awake.elapsed());
        let look = Look {
            changed: known.update(listed),
            woke: passed > LOOK + SLEPT,
        };
        if tell.send(News::Look(look)).is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interface(addresses: &[(&str, u8, Option<&str>)]) -> Interface {
        let address = |&(ip, prefix_bits, broadcast): &(&str, u8, Option<&str>)| InterfaceAddress {
            ip: ip.parse().unwrap(),
            prefix_bits,
            broadcast: broadcast.map(|ip| ip.parse().unwrap()),
        };
        Interface {
            name: "eth0".into(),
            index: 7,
            up: true,
            addresses: addresses.iter().map(address).collect(),
        }
    }

    fn targets(interface: &Interface, bind: &str) -> Vec<String> {
        interface
            .beacon_addresses(bind.parse().unwrap(), 12000)
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn beacons_go_to_each_subnet_and_once_to_the_group() {
        let both = interface(&[
            ("10.0.0.5", 24, Some("10.0.0.255")),
            ("fe80::5", 64, None),
            ("fd00::5", 64, None),
        ]);
        let group = format!("[{BEACON_GROUP}%7]:12000");
        assert_eq!(targets(&both, "::"), ["10.0.0.255:12000", &group]);
        assert_eq!(targets(&both, "0.0.0.0"), ["10.0.0.255:12000"]);
        assert_eq!(targets(&both, "fd00::5"), [group]);
        assert_eq!(targets(&both, "10.0.0.6"), [""; 0]);
        let down = Interface { up: false, ..both };
        assert_eq!(targets(&down, "::"), [""; 0]);
    }

    #[test]
    fn neighbours_share_the_subnet() {
        let near = |of: &str, bits, ip: &str| {
            let interface = interface(&[(of, bits, None)]);
            interface.addresses[0].is_near(ip.parse().unwrap())
        };
        assert!(near("10.0.0.5", 24, "10.0.0.200"));
        assert!(!near("10.0.0.5", 24, "10.0.1.5"));
        assert!(near("fe80::5", 64, "fe80::9"));
        assert!(!near("10.0.0.5", 0, "fe80::9"));
    }

    #[test]
    fn a_list_that_fails_changes_nothing() {
        let mut known = Known::default();
        let failure = || Err(io::ErrorKind::OutOfMemory.into());
        assert_eq!(known.update(failure()), None);
        assert!(known.failing, "said once");
        let all = vec![interface(&[("10.0.0.5", 24, None)])];
        assert_eq!(known.update(Ok(all.clone())), Some(all.clone()));
        assert_eq!(known.update(failure()), None);
        assert_eq!(known.update(failure()), None);
        assert_eq!(known.update(Ok(all)), None, "the same as before");
        assert_eq!(
            known.update(Ok(Vec::new())),
            Some(Vec::new()),
            "really gone"
        );
    }

    #[test]
    fn this_machine_has_a_loopback_that_hears_broadcasts() {
        let all = list().unwrap();
        let loopback = all.iter().find(|one| one.is_loopback()).unwrap();
        assert!(targets(loopback, "::").contains(&"127.255.255.255:12000".to_owned()));
    }
}
