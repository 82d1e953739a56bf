//! Noticing that a policy stands still though it could go on.

use std::time::Duration;

use segue_policy::abi::{RawSeeder, SEEDER_ALIVE, SEEDER_STREAM_ENDED, SEEDER_STREAMING};

use super::Listener;
use super::conduct::{Mark, STANDSTILL};
use crate::time::Timestamp;

/// Of a seeder that was heard so lately the network is not away.
const HEARD_NOW: Duration = Duration::from_secs(2);

impl Listener {
    /// A device waits, and the policy could go on: what is next is here and nothing
    /// more is to come, or it asks for nothing though somebody would answer. Where
    /// nobody lives, or something is yet to come, it may have its reasons.
    pub(super) fn look_for_standstill(&mut self) {
        let still = self.plays() && !self.ended && !self.replaced && self.stands_still();
        let mark = still.then(|| Mark {
            playhead: self.playhead,
            here: self.here.count(),
        });
        let mut changed = self.conduct.note_still(self.now, mark);
        if self.conduct.still_until() <= self.now {
            if self.has_all_there_is() || self.living().any(|raw| self.is_heard_now(raw)) {
                return self.on_standstill();
            }
            // The network may be away: that is no fault of the policy's.
            self.conduct.note_still(self.now, None);
            changed |= self.conduct.note_still(self.now, mark);
        }
        if changed {
            self.due = None;
        }
    }

    fn stands_still(&self) -> bool {
        if self.has_all_there_is() {
            return true;
        }
        let playable = self.here.contains(self.playhead);
        let streams = |raw: &RawSeeder| {
            raw.flags & (SEEDER_STREAMING | SEEDER_STREAM_ENDED) == SEEDER_STREAMING
        };
        // A stream that brings nothing, though there is music in hand, is over.
        let silent = |raw: &RawSeeder| raw.outstanding == 0 && (playable || !streams(raw));
        self.living().next().is_some() && self.living().all(silent)
    }

    /// All that can be fetched for now is here, the next packet first.
    fn has_all_there_is(&self) -> bool {
        let end = self.common().credit.min(self.config.track.packets);
        self.here.contains(self.playhead) && self.here.next_missing(self.playhead) >= end
    }

    fn living(&self) -> impl Iterator<Item = &RawSeeder> {
        let lives = |raw: &&RawSeeder| raw.flags & SEEDER_ALIVE != 0;
        self.seeders.iter().filter(lives)
    }

    fn is_heard_now(&self, raw: &RawSeeder) -> bool {
        self.now.since(Timestamp(raw.last_heard_ns)) < HEARD_NOW
    }

    /// It stood still for too long.
    fn on_standstill(&mut self) {
        let held_s = STANDSTILL.as_secs();
        let why = match self.here.contains(self.playhead) {
            true => format!(
                "it has held for {held_s} s though the next packet is here and nothing more comes"
            ),
            false => format!("it has asked for nothing for {held_s} s though packets are missing"),
        };
        self.replace(&why);
    }
}
