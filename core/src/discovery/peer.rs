//! One peer as discovery knows it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use super::fetch::Fetch;
use super::peers::Way;
use super::routes::Routes;
use crate::catalog;
use crate::ids::PeerId;
use crate::time::Timestamp;
use crate::track::TrackInfo;
use crate::wire::{CatalogIndex, CatalogPart, PageHash};

pub struct Peer {
    pub id: PeerId,
    pub routes: Routes,
    pub met: Timestamp,
    /// How it came to be known; the nearest way counts.
    pub way: Way,
    /// Version of the catalog that `pages` is.
    catalog: PageHash,
    pages: BTreeMap<PageHash, Vec<TrackInfo>>,
    fetch: Option<Fetch>,
    /// A fetch does not begin before: who changes all the time is asked no more
    /// often.
    next_fetch: Timestamp,
    /// It answered once. Until then one question answers each beacon, no more:
    /// who forges beacons makes us ask others.
    has_answered: bool,
    may_ask: bool,
    /// Questions since anything last came to our data port.
    pub unanswered: u32,
}

/// Least time between two fetches.
const FETCH_PAUSE: Duration = Duration::from_millis(300);
/// So many unanswered questions, and another address is tried.
const PATIENCE: u32 = 3;

impl Peer {
    pub fn new(now: Timestamp, id: PeerId, address: SocketAddr, way: Way) -> Self {
        Self {
            id,
            routes: Routes::new(now, address),
            met: now,
            way,
            catalog: PageHash::default(),
            pages: BTreeMap::new(),
            fetch: None,
            next_fetch: now,
            has_answered: false,
            may_ask: true,
            unanswered: 0,
        }
    }

    /// Where it is asked.
    pub fn address(&self) -> SocketAddr {
        self.routes.address()
    }

    /// It is somewhere else from now on, and may answer there.
    pub fn moved(&mut self, now: Timestamp) {
        self.unanswered = 0;
        self.has_answered = false;
        self.may_ask = true;
        if let Some(fetch) = &mut self.fetch {
            fetch.ask_again(now);
        }
    }

    /// Moves on if the address in use does not answer and another may. Answers
    /// whether it did.
    pub fn gives_up_address(&mut self, now: Timestamp) -> bool {
        let moves = self.unanswered >= PATIENCE && self.routes.turn(now);
        if moves {
            self.moved(now);
        }
        moves
    }

    /// Tracks as of the last complete catalog.
    pub fn tracks(&self) -> impl Iterator<Item = &TrackInfo> {
        self.pages.values().flatten()
    }

    /// Whether nothing of its catalog is still to come.
    pub fn is_complete(&self) -> bool {
        self.fetch.is_none()
    }

    /// Its beacon names this version of its catalog. Answers whether the
    /// tracks changed.
    pub fn announced(&mut self, now: Timestamp, version: PageHash) -> bool {
        self.may_ask = true;
        self.learn(now, version)
    }

    fn learn(&mut self, now: Timestamp, version: PageHash) -> bool {
        let current = self.fetch.as_ref().map_or(self.catalog, Fetch::version);
        if version != current {
            let begin = self.next_fetch.max(now);
            if begin == now {
                self.next_fetch = now + FETCH_PAUSE;
            }
            self.fetch = Some(Fetch::new(begin, version));
        }
        self.try_finish()
    }

    /// Names of pages came. Answers whether the tracks changed.
    pub fn on_index(&mut self, now: Timestamp, index: &CatalogIndex) -> bool {
        self.has_answered = true;
        self.unanswered = 0;
        let emptied = self.learn(now, index.catalog);
        if let Some(fetch) = &mut self.fetch {
            fetch.on_index(now, index, &self.pages);
        }
        self.try_finish() || emptied
    }

    /// A page came. Answers whether the tracks changed.
    pub fn on_page(&mut self, now: Timestamp, bytes: &[u8]) -> bool {
        self.unanswered = 0;
        let Some(fetch) = &mut self.fetch else {
            return false;
        };
        let name = catalog::name(bytes);
        if let Some(tracks) = fetch
            .is_wanted(name)
            .then(|| catalog::read_page(bytes))
            .flatten()
        {
            fetch.on_page(now, name, tracks);
        }
        self.try_finish()
    }

    fn try_finish(&mut self) -> bool {
        let Some(fetch) = self.fetch.take_if(|fetch| fetch.is_complete()) else {
            return false;
        };
        let version = fetch.version();
        let known = std::mem::take(&mut self.pages);
        self.pages = fetch.finish(known);
        let changed = self.catalog != version;
        self.catalog = version;
        changed
    }

    /// A token came: what was asked without one is asked again.
    pub fn answered(&mut self, now: Timestamp, at_once: bool) {
        self.has_answered = true;
        self.unanswered = 0;
        if let Some(fetch) = self.fetch.as_mut().filter(|_| at_once) {
            fetch.ask_again(now);
        }
    }

    /// Parts of the catalog to ask for now.
    pub fn asks(&mut self, now: Timestamp) -> Vec<CatalogPart> {
        let may_ask = self.has_answered || self.may_ask;
        let asks = self
            .fetch
            .as_mut()
            .filter(|_| may_ask)
            .map_or_else(Vec::new, |fetch| fetch.asks(now));
        self.may_ask &= asks.is_empty();
        self.unanswered += u32::from(!asks.is_empty());
        asks
    }

    pub fn next_timer(&self) -> Timestamp {
        self.fetch
            .as_ref()
            .filter(|_| self.has_answered || self.may_ask)
            .map_or(Timestamp::NEVER, Fetch::next_timer)
    }
}
