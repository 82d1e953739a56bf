//! The requests that are open at one seeder, and how far it has served them.

use super::Path;
use crate::listener::asks::Asks;

/// One request of the policy.
pub struct Request {
    pub id: u64,
    /// Grows from request to request: the list on the wire is in its order.
    pub serial: u32,
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

    /// A packet came under this serial: the seeder goes through the list from
    /// the front, so everything before it was sent.
    pub(super) fn note_served(&mut self, serial: u32, packet: u32) {
        for request in &mut self.requests {
            if request.serial > serial {
                break;
            }
            if request.serial < serial {
                request.served = request.packets.len();
            } else if let Some(at) = request.to_serve().iter().position(|&next| next == packet) {
                request.served += at + 1;
            }
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
