//! Where a seeder is: one address in use, and others at which it was heard.
//!
//! Only one is talked to, for a seeder sends its packets to wherever it heard of
//! us last. When the one in use falls silent, all are asked, and the first that
//! answers is used from then on.

use std::net::SocketAddr;

use segue_policy::abi::{RawSeeder, SEEDER_ALIVE};

use super::Path;
use super::repeat::Repeat;
use crate::ids::PeerId;
use crate::time::Timestamp;
use crate::token::Token;

/// Most addresses kept beside the one in use.
const MAX_OTHERS: usize = 9;

/// A seeder as discovery, or the driver, tells of it.
#[derive(Clone, Copy)]
pub struct Found<'a> {
    /// Who it is, if that is known.
    pub peer: Option<PeerId>,
    pub address: SocketAddr,
    /// Where else it was heard.
    pub others: &'a [SocketAddr],
    pub token: Token,
}

impl Found<'_> {
    /// Whether a path must be to this seeder.
    pub fn is(&self, path: &Path) -> bool {
        if self.peer.is_some() && path.peer == self.peer {
            return true;
        }
        // Somebody else's name at its address: a program that was restarted.
        let unnamed = path.peer.is_none() && self.others.contains(&path.address);
        !path.merged && (path.address == self.address || unnamed)
    }
}

impl Path {
    /// Whether its seeder was heard at this address.
    pub fn is_at(&self, address: SocketAddr) -> bool {
        !self.merged && (self.address == address || self.others.contains(&address))
    }

    /// Whether the address in use is silent for longer than answers take.
    pub fn is_doubtful(&self, now: Timestamp, raw: &RawSeeder) -> bool {
        raw.flags & SEEDER_ALIVE == 0 || now > self.doubtful_from()
    }

    /// Until then a silence is nothing strange.
    pub(super) fn doubtful_from(&self) -> Timestamp {
        self.used_heard + self.usual_silence
    }

    /// Where to ask too while the address in use is in doubt.
    pub fn others(&self) -> &[SocketAddr] {
        &self.others
    }

    /// Something came from this address: if the one in use is in doubt, its
    /// seeder is here now. Answers whether it is.
    #[inline]
    pub fn follow(&mut self, now: Timestamp, from: &SocketAddr, raw: &RawSeeder) -> bool {
        if *from == self.address {
            self.used_heard = now;
            return false;
        }
        let moves = self.is_doubtful(now, raw);
        if moves {
            self.go_to(now, *from);
        }
        moves
    }

    #[cold]
    fn go_to(&mut self, now: Timestamp, from: SocketAddr) {
        self.used_heard = now;
        self.others.retain(|&other| other != from);
        self.others.push(std::mem::replace(&mut self.address, from));
        // What was measured on the other way, and lost on it, says nothing.
        self.delay.forget();
        self.rtt_from = now;
        self.counts_anew = true;
        self.say_again(now);
    }

    /// Everything unanswered is said again then.
    pub(super) fn say_again(&mut self, at: Timestamp) {
        let at_once = Repeat {
            at,
            wait: std::time::Duration::ZERO,
        };
        let stream = self.stream.as_mut();
        if let Some(repeat) = stream.and_then(|stream| stream.repeat.as_mut()) {
            *repeat = at_once;
        }
        if let Some(repeat) = &mut self.wants_repeat {
            *repeat = at_once;
        }
        self.next_feedback = at;
    }

    /// It was heard of by others: one in doubt is worth a probe now.
    pub fn look(&mut self, now: Timestamp, found: Found<'_>, raw: &RawSeeder) {
        self.peer = found.peer.or(self.peer);
        if std::mem::take(&mut self.merged) {
            self.address = found.address;
        }
        let all = || std::iter::once(&found.address).chain(found.others);
        let is_new = all().any(|&address| !self.is_at(address));
        let others = all().filter(|&&other| other != self.address);
        let others: Vec<_> = others.take(MAX_OTHERS).copied().collect();
        if found.peer.is_some() {
            self.others = others;
        }
        let is_dead = raw.flags & SEEDER_ALIVE == 0;
        if is_dead {
            self.token = found.token;
        } else if self.token == Token::default() {
            // Else the one that the seeder itself told is newer.
            self.on_retry(now, found.token);
        }
        if is_dead || is_new && self.is_doubtful(now, raw) {
            self.probe(now);
        }
    }
}
