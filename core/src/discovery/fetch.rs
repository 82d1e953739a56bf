//! Fetching a catalog: first the names of its pages, then the unknown pages, a
//! few at a time, each asked for again until it comes.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::catalog;
use crate::time::Timestamp;
use crate::track::TrackInfo;
use crate::wire::{CatalogIndex, CatalogPart, PageHash};

/// Pages asked for at a time.
const WINDOW: usize = 32;
/// Wait for an answer at first, and at most.
const FIRST_WAIT: Duration = Duration::from_millis(300);
const LONGEST_WAIT: Duration = Duration::from_secs(3);
/// No sane catalog has more pages.
const MAX_PAGES: u32 = 100_000;

type Pages = BTreeMap<PageHash, Vec<TrackInfo>>;

pub struct Fetch {
    version: PageHash,
    names: Vec<PageHash>,
    /// Pages in all, once told.
    total: Option<u32>,
    /// Pages that were not known before; `None` until they come.
    pages: BTreeMap<PageHash, Option<Vec<TrackInfo>>>,
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
            || self.names.len() + index.names.len() > index.pages as usize
        {
            return;
        }
        self.open
            .retain(|open| open.part != CatalogPart::Index { first: index.first });
        self.total = Some(index.pages);
        self.names.extend_from_slice(&index.names);
        for &name in index.names.iter().filter(|name| !known.contains_key(*name)) {
            self.pages.insert(name, None);
        }
        if (self.names.len() as u32) < index.pages {
            // An empty part would be asked for without end.
            if !index.names.is_empty() {
                self.open(
                    now,
                    CatalogPart::Index {
                        first: self.names.len() as u32,
                    },
                );
            }
        } else if catalog::version(&self.names) != self.version {
            *self = Self::new(now, self.version); // it changed under way
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
            open.wait = (open.wait * 2).min(LONGEST_WAIT);
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
        let missing = self.pages.iter().filter(|(_, page)| page.is_none());
        let unasked: Vec<CatalogPart> = missing
            .map(|(&name, _)| CatalogPart::Page(name))
            .filter(|part| self.open.iter().all(|open| open.part != *part))
            .take(WINDOW.saturating_sub(self.open.len()))
            .collect();
        for part in unasked {
            self.open(now, part);
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
