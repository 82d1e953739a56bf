//! The peers that are there: by name and by address, and until when.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use super::peer::Peer;
use super::routes::{Heard, QUIET};
use crate::ids::PeerId;
use crate::time::Timestamp;

/// A peer that is silent for this long is gone.
const EXPIRY: Duration = Duration::from_secs(15);
/// Whoever is called this much later than asked was asleep...
const LATE: Duration = Duration::from_millis(500);
/// ... and could hear nobody: silence counts for nothing until this long after.
const GRACE: Duration = Duration::from_secs(3);
/// Most peers; beacons of more are ignored.
const MAX_PEERS: usize = 4096;
/// Most peers that are neither near nor asked for: they came by themselves, and
/// may come from anywhere.
const MAX_GUESTS: usize = 256;
/// Most catalog pages in all: about 100 MB. Who is here keeps what it has, and a
/// catalog for which no room is left is not fetched until there is.
const MAX_PAGES: usize = 30_000;
/// Most of these for peers that came by themselves.
const MAX_GUEST_PAGES: usize = 5_000;

/// How a peer came to be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// It named us, and proved its address.
    Guest,
    /// We named it.
    Asked,
    /// By its beacons, so it is near; they come once a second.
    Beacon,
}

/// The table.
#[derive(Default)]
pub struct Peers {
    all: BTreeMap<PeerId, Peer>,
    /// Who uses which address.
    by_address: BTreeMap<SocketAddr, PeerId>,
    /// When we wanted to be called next.
    awaited: Option<Timestamp>,
    /// We have been awake since then.
    awake: Timestamp,
}

/// What came of meeting a peer.
pub struct Met<'a> {
    /// The peer, if this is where it is talked to.
    pub peer: Option<&'a mut Peer>,
    /// Whether there are other peers now, or other addresses.
    pub changed: bool,
}

impl Peers {
    /// Time comes with every call; a jump shows that we slept.
    pub fn notice(&mut self, now: Timestamp) {
        if self.awaited.take_if(|at| now.since(*at) > LATE).is_some() {
            self.awake = now;
        }
    }

    /// We want to be called at this time.
    pub fn awaited(&mut self, at: Timestamp) {
        self.awaited = Some(at);
    }

    pub fn len(&self) -> usize {
        self.all.len()
    }

    pub fn iter(&self) -> impl Iterator<Item = &Peer> {
        self.all.values()
    }

    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Peer> {
        self.all.values_mut()
    }

    pub fn get(&self, id: PeerId) -> Option<&Peer> {
        self.all.get(&id)
    }

    pub fn get_mut(&mut self, id: PeerId) -> Option<&mut Peer> {
        self.all.get_mut(&id)
    }

    /// The peer that is talked to at this address.
    pub fn at(&mut self, address: SocketAddr) -> Option<&mut Peer> {
        self.all.get_mut(self.by_address.get(&address)?)
    }

    /// Something came from this address.
    pub fn heard(&mut self, now: Timestamp, from: SocketAddr) {
        let awake = self.awake;
        if let Some(peer) = self.at(from) {
            peer.routes.hear(now, awake, from);
            peer.unanswered = 0;
        }
    }

    /// The peer of this id says that it is at this address.
    pub fn meet(&mut self, now: Timestamp, id: PeerId, address: SocketAddr, way: Way) -> Met<'_> {
        let mut changed = false;
        let mut heard = Heard::Same;
        if let Some(peer) = self.all.get_mut(&id) {
            let before = peer.address();
            heard = peer.routes.hear(now, self.awake, address);
            if heard == Heard::Moved {
                peer.moved(now);
                self.by_address.remove(&before);
                changed = true;
            }
        } else if self.has_room(way) {
            self.all.insert(id, Peer::new(now, id, address, way));
            changed = true;
        } else {
            heard = Heard::Elsewhere;
        }
        if matches!(heard, Heard::Elsewhere | Heard::Found) {
            changed |= heard == Heard::Found; // sessions may need it
            let peer = None;
            return Met { peer, changed };
        }
        // Whoever had this address before (a program that was restarted) is gone.
        if let Some(before) = self.by_address.insert(address, id)
            && before != id
        {
            self.all.remove(&before);
            changed = true;
        }
        changed |= self.drop_predecessors(now, id, address);
        let mut peer = self.all.get_mut(&id);
        if let Some(peer) = &mut peer {
            peer.way = peer.way.max(way);
        }
        Met { peer, changed }
    }

    fn has_room(&self, way: Way) -> bool {
        let is_guest = |peer: &&Peer| peer.way == Way::Guest;
        let guests = || self.all.values().filter(is_guest).count();
        self.all.len() < MAX_PEERS && (way != Way::Guest || guests() < MAX_GUESTS)
    }

    /// How many pages the catalog of this peer may take.
    pub fn room_for(&self, id: PeerId) -> usize {
        let others = || self.all.values().filter(|peer| peer.id != id);
        let room = MAX_PAGES.saturating_sub(others().map(Peer::page_count).sum());
        let is_guest = |peer: &&Peer| peer.way == Way::Guest;
        if !self.all.get(&id).as_ref().is_some_and(is_guest) {
            return room;
        }
        let guests = others().filter(is_guest).map(Peer::page_count);
        room.min(MAX_GUEST_PAGES.saturating_sub(guests.sum()))
    }

    /// A program that was restarted at another port said no goodbye: its beacons
    /// fell silent before the new one's began.
    fn drop_predecessors(&mut self, now: Timestamp, id: PeerId, address: SocketAddr) -> bool {
        let Some(met) = self.all.get(&id).map(|peer| peer.met) else {
            return false;
        };
        let (mut low, mut high) = (address, address);
        low.set_port(0);
        high.set_port(u16::MAX);
        let neighbours = self.by_address.range(low..=high);
        let is_before = |peer: &Peer| {
            let last = peer.routes.last_heard();
            peer.way == Way::Beacon && last < met && now.since(last.max(self.awake)) > QUIET
        };
        let gone: Vec<_> = neighbours
            .filter(|&(_, other)| self.all.get(other).is_some_and(is_before))
            .map(|(_, &other)| other)
            .collect();
        for &other in &gone {
            self.remove(other);
        }
        !gone.is_empty()
    }

    pub fn remove(&mut self, id: PeerId) {
        if let Some(peer) = self.all.remove(&id) {
            self.by_address.remove(&peer.address());
        }
    }

    /// Drops the silent; answers whether there were any.
    pub fn expire(&mut self, now: Timestamp) -> bool {
        let gone: Vec<_> = self
            .all
            .values()
            .filter(|peer| self.expiry(peer) <= now)
            .map(|peer| peer.id)
            .collect();
        for &id in &gone {
            self.remove(id);
        }
        !gone.is_empty()
    }

    /// Talks to peers that do not answer at another of their addresses. Answers
    /// whether any has one.
    pub fn leave_dumb_addresses(&mut self, now: Timestamp) -> bool {
        let mut moved = Vec::new();
        for peer in self.all.values_mut() {
            let before = peer.address();
            if peer.gives_up_address(now) {
                moved.push((before, peer.address(), peer.id));
            }
        }
        // All leave before any arrives: one may take the place of another.
        for (before, ..) in &moved {
            self.by_address.remove(before);
        }
        for &(_, after, id) in &moved {
            if let Some(other) = self.by_address.insert(after, id) {
                self.all.remove(&other);
            }
        }
        !moved.is_empty()
    }

    pub fn next_timer(&self) -> Timestamp {
        self.all
            .values()
            .map(|peer| peer.next_timer().min(self.expiry(peer)))
            .min()
            .unwrap_or(Timestamp::NEVER)
    }

    fn expiry(&self, peer: &Peer) -> Timestamp {
        let silent = peer.routes.last_heard() + EXPIRY;
        if self.awake == Timestamp::ZERO {
            silent
        } else {
            silent.max(self.awake + GRACE)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_that_leave_for_each_others_address_are_both_found_there() {
        let [here, there]: [SocketAddr; 2] =
            ["10.0.0.1:1", "10.0.0.2:1"].map(|a| a.parse().unwrap());
        let now = Timestamp::ZERO + Duration::from_secs(1);
        let mut peers = Peers::default();
        for (id, address) in [(1, here), (2, there), (1, there), (2, here)] {
            peers.meet(now, PeerId(id), address, Way::Beacon);
        }
        for peer in peers.iter_mut() {
            peer.unanswered = 3;
        }
        assert!(peers.leave_dumb_addresses(now));
        assert_eq!(peers.len(), 2);
        assert_eq!(peers.at(there).map(|peer| peer.id), Some(PeerId(1)));
        assert_eq!(peers.at(here).map(|peer| peer.id), Some(PeerId(2)));
    }
}
