//! Frames that have come and wait to be played.

use std::collections::BTreeMap;
use std::sync::Arc;

/// Memory for the frames of one session; seeders are told not to run further
/// ahead.
const MEMORY_BYTES: u64 = 32 << 20;

/// How many packets of this track may wait.
pub fn ahead_packets(track_bytes: u64, packets: u32) -> u32 {
    let mean = (track_bytes / u64::from(packets.max(1))).max(1);
    u32::try_from(MEMORY_BYTES / mean).unwrap_or(u32::MAX)
}

/// Frames by number.
#[derive(Default)]
pub struct FrameStore {
    frames: BTreeMap<u32, Arc<[u8]>>,
}

impl FrameStore {
    pub fn keep(&mut self, packet: u32, bytes: Arc<[u8]>) {
        self.frames.insert(packet, bytes);
    }

    /// Takes a frame out, and forgets all before it.
    pub fn take(&mut self, packet: u32) -> Option<Arc<[u8]>> {
        let frame = self.frames.remove(&packet);
        while let Some(entry) = self
            .frames
            .first_entry()
            .filter(|entry| *entry.key() < packet)
        {
            entry.remove();
        }
        frame
    }
}
