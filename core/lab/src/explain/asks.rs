//! What was asked for: many small requests, told as few.

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use segue_core::time::Timestamp;
use segue_core::wire::{RequestPackets, Run};
use serde::Serialize;

use super::{Known, Moment, What};

/// Requests within this time are told together.
const TOGETHER: Duration = Duration::from_secs(5);

/// Requests to one seeder, in short.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Asked {
    /// Which seeder.
    pub of: SocketAddr,
    /// In how many requests.
    pub requests: u32,
    /// Packets asked for, counted as often as they were.
    pub packets: u32,
    /// The lowest of them.
    pub lowest: u32,
    /// The highest of them.
    pub highest: u32,
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            of,
            requests,
            packets,
            lowest,
            highest,
        } = self;
        match packets {
            1 => write!(f, "asks {of} for packet {lowest}")?,
            _ => write!(f, "asks {of} for {packets} packets, {lowest} to {highest}")?,
        }
        match requests {
            1 => Ok(()),
            _ => write!(f, ", in {requests} requests"),
        }
    }
}

/// Gathers requests. A list is repeated until it is heard: only what is new in it
/// counts.
#[derive(Default)]
pub struct Asks {
    streams: BTreeMap<SocketAddr, u32>,
    lists: BTreeMap<SocketAddr, u32>,
    open: BTreeMap<SocketAddr, Asked>,
    since: Option<(Timestamp, Option<Known>)>,
}

impl Asks {
    /// Whether a wish for a stream is no repeat.
    pub fn is_new_stream(&mut self, of: SocketAddr, sequence: u32) -> bool {
        let newest = self.streams.entry(of).or_default();
        let is_new = sequence > *newest;
        *newest = sequence.max(*newest);
        is_new
    }

    /// Whether what was gathered is to be told before more is.
    pub fn is_due(&self, now: Timestamp) -> bool {
        let since = self.since.as_ref();
        since.is_some_and(|(since, _)| now.since(*since) >= TOGETHER)
    }

    /// Takes in a list.
    pub fn hear(
        &mut self,
        at: Timestamp,
        of: SocketAddr,
        list: &RequestPackets,
        known: impl FnOnce() -> Option<Known>,
    ) {
        let newest = self.lists.entry(of).or_default();
        let before = *newest;
        for want in list.wants.iter().filter(|want| want.serial > before) {
            *newest = want.serial.max(*newest);
            let (packets, lowest, highest) = extent(&want.runs);
            let asked = self.open.entry(of).or_insert(Asked {
                of,
                requests: 0,
                packets: 0,
                lowest,
                highest,
            });
            asked.requests += 1;
            asked.packets += packets;
            asked.lowest = asked.lowest.min(lowest);
            asked.highest = asked.highest.max(highest);
        }
        if !self.open.is_empty() && self.since.is_none() {
            self.since = Some((at, known()));
        }
    }

    /// What was gathered, seeder by seeder.
    pub fn take(&mut self) -> Vec<Moment> {
        let Some((at, known)) = self.since.take() else {
            return Vec::new();
        };
        let moment = |asked| Moment {
            at_s: at.as_secs_f64(),
            what: What::Ask(asked),
            known: known.clone(),
        };
        std::mem::take(&mut self.open)
            .into_values()
            .map(moment)
            .collect()
    }
}

/// How many packets these runs are, the lowest and the highest.
fn extent(runs: &[Run]) -> (u32, u32, u32) {
    let (mut count, mut lowest, mut highest) = (0, u32::MAX, 0);
    let mut last = 0_i64;
    for run in runs.iter().filter(|run| run.count > 0) {
        let first = last + i64::from(run.delta);
        last = first + i64::from(run.step) * i64::from(run.count - 1);
        count += u32::from(run.count);
        lowest = lowest.min(u32::try_from(first).unwrap_or(0));
        highest = highest.max(u32::try_from(last).unwrap_or(u32::MAX));
    }
    (count, lowest.min(highest), highest)
}
