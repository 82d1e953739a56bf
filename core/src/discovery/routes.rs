//! Where one peer was heard, and which of its addresses is used.
//!
//! Several interfaces and both families of addresses may reach it. It keeps the
//! one it was met at for as long as that works.

use std::net::SocketAddr;
use std::time::Duration;

use crate::time::Timestamp;

/// An address from which three beacons did not come is left for another.
pub const QUIET: Duration = Duration::from_secs(3);
/// Most addresses kept beside the one in use.
const MAX_OTHERS: usize = 8;

/// The addresses of one peer.
pub struct Routes {
    used: Route,
    /// The one tried longest ago comes first.
    others: Vec<Route>,
}

#[derive(Clone, Copy)]
struct Route {
    address: SocketAddr,
    heard: Timestamp,
}

/// What it means that a peer was heard at an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// It is where it was.
    Same,
    /// Its old address is silent: from now on it is here.
    Moved,
    /// It is here, too; or somebody uses its name.
    Elsewhere,
    /// The same, for the first time.
    Found,
}

impl Routes {
    pub fn new(now: Timestamp, address: SocketAddr) -> Self {
        let heard = now;
        Self {
            used: Route { address, heard },
            others: Vec::new(),
        }
    }

    /// The address in use.
    pub fn address(&self) -> SocketAddr {
        self.used.address
    }

    /// When something last came from the address in use.
    pub fn last_heard(&self) -> Timestamp {
        self.used.heard
    }

    /// All addresses, the one in use first.
    pub fn all(&self) -> impl Iterator<Item = SocketAddr> + '_ {
        std::iter::once(self.used.address).chain(self.others())
    }

    /// Those that are not in use.
    pub fn others(&self) -> impl Iterator<Item = SocketAddr> + '_ {
        self.others.iter().map(|route| route.address)
    }

    /// Something came from this address. Nobody could be heard before `awake`.
    pub fn hear(&mut self, now: Timestamp, awake: Timestamp, address: SocketAddr) -> Heard {
        if self.used.address == address {
            self.used.heard = now;
            return Heard::Same;
        }
        let heard = now;
        let known = self.others.len();
        self.others.retain(|route| route.address != address);
        let is_new = known == self.others.len();
        if now.since(self.used.heard.max(awake)) > QUIET {
            self.keep(self.used);
            self.used = Route { address, heard };
            return Heard::Moved;
        }
        self.keep(Route { address, heard });
        if is_new {
            Heard::Found
        } else {
            Heard::Elsewhere
        }
    }

    /// The address in use does not answer: takes another from which something
    /// came lately. Answers whether there is one.
    pub fn turn(&mut self, now: Timestamp) -> bool {
        let fresh = |route: &Route| now.since(route.heard) <= QUIET;
        let Some(at) = self.others.iter().position(fresh) else {
            return false;
        };
        let before = std::mem::replace(&mut self.used, self.others[at]);
        self.others.remove(at);
        self.others.push(before);
        true
    }

    fn keep(&mut self, route: Route) {
        if self.others.len() >= MAX_OTHERS {
            let oldest = (0..self.others.len()).min_by_key(|&at| self.others[at].heard);
            self.others.remove(oldest.unwrap_or(0));
        }
        self.others.push(route);
    }
}
