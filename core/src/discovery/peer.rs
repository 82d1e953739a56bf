//! One peer as discovery knows it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use super::fetch::Fetch;
use super::peers::Way;
use super::routes::Routes;
use super::{Page, Pages};
use crate::catalog;
use crate::ids::PeerId;
use crate::listener::rtt::Rtt;
use crate::time::Timestamp;
use crate::track::{TrackId, TrackInfo};
use crate::wire::{CatalogIndex, CatalogPart, PageHash};

pub struct Peer {
    pub id: PeerId,
    pub routes: Routes,
    pub met: Timestamp,
    /// How it came to be known; the nearest way counts.
    pub way: Way,
    /// Version of the catalog that `pages` is.
    catalog: PageHash,
    pages: Pages,
    /// Ids of all tracks in `pages`, sorted.
    ids: Vec<TrackId>,
    fetch: Option<Fetch>,
    rtt: Rtt,
    /// A fetch does not begin before: who changes all the time is asked no more
    /// often.
    next_fetch: Timestamp,
    /// It answered once. Until then one question answers each beacon, no more:
    /// who forges beacons makes us ask others.
    has_answered: bool,
    may_ask: bool,
    /// Questions since anything last came to our data port; those of one moment
    /// are one.
    pub unanswered: u32,
    /// When it last grew.
    counted: Timestamp,
}

/// Least time between two fetches.
const FETCH_PAUSE: Duration = Duration::from_millis(300);
/// So many unanswered questions, and another address is tried.
const PATIENCE: u32 = 3;
/// A window of pages is asked for in many questions: within this they count once,
/// for a short silence is no reason to leave an address that sessions use.
const MOMENT: Duration = Duration::from_millis(300);

impl Peer {
    pub fn new(now: Timestamp, id: PeerId, address: SocketAddr, way: Way) -> Self {
        Self {
            id,
            routes: Routes::new(now, address),
            met: now,
            way,
            catalog: PageHash::default(),
            pages: Pages::new(),
            ids: Vec::new(),
            fetch: None,
            rtt: Rtt::default(),
            next_fetch: now,
            has_answered: false,
            may_ask: true,
            unanswered: 0,
            counted: Timestamp::ZERO,
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
        self.pages.values().flat_map(|page| page.iter())
    }

    /// The same, in the pages that they came in.
    pub fn pages(&self) -> impl Iterator<Item = &Page> {
        self.pages.values()
    }

    /// Pages that are here, or that a fetch will bring.
    pub fn page_count(&self) -> usize {
        let fetch = self.fetch.as_ref().map_or(0, Fetch::pages);
        self.pages.len().max(fetch)
    }

    /// Whether there was no room for its catalog.
    pub fn is_left_out(&self) -> bool {
        self.fetch.as_ref().is_some_and(Fetch::is_left_out)
    }

    /// Whether it has this track.
    pub fn has(&self, track: TrackId) -> bool {
        self.ids.binary_search(&track).is_ok()
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
            self.fetch = Some(match self.fetch.take() {
                Some(fetch) => fetch.renew(begin, version),
                None => Fetch::new(begin, version, self.rtt),
            });
        }
        self.try_finish()
    }

    /// Names of pages came. Answers whether the tracks changed.
    /// Its catalog may take so many pages.
    pub fn on_index(&mut self, now: Timestamp, index: &CatalogIndex, room: usize) -> bool {
        self.has_answered = true;
        self.unanswered = 0;
        let emptied = self.learn(now, index.catalog);
        let mut told = false;
        if let Some(fetch) = &mut self.fetch {
            let before = fetch.is_left_out();
            fetch.on_index(now, index, &self.pages, room);
            told = fetch.is_left_out() && !before;
        }
        self.try_finish() || emptied || told
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
            fetch.on_page(now, name, Arc::from(tracks));
        }
        self.try_finish()
    }

    fn try_finish(&mut self) -> bool {
        let Some(fetch) = self.fetch.take_if(|fetch| fetch.is_complete()) else {
            return false;
        };
        self.rtt = fetch.rtt();
        let version = fetch.version();
        let known = std::mem::take(&mut self.pages);
        self.pages = fetch.finish(known);
        self.ids = self.tracks().map(|track| track.id).collect();
        self.ids.sort_unstable();
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
        if !asks.is_empty() && now.since(self.counted) >= MOMENT {
            self.unanswered += 1;
            self.counted = now;
        }
        asks
    }

    pub fn next_timer(&self) -> Timestamp {
        self.fetch
            .as_ref()
            .filter(|_| self.has_answered || self.may_ask)
            .map_or(Timestamp::NEVER, Fetch::next_timer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_silence_is_no_reason_to_leave_an_address() {
        let [here, there] = ["10.0.0.1:1", "[fe80::1%2]:1"].map(|text| text.parse().unwrap());
        let at = |ms| Timestamp::ZERO + Duration::from_millis(ms);
        let mut peer = Peer::new(at(1000), PeerId(1), here, Way::Beacon);
        peer.routes.hear(at(1000), Timestamp::ZERO, there);
        peer.announced(at(1000), [1; 8]);
        peer.answered(at(1000), true);
        let mut questions = 0;
        let mut left_at = None;
        for now in (1000..3000).step_by(20).map(at) {
            questions += peer.asks(now).len();
            if peer.gives_up_address(now) {
                left_at = Some(now);
                break;
            }
            if let Some(fetch) = &mut peer.fetch {
                fetch.ask_again(now); // as if there were pages to ask for all the time
            }
        }
        assert!(questions > 20);
        assert_eq!(left_at, Some(at(1600)));
    }
}
