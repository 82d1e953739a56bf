//! Datagrams through network models: loss and delay made on purpose.
//!
//! Sans-IO like everything here: datagrams go in with their time, and come out
//! when [`Network::next_at`] says so. Simulator and live driver use the same.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use segue_policy::host::{self, Fault};
use segue_policy::{Datagram, Direction, Traffic};

use crate::time::Timestamp;

/// Most flows that are counted each on its own.
const MAX_FLOWS: usize = 1 << 16;

/// Models in a row: what the first lets through, the second gets, after the
/// first one's delay.
pub struct Network<T> {
    stages: Vec<Stage>,
    pending: BinaryHeap<Reverse<Pending<T>>>,
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

struct Pending<T> {
    at: Timestamp,
    order: u64,
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
            .map_or(Timestamp::NEVER, |Reverse(next)| next.at)
    }

    /// The next datagram that has arrived by `now`, and when it did.
    pub fn poll(&mut self, now: Timestamp) -> Option<(Timestamp, Transit, T)> {
        while self.next_at() <= now {
            let Reverse(next) = self.pending.pop()?;
            if next.stage >= self.stages.len() {
                return Some((next.at, next.transit, next.content));
            }
            self.enter(next.at, next.stage, next.transit, next.content);
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
        self.pending.push(Reverse(Pending {
            at,
            order: self.order,
            stage,
            transit,
            content,
        }));
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

impl<T> Pending<T> {
    fn key(&self) -> (Timestamp, u64) {
        (self.at, self.order)
    }
}

impl<T> PartialEq for Pending<T> {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl<T> Eq for Pending<T> {}

impl<T> PartialOrd for Pending<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> Ord for Pending<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }
}
