//! Real datagrams through a network model: loss and delay made on purpose, at
//! this machine, on top of what the network does.

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
    network: Option<Network<Cargo>>,
    applies_to: AppliesTo,
    links: LruCache<SocketAddr, u32>,
}

impl Path {
    pub fn new(models: NetworkModels) -> Self {
        let NetworkModels { models, applies_to } = models;
        Self {
            network: (!models.is_empty()).then(|| Network::new(models)),
            applies_to,
            links: LruCache::new(MAX_LINKS),
        }
    }

    /// Whether a datagram with this message goes through the models.
    pub fn concerns(&self, message: &Message, incoming: bool) -> bool {
        let is_media = incoming && matches!(message, Message::Media(_));
        self.network.is_some() && (is_media || self.applies_to == AppliesTo::All)
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
        if let Some(network) = &mut self.network {
            network.send(now, transit, cargo);
            for (stage, fault) in network.take_faults() {
                tracing::error!(
                    "network model {} failed: {fault}; it is left out",
                    stage + 1
                );
            }
        }
    }

    fn link(&mut self, peer: SocketAddr) -> u32 {
        if let Some(&link) = self.links.get(&peer) {
            return link;
        }
        let next = self.links.len() as u32;
        let link = if self.links.len() < MAX_LINKS.get() {
            next
        } else {
            self.links.pop_lru().map_or(next, |(_, link)| link)
        };
        self.links.put(peer, link);
        link
    }

    /// The next datagram that has come through.
    pub fn poll(&mut self, now: Timestamp) -> Option<Cargo> {
        self.network.as_mut()?.poll(now).map(|(_, _, cargo)| cargo)
    }

    /// When the next one comes through.
    pub fn next_at(&self) -> Timestamp {
        self.network
            .as_ref()
            .map_or(Timestamp::NEVER, Network::next_at)
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
