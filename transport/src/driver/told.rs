//! What happens on the network, for the log: who comes and goes, and how many
//! listen.

use std::collections::{BTreeMap, BTreeSet};

use segue_core::ids::PeerId;
use segue_core::node::Node;

/// What was told last.
#[derive(Default)]
pub struct Told {
    /// Each peer, and whether its catalog was complete.
    peers: BTreeMap<PeerId, bool>,
    left_out: BTreeSet<PeerId>,
    listeners: usize,
}

impl Told {
    /// Something changed about peers.
    pub fn of_peers(&mut self, node: &Node) {
        let mut now = BTreeMap::new();
        for (peer, address, complete) in node.discovery().peers() {
            match self.peers.get(&peer) {
                None => tracing::info!("{address} is there"),
                Some(false) if complete => tracing::info!("the catalog of {address} is here"),
                Some(_) => {}
            }
            now.insert(peer, complete);
        }
        let gone = self.peers.keys().filter(|peer| !now.contains_key(peer));
        let gone = gone.count();
        if gone > 0 {
            tracing::info!("{gone} gone, {} peers left", now.len());
        }
        self.peers = now;
        let left_out: BTreeSet<_> = node.discovery().left_out().collect();
        for peer in left_out.difference(&self.left_out) {
            let at = node.discovery().addresses(*peer);
            tracing::warn!("no room for the catalog of {at:?}: its tracks are not listed");
        }
        self.left_out = left_out;
    }

    /// To be asked often: it tells when the number of listeners changed.
    pub fn of_listeners(&mut self, node: &Node) {
        let now = node.listeners();
        if now != self.listeners {
            tracing::info!("sessions served now: {now}");
            self.listeners = now;
        }
    }
}
