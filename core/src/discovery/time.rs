//! What discovery does as time passes: beacons, questions, and forgetting.

use std::time::Duration;

use super::{Discovery, DiscoveryOutput, peer};
use crate::time::Timestamp;
use crate::wire::{CatalogPart, CatalogRequest, Message};

/// A beacon each.
const BEACON: Duration = Duration::from_secs(1);
/// After a goodbye, beacons that were on their way are no news for this long.
const GOODBYE: Duration = Duration::from_secs(3);

impl Discovery {
    pub(super) fn on_time(&mut self, now: Timestamp) {
        if self.next_beacon <= now {
            self.next_beacon = now + BEACON;
            let announce = self.announce(false);
            self.outputs
                .push_back(DiscoveryOutput::Broadcast(announce.clone()));
            let found: Vec<_> = self.statics.found().collect();
            for to in found {
                self.transmit(to, announce.clone());
            }
        }
        self.left.retain(|_, at| now.since(*at) < GOODBYE);
        let expired = self.peers.expire(now);
        let moved = self.peers.leave_dumb_addresses(now);
        if expired || moved {
            self.changed();
        }
        if self.proofs.told() > self.peers.len() + self.statics.len() {
            let peers = self.peers.iter().map(peer::Peer::address);
            let known = peers.chain(self.statics.addresses()).collect();
            self.proofs.retain(&known);
        }
        let knocks = self.statics.knocks(now).into_iter();
        let mut asks: Vec<_> = knocks
            .map(|address| (address, CatalogPart::Index { first: 0 }))
            .collect();
        for peer in self.peers.iter_mut() {
            let address = peer.address();
            asks.extend(peer.asks(now).into_iter().map(|part| (address, part)));
        }
        for (address, part) in asks {
            let request = CatalogRequest {
                peer: self.me,
                token: self.proofs.token_of(address),
                part,
            };
            self.transmit(address, Message::CatalogRequest(request));
        }
    }

    pub(super) fn next_timer(&self) -> Timestamp {
        self.next_beacon
            .min(self.statics.next_timer())
            .min(self.peers.next_timer())
    }
}
