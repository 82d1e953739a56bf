//! Proofs of address: the tokens that others told us, and those who came back
//! with one of ours.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::time::Duration;

use crate::time::Timestamp;
use crate::token::Token;

/// A new token is used at once, but not more often than this.
const RETRY: Duration = Duration::from_millis(100);
/// Whoever asks us does so more often than this.
const ASKER_STAYS: Duration = Duration::from_secs(60);
/// Most askers remembered.
const MAX_ASKERS: usize = 256;

/// Proofs of address, theirs and ours.
#[derive(Default)]
pub struct Proofs {
    told: BTreeMap<SocketAddr, (Token, Timestamp)>,
    /// Addresses that are proven to us, and when they last were.
    askers: BTreeMap<SocketAddr, Timestamp>,
}

impl Proofs {
    /// The token that this address told us; zeros if it told none.
    pub fn token_of(&self, address: SocketAddr) -> Token {
        let told = self.told.get(&address);
        told.map_or_else(Token::default, |&(token, _)| token)
    }

    /// Whether this token of theirs is news, and if so, whether to ask at once:
    /// one that tells another token each time is asked on time.
    pub fn is_new(&self, now: Timestamp, from: SocketAddr, token: Token) -> Option<bool> {
        match self.told.get(&from) {
            Some(&(known, _)) if known == token => None,
            Some(&(_, told)) => Some(now.since(told) >= RETRY),
            None => Some(true),
        }
    }

    pub fn learn(&mut self, now: Timestamp, from: SocketAddr, token: Token) {
        self.told.insert(from, (token, now));
    }

    /// Tokens told.
    pub fn told(&self) -> usize {
        self.told.len()
    }

    pub fn retain(&mut self, known: &BTreeSet<SocketAddr>) {
        self.told.retain(|address, _| known.contains(address));
    }

    /// An address showed our token: it is where it says.
    pub fn shown(&mut self, now: Timestamp, by: SocketAddr) {
        if self.askers.len() >= MAX_ASKERS && !self.askers.contains_key(&by) {
            let oldest = self.askers.iter().min_by_key(|&(_, at)| at);
            if let Some((&oldest, _)) = oldest {
                self.askers.remove(&oldest);
            }
        }
        self.askers.insert(by, now);
    }

    /// Whether this address was proven lately.
    pub fn is_proven(&self, now: Timestamp, address: SocketAddr) -> bool {
        let shown = self.askers.get(&address);
        shown.is_some_and(|&at| now.since(at) < ASKER_STAYS)
    }

    /// Who asked us, and so may know us by this alone.
    pub fn askers(&self) -> impl Iterator<Item = SocketAddr> + '_ {
        self.askers.keys().copied()
    }
}
