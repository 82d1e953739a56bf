//! Fetching a catalog: first the names of its pages, then the unknown pages, a
//! few at a time, each asked for again until it comes.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use crate::catalog;
use crate::time::Timestamp;
use crate::track::TrackInfo;
use crate::wire::{CatalogIndex, CatalogPart, PageHash};

/// Pages asked for at a time.
const WINDOW: usize = 32;
/// Wait for an answer at first, and at most.
const FIRST_WAIT: Duration = Duration::from_millis(300);
const LONGEST_WAIT: Duration = Duration::from_secs(1);
/// No sane catalog has more pages.
const MAX_PAGES: u32 = 20_000;

type Pages = BTreeMap<PageHash, Vec<TrackInfo>>;

pub struct Fetch {
    version: PageHash,
    names: Vec<PageHash>,
    /// Pages in all, once told.
    total: Option<u32>,
    /// Pages that were not known before; `None` until they come.
    pages: BTreeMap<PageHash, Option<Vec<TrackInfo>>>,
    /// Of these, those that were not asked for yet.
    unasked: VecDeque<PageHash>,
    open: Vec<Open>,
}

struct Open {
    part: CatalogPart,
    again: Timestamp,
    wait: Duration,
}

impl Fetch {
    pub fn new(now: Timestamp, version: PageHash) -> Self {
        let mut fetch = Self {
            version,
            names: Vec::new(),
            total: None,
            pages: BTreeMap::new(),
            unasked: VecDeque::new(),
            open: Vec::new(),
        };
        if version == PageHash::default() {
            fetch.total = Some(0);
        } else {
            fetch.open(now, CatalogPart::Index { first: 0 });
        }
        fetch
    }

    pub fn version(&self) -> PageHash {
        self.version
    }

    pub fn on_index(&mut self, now: Timestamp, index: &CatalogIndex, known: &Pages) {
        if index.catalog != self.version
            || index.first as usize != self.names.len()
            || index.pages > MAX_PAGES
            // An empty part tells nothing: it is asked for again in a while.
            || index.names.is_empty() && index.pages > 0
            || self.names.len() + index.names.len() > index.pages as usize
        {
            return;
        }
        self.open
            .retain(|open| open.part != CatalogPart::Index { first: index.first });
        self.total = Some(index.pages);
        self.names.extend_from_slice(&index.names);
        for &name in index.names.iter().filter(|name| !known.contains_key(*name)) {
            if self.pages.insert(name, None).is_none() {
                self.unasked.push_back(name);
            }
        }
        if (self.names.len() as u32) < index.pages {
            let first = self.names.len() as u32;
            self.open(now, CatalogPart::Index { first });
        } else if catalog::version(&self.names) != self.version {
            // It changed under way, or is not what it says.
            *self = Self::new(now + LONGEST_WAIT, self.version);
        }
        self.fill_window(now);
    }

    pub fn is_wanted(&self, name: PageHash) -> bool {
        self.pages.get(&name).is_some_and(Option::is_none)
    }

    pub fn on_page(&mut self, now: Timestamp, name: PageHash, tracks: Vec<TrackInfo>) {
        self.pages.insert(name, Some(tracks));
        self.open
            .retain(|open| open.part != CatalogPart::Page(name));
        self.fill_window(now);
    }

    pub fn is_complete(&self) -> bool {
        self.total
            .is_some_and(|total| self.names.len() == total as usize)
            && self.pages.values().all(Option::is_some)
    }

    /// All pages of the catalog, those that were known before included.
    pub fn finish(self, mut known: Pages) -> Pages {
        let mut fresh = self.pages;
        let page = |name: &PageHash| {
            let tracks = fresh
                .remove(name)
                .flatten()
                .or_else(|| known.remove(name))?;
            Some((*name, tracks))
        };
        self.names.iter().filter_map(page).collect()
    }

    pub fn ask_again(&mut self, now: Timestamp) {
        for open in &mut self.open {
            open.again = now;
        }
    }

    /// Parts that are due to be asked for.
    pub fn asks(&mut self, now: Timestamp) -> Vec<CatalogPart> {
        let due = self.open.iter_mut().filter(|open| open.again <= now);
        due.map(|open| {
            open.again = now + open.wait;
            open.wait = (open.wait * 3 / 2).min(LONGEST_WAIT);
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
            again: now,
            wait: FIRST_WAIT,
        });
    }
}
