//! The library's thread: knows all files, has the unknown ones read, and
//! publishes what can be shared.

mod census;
mod rounds;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use segue_core::offer::Offer;

use super::LibraryConfig;
use super::cache::Cache;
use super::edition::{Edition, Files, SharedFile};
use super::places::Place;
use super::status::{Board, LibraryStatus};
use super::watch::Watch;
use super::workers::{Job, Outcome, Workers};
use census::Census;
use rounds::Rounds;

/// Changes come in crowds: what was touched is looked at so much later.
const SETTLE: Duration = Duration::from_millis(100);
/// Least time between two editions...
const EDITION_PAUSE: Duration = Duration::from_secs(1);
/// ... and while files are being indexed, unless the share grew by a part: each
/// edition is fetched by everybody.
const SMALL_EDITION_PAUSE: Duration = Duration::from_secs(10);
const GROWTH_PART: usize = 8;
/// A file that changed is given so long to come back in the same edition: new
/// tags leave a track what it is.
const COMEBACK: Duration = Duration::from_secs(2);
/// Least time between two looks at how it goes.
const STATUS_PAUSE: Duration = Duration::from_millis(50);

/// What the library is told.
pub(super) enum Message {
    Subscribe(Box<dyn Fn(Edition) -> bool + Send>),
    /// A file is not as its index says, or cannot be read.
    Suspect(Arc<SharedFile>),
    /// Something happened to these files or folders.
    Touched(Vec<PathBuf>),
    /// Changes were missed.
    Rescan,
    WatchFailed(String),
    Read(Job, Outcome),
    Stop,
}

pub(super) struct Keeper {
    places: Vec<Place>,
    census: Census,
    workers: Workers,
    /// Jobs that the workers have.
    given: usize,
    watch: Option<Watch>,
    inbox: Receiver<Message>,
    board: Arc<Board>,
    subscribers: Vec<Box<dyn Fn(Edition) -> bool + Send>>,
    /// Paths to be looked at, and when.
    touched: BTreeSet<PathBuf>,
    settled_at: Option<Instant>,
    rescan_at: Option<Instant>,
    published: Option<(Instant, Arc<Files>)>,
    rounds: Rounds,
    begun: Instant,
    told_at: Instant,
    complete: bool,
    told_of_trouble: bool,
    stopped: bool,
}

impl Keeper {
    pub fn new(
        places: Vec<Place>,
        config: LibraryConfig,
        board: Arc<Board>,
        messages: Sender<Message>,
        inbox: Receiver<Message>,
    ) -> Self {
        let cache = config.cache.and_then(|folder| {
            Cache::open(&folder)
                .inspect_err(|error| {
                    tracing::warn!(
                        "no library cache in {}: {error}. The next start reads all files again",
                        folder.display()
                    );
                })
                .ok()
        });
        Self {
            places,
            census: Census::new(cache, config.watch),
            workers: Workers::start(&messages),
            given: 0,
            watch: config.watch.then(|| Watch::new(messages)),
            inbox,
            board,
            subscribers: Vec::new(),
            touched: BTreeSet::new(),
            settled_at: None,
            rescan_at: Some(Instant::now()),
            published: None,
            rounds: Rounds::default(),
            begun: Instant::now(),
            told_at: Instant::now(),
            complete: false,
            told_of_trouble: false,
            stopped: false,
        }
    }

    /// Runs until it is told to stop.
    pub fn run(mut self) {
        while !self.stopped {
            self.on_time(Instant::now());
            let message = match self.next_timer() {
                Some(at) => {
                    let wait = at.saturating_duration_since(Instant::now());
                    self.inbox.recv_timeout(wait)
                }
                None => self
                    .inbox
                    .recv()
                    .map_err(|_| RecvTimeoutError::Disconnected),
            };
            match message {
                Ok(message) => self.on_message(message),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            // What waits already, before anything is made of it.
            while let Ok(message) = self.inbox.try_recv() {
                self.on_message(message);
            }
        }
    }

    fn on_message(&mut self, message: Message) {
        match message {
            Message::Subscribe(subscriber) => {
                if let Some((_, files)) = &self.published
                    && !subscriber(self.edition(files.clone()))
                {
                    return;
                }
                self.subscribers.push(subscriber);
            }
            Message::Suspect(file) => self.census.suspect(&file),
            Message::Touched(paths) => {
                self.touched.extend(paths);
                self.settled_at
                    .get_or_insert_with(|| Instant::now() + SETTLE);
            }
            Message::Rescan => self.rescan_soon(),
            Message::WatchFailed(why) => {
                if let Some(watch) = &mut self.watch {
                    watch.failed(why);
                }
                self.rescan_soon();
            }
            Message::Read(job, outcome) => {
                self.given = self.given.saturating_sub(1);
                self.census.on_read(job, outcome);
            }
            Message::Stop => self.stopped = true,
        }
    }

    /// No later than it was to be: whoever misses changes all the time must not
    /// put it off for ever.
    fn rescan_soon(&mut self) {
        let soon = Instant::now() + SETTLE;
        self.rescan_at = Some(self.rescan_at.map_or(soon, |at| at.min(soon)));
    }

    // -- time --------------------------------------------------------------------

    fn on_time(&mut self, now: Instant) {
        if self.settled_at.is_some_and(|at| at <= now) {
            self.settled_at = None;
            for path in std::mem::take(&mut self.touched) {
                self.look_at(&path);
            }
        }
        if self.rescan_at.is_some_and(|at| at <= now) && !self.rounds.is_whole() {
            self.rescan();
        }
        self.look_on();
        self.census.on_time(now);
        // Never more than what keeps them busy: a stop does not wait for more.
        while self.given < self.workers.count * 2
            && let Some(job) = self.census.next_job()
        {
            self.given += 1;
            self.workers.give(job);
        }
        let busy = self.is_busy();
        let first_done = !self.complete && !busy && !self.census.is_waiting_for_first();
        if self
            .edition_at(busy)
            .is_some_and(|at| first_done || at <= now)
        {
            self.publish(now);
        }
        if first_done {
            self.complete = true;
            self.census.speak();
        }
        if first_done || now >= self.told_at + STATUS_PAUSE || self.is_idle() {
            self.tell(now);
        }
    }

    fn is_busy(&self) -> bool {
        self.given > 0 || self.census.has_jobs() || self.census.is_first_walk()
    }

    fn is_idle(&self) -> bool {
        !self.is_busy() && self.rounds.is_empty()
    }

    fn next_timer(&self) -> Option<Instant> {
        if !self.rounds.is_empty() {
            return Some(Instant::now());
        }
        let timers = [
            self.settled_at,
            self.rescan_at,
            self.edition_at(self.is_busy()),
            self.census.next_timer(),
        ];
        timers.into_iter().flatten().min()
    }

    /// When the next edition is to come out; `None` if nothing is new.
    fn edition_at(&self, busy: bool) -> Option<Instant> {
        let Some((at, files)) = &self.published else {
            // Most is found in a moment: what the cache knows comes as one.
            let first_walk = self.census.is_first_walk();
            let pause = if first_walk {
                EDITION_PAUSE
            } else {
                Duration::ZERO
            };
            return Some(self.begun + pause);
        };
        let since = self.census.dirty_since()?;
        let is_small = self.census.fresh() * GROWTH_PART < files.len();
        let lost_any = self.census.lost_any();
        let pause = match busy && is_small && !lost_any {
            true => SMALL_EDITION_PAUSE,
            false => EDITION_PAUSE,
        };
        let may_come_back = lost_any && (busy || self.census.is_growing());
        let patience = if may_come_back {
            COMEBACK
        } else {
            Duration::ZERO
        };
        Some((*at + pause).max(since + patience))
    }

    // -- looking -----------------------------------------------------------------

    fn look_at(&mut self, path: &Path) {
        match path.metadata() {
            Ok(metadata) if metadata.is_dir() => {
                // A folder that was moved here, or came while nobody looked.
                let inside = |place: &Place| place.is_folder && path.starts_with(&place.path);
                if self.places.iter().any(inside) {
                    self.rounds.look_into(path);
                }
            }
            Ok(metadata) => {
                if self.places.iter().any(|place| place.takes(path)) {
                    self.census.look(path, &metadata);
                }
            }
            Err(_) => {
                self.census.forget(path);
                if let Some(watch) = &mut self.watch {
                    watch.lost(path);
                }
            }
        }
    }

    fn rescan(&mut self) {
        self.rescan_at = None;
        if let Some(watch) = &mut self.watch {
            // Before the walk, so that nothing is missed between the two.
            watch.arm(&self.places);
        }
        self.census.begin_walk();
        for place in self.places.iter().filter(|place| !place.is_folder) {
            self.census.look_named(&place.path);
        }
        self.rounds.look_everywhere(&self.places);
    }

    /// Goes on with the walks, for a moment: what else happens has its turn in
    /// between.
    fn look_on(&mut self) {
        let census = &mut self.census;
        let Some(took) = self.rounds.go_on(|met| census.meet(met)) else {
            return;
        };
        self.census.end_walk();
        tracing::debug!("looked at {} files in {took:?}", self.census.found());
        if let Some(watch) = &self.watch {
            let next = Instant::now() + watch.pause(took, &self.places);
            // It may be wanted sooner: changes were missed meanwhile.
            self.rescan_at = Some(self.rescan_at.map_or(next, |at| at.min(next)));
        }
    }

    // -- telling -----------------------------------------------------------------

    fn edition(&self, files: Arc<Files>) -> Edition {
        Edition {
            offer: Offer::new(files.values().map(|file| &file.info)),
            files,
            tables: self.census.tables(),
        }
    }

    fn publish(&mut self, now: Instant) {
        let files = Arc::new(self.census.files());
        let begun = Instant::now();
        self.board.publish(files.clone());
        if !self.subscribers.is_empty() {
            let subscribers = std::mem::take(&mut self.subscribers);
            self.subscribers = subscribers
                .into_iter()
                .filter(|subscriber| subscriber(self.edition(files.clone())))
                .collect();
        }
        tracing::debug!("{} tracks published in {:?}", files.len(), begun.elapsed());
        self.published = Some((now, files));
    }

    fn tell(&mut self, now: Instant) {
        self.told_at = now;
        self.census.commit();
        let trouble = self.watch.as_ref().and_then(Watch::trouble);
        if let Some(why) = trouble.filter(|_| !self.told_of_trouble) {
            self.told_of_trouble = true;
            tracing::warn!(
                "cannot watch all shared folders: {why}. Changes are noticed within a minute or so"
            );
        }
        let tracks = self.published.as_ref().map_or(0, |(_, files)| files.len());
        let status = LibraryStatus {
            tracks,
            complete: self.complete,
            unwatched: trouble.cloned(),
            to_index: self.census.jobs() + self.given,
            ..self.census.status()
        };
        self.board.write(status);
    }
}

impl Drop for Keeper {
    /// Even if it ends by a bug, nobody waits for it any more.
    fn drop(&mut self) {
        self.board.end();
    }
}

#[cfg(test)]
mod tests;
