//! Discovery: who is there, and what they share.
//!
//! Peers announce themselves by broadcast once a second, in a datagram whose
//! size does not depend on the share; catalogs are then fetched page by page,
//! only what changed. Peers that broadcast does not reach are named by their
//! address and asked.

mod fetch;
mod peer;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::SocketAddr;
use std::time::Duration;

use crate::catalog::Catalog;
use crate::ids::PeerId;
use crate::time::Timestamp;
use crate::token::{Token, TokenKey};
use crate::track::{TrackId, TrackInfo};
use crate::wire::{
    Announce, CatalogIndex, CatalogPage, CatalogPart, CatalogRequest, Message, NAMES_PER_INDEX,
    Retry, encoded_bytes,
};
use peer::Peer;

/// A beacon each.
const BEACON: Duration = Duration::from_secs(1);
/// A peer that is silent for this long is gone.
const EXPIRY: Duration = Duration::from_secs(15);
/// A peer named by address is asked this often until it answers...
const KNOCK: Duration = Duration::from_secs(1);
/// ... and then this often whether anything changed.
const REFRESH: Duration = Duration::from_secs(5);
/// A new token is used at once, but not more often than this.
const RETRY: Duration = Duration::from_millis(100);
/// Most peers; beacons of more are ignored.
const MAX_PEERS: usize = 4096;
/// Most answers that wait to be sent; requests beyond are ignored.
const MAX_WAITING: usize = 256;

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

/// A peer named by address.
struct Static {
    address: SocketAddr,
    next: Timestamp,
}

/// The table of peers. See the module's documentation.
pub struct Discovery {
    me: PeerId,
    port: u16,
    tokens: TokenKey,
    catalog: Catalog,
    next_beacon: Timestamp,
    peers: BTreeMap<PeerId, Peer>,
    /// Peers that said goodbye, and when: a beacon may come after it.
    left: BTreeMap<PeerId, Timestamp>,
    statics: Vec<Static>,
    /// Tokens that addresses told us, and when.
    proofs: BTreeMap<SocketAddr, (Token, Timestamp)>,
    outputs: VecDeque<DiscoveryOutput>,
    /// Before this there is nothing to do, unless something comes.
    wake: Timestamp,
}

/// Who has a track, and how to ask them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Source {
    /// The peer.
    pub peer: PeerId,
    /// Its data address.
    pub address: SocketAddr,
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
            peers: BTreeMap::new(),
            left: BTreeMap::new(),
            statics: Vec::new(),
            proofs: BTreeMap::new(),
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

    /// Asks a peer by address, though no broadcast of it comes.
    pub fn add_peer(&mut self, now: Timestamp, address: SocketAddr) {
        self.wake = Timestamp::ZERO;
        if self.statics.iter().all(|known| known.address != address) {
            self.statics.push(Static { address, next: now });
        }
    }

    /// Says goodbye to everyone.
    pub fn leave(&mut self) {
        self.wake = Timestamp::ZERO;
        if self.next_beacon < Timestamp::NEVER {
            let announce = self.announce(true);
            self.outputs.push_back(DiscoveryOutput::Broadcast(announce));
            self.next_beacon = Timestamp::NEVER;
        }
    }

    /// Takes in a message of discovery that came in a datagram of `bytes` bytes.
    pub fn handle(&mut self, now: Timestamp, from: SocketAddr, message: &Message, bytes: usize) {
        self.wake = Timestamp::ZERO;
        match message {
            Message::Announce(announce) => self.on_announce(now, from, announce),
            Message::CatalogRequest(request) => self.on_request(now, from, request, bytes),
            Message::CatalogIndex(index) => self.on_index(now, from, index),
            Message::CatalogPage(page) => self.on_page(now, from, page),
            Message::Retry(retry) if retry.session.is_none() => self.on_retry(now, from, retry),
            _ => {}
        }
    }

    /// Any datagram shows that a peer lives.
    pub fn heard(&mut self, now: Timestamp, from: SocketAddr) {
        if let Some(peer) = self.peer_at(from) {
            peer.last_heard = now;
        }
    }

    /// What to do next. To be called until it answers `WaitUntil`.
    pub fn poll(&mut self, now: Timestamp) -> DiscoveryOutput {
        if self.outputs.is_empty() && self.wake <= now {
            self.on_time(now);
        }
        if let Some(output) = self.outputs.pop_front() {
            return output;
        }
        if self.wake <= now {
            self.wake = self.next_timer();
        }
        DiscoveryOutput::WaitUntil(self.wake)
    }

    /// All tracks that peers have, each with those who have it.
    pub fn tracks(&self) -> BTreeMap<TrackId, (&TrackInfo, Vec<PeerId>)> {
        let mut tracks = BTreeMap::new();
        for peer in self.peers.values() {
            for track in peer.tracks() {
                tracks
                    .entry(track.id)
                    .or_insert_with(|| (track, Vec::new()))
                    .1
                    .push(peer.id);
            }
        }
        tracks
    }

    /// The peers that are there: id, address, and whether their catalog has come.
    pub fn peers(&self) -> impl Iterator<Item = (PeerId, SocketAddr, bool)> + '_ {
        self.peers
            .values()
            .map(|peer| (peer.id, peer.address, peer.is_complete()))
    }

    /// Who has a track.
    pub fn sources(&self, track: TrackId) -> Vec<Source> {
        let has = |peer: &&Peer| peer.tracks().any(|known| known.id == track);
        let source = |peer: &Peer| Source {
            peer: peer.id,
            address: peer.address,
            token: self.token_of(peer.address),
        };
        self.peers.values().filter(has).map(source).collect()
    }

    // -- messages ----------------------------------------------------------------

    fn on_announce(&mut self, now: Timestamp, from: SocketAddr, announce: &Announce) {
        if announce.peer == self.me {
            return; // our own voice
        }
        if announce.leaving {
            // Names are no secret: only its own address may say so.
            let known = self.peers.get(&announce.peer);
            if known.is_some_and(|peer| peer.address.ip() == from.ip()) {
                self.peers.remove(&announce.peer);
                self.left.insert(announce.peer, now);
                self.outputs.push_back(DiscoveryOutput::Changed);
            }
            return;
        }
        let address = SocketAddr::new(from.ip(), announce.port);
        if announce.port == 0 || self.left.contains_key(&announce.peer) {
            return;
        }
        let peer = self.meet(now, announce.peer, address);
        if peer.is_some_and(|peer| peer.announced(now, announce.catalog)) {
            self.outputs.push_back(DiscoveryOutput::Changed);
        }
    }

    /// The peer of this id at this address, new or known. It may have moved, but
    /// a peer that several interfaces reach keeps the address it was met at.
    fn meet(&mut self, now: Timestamp, id: PeerId, address: SocketAddr) -> Option<&mut Peer> {
        if !self.peers.contains_key(&id) {
            if self.peers.len() >= MAX_PEERS {
                return None;
            }
            self.outputs.push_back(DiscoveryOutput::Changed);
        }
        let peer = self
            .peers
            .entry(id)
            .or_insert_with(|| Peer::new(now, id, address));
        let moves = peer.address != address && now.since(peer.last_heard) > BEACON * 3;
        if moves {
            peer.address = address;
            // Sessions must hear of it.
            self.outputs.push_back(DiscoveryOutput::Changed);
        }
        if peer.address != address {
            return None; // another interface of it, or somebody who uses its name
        }
        peer.last_heard = now;
        // Whoever had this address before (a program that was restarted) is gone.
        self.peers
            .retain(|&other, peer| other == id || peer.address != address);
        self.peers.get_mut(&id)
    }

    fn on_request(
        &mut self,
        now: Timestamp,
        from: SocketAddr,
        request: &CatalogRequest,
        bytes: usize,
    ) {
        let message = if !self.tokens.verify(from, request.token, now) {
            Message::Retry(Retry {
                session: None,
                token: self.tokens.token(from, now),
            })
        } else {
            match request.part {
                CatalogPart::Index { first } => self.index_from(first),
                CatalogPart::Page(name) => match self.catalog.page(name) {
                    Some(page) => Message::CatalogPage(CatalogPage {
                        bytes: page.to_vec(),
                    }),
                    None => self.index_from(0), // it changed: begin again
                },
            }
        };
        let is_retry = matches!(message, Message::Retry(_));
        if self.outputs.len() >= MAX_WAITING {
            return; // a flood; who means it asks again
        }
        if !is_retry || encoded_bytes(&message) <= bytes {
            self.transmit(from, message);
        }
    }

    fn index_from(&self, first: u32) -> Message {
        let names = self.catalog.names();
        let start = (first as usize).min(names.len());
        let end = (start + NAMES_PER_INDEX).min(names.len());
        Message::CatalogIndex(CatalogIndex {
            peer: self.me,
            catalog: self.catalog.version(),
            pages: names.len() as u32,
            first,
            names: names[start..end].to_vec(),
        })
    }

    fn on_index(&mut self, now: Timestamp, from: SocketAddr, index: &CatalogIndex) {
        if index.peer == self.me {
            return;
        }
        // Only a peer that was asked by address may introduce itself so.
        let asked = self.statics.iter_mut().find(|asked| asked.address == from);
        if let Some(asked) = asked {
            asked.next = now + REFRESH;
            self.meet(now, index.peer, from);
        }
        let Some(peer) = self
            .peers
            .get_mut(&index.peer)
            .filter(|peer| peer.address == from)
        else {
            return;
        };
        if peer.on_index(now, index) {
            self.outputs.push_back(DiscoveryOutput::Changed);
        }
    }

    fn on_page(&mut self, now: Timestamp, from: SocketAddr, page: &CatalogPage) {
        let changed = self
            .peer_at(from)
            .is_some_and(|peer| peer.on_page(now, &page.bytes));
        if changed {
            self.outputs.push_back(DiscoveryOutput::Changed);
        }
    }

    fn on_retry(&mut self, now: Timestamp, from: SocketAddr, retry: &Retry) {
        // One that tells another token each time is asked on time, not at once.
        let before = self.proofs.get(&from);
        if before.is_some_and(|&(token, _)| token == retry.token) {
            return;
        }
        let at_once = before.is_none_or(|&(_, told)| now.since(told) >= RETRY);
        let asked = self.statics.iter_mut().find(|asked| asked.address == from);
        let known = asked.is_some();
        if let Some(asked) = asked.filter(|_| at_once) {
            asked.next = now;
        }
        let peer = self.peer_at(from);
        if known || peer.is_some() {
            if let Some(peer) = peer {
                peer.answered(now, at_once);
            }
            self.proofs.insert(from, (retry.token, now));
        }
    }

    fn token_of(&self, address: SocketAddr) -> Token {
        self.proofs
            .get(&address)
            .map_or_else(Token::default, |&(token, _)| token)
    }

    fn peer_at(&mut self, address: SocketAddr) -> Option<&mut Peer> {
        self.peers.values_mut().find(|peer| peer.address == address)
    }

    // -- time --------------------------------------------------------------------

    fn on_time(&mut self, now: Timestamp) {
        if self.next_beacon <= now {
            self.next_beacon = now + BEACON;
            let announce = self.announce(false);
            self.outputs.push_back(DiscoveryOutput::Broadcast(announce));
        }
        self.left.retain(|_, at| now.since(*at) < BEACON * 3);
        let before = self.peers.len();
        self.peers
            .retain(|_, peer| now.since(peer.last_heard) < EXPIRY);
        if self.peers.len() < before {
            self.outputs.push_back(DiscoveryOutput::Changed);
        }
        if self.proofs.len() > self.peers.len() + self.statics.len() {
            let peers = self.peers.values().map(|peer| peer.address);
            let statics = self.statics.iter().map(|known| known.address);
            let known: BTreeSet<_> = peers.chain(statics).collect();
            self.proofs.retain(|address, _| known.contains(address));
        }
        let mut asks = Vec::new();
        for asked in self.statics.iter_mut().filter(|asked| asked.next <= now) {
            asked.next = now + KNOCK;
            asks.push((asked.address, CatalogPart::Index { first: 0 }));
        }
        for peer in self.peers.values_mut() {
            let address = peer.address;
            asks.extend(peer.asks(now).into_iter().map(|part| (address, part)));
        }
        for (address, part) in asks {
            let token = self.token_of(address);
            let request = CatalogRequest {
                peer: self.me,
                token,
                part,
            };
            self.transmit(address, Message::CatalogRequest(request));
        }
    }

    fn next_timer(&self) -> Timestamp {
        let knocks = self.statics.iter().map(|known| known.next);
        let peers = self
            .peers
            .values()
            .map(|peer| peer.next_timer().min(peer.last_heard + EXPIRY));
        knocks.chain(peers).fold(self.next_beacon, Timestamp::min)
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
