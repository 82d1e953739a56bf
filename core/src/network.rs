//! Datagrams through network models: loss and delay made on purpose.
//!
//! Sans-IO like everything here: datagrams go in with their time, and come out
//! when [`Network::next_at`] says so. Simulator and live driver use the same.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use segue_policy::host::{self, Fault};
use segue_policy::{Datagram, Direction, Traffic};
use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

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
    /// What comes next is found by small keys; what comes lies still.
    pending: BinaryHeap<Reverse<Key>>,
    waiting: Slots<Pending<T>>,
    order: u64,
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

/// A time, an order and a slot in one number: earlier first, and of the same
/// time what was put in first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Key(u128);

impl Key {
    const SLOT_BITS: u32 = 24;

    fn new(at: Timestamp, order: u64, slot: u32) -> Self {
        debug_assert!(slot >> Self::SLOT_BITS == 0, "too much is under way");
        let low = order << Self::SLOT_BITS | u64::from(slot);
        Self(u128::from(at.as_nanos()) << 64 | u128::from(low))
    }

    fn at(self) -> Timestamp {
        Timestamp((self.0 >> 64) as u64)
    }

    fn slot(self) -> u32 {
        self.0 as u32 & ((1 << Self::SLOT_BITS) - 1)
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
            pending: BinaryHeap::new(),
            waiting: Slots::default(),
            order: 0,
            faults: Vec::new(),
        }
    }

    /// Puts a datagram in.
    pub fn send(&mut self, now: Timestamp, transit: Transit, content: T) {
        self.enter(now, 0, transit, content);
    }

    /// Puts a datagram in that no model touches.
    pub fn bypass(&mut self, now: Timestamp, transit: Transit, content: T) {
        self.push(now, self.stages.len(), transit, content);
    }

    /// When [`Network::poll`] has something to give.
    pub fn next_at(&self) -> Timestamp {
        self.pending
            .peek()
            .map_or(Timestamp::NEVER, |Reverse(next)| next.at())
    }

    /// The next datagram that has arrived by `now`, and when it did.
    pub fn poll(&mut self, now: Timestamp) -> Option<(Timestamp, Transit, T)> {
        while self.next_at() <= now {
            let Reverse(key) = self.pending.pop()?;
            let at = key.at();
            let next = self.waiting.take(key.slot())?;
            if next.stage >= self.stages.len() {
                return Some((at, next.transit, next.content));
            }
            self.enter(at, next.stage, next.transit, next.content);
        }
        None
    }

    /// Models that failed since the last call: number of the stage, and how.
    /// They let everything pass from then on.
    pub fn take_faults(&mut self) -> Vec<(usize, Fault)> {
        std::mem::take(&mut self.faults)
    }

    fn enter(&mut self, now: Timestamp, stage: usize, transit: Transit, content: T) {
        let Some(model) = self.stages.get_mut(stage) else {
            return self.push(now, stage, transit, content);
        };
        let fate = match model.transit(now, transit) {
            Ok(Some(fate)) => fate,
            Ok(None) => return self.push(now, stage + 1, transit, content),
            Err(fault) => {
                self.faults.push((stage, fault));
                return self.push(now, stage + 1, transit, content);
            }
        };
        if let Some((&last_ns, others)) = fate.delays_ns().split_last() {
            for &delay_ns in others {
                let at = Timestamp(now.0.saturating_add(delay_ns));
                self.push(at, stage + 1, transit, content.clone());
            }
            let at = Timestamp(now.0.saturating_add(last_ns));
            self.push(at, stage + 1, transit, content);
        }
    }

    fn push(&mut self, at: Timestamp, stage: usize, transit: Transit, content: T) {
        self.order += 1;
        let slot = self.waiting.put(Pending {
            stage,
            transit,
            content,
        });
        self.pending.push(Reverse(Key::new(at, self.order, slot)));
    }
}

impl Stage {
    /// `None`: the model is broken and lets everything pass.
    fn transit(
        &mut self,
        now: Timestamp,
        transit: Transit,
    ) -> Result<Option<segue_policy::Fate>, Fault> {
        if self.broken {
            return Ok(None);
        }
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
        self.model.transit(&datagram).map(Some).inspect_err(|_| {
            self.broken = true;
        })
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
    fn put(&mut self, thing: T) -> u32 {
        let slot = self.free.pop().unwrap_or_else(|| {
            self.all.push(None);
            self.all.len() as u32 - 1
        });
        self.all[slot as usize] = Some(thing);
        slot
    }

    fn take(&mut self, slot: u32) -> Option<T> {
        self.free.push(slot);
        self.all[slot as usize].take()
    }
}
