//! A house full of machines: hosts on a bridge, each in a network namespace of
//! its own.
//!
//! That takes root and iproute2. Where they are missing these tests are skipped,
//! with a message; where `SEGUE_REQUIRE_NETNS` is set (as `.ci/run` does for
//! root) they fail instead.

mod host;
mod ip;

mod doctor;
mod finding;
mod losing;
mod replaced;
mod roaming;

use std::sync::atomic::{AtomicU32, Ordering};

use crate::support::report;

#[allow(unused_imports, reason = "likewise")]
pub use host::{Host, PORT, Way};

const PREFIX: &str = "segue-test-";

/// A bridge in a namespace of its own, and the hosts on it. All of it goes when
/// this is dropped.
pub struct House {
    name: String,
    lan: String,
    namespaces: Vec<String>,
    /// The bridge's ends of all cables.
    plugs: Vec<String>,
}

impl House {
    /// A house without hosts. `None`, and a message, where it cannot be built.
    pub fn build() -> Option<Self> {
        static BUILT: AtomicU32 = AtomicU32::new(0);
        let number = BUILT.fetch_add(1, Ordering::Relaxed);
        if number == 0 {
            ip::sweep(PREFIX);
        }
        let name = format!("{PREFIX}{}-{number}", std::process::id());
        let lan = format!("{name}-lan");
        if let Err(error) = ip::add_namespace(&lan) {
            ip::delete_namespace(&lan);
            let text = format!("network namespaces cannot be had: {error}");
            assert!(std::env::var_os("SEGUE_REQUIRE_NETNS").is_none(), "{text}");
            report(&format!("SKIPPED: {text}"));
            return None;
        }
        ip::batch(
            &lan,
            "link add name lan type bridge stp_state 0 mcast_snooping 0\n\
             link set dev lan up\n",
        );
        Some(Self {
            name,
            namespaces: vec![lan.clone()],
            lan,
            plugs: Vec::new(),
        })
    }

    /// A house of three: the usual case.
    pub fn of_three() -> Option<(Self, [Host; 3])> {
        let mut house = Self::build()?;
        let hosts = ["anna", "ben", "clara"].map(|name| house.host(name));
        Some((house, hosts))
    }

    /// One more machine, at 10.77.0.N and fd77::N, N counting from 1.
    pub fn host(&mut self, name: &str) -> Host {
        let number = self.plugs.len() as u8 + 1;
        let namespace = format!("{}-{name}", self.name);
        self.namespaces.push(namespace.clone());
        ip::add_namespace(&namespace).unwrap();
        let host = Host {
            namespace,
            lan: self.lan.clone(),
            plug: format!("to-{name}"),
            number,
        };
        let Host {
            namespace, plug, ..
        } = &host;
        ip::batch(
            &self.lan,
            &format!(
                "link add name {plug} type veth peer name eth0 address {} netns {namespace}\n\
                 link set dev {plug} master lan\n\
                 link set dev {plug} up\n",
                host.mac()
            ),
        );
        ip::batch(&host.namespace, "link set dev eth0 up\n");
        host.configure();
        self.plugs.push(host.plug.clone());
        host
    }

    /// From now on the bridge passes no broadcast and no multicast, as some
    /// access points do. The hosts know each other's hardware addresses, so all
    /// else goes as before.
    pub fn drop_broadcast(&self, hosts: &[&Host]) {
        for host in hosts {
            for other in hosts.iter().filter(|other| other.number != host.number) {
                let (v4, v6, mac) = (other.v4(), other.v6(), other.mac());
                ip::batch(
                    &host.namespace,
                    &format!(
                        "neighbour replace {v4} lladdr {mac} dev eth0 nud permanent\n\
                         neighbour replace {v6} lladdr {mac} dev eth0 nud permanent\n"
                    ),
                );
            }
        }
        for plug in &self.plugs {
            ip::batch(
                &self.lan,
                &format!("link set dev {plug} type bridge_slave bcast_flood off mcast_flood off\n"),
            );
        }
    }
}

impl Drop for House {
    fn drop(&mut self) {
        if std::thread::panicking() {
            for namespace in &self.namespaces {
                report(&host::state(namespace));
            }
        }
        for namespace in &self.namespaces {
            ip::delete_namespace(namespace);
        }
    }
}
