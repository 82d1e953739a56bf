//! Frames that have come and wait to be played.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

/// Memory for the frames of one session; seeders are told not to run further
/// ahead.
const MEMORY_BYTES: u64 = 32 << 20;

/// How many packets of this track may wait.
pub fn ahead_packets(track_bytes: u64, packets: u32) -> u32 {
    let mean = (track_bytes / u64::from(packets.max(1))).max(1);
    u32::try_from(MEMORY_BYTES / mean).unwrap_or(u32::MAX)
}

/// Memory for frames that were played, so that a way back is short.
const PLAYED_BYTES: usize = 8 << 20;

/// Frames by number: those to be played, and the last ones that were.
#[derive(Default)]
pub struct FrameStore {
    frames: BTreeMap<u32, Arc<[u8]>>,
    /// The first that was not played.
    next: u32,
    played_bytes: usize,
}

impl FrameStore {
    pub fn keep(&mut self, packet: u32, bytes: Arc<[u8]>) {
        self.frames.insert(packet, bytes);
    }

    /// A frame that is played now; the oldest of those before it are forgotten.
    pub fn take(&mut self, packet: u32) -> Option<Arc<[u8]>> {
        let passed = self.frames.range(self.next..=packet);
        self.played_bytes += passed.map(|(_, frame)| frame.len()).sum::<usize>();
        self.next = self.next.max(packet.saturating_add(1));
        let frame = self.frames.get(&packet).cloned();
        self.forget_played();
        frame
    }

    /// The same frames for a session that begins with packet `first` and fetches
    /// up to `ahead` packets. Those further on are forgotten: they would stay
    /// beside all that this session fetches, and more with each seek.
    pub fn starting_at(mut self, first: u32, ahead: u32) -> Self {
        self.frames.split_off(&first.saturating_add(ahead));
        self.next = first;
        let played = self.frames.range(..first);
        self.played_bytes = played.map(|(_, frame)| frame.len()).sum();
        self.forget_played();
        self
    }

    /// The oldest that were played go first.
    fn forget_played(&mut self) {
        while self.played_bytes > PLAYED_BYTES
            && let Some((_, oldest)) = self.frames.pop_first()
        {
            self.played_bytes -= oldest.len();
        }
    }

    /// Which packets from `first` on are here.
    pub fn ranges(&self, first: u32) -> Vec<Range<u32>> {
        let mut ranges: Vec<Range<u32>> = Vec::new();
        for &packet in self.frames.range(first..).map(|(packet, _)| packet) {
            match ranges.last_mut() {
                Some(last) if last.end == packet => last.end += 1,
                _ => ranges.push(packet..packet + 1),
            }
        }
        ranges
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store(packets: impl IntoIterator<Item = u32>, bytes: usize) -> FrameStore {
        let mut store = FrameStore::default();
        for packet in packets {
            store.keep(packet, vec![packet as u8; bytes].into());
        }
        store
    }

    #[test]
    fn what_was_played_stays_for_a_way_back_within_bounds() {
        let mut store = store((0..70).chain(72..100), PLAYED_BYTES / 10);
        for packet in 0..60 {
            assert_eq!(store.take(packet).unwrap()[0], packet as u8);
        }
        assert_eq!(store.ranges(0), [50..70, 72..100]);
        // Back, where nothing is yet to be played behind.
        let mut store = store.starting_at(55, u32::MAX);
        assert_eq!(store.ranges(55), [55..70, 72..100]);
        assert_eq!(store.take(55).unwrap()[0], 55);
        assert_eq!(store.take(70), None);
        store.keep(70, Arc::from([1]));
        assert_eq!(store.ranges(60), [60..71, 72..100]);
    }

    #[test]
    fn seeks_to_and_fro_keep_no_more_than_one_window_and_a_way_back() {
        let bytes = PLAYED_BYTES / 10;
        let ahead = 30;
        let mut store = FrameStore::default();
        for seek in 0..50 {
            let first = [0, 100, 200, 40][seek % 4];
            store = store.starting_at(first, ahead);
            for packet in first..first + ahead {
                store.keep(packet, vec![0; bytes].into());
            }
            assert!(store.take(first).is_some());
            let kept = store.frames.len();
            assert!(kept <= 10 + ahead as usize, "{kept} after seek {seek}");
        }
    }
}
