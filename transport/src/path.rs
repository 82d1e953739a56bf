//! Real datagrams through a network model: loss and delay made on purpose, at
//! this machine, on top of what the network does.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::sync::Arc;

use lru::LruCache;
pub use segue_core::network::AppliesTo;
use segue_core::network::{Network, Transit};
use segue_core::time::Timestamp;
use segue_core::wire::Message;
use segue_policy::{Direction, Traffic, host};

/// Network models in a row, and what they apply to.
#[derive(Default)]
pub struct NetworkModels {
    /// The models; none leaves the network as it is.
    pub models: Vec<Box<dyn host::Network>>,
    /// What they apply to.
    pub applies_to: AppliesTo,
    /// What is laid down of the links to some peers.
    pub links: BTreeMap<SocketAddr, Link>,
}

/// A link to a peer, as network models are to see it.
#[derive(Default)]
pub struct Link {
    /// Its number. Others get the numbers above the highest, as they come.
    pub number: u32,
    /// Models of its own instead of the common ones.
    pub models: Option<Vec<Box<dyn host::Network>>>,
}

/// A datagram on its way.
#[derive(Clone)]
pub enum Cargo {
    /// To be sent.
    Out {
        to: SocketAddr,
        traffic: Traffic,
        datagram: Arc<[u8]>,
    },
    /// Received.
    In {
        from: SocketAddr,
        message: Message,
        payload: Arc<[u8]>,
        bytes: usize,
    },
}

/// Most links with a weather of their own; the one not used for longest gives
/// its own to the next.
const MAX_LINKS: NonZeroUsize = NonZeroUsize::new(1024).expect("not zero");

/// The models at work.
pub struct Path {
    /// The common network, then those of links that have one of their own.
    networks: Vec<Network<Cargo>>,
    own: BTreeMap<SocketAddr, usize>,
    is_modelled: bool,
    applies_to: AppliesTo,
    links: LruCache<SocketAddr, u32>,
    next_link: u32,
    faults: Vec<String>,
}

impl Path {
    pub fn new(models: NetworkModels) -> Self {
        let NetworkModels {
            models,
            applies_to,
            links,
        } = models;
        let mut path = Self {
            is_modelled: !models.is_empty(),
            networks: vec![Network::new(models)],
            own: BTreeMap::new(),
            applies_to,
            links: LruCache::new(MAX_LINKS),
            next_link: 0,
            faults: Vec::new(),
        };
        for (peer, link) in links {
            path.links.put(peer, link.number);
            path.next_link = path.next_link.max(link.number.saturating_add(1));
            if let Some(models) = link.models {
                path.is_modelled |= !models.is_empty();
                path.own.insert(peer, path.networks.len());
                path.networks.push(Network::new(models));
            }
        }
        path
    }

    /// Whether a datagram with this message goes through the models.
    pub fn concerns(&self, message: &Message, incoming: bool) -> bool {
        let is_media = incoming && matches!(message, Message::Media(_));
        self.is_modelled && (is_media || self.applies_to == AppliesTo::All)
    }

    /// Models that failed, and how: they let everything pass since.
    pub fn faults(&self) -> &[String] {
        &self.faults
    }

    /// Puts a datagram in.
    pub fn send(&mut self, now: Timestamp, peer: SocketAddr, bytes: usize, cargo: Cargo) {
        let link = self.link(peer);
        let (direction, traffic) = match &cargo {
            Cargo::Out { traffic, .. } => (Direction::ToSeeder, *traffic),
            Cargo::In { message, .. } => (Direction::ToListener, message.traffic()),
        };
        let transit = Transit {
            link,
            direction,
            traffic,
            bytes: bytes as u32,
        };
        let own = self.own.get(&peer).copied().unwrap_or(0);
        let network = &mut self.networks[own];
        network.send(now, transit, cargo);
        for (stage, fault) in network.take_faults() {
            let number = stage + 1;
            tracing::error!("network model {number} failed: {fault}; it is left out");
            self.faults.push(fault.to_string());
        }
    }

    fn link(&mut self, peer: SocketAddr) -> u32 {
        if let Some(&link) = self.links.get(&peer) {
            return link;
        }
        let link = if self.links.len() < MAX_LINKS.get() {
            self.next_link += 1;
            self.next_link - 1
        } else {
            self.links.pop_lru().map_or(0, |(_, link)| link)
        };
        self.links.put(peer, link);
        link
    }

    /// The next datagram that has come through.
    pub fn poll(&mut self, now: Timestamp) -> Option<Cargo> {
        let first = self.networks.iter_mut().min_by_key(|one| one.next_at())?;
        first.poll(now).map(|(_, _, cargo)| cargo)
    }

    /// When the next one comes through.
    pub fn next_at(&self) -> Timestamp {
        let all = self.networks.iter().map(Network::next_at);
        all.min().unwrap_or(Timestamp::NEVER)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_keep_their_numbers_and_are_bounded() {
        let mut path = Path::new(NetworkModels::default());
        let address = |number: u16| SocketAddr::from(([10, 0, 0, 1], number));
        for number in 0..5000 {
            assert_eq!(path.link(address(0)), 0, "in use all the time");
            assert!(path.link(address(number)) < 1024);
        }
        assert_eq!(path.links.len(), 1024);
        assert_eq!(path.link(address(4999)), path.link(address(4999)));
        assert_ne!(path.link(address(4999)), path.link(address(4998)));
    }
}
