//! What was asked last for each packet around the playhead.

use crate::pipe::LaneKind;

/// The ring spans as many packets as the engine keeps books of.
const SPAN: u32 = 8192;

/// The last ask for one packet.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    packet: u32,
    /// How often it was asked for.
    pub tries: u32,
    /// How many copies at once.
    pub copies: u32,
    /// Of whom first.
    pub pipe: u32,
    /// Where it stands there.
    pub lane: LaneKind,
    /// Which place.
    pub place: u32,
    /// When, seconds.
    pub at: f64,
    /// When the last of its copies was asked for.
    pub copied_at: f64,
    /// Of whom, and its place there among what is asked again.
    pub last_copy: (u32, u32),
}

/// For packet `n` at `n % len`.
#[derive(Debug)]
pub struct Books(Vec<Option<Asked>>);

impl Books {
    /// For a track of so many packets.
    pub fn new(packets: u32) -> Self {
        let len = packets.clamp(1, SPAN).next_power_of_two() as usize;
        Self(vec![None; len])
    }

    /// What was asked for a packet, if anything.
    pub fn get(&self, packet: u32) -> Option<&Asked> {
        let asked = self.0[self.slot(packet)].as_ref();
        asked.filter(|asked| asked.packet == packet)
    }

    /// Notes an ask.
    pub fn note(
        &mut self,
        packet: u32,
        copies: u32,
        (pipe, lane, place): (u32, LaneKind, u32),
        at: f64,
    ) {
        let tries = self.get(packet).map_or(0, |before| before.tries) + 1;
        let slot = self.slot(packet);
        self.0[slot] = Some(Asked {
            packet,
            tries,
            copies,
            pipe,
            lane,
            place,
            at,
            copied_at: at,
            last_copy: (pipe, place),
        });
    }

    /// It is as if it had not been asked for.
    pub fn forget(&mut self, packet: u32) {
        if self.get(packet).is_some() {
            let slot = self.slot(packet);
            self.0[slot] = None;
        }
    }

    /// Nothing was asked.
    pub fn clear(&mut self) {
        self.0.fill(None);
    }

    /// So many more copies are under way.
    pub fn add_copies(&mut self, packet: u32, copies: u32, last: (u32, u32), at: f64) {
        let slot = self.slot(packet);
        if let Some(asked) = self.0[slot].as_mut() {
            asked.copies += copies;
            asked.copied_at = at;
            asked.last_copy = last;
        }
    }

    /// Puts back what was noted before: of several copies, the first counts.
    pub fn restore(&mut self, asked: Asked) {
        let slot = self.slot(asked.packet);
        self.0[slot] = Some(asked);
    }

    fn slot(&self, packet: u32) -> usize {
        packet as usize & (self.0.len() - 1)
    }
}
