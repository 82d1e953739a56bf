//! Datagrams through network models: loss and delay made on purpose.
//!
//! Sans-IO like everything here: datagrams go in with their time, and come out
//! when [`Network::next_at`] says so. Simulator and live driver use the same.

mod upcoming;

use segue_policy::host::{self, Fault};
use segue_policy::{Datagram, Direction, Fate, Traffic};
use serde::{Deserialize, Serialize};

use crate::time::Timestamp;
use upcoming::Upcoming;

/// Which datagrams network models touch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AppliesTo {
    /// All of sessions and catalogs, both ways.
    #[default]
    All,
    /// Media on their way to a listener, as in the paper: all else passes at
    /// once.
    Media,
}

/// Most flows that are counted each on its own.
const MAX_FLOWS: usize = 1 << 16;

/// Models in a row: what the first lets through, the second gets, after the
/// first one's delay.
pub struct Network<T> {
    stages: Vec<Stage>,
    /// The slots of what comes, which itself lies still.
    upcoming: Upcoming,
    /// When the first of them comes.
    next_at: Timestamp,
    waiting: Slots<Pending<T>>,
    faults: Vec<(usize, Fault)>,
}

struct Stage {
    model: Box<dyn host::Network>,
    broken: bool,
    /// Datagrams so far of each flow.
    counts: Vec<u64>,
}

/// A datagram on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transit {
    /// Which link.
    pub link: u32,
    /// Which way.
    pub direction: Direction,
    /// What it carries.
    pub traffic: Traffic,
    /// Size of the UDP payload.
    pub bytes: u32,
}

impl Transit {
    /// A media datagram.
    pub fn media(link: u32, bytes: u32) -> Self {
        Self {
            link,
            direction: Direction::ToListener,
            traffic: Traffic::Media,
            bytes,
        }
    }

    /// Any other.
    pub fn control(link: u32, direction: Direction, bytes: u32) -> Self {
        Self {
            link,
            direction,
            traffic: Traffic::Control,
            bytes,
        }
    }
}

struct Pending<T> {
    stage: usize,
    transit: Transit,
    content: T,
}

impl<T: Clone> Network<T> {
    /// A network of these models; with none, everything passes at once.
    pub fn new(models: Vec<Box<dyn host::Network>>) -> Self {
        let stages = models.into_iter().map(|model| Stage {
            model,
            broken: false,
            counts: Vec::new(),
        });
        Self {
            stages: stages.collect(),
            upcoming: Upcoming::default(),
            next_at: Timestamp::NEVER,
            waiting: Slots::default(),
            faults: Vec::new(),
        }
    }

    /// Puts a datagram in.
    pub fn send(&mut self, now: Timestamp, transit: Transit, content: T) {
        self.send_with(now, transit, || content);
    }

    /// Puts a datagram in whose content is made if it is not lost.
    #[inline]
    pub fn send_with(&mut self, now: Timestamp, transit: Transit, content: impl FnOnce() -> T) {
        self.enter(now, 0, transit, content);
    }

    /// Puts a datagram in that no model touches.
    pub fn bypass(&mut self, now: Timestamp, transit: Transit, content: T) {
        self.push(now, self.stages.len(), transit, || content);
    }

    /// When [`Network::poll`] has something to give.
    #[inline]
    pub fn next_at(&self) -> Timestamp {
        self.next_at
    }

    /// The next datagram that has arrived by `now`, and when it did.
    #[inline]
    pub fn poll(&mut self, now: Timestamp) -> Option<(Timestamp, Transit, T)> {
        if self.next_at > now {
            return None;
        }
        self.take_next(now)
    }

    fn take_next(&mut self, now: Timestamp) -> Option<(Timestamp, Transit, T)> {
        while self.next_at <= now {
            let (at, slot) = self.upcoming.pop()?;
            self.next_at = self.upcoming.next_at().unwrap_or(Timestamp::NEVER);
            let next = self.waiting.take(slot)?;
            if next.stage >= self.stages.len() {
                return Some((at, next.transit, next.content));
            }
            self.enter(at, next.stage, next.transit, || next.content);
        }
        None
    }

    /// Models that failed since the last call: number of the stage, and how.
    /// They let everything pass from then on.
    pub fn take_faults(&mut self) -> Vec<(usize, Fault)> {
        std::mem::take(&mut self.faults)
    }

    fn enter(
        &mut self,
        now: Timestamp,
        number: usize,
        transit: Transit,
        content: impl FnOnce() -> T,
    ) {
        let Some(stage) = self.stages.get_mut(number).filter(|stage| !stage.broken) else {
            return self.push(now, number + 1, transit, content);
        };
        let datagram = stage.next_datagram(now, transit);
        let mut fate = Fate::LOST;
        let done = stage.model.transit_into(&datagram, &mut fate);
        if let Err(fault) = done {
            stage.broken = true;
            self.faults.push((number, fault));
            fate = Fate::after_ns(0);
        }
        match *fate.delays_ns() {
            [] => {} // lost
            [delay_ns] => {
                let at = Timestamp(now.0.saturating_add(delay_ns));
                self.push(at, number + 1, transit, content);
            }
            _ => self.push_copies(now, number + 1, transit, &content(), &fate),
        }
    }

    /// Of a datagram that comes more than once.
    #[cold]
    fn push_copies(
        &mut self,
        now: Timestamp,
        stage: usize,
        transit: Transit,
        content: &T,
        fate: &Fate,
    ) {
        for &delay_ns in fate.delays_ns() {
            let at = Timestamp(now.0.saturating_add(delay_ns));
            self.push(at, stage, transit, || content.clone());
        }
    }

    #[inline]
    fn push(&mut self, at: Timestamp, stage: usize, transit: Transit, content: impl FnOnce() -> T) {
        let slot = self.waiting.put(|| Pending {
            stage,
            transit,
            content: content(),
        });
        self.upcoming.put(at, slot);
        self.next_at = self.next_at.min(at);
    }
}

impl Stage {
    /// The next datagram of its flow, as the model sees it.
    fn next_datagram(&mut self, now: Timestamp, transit: Transit) -> Datagram {
        let mut datagram = Datagram {
            link: transit.link,
            direction: transit.direction,
            traffic: transit.traffic,
            bytes: transit.bytes,
            now_ns: now.as_nanos(),
            index: 0,
        };
        // Links beyond share counters, so no index comes twice on any.
        let flow = datagram.flow() % MAX_FLOWS;
        if self.counts.len() <= flow {
            self.counts.resize(flow + 1, 0);
        }
        datagram.index = self.counts[flow];
        self.counts[flow] += 1;
        datagram
    }
}

/// Things by number; numbers and memory are used again.
struct Slots<T> {
    all: Vec<Option<T>>,
    free: Vec<u32>,
}

impl<T> Default for Slots<T> {
    fn default() -> Self {
        Self {
            all: Vec::new(),
            free: Vec::new(),
        }
    }
}

impl<T> Slots<T> {
    #[inline]
    fn put(&mut self, thing: impl FnOnce() -> T) -> u32 {
        let slot = self.free.pop().unwrap_or_else(|| {
            self.all.push(None);
            self.all.len() as u32 - 1
        });
        // A free slot is empty: the thing is made in its place.
        self.all[slot as usize].get_or_insert_with(thing);
        slot
    }

    fn take(&mut self, slot: u32) -> Option<T> {
        self.free.push(slot);
        self.all[slot as usize].take()
    }
}
