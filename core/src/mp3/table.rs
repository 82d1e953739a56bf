//! Where each packet of a file is.

mod stored;

use std::ops::Range;

use super::MAX_FILE_BYTES;
use super::header::FrameHeader;

/// A segment is cut here, so that a look-up adds up at most so many lengths.
const SEGMENT_PACKETS: u32 = 64;

/// Position and length of every packet of a file, in about 1.1 bytes per packet:
/// a share of 10,000 files has some 100 million packets.
///
/// Rate and version are the same in the whole file, so the length of a packet
/// follows from its bitrate and padding. The lengths are numbered in the order
/// they turn up (28 at most), one byte per packet names one, and segments of packets
/// without junk between them say where they begin. Positions fit [`MAX_FILE_BYTES`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PacketTable {
    lengths: Vec<u16>,
    codes: Vec<u8>,
    segments: Vec<Segment>,
    end: u32,
    bytes: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Segment {
    first: u32,
    offset: u32,
}

impl PacketTable {
    /// Number of packets.
    pub fn len(&self) -> u32 {
        // A packet has 24 bytes or more, and a file under 2^32.
        self.codes.len() as u32
    }

    /// Whether there is no packet at all.
    pub fn is_empty(&self) -> bool {
        self.codes.is_empty()
    }

    /// Bytes of all packets together.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Bytes of the file that a packet takes up; `None` past the last one.
    pub fn get(&self, packet: u32) -> Option<Range<u64>> {
        let code = *self.codes.get(packet as usize)?;
        let after = self.segments.partition_point(|s| s.first <= packet);
        let segment = self.segments.get(after.checked_sub(1)?)?;
        let before = self.codes[segment.first as usize..packet as usize]
            .iter()
            .map(|&code| self.length(code))
            .sum::<u64>();
        let start = u64::from(segment.offset) + before;
        Some(start..start + self.length(code))
    }

    /// All packets in order.
    pub fn iter(&self) -> impl Iterator<Item = Range<u64>> + '_ {
        let mut segments = self.segments.iter().peekable();
        let mut start = 0;
        self.codes.iter().zip(0..).map(move |(&code, packet)| {
            if let Some(segment) = segments.next_if(|s| s.first == packet) {
                start = u64::from(segment.offset);
            }
            let range = start..start + self.length(code);
            start = range.end;
            range
        })
    }

    fn length(&self, code: u8) -> u64 {
        u64::from(self.lengths[usize::from(code)])
    }

    /// Adds the next packet; `offset` lies behind all earlier ones.
    pub(super) fn push(&mut self, offset: u64, header: &FrameHeader) {
        let length = header.frame_bytes() as u16;
        debug_assert!(offset >= u64::from(self.end));
        debug_assert!(offset + u64::from(length) <= MAX_FILE_BYTES);
        let offset = offset as u32;
        let packet = self.len();
        let in_row = self
            .segments
            .last()
            .is_some_and(|segment| offset == self.end && packet - segment.first < SEGMENT_PACKETS);
        if !in_row {
            self.segments.push(Segment {
                first: packet,
                offset,
            });
        }
        let code = match self.lengths.iter().position(|&known| known == length) {
            Some(code) => code,
            None => {
                self.lengths.push(length);
                self.lengths.len() - 1
            }
        };
        self.codes.push(code as u8);
        self.end = offset + u32::from(length);
        self.bytes += u64::from(length);
    }

    pub(super) fn shrink(&mut self) {
        self.lengths.shrink_to_fit();
        self.codes.shrink_to_fit();
        self.segments.shrink_to_fit();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_are_found_again_across_segments_and_gaps() {
        let mut table = PacketTable::default();
        let mut expected = Vec::new();
        let mut offset = 45;
        for packet in 0..1000_u32 {
            let bitrate = (packet % 14 + 1) as u8;
            let padding = (packet % 3 == 0) as u8;
            let header = [0xff, 0xfb, bitrate << 4 | padding << 1, 0];
            let header = FrameHeader::parse(&header).expect("valid");
            if packet % 100 == 37 {
                offset += 11;
            }
            table.push(offset, &header);
            let end = offset + header.frame_bytes() as u64;
            expected.push(offset..end);
            offset = end;
        }
        assert_eq!(table.len(), 1000);
        assert_eq!(table.iter().collect::<Vec<_>>(), expected);
        for (packet, range) in expected.iter().enumerate() {
            assert_eq!(table.get(packet as u32).as_ref(), Some(range));
        }
        assert_eq!(table.get(1000), None);
        assert_eq!(table.get(u32::MAX), None);
        let bytes: u64 = expected.iter().map(|r| r.end - r.start).sum();
        assert_eq!(table.bytes(), bytes);
    }

    #[test]
    fn an_empty_table_has_nothing() {
        let table = PacketTable::default();
        assert!(table.is_empty());
        assert_eq!(table.get(0), None);
        assert_eq!(table.iter().count(), 0);
    }
}
