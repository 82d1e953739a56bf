//! Fetching a catalog: first the names of its pages, then the unknown pages, a
//! few at a time, each asked for again until it comes.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use super::{Page, Pages};
use crate::catalog;
use crate::listener::rtt::Rtt;
use crate::time::Timestamp;
use crate::wire::{CatalogIndex, CatalogPart, PageHash};

/// Pages asked for at a time.
const WINDOW: usize = 32;
/// Wait for an answer while nothing is known of the way, at least, and at most.
const FIRST_WAIT: Duration = Duration::from_millis(300);
const SHORTEST_WAIT: Duration = Duration::from_millis(40);
const LONGEST_WAIT: Duration = Duration::from_secs(1);
/// No sane catalog has more pages.
const MAX_PAGES: u32 = 20_000;
/// One for which there is no room is looked at again after this.
const NO_ROOM_WAIT: Duration = Duration::from_secs(10);

pub struct Fetch {
    version: PageHash,
    names: Vec<PageHash>,
    /// Pages in all, once told.
    total: Option<u32>,
    /// Pages that were not known before; `None` until they come.
    pages: BTreeMap<PageHash, Option<Page>>,
    /// How many of them are still to come.
    missing: usize,
    /// It was too large for the room there was.
    no_room: bool,
    /// Pages that came for an earlier version: most of them are in this one, too.
    kept: Pages,
    /// Of these, those that were not asked for yet.
    unasked: VecDeque<PageHash>,
    open: Vec<Open>,
    /// Of answers to what was asked for once.
    rtt: Rtt,
}

struct Open {
    part: CatalogPart,
    /// When it was asked for; `None`: not yet, or more than once, so that nobody
    /// knows which question an answer is to.
    asked: Option<Timestamp>,
    again: Timestamp,
    wait: Option<Duration>,
}

impl Fetch {
    /// `rtt` is what earlier fetches from the same peer measured.
    pub fn new(now: Timestamp, version: PageHash, rtt: Rtt) -> Self {
        let mut fetch = Self {
            version,
            names: Vec::new(),
            total: None,
            pages: BTreeMap::new(),
            missing: 0,
            no_room: false,
            kept: Pages::new(),
            unasked: VecDeque::new(),
            open: Vec::new(),
            rtt,
        };
        if version == PageHash::default() {
            fetch.total = Some(0);
        } else {
            fetch.open(now, CatalogPart::Index { first: 0 });
        }
        fetch
    }

    /// The same for another version, with the pages that have come.
    pub fn renew(self, now: Timestamp, version: PageHash) -> Self {
        let mut kept = self.kept;
        let came = self.pages.into_iter();
        kept.extend(came.filter_map(|(name, page)| Some((name, page?))));
        if kept.len() > MAX_PAGES as usize {
            kept.clear(); // somebody plays with us
        }
        Self {
            kept,
            ..Self::new(now, version, self.rtt)
        }
    }

    pub fn version(&self) -> PageHash {
        self.version
    }

    pub fn rtt(&self) -> Rtt {
        self.rtt
    }

    /// Pages that it will take, as far as that is known.
    pub fn pages(&self) -> usize {
        let told = self.total.unwrap_or(0) as usize;
        told.max(self.pages.len() + self.kept.len())
    }

    /// Whether it is left out, because there was no room for it.
    pub fn is_left_out(&self) -> bool {
        self.no_room
    }

    /// Takes in names of pages; no more than `room` are fetched.
    pub fn on_index(&mut self, now: Timestamp, index: &CatalogIndex, known: &Pages, room: usize) {
        if index.catalog != self.version
            || index.first as usize != self.names.len()
            || index.pages > MAX_PAGES
            // An empty part tells nothing: it is asked for again in a while.
            || index.names.is_empty() && index.pages > 0
            || self.names.len() + index.names.len() > index.pages as usize
        {
            return;
        }
        self.no_room = index.pages as usize > room;
        if self.no_room {
            for open in &mut self.open {
                open.again = now + NO_ROOM_WAIT;
            }
            return;
        }
        self.close(now, CatalogPart::Index { first: index.first });
        self.total = Some(index.pages);
        self.names.extend_from_slice(&index.names);
        for &name in &index.names {
            if known.contains_key(&name) || self.kept.contains_key(&name) {
                continue;
            }
            if self.pages.insert(name, None).is_none() {
                self.missing += 1;
                self.unasked.push_back(name);
            }
        }
        if (self.names.len() as u32) < index.pages {
            let first = self.names.len() as u32;
            self.open(now, CatalogPart::Index { first });
        } else if catalog::version(&self.names) != self.version {
            // It changed under way, or is not what it says.
            let begin = now + LONGEST_WAIT;
            let fetch = std::mem::replace(self, Self::new(begin, self.version, self.rtt));
            *self = fetch.renew(begin, self.version);
        }
        self.fill_window(now);
    }

    pub fn is_wanted(&self, name: PageHash) -> bool {
        self.pages.get(&name).is_some_and(Option::is_none)
    }

    pub fn on_page(&mut self, now: Timestamp, name: PageHash, page: Page) {
        if let Some(place @ None) = self.pages.get_mut(&name) {
            *place = Some(page);
            self.missing -= 1;
        }
        self.close(now, CatalogPart::Page(name));
        self.fill_window(now);
    }

    pub fn is_complete(&self) -> bool {
        self.total
            .is_some_and(|total| self.names.len() == total as usize)
            && self.missing == 0
    }

    /// All pages of the catalog, those that were known before included.
    pub fn finish(self, mut known: Pages) -> Pages {
        let (mut fresh, mut kept) = (self.pages, self.kept);
        let page = |name: &PageHash| {
            let tracks = fresh
                .remove(name)
                .flatten()
                .or_else(|| kept.remove(name))
                .or_else(|| known.remove(name))?;
            Some((*name, tracks))
        };
        self.names.iter().filter_map(page).collect()
    }

    pub fn ask_again(&mut self, now: Timestamp) {
        for open in &mut self.open {
            open.again = now;
            open.asked = None;
            open.wait = None;
        }
    }

    /// Parts that are due to be asked for.
    pub fn asks(&mut self, now: Timestamp) -> Vec<CatalogPart> {
        let first_wait = match self.rtt.smoothed_ns() {
            0 => FIRST_WAIT,
            _ => self.rtt.timeout().clamp(SHORTEST_WAIT, LONGEST_WAIT),
        };
        let due = self.open.iter_mut().filter(|open| open.again <= now);
        due.map(|open| {
            open.asked = open.wait.is_none().then_some(now);
            let wait = open.wait.map_or(first_wait, |wait| wait * 3 / 2);
            let wait = wait.min(LONGEST_WAIT);
            open.again = now + wait;
            open.wait = Some(wait);
            open.part
        })
        .collect()
    }

    pub fn next_timer(&self) -> Timestamp {
        self.open
            .iter()
            .map(|open| open.again)
            .min()
            .unwrap_or(Timestamp::NEVER)
    }

    fn fill_window(&mut self, now: Timestamp) {
        while self.open.len() < WINDOW
            && let Some(name) = self.unasked.pop_front()
        {
            self.open(now, CatalogPart::Page(name));
        }
    }

    fn open(&mut self, now: Timestamp, part: CatalogPart) {
        self.open.push(Open {
            part,
            asked: None,
            again: now,
            wait: None,
        });
    }

    /// A part came.
    fn close(&mut self, now: Timestamp, part: CatalogPart) {
        let Some(at) = self.open.iter().position(|open| open.part == part) else {
            return;
        };
        if let Some(asked) = self.open.remove(at).asked {
            self.rtt.sample(now.since(asked));
        }
    }
}
