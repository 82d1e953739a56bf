//! Peers that are named by address: asked for ever, whether or not broadcast
//! reaches them.

use std::net::SocketAddr;
use std::time::Duration;

use crate::time::Timestamp;

/// The first question is repeated after this long, then ever more seldom...
const FIRST_KNOCK: Duration = Duration::from_millis(250);
/// ... but no more seldom than this.
const LONGEST_KNOCK: Duration = Duration::from_secs(4);
/// Whoever answered is asked this often whether anything changed.
const REFRESH: Duration = Duration::from_secs(5);
/// Without an answer for this long all addresses are tried again.
const SILENCE: Duration = Duration::from_secs(8);
/// Most addresses that a name stands for.
const MAX_ADDRESSES: usize = 8;

/// Peers named by address.
#[derive(Default)]
pub struct Statics {
    all: Vec<Static>,
}

struct Static {
    /// What the driver calls it, if its addresses come from a name.
    name: Option<u32>,
    addresses: Vec<SocketAddr>,
    /// Where it answered.
    found: Option<SocketAddr>,
    /// The last answer, or when the first question was due.
    heard: Timestamp,
    next: Timestamp,
    wait: Duration,
}

impl Statics {
    /// Asks at this address.
    pub fn add(&mut self, now: Timestamp, address: SocketAddr) {
        if !self.contains(address) {
            self.all.push(Static::new(now, None, vec![address]));
        }
    }

    /// Asks at the addresses that a name stands for now.
    pub fn set(&mut self, now: Timestamp, name: u32, mut addresses: Vec<SocketAddr>) {
        addresses.truncate(MAX_ADDRESSES);
        let known = self.all.iter_mut().find(|known| known.name == Some(name));
        let Some(known) = known else {
            return self.all.push(Static::new(now, Some(name), addresses));
        };
        if known.addresses != addresses {
            known.found = known.found.filter(|found| addresses.contains(found));
            known.addresses = addresses;
            known.ask_now(now);
        }
    }

    pub fn contains(&self, address: SocketAddr) -> bool {
        let is_there = |known: &Static| known.addresses.contains(&address);
        self.all.iter().any(is_there)
    }

    pub fn len(&self) -> usize {
        self.all.iter().map(|known| known.addresses.len()).sum()
    }

    /// All addresses.
    pub fn addresses(&self) -> impl Iterator<Item = SocketAddr> + '_ {
        self.all
            .iter()
            .flat_map(|known| known.addresses.iter().copied())
    }

    /// Where they answer.
    pub fn found(&self) -> impl Iterator<Item = SocketAddr> + '_ {
        self.all.iter().filter_map(|known| known.found)
    }

    /// Names that have not answered for this long.
    pub fn silent_names(&self, now: Timestamp, long: Duration) -> impl Iterator<Item = u32> + '_ {
        let silent = move |known: &&Static| now.since(known.heard) >= long;
        self.all
            .iter()
            .filter(silent)
            .filter_map(|known| known.name)
    }

    /// An answer came. Answers whether it was one to us.
    pub fn answered(&mut self, now: Timestamp, from: SocketAddr) -> bool {
        let mut asked = false;
        for known in self.at(from) {
            known.found = Some(from);
            known.heard = now;
            known.wait = FIRST_KNOCK;
            known.next = now + REFRESH;
            asked = true;
        }
        asked
    }

    /// A token came: with it, the question is worth repeating.
    pub fn ask_again(&mut self, now: Timestamp, from: SocketAddr) {
        for known in self.at(from) {
            known.next = now;
        }
    }

    /// The network changed: all are asked at once.
    pub fn ask_all(&mut self, now: Timestamp) {
        for known in &mut self.all {
            known.ask_now(now);
        }
    }

    /// Where to ask now.
    pub fn knocks(&mut self, now: Timestamp) -> Vec<SocketAddr> {
        let due = self.all.iter_mut().filter(|known| known.next <= now);
        due.flat_map(|known| known.knock(now)).collect()
    }

    pub fn next_timer(&self) -> Timestamp {
        let next = self.all.iter().map(|known| known.next);
        next.min().unwrap_or(Timestamp::NEVER)
    }

    /// Several names may stand for one address.
    fn at(&mut self, address: SocketAddr) -> impl Iterator<Item = &mut Static> {
        let is_it = move |known: &&mut Static| known.addresses.contains(&address);
        self.all.iter_mut().filter(is_it)
    }
}

impl Static {
    fn new(now: Timestamp, name: Option<u32>, addresses: Vec<SocketAddr>) -> Self {
        Self {
            name,
            addresses,
            found: None,
            heard: now,
            next: now,
            wait: FIRST_KNOCK,
        }
    }

    fn ask_now(&mut self, now: Timestamp) {
        self.next = now;
        self.wait = FIRST_KNOCK;
    }

    fn knock(&mut self, now: Timestamp) -> Vec<SocketAddr> {
        self.next = now + self.wait;
        self.wait = (self.wait * 2).min(LONGEST_KNOCK);
        if now.since(self.heard) > SILENCE {
            self.found = None;
        }
        match self.found {
            Some(found) => vec![found],
            None => self.addresses.clone(),
        }
    }
}
