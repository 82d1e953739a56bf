//! What one listener still wants by request, and what of it was served.

use crate::wire::RequestPackets;

/// A listener's wants may span this many packets (a power of two): 3.5 minutes
/// of 44.1 kHz sound, in 64 KiB.
const SPAN: usize = 8192;

/// The newest list of one listener. A packet is served once for each serial it
/// is asked under, whatever is repeated or lost on the way.
#[derive(Default)]
pub struct Wants {
    /// Sequence of the newest list.
    seen: u32,
    list: Vec<Entry>,
    next: usize,
    /// For packet `n` at `n % SPAN`: the number, and the newest serial served.
    served: Vec<(u32, u32)>,
}

#[derive(Clone, Copy)]
struct Entry {
    packet: u32,
    serial: u32,
    rate: u32,
}

impl Wants {
    /// Sequence of the newest list.
    pub fn seen(&self) -> u32 {
        self.seen
    }

    /// Takes a list; an old one changes nothing. Packets at or beyond `end` and
    /// more than [`SPAN`] of them are left out.
    pub fn replace(&mut self, request: &RequestPackets, end: u32) {
        if request.sequence <= self.seen {
            return;
        }
        self.seen = request.sequence;
        self.list.clear();
        self.next = 0;
        if self.served.is_empty() {
            self.served = vec![(u32::MAX, 0); SPAN];
        }
        let mut looks = SPAN; // hostile runs can be long
        for want in &request.wants {
            self.list.extend(
                want.packets()
                    .take_while(|_| {
                        looks = looks.saturating_sub(1);
                        looks > 0
                    })
                    .filter(|&packet| packet < end)
                    .filter(|&packet| !is_served(&self.served, packet, want.serial))
                    .map(|packet| Entry {
                        packet,
                        serial: want.serial,
                        rate: want.rate,
                    }),
            );
        }
    }

    /// Packets that wait.
    pub fn len(&self) -> usize {
        self.list.len() - self.next
    }

    /// Most packets per second that the request wants whose turn it is; 0: no
    /// limit. `None` when nothing waits.
    pub fn rate(&self) -> Option<u32> {
        self.list.get(self.next).map(|entry| entry.rate)
    }

    /// The packet whose turn it is, and the serial it is asked under.
    pub fn pop(&mut self) -> Option<(u32, u32)> {
        let entry = *self.list.get(self.next)?;
        self.next += 1;
        self.served[entry.packet as usize % SPAN] = (entry.packet, entry.serial);
        Some((entry.packet, entry.serial))
    }
}

fn is_served(served: &[(u32, u32)], packet: u32, serial: u32) -> bool {
    let (known, newest) = served[packet as usize % SPAN];
    known == packet && newest >= serial
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::SessionId;
    use crate::token::Token;
    use crate::track::TrackId;
    use crate::wire::{Run, Want};

    fn list(sequence: u32, wants: &[(u32, &[u32])]) -> RequestPackets {
        let want = |&(serial, packets): &(u32, &[u32])| Want {
            serial,
            rate: 0,
            runs: Want::runs(packets, 10_000).0,
        };
        RequestPackets {
            session: SessionId(1),
            token: Token::default(),
            track: TrackId([0; 32]),
            sequence,
            credit: u32::MAX,
            sent_us: 0,
            wants: wants.iter().map(want).collect(),
        }
    }

    fn drain(wants: &mut Wants) -> Vec<u32> {
        std::iter::from_fn(|| wants.pop())
            .map(|(packet, _)| packet)
            .collect()
    }

    #[test]
    fn packets_are_served_in_the_order_asked() {
        let mut wants = Wants::default();
        wants.replace(&list(1, &[(1, &[7, 3, 5]), (2, &[1])]), 100);
        assert_eq!(wants.len(), 4);
        assert_eq!(drain(&mut wants), [7, 3, 5, 1]);
    }

    #[test]
    fn a_repeated_list_serves_nothing_twice_and_a_new_serial_serves_again() {
        let mut wants = Wants::default();
        wants.replace(&list(1, &[(1, &[3, 4])]), 100);
        assert_eq!(wants.pop(), Some((3, 1)));
        wants.replace(&list(1, &[(1, &[3, 4])]), 100);
        assert_eq!(drain(&mut wants), [4]);
        wants.replace(&list(2, &[(1, &[3, 4]), (2, &[4])]), 100);
        assert_eq!(drain(&mut wants), [4]);
    }

    #[test]
    fn the_newest_list_wins() {
        let mut wants = Wants::default();
        wants.replace(&list(5, &[(1, &[3])]), 100);
        wants.replace(&list(4, &[(1, &[9])]), 100);
        assert_eq!(drain(&mut wants), [3]);
    }

    #[test]
    fn a_hostile_list_stays_bounded() {
        let mut wants = Wants::default();
        let mut hostile = list(1, &[]);
        let run = Run {
            delta: 1,
            count: u16::MAX,
            step: 1,
        };
        let want = Want {
            serial: 1,
            rate: 0,
            runs: vec![run; 300],
        };
        hostile.wants = vec![want; 3];
        wants.replace(&hostile, u32::MAX);
        assert!(wants.len() <= SPAN);
    }
}
