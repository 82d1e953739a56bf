//! The seeders of a session: each has one path, though it may have several
//! addresses, and one of a bounded number of places.

use std::net::SocketAddr;

use segue_policy::abi::{RawSeeder, SEEDER_ALIVE};

use super::Listener;
use super::asks::MAX_SEEDERS;
use super::path::{Found, Path};

impl Listener {
    /// A seeder joins, or is heard of again.
    pub(super) fn on_seeder(&mut self, found: Found<'_>) -> bool {
        let same_peer = |path: &Path| found.peer.is_some() && path.peer == found.peer;
        let known = self.paths.iter().position(same_peer);
        let known = known.or_else(|| self.paths.iter().position(|path| found.is(path)));
        let Some(index) = known else {
            return self.join(found);
        };
        // A seeder sends to wherever it heard of us last: two paths to it would
        // take its packets from each other.
        for other in 0..self.paths.len() {
            if other != index && found.is(&self.paths[other]) {
                self.void(other);
                self.paths[other].merge(&mut self.seeders[other]);
            }
        }
        self.paths[index].look(self.now, found, &self.seeders[index]);
        false
    }

    fn join(&mut self, found: Found<'_>) -> bool {
        let Some(index) = self.free_place() else {
            return false;
        };
        let after = self.paths.iter().map(Path::sequence).max().unwrap_or(0);
        let path = Path::new(self.now, index as u32, found, after);
        let raw = RawSeeder::joining(self.now.as_nanos());
        if index == self.paths.len() {
            self.paths.push(path);
            self.seeders.push(raw);
        } else {
            self.void(index);
            let before = std::mem::replace(&mut self.paths[index], path);
            self.seeders[index] = raw;
            self.sent_before += before.sent();
            self.peak_queue_before = self.peak_queue_before.max(before.peak_queue);
        }
        true
    }

    /// A place for one more; the dead one that was silent for longest leaves
    /// its own if there is no other.
    fn free_place(&self) -> Option<usize> {
        if self.paths.len() < MAX_SEEDERS {
            return Some(self.paths.len());
        }
        let dead = |index: &usize| self.seeders[*index].flags & SEEDER_ALIVE == 0;
        let places = (0..self.paths.len()).filter(dead);
        places.min_by_key(|&index| self.seeders[index].last_heard_ns)
    }

    /// The path to whoever is at this address.
    // It was copied a moment ago: read as a whole again, it would be waited for.
    #[inline]
    pub(super) fn path_at(&self, address: &SocketAddr) -> Option<usize> {
        let mut paths = self.paths.iter();
        let used = paths.position(|path| path.address == *address && !path.is_merged());
        used.or_else(|| self.path_once_at(address))
    }

    /// The path to whoever was heard at this address before.
    #[cold]
    fn path_once_at(&self, address: &SocketAddr) -> Option<usize> {
        self.paths.iter().position(|path| path.is_at(*address))
    }
}
