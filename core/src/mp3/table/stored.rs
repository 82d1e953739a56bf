//! A packet table as bytes, for caches; nothing that comes back is believed.

use super::{PacketTable, SEGMENT_PACKETS, Segment};
use crate::mp3::{MAX_FILE_BYTES, MAX_FRAME_BYTES};
use crate::seal;
use crate::track::TrackInfo;

impl PacketTable {
    /// The table as bytes, about as many as it takes in memory, sealed with the
    /// id of the track that it is of.
    pub fn to_bytes(&self, of: &TrackInfo) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.codes.len() + 8 * self.segments.len() + 100);
        bytes.push(self.lengths.len() as u8); // 28 at most
        for length in &self.lengths {
            bytes.extend_from_slice(&length.to_le_bytes());
        }
        bytes.extend_from_slice(&(self.segments.len() as u32).to_le_bytes());
        for segment in &self.segments {
            bytes.extend_from_slice(&segment.first.to_le_bytes());
            bytes.extend_from_slice(&segment.offset.to_le_bytes());
        }
        bytes.extend_from_slice(&self.codes);
        seal::close(&of.id.0, bytes)
    }

    /// What [`PacketTable::to_bytes`] wrote for this track. `None` if it is
    /// anything else, or a table that no file can have.
    pub fn from_bytes(bytes: &[u8], of: &TrackInfo) -> Option<Self> {
        let mut reader = Reader(seal::open(&of.id.0, bytes)?);
        let count = reader.take::<1>()?[0];
        let lengths: Vec<u16> = (0..count)
            .map(|_| reader.take().map(u16::from_le_bytes))
            .collect::<Option<_>>()?;
        let count = u32::from_le_bytes(reader.take()?);
        if count as usize > reader.0.len() / 8 {
            return None; // more than there are bytes: do not even reserve them
        }
        let segments = (0..count)
            .map(|_| {
                Some(Segment {
                    first: u32::from_le_bytes(reader.take()?),
                    offset: u32::from_le_bytes(reader.take()?),
                })
            })
            .collect::<Option<_>>()?;
        let mut table = Self {
            lengths,
            codes: reader.0.to_vec(),
            segments,
            end: 0,
            bytes: 0,
        };
        table.check()?;
        (table.len() == of.packets && table.bytes == of.bytes).then_some(table)
    }

    /// Adds up `end` and `bytes`; `None` if the parts do not fit each other.
    fn check(&mut self) -> Option<()> {
        let sane = |length: &u16| (1..=MAX_FRAME_BYTES).contains(&usize::from(*length));
        let packets = u32::try_from(self.codes.len()).ok()?;
        if !self.lengths.iter().all(sane) || self.segments.first().is_none_or(|s| s.first != 0) {
            return None;
        }
        let (mut end, mut bytes) = (0_u64, 0_u64);
        for (at, segment) in self.segments.iter().enumerate() {
            let next = self.segments.get(at + 1).map_or(packets, |s| s.first);
            let held = next.checked_sub(segment.first)?;
            if !(1..=SEGMENT_PACKETS).contains(&held) || u64::from(segment.offset) < end {
                return None;
            }
            let codes = self.codes.get(segment.first as usize..next as usize)?;
            let mut length = 0;
            for &code in codes {
                length += u64::from(*self.lengths.get(usize::from(code))?);
            }
            end = u64::from(segment.offset) + length;
            bytes += length;
        }
        if end > MAX_FILE_BYTES {
            return None;
        }
        (self.end, self.bytes) = (end as u32, bytes);
        Some(())
    }
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*taken)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::index::tests::{track_of, vbr_file};

    #[test]
    fn a_table_comes_back_as_it_was() {
        let track = track_of(&vbr_file(1000));
        let bytes = track.table.to_bytes(&track.info);
        assert_eq!(
            PacketTable::from_bytes(&bytes, &track.info),
            Some(track.table)
        );
        assert!(bytes.len() < 1000 * 115 / 100 + 100, "{}", bytes.len());
    }

    #[test]
    fn a_table_of_another_track_is_none() {
        let [one, other] = [1000, 1001].map(|packets| track_of(&vbr_file(packets)));
        let bytes = one.table.to_bytes(&one.info);
        assert_eq!(PacketTable::from_bytes(&bytes, &other.info), None);
    }

    #[test]
    fn every_flipped_or_missing_byte_is_noticed() {
        let track = track_of(&vbr_file(150));
        let bytes = track.table.to_bytes(&track.info);
        for at in 0..bytes.len() {
            let mut flipped = bytes.clone();
            flipped[at] ^= 0x10;
            assert_eq!(PacketTable::from_bytes(&flipped, &track.info), None);
            assert_eq!(PacketTable::from_bytes(&bytes[..at], &track.info), None);
        }
    }

    proptest! {
        /// Even with a good seal, a table never reads out of bounds.
        #[test]
        fn what_passes_the_check_can_be_read(
            lengths in prop::collection::vec(0_u16..2000, 0..5),
            segments in prop::collection::vec((0_u32..40, 0_u32..5000), 0..4),
            codes in prop::collection::vec(0_u8..5, 0..80),
        ) {
            let segments = segments.into_iter();
            let mut table = PacketTable {
                lengths,
                codes,
                segments: segments.map(|(first, offset)| Segment { first, offset }).collect(),
                end: 0,
                bytes: 0,
            };
            if table.check().is_some() {
                let all: Vec<_> = table.iter().collect();
                for (number, range) in all.iter().enumerate() {
                    let found = table.get(number as u32);
                    prop_assert_eq!(found.as_ref(), Some(range));
                }
                prop_assert!(all.windows(2).all(|pair| pair[0].end <= pair[1].start));
            }
        }
    }
}
