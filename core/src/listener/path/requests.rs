//! The requests that are open at one seeder, and how far it has served them.

use super::Path;
use crate::listener::asks::Asks;
use crate::wire::MediaHeader;

/// One request of the policy. On the wire they are in the order of their ids.
pub struct Request {
    pub id: u64,
    /// Grows from request to request.
    pub serial: u32,
    /// The first list that tells it.
    pub told: u32,
    pub rate: u32,
    /// What is still wanted of it, in order.
    pub packets: Vec<u32>,
    /// So many of these, from the front, were sent. What of them did not come
    /// is lost until the policy asks again; to tell the seeder is no use.
    pub served: usize,
}

impl Request {
    /// What the seeder is yet to send.
    pub fn to_serve(&self) -> &[u32] {
        &self.packets[self.served..]
    }

    /// Keeps what is still wanted; answers whether anything is.
    fn prune(&mut self, is_wanted: impl Fn(u32) -> bool) -> bool {
        let (mut at, mut served) = (0, 0);
        self.packets.retain(|&packet| {
            let keeps = is_wanted(packet);
            served += usize::from(keeps && at < self.served);
            at += 1;
            keeps
        });
        self.served = served;
        !self.packets.is_empty()
    }
}

impl Path {
    /// Forgets requests of which nothing is wanted any more; answers how many
    /// are left.
    pub fn prune(&mut self, asks: &Asks) -> usize {
        let index = self.index;
        self.requests.retain_mut(|request| {
            let serial = request.serial;
            request.prune(|packet| asks.is_wanted(packet, serial, index))
        });
        self.requests.len()
    }

    /// A packet came: the seeder goes through the newest list that it saw from
    /// the front, so everything before this packet was sent.
    pub(super) fn note_served(&mut self, header: &MediaHeader) {
        if header.by_stream() {
            return;
        }
        let of = |request: &Request| request.serial == header.serial;
        let Some(index) = self.requests.iter().position(of) else {
            return;
        };
        let (before, from) = self.requests.split_at_mut(index);
        for request in before {
            if request.told <= header.wants_seen {
                request.served = request.packets.len();
            }
        }
        let request = &mut from[0];
        let mut to_serve = request.to_serve().iter();
        if let Some(at) = to_serve.position(|&next| next == header.packet) {
            request.served += at + 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_pruned_leaves_the_mark_where_it_was() {
        let mut request = Request {
            id: 1,
            serial: 1,
            told: 1,
            rate: 0,
            packets: vec![5, 3, 9, 7],
            served: 2,
        };
        assert!(request.prune(|packet| packet != 5 && packet != 7));
        assert_eq!(
            (request.packets.as_slice(), request.served),
            (&[3, 9][..], 1)
        );
        assert_eq!(request.to_serve(), [9]);
        assert!(!request.prune(|_| false));
    }
}
