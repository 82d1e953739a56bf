//! What was asked for each packet around the playhead.

use segue_policy::abi::{NO_PACKET, RawAsk};

/// Most packets that the ring spans, from the first missing one on.
const SPAN: u32 = 8192;

/// Most seeders of a session: one bit each.
pub const MAX_SEEDERS: usize = 64;

/// For packet `n` at `n % len`: what a policy may see of its asks, and what the
/// engine needs beside it.
pub struct Asks {
    ring: Vec<RawAsk>,
    open: Vec<Open>,
    /// Bit `n % 64` of word `n / 64`: something is open in slot `n`. Of most packets
    /// nothing is, and to find that out in the ring takes a wait for its memory.
    any_open: Vec<u64>,
}

/// Under which serials, and of which seeders (a bit each), a packet is wanted
/// now. Of more than one only if a single decision asked so.
#[derive(Clone, Copy, Default)]
struct Open {
    first: u32,
    last: u32,
    seeders: u64,
}

impl Asks {
    /// For a track of so many packets.
    pub fn new(packets: u32) -> Self {
        let len = packets.clamp(1, SPAN).next_power_of_two() as usize;
        let empty = RawAsk {
            packet: NO_PACKET,
            times: 0,
            last_ns: 0,
            seeder: 0,
            reserved: 0,
            id: 0,
        };
        Self {
            ring: vec![empty; len],
            open: vec![Open::default(); len],
            any_open: vec![0; len.div_ceil(64)],
        }
    }

    /// The ring as policies see it.
    pub fn ring(&self) -> &[RawAsk] {
        &self.ring
    }

    /// How many packets it spans.
    pub fn span(&self) -> u32 {
        self.ring.len() as u32
    }

    /// Notes that a packet is asked for. What was asked under serials before
    /// `decision` is no longer wanted: answers the seeders (a bit each) at
    /// which the packet was open and counts no more.
    pub fn ask(
        &mut self,
        packet: u32,
        seeder: u32,
        id: u64,
        (serial, decision): (u32, u32),
        now_ns: u64,
    ) -> u64 {
        let slot = self.slot(packet);
        let known = self.ring[slot].packet == packet;
        let ask = &mut self.ring[slot];
        *ask = RawAsk {
            packet,
            times: if known { ask.times + 1 } else { 1 },
            last_ns: now_ns,
            seeder,
            reserved: 0,
            id,
        };
        let before = if known {
            self.open[slot]
        } else {
            Open::default()
        };
        let kept = if before.first >= decision {
            before
        } else {
            Open {
                first: serial,
                last: serial,
                seeders: 0,
            }
        };
        let seeders = kept.seeders | bit(seeder);
        self.open[slot] = Open {
            last: serial,
            seeders,
            ..kept
        };
        self.any_open[slot / 64] |= 1 << (slot % 64);
        // Asked of the same seeder again, it counts there once.
        before.seeders & !(kept.seeders & !bit(seeder))
    }

    /// Whether a packet is still wanted of this seeder under this serial.
    pub fn is_wanted(&self, packet: u32, serial: u32, seeder: u32) -> bool {
        let slot = self.slot(packet);
        let open = self.open[slot];
        self.ring[slot].packet == packet
            && open.seeders & bit(seeder) != 0
            && (open.first..=open.last).contains(&serial)
    }

    /// Whether a packet is wanted of any seeder.
    pub fn is_open(&self, packet: u32) -> bool {
        let slot = self.slot(packet);
        self.ring[slot].packet == packet && self.open[slot].seeders != 0
    }

    /// Ends all open asks for a packet; answers the seeders that had it.
    pub fn close(&mut self, packet: u32) -> u64 {
        self.close_of(packet, u64::MAX)
    }

    /// Ends the ask of one seeder; answers whether it was open.
    pub fn close_at(&mut self, packet: u32, seeder: u32) -> bool {
        self.close_of(packet, bit(seeder)) != 0
    }

    fn close_of(&mut self, packet: u32, seeders: u64) -> u64 {
        let slot = self.slot(packet);
        let (word, bit) = (&mut self.any_open[slot / 64], 1 << (slot % 64));
        if *word & bit == 0 || self.ring[slot].packet != packet {
            return 0;
        }
        let open = &mut self.open[slot].seeders;
        let closed = *open & seeders;
        *open &= !closed;
        if *open == 0 {
            *word &= !bit;
        }
        closed
    }

    fn slot(&self, packet: u32) -> usize {
        packet as usize & (self.ring.len() - 1)
    }
}

fn bit(seeder: u32) -> u64 {
    1u64.checked_shl(seeder).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_later_decision_withdraws_what_an_earlier_one_asked() {
        let mut asks = Asks::new(100);
        assert_eq!(asks.ask(7, 0, 1, (1, 1), 0), 0);
        assert_eq!(asks.ask(7, 1, 2, (2, 2), 0), 0b01);
        assert!(!asks.is_wanted(7, 1, 0) && asks.is_wanted(7, 2, 1));
        assert_eq!(asks.close(7), 0b10);
        assert_eq!(asks.close(7), 0);
        assert_eq!(asks.ring()[7].times, 2);
    }

    #[test]
    fn one_decision_may_ask_several_seeders_for_a_packet() {
        let mut asks = Asks::new(100);
        asks.ask(7, 0, 1, (4, 4), 0);
        assert_eq!(asks.ask(7, 1, 2, (5, 4), 0), 0);
        assert!(asks.is_wanted(7, 4, 0) && asks.is_wanted(7, 5, 1));
        assert!(asks.close_at(7, 0));
        assert!(!asks.is_wanted(7, 4, 0) && asks.is_wanted(7, 5, 1));
        assert_eq!(asks.ask(7, 1, 2, (6, 4), 0), 0b10, "it counts once");
        assert_eq!(asks.close(7), 0b10);
    }
}
