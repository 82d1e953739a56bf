//! Discovery: who is there, and what they share.
//!
//! Peers announce themselves by broadcast once a second, in a datagram whose
//! size does not depend on the share; catalogs are then fetched page by page,
//! only what changed. Peers that broadcast does not reach are named by their
//! address and asked; once they know that our address is ours, beacons go to
//! them, too, so that they find us as we found them.

mod answers;
mod fetch;
mod peer;
mod peers;
mod proofs;
mod routes;
mod statics;
mod time;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use crate::catalog::Catalog;
use crate::ids::PeerId;
use crate::time::Timestamp;
use crate::token::{Token, TokenKey};
use crate::track::{TrackId, TrackInfo};
use crate::wire::{Announce, CatalogIndex, CatalogPage, Message, PageHash, Retry};
use peers::{Peers, Way};
use proofs::Proofs;
use statics::Statics;

/// Most answers that wait to be sent; requests beyond are ignored.
const MAX_WAITING: usize = 256;

/// Tracks of one catalog page: shared, for a listing is looked at elsewhere.
pub type Page = Arc<[TrackInfo]>;
type Pages = BTreeMap<PageHash, Page>;

/// What comes out of [`Discovery`].
#[derive(Debug)]
pub enum DiscoveryOutput {
    /// Send this to one peer.
    Transmit {
        /// Where to.
        to: SocketAddr,
        /// What.
        message: Message,
    },
    /// Send this to everyone.
    Broadcast(Message),
    /// Peers or their tracks changed.
    Changed,
    /// Nothing more until then.
    WaitUntil(Timestamp),
}

/// The table of peers. See the module's documentation.
pub struct Discovery {
    me: PeerId,
    port: u16,
    tokens: TokenKey,
    catalog: Catalog,
    next_beacon: Timestamp,
    peers: Peers,
    /// Peers that said goodbye, and when: a beacon may come after it.
    left: BTreeMap<PeerId, Timestamp>,
    statics: Statics,
    proofs: Proofs,
    outputs: VecDeque<DiscoveryOutput>,
    /// Before this there is nothing to do, unless something comes.
    wake: Timestamp,
}

/// Who has a track, and how to ask them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The peer.
    pub peer: PeerId,
    /// Its data address.
    pub address: SocketAddr,
    /// Where else it was heard.
    pub others: Vec<SocketAddr>,
    /// Proof of our address for it, if it told us one.
    pub token: Token,
}

impl Discovery {
    /// Knows nobody and shares nothing. `port` is our data port.
    pub fn new(me: PeerId, port: u16, tokens: TokenKey) -> Self {
        Self {
            me,
            port,
            tokens,
            catalog: Catalog::default(),
            next_beacon: Timestamp::NEVER,
            peers: Peers::default(),
            left: BTreeMap::new(),
            statics: Statics::default(),
            proofs: Proofs::default(),
            outputs: VecDeque::new(),
            wake: Timestamp::ZERO,
        }
    }

    /// Replaces what is shared; beacons tell of it from now on.
    pub fn share(&mut self, now: Timestamp, catalog: Catalog) {
        self.wake = Timestamp::ZERO;
        self.catalog = catalog;
        self.next_beacon = now;
    }

    /// Whether a beacon of this peer is our own voice.
    pub fn is_me(&self, peer: PeerId) -> bool {
        peer == self.me
    }

    /// Whether others are told that we are here.
    pub fn is_announcing(&self) -> bool {
        self.next_beacon < Timestamp::NEVER
    }

    /// Tells of us and asks around at once: the network changed.
    pub fn announce_now(&mut self, now: Timestamp) {
        self.wake = Timestamp::ZERO;
        if self.is_announcing() {
            self.next_beacon = now;
        }
        self.statics.ask_all(now);
    }

    /// Asks a peer by address, though no broadcast of it comes.
    pub fn add_peer(&mut self, now: Timestamp, address: SocketAddr) {
        self.wake = Timestamp::ZERO;
        self.statics.add(now, address);
    }

    /// Asks a peer that has a name; these are its addresses now. The driver
    /// numbers the names, and tells again when they stand for others.
    pub fn add_named_peer(&mut self, now: Timestamp, name: u32, addresses: Vec<SocketAddr>) {
        self.wake = Timestamp::ZERO;
        self.statics.set(now, name, addresses);
    }

    /// Names whose peers have not answered for this long: they may stand for
    /// other addresses by now.
    pub fn silent_names(&self, now: Timestamp, long: Duration) -> impl Iterator<Item = u32> + '_ {
        self.statics.silent_names(now, long)
    }

    /// Says goodbye to everyone.
    pub fn leave(&mut self) {
        self.wake = Timestamp::ZERO;
        let goodbye = self.announce(true);
        let mut one_by_one: BTreeSet<_> = self.proofs.askers().collect();
        if self.is_announcing() {
            self.outputs
                .push_back(DiscoveryOutput::Broadcast(goodbye.clone()));
            self.next_beacon = Timestamp::NEVER;
            one_by_one.extend(self.statics.found());
        }
        for to in one_by_one {
            self.transmit(to, goodbye.clone());
        }
    }

    /// Takes in a message of discovery that came to our data port in a datagram
    /// of `bytes` bytes.
    pub fn handle(&mut self, now: Timestamp, from: SocketAddr, message: &Message, bytes: usize) {
        self.wake = Timestamp::ZERO;
        self.peers.notice(now);
        match message {
            Message::Announce(announce) => self.on_announce(now, from, announce),
            Message::CatalogRequest(request) => self.on_request(now, from, request, bytes),
            Message::CatalogIndex(index) => self.on_index(now, from, index),
            Message::CatalogPage(page) => self.on_page(now, from, page),
            Message::Retry(retry) if retry.session.is_none() => self.on_retry(now, from, retry),
            _ => {}
        }
    }

    /// Takes in a beacon: an announcement that came by broadcast or multicast,
    /// so from a neighbour.
    pub fn hear_beacon(&mut self, now: Timestamp, from: SocketAddr, announce: &Announce) {
        self.wake = Timestamp::ZERO;
        self.peers.notice(now);
        let mut address = from;
        address.set_port(announce.port);
        self.hear(now, address, announce, Way::Beacon);
    }

    /// Any datagram shows that a peer lives.
    pub fn heard(&mut self, now: Timestamp, from: SocketAddr) {
        self.peers.notice(now);
        self.peers.heard(now, from);
    }

    /// What to do next. To be called until it answers `WaitUntil`.
    pub fn poll(&mut self, now: Timestamp) -> DiscoveryOutput {
        if let Some(until) = self.idle_until(now) {
            return DiscoveryOutput::WaitUntil(until);
        }
        self.peers.notice(now);
        if self.outputs.is_empty() && self.wake <= now {
            self.on_time(now);
        }
        if let Some(output) = self.outputs.pop_front() {
            return output;
        }
        if self.wake <= now {
            self.wake = self.next_timer();
        }
        self.peers.awaited(self.wake);
        DiscoveryOutput::WaitUntil(self.wake)
    }

    /// Until when there is nothing to do, unless something comes; `None` if
    /// there may be something now.
    #[inline]
    pub(crate) fn idle_until(&self, now: Timestamp) -> Option<Timestamp> {
        (self.wake > now && self.outputs.is_empty()).then_some(self.wake)
    }

    /// What each peer shares, by its address. It costs little, however many
    /// tracks there are: pages are shared, not copied.
    pub fn catalogs(&self) -> impl Iterator<Item = (SocketAddr, Vec<Page>)> + '_ {
        self.peers
            .iter()
            .map(|peer| (peer.address(), peer.pages().cloned().collect()))
    }

    /// The peers that are there: id, address, and whether their catalog has come.
    pub fn peers(&self) -> impl Iterator<Item = (PeerId, SocketAddr, bool)> + '_ {
        self.peers
            .iter()
            .map(|peer| (peer.id, peer.address(), peer.is_complete()))
    }

    /// Peers whose catalogs are not fetched, because all catalogs together would
    /// take too much memory. They are looked at again while they are there.
    pub fn left_out(&self) -> impl Iterator<Item = PeerId> + '_ {
        let left_out = self.peers.iter().filter(|peer| peer.is_left_out());
        left_out.map(|peer| peer.id)
    }

    /// All addresses at which a peer was heard, the one in use first.
    pub fn addresses(&self, peer: PeerId) -> Vec<SocketAddr> {
        let peer = self.peers.get(peer);
        peer.map_or_else(Vec::new, |peer| peer.routes.all().collect())
    }

    /// Who has a track.
    pub fn sources(&self, track: TrackId) -> Vec<Source> {
        let has = |peer: &&peer::Peer| peer.has(track);
        let source = |peer: &peer::Peer| Source {
            peer: peer.id,
            address: peer.address(),
            others: peer.routes.others().collect(),
            token: self.proofs.token_of(peer.address()),
        };
        self.peers.iter().filter(has).map(source).collect()
    }

    // -- messages ----------------------------------------------------------------

    /// An announcement for us alone. Its address must be proven: else whoever
    /// forges addresses makes us ask others.
    fn on_announce(&mut self, now: Timestamp, from: SocketAddr, announce: &Announce) {
        if announce.leaving || self.proofs.is_proven(now, from) {
            self.hear(now, from, announce, Way::Guest);
        }
    }

    fn hear(&mut self, now: Timestamp, address: SocketAddr, announce: &Announce, way: Way) {
        let Announce {
            peer: id, catalog, ..
        } = *announce;
        if id == self.me {
            return; // our own voice
        }
        if announce.leaving {
            // Names are no secret: only its own address may say so.
            let known = self.peers.get(id);
            if known.is_some_and(|peer| peer.address().ip() == address.ip()) {
                self.peers.remove(id);
                self.left.insert(id, now);
                self.changed();
            }
            return;
        }
        if address.port() == 0 || self.left.contains_key(&id) {
            return;
        }
        let met = self.peers.meet(now, id, address, way);
        let news = met.peer.is_some_and(|peer| peer.announced(now, catalog));
        if met.changed || news {
            self.changed();
        }
    }

    fn on_index(&mut self, now: Timestamp, from: SocketAddr, index: &CatalogIndex) {
        // Only a peer that was asked by address may introduce itself so.
        let asked = self.statics.answered(now, from);
        if index.peer == self.me {
            return;
        }
        if asked && self.peers.meet(now, index.peer, from, Way::Asked).changed {
            self.changed();
        }
        let room = self.peers.room_for(index.peer);
        let peer = self.peers.get_mut(index.peer);
        let news = peer
            .filter(|peer| peer.address() == from)
            .is_some_and(|peer| peer.on_index(now, index, room));
        if news {
            self.changed();
        }
    }

    fn on_page(&mut self, now: Timestamp, from: SocketAddr, page: &CatalogPage) {
        let peer = self.peers.at(from);
        if peer.is_some_and(|peer| peer.on_page(now, &page.bytes)) {
            self.changed();
        }
    }

    fn on_retry(&mut self, now: Timestamp, from: SocketAddr, retry: &Retry) {
        let Some(at_once) = self.proofs.is_new(now, from, retry.token) else {
            return;
        };
        let is_static = self.statics.contains(from);
        let peer = self.peers.at(from);
        if !is_static && peer.is_none() {
            return;
        }
        if let Some(peer) = peer {
            peer.answered(now, at_once);
        }
        if at_once {
            self.statics.ask_again(now, from);
        }
        self.proofs.learn(now, from, retry.token);
    }

    fn changed(&mut self) {
        self.outputs.push_back(DiscoveryOutput::Changed);
    }

    fn announce(&self, leaving: bool) -> Message {
        Message::Announce(Announce {
            peer: self.me,
            port: self.port,
            catalog: self.catalog.version(),
            leaving,
        })
    }

    fn transmit(&mut self, to: SocketAddr, message: Message) {
        self.outputs
            .push_back(DiscoveryOutput::Transmit { to, message });
    }
}
