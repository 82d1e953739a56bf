//! What was asked for each packet around the playhead.

use segue_policy::abi::{NO_PACKET, RawAsk};

/// Most packets that the ring spans, from the first missing one on.
const SPAN: u32 = 8192;

/// For packet `n` at `n % len`: what a policy may see of its asks, and what the
/// engine needs beside it.
pub struct Asks {
    ring: Vec<RawAsk>,
    /// Serial under which a packet is asked for now; 0: under none.
    open: Vec<u32>,
}

impl Asks {
    /// For a track of so many packets.
    pub fn new(packets: u32) -> Self {
        let len = packets.max(1).min(SPAN).next_power_of_two() as usize;
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
            open: vec![0; len],
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

    /// Notes that a packet is asked for. Answers the seeder that was asked for
    /// it until now, if the packet was still open there.
    pub fn ask(
        &mut self,
        packet: u32,
        seeder: u32,
        id: u64,
        serial: u32,
        now_ns: u64,
    ) -> Option<u32> {
        let slot = self.slot(packet);
        let before = self.is_open(packet).then(|| self.ring[slot].seeder);
        let ask = &mut self.ring[slot];
        let times = if ask.packet == packet { ask.times } else { 0 };
        *ask = RawAsk {
            packet,
            times: times + 1,
            last_ns: now_ns,
            seeder,
            reserved: 0,
            id,
        };
        self.open[slot] = serial;
        before
    }

    /// Whether a packet is still wanted under this serial.
    pub fn is_wanted(&self, packet: u32, serial: u32) -> bool {
        let slot = self.slot(packet);
        self.ring[slot].packet == packet && self.open[slot] == serial
    }

    /// Ends the open ask for a packet; answers the seeder that had it.
    pub fn close(&mut self, packet: u32) -> Option<u32> {
        if !self.is_open(packet) {
            return None;
        }
        let slot = self.slot(packet);
        self.open[slot] = 0;
        Some(self.ring[slot].seeder)
    }

    fn is_open(&self, packet: u32) -> bool {
        let slot = self.slot(packet);
        self.ring[slot].packet == packet && self.open[slot] != 0
    }

    fn slot(&self, packet: u32) -> usize {
        packet as usize & (self.ring.len() - 1)
    }
}
