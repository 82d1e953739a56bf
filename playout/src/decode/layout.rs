//! The few numbers of a Layer III frame that gaps and silence depend on.

/// Bytes of a frame's header.
const HEADER: usize = 4;

/// What a frame's first bytes tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Layout {
    /// Samples per channel.
    pub(super) samples: u16,
    /// How many bytes before this frame its bits begin.
    pub(super) main_data_begin: usize,
    /// Bytes that this frame adds to the reservoir.
    pub(super) main_data: usize,
}

impl Layout {
    /// `None` when the bytes are no Layer III frame.
    pub(super) fn read(frame: &[u8]) -> Option<Self> {
        let header: [u8; HEADER] = *frame.first_chunk()?;
        let synced = header[0] == 0xff && header[1] & 0xe0 == 0xe0;
        let layer3 = header[1] & 0x06 == 0x02;
        let known_version = header[1] & 0x18 != 0x08;
        if !(synced && layer3 && known_version) {
            return None;
        }
        let mpeg1 = is_mpeg1(header);
        let has_crc = header[1] & 0x01 == 0;
        let at = HEADER + if has_crc { 2 } else { 0 };
        let main_data = frame.len().checked_sub(at + side_info(header))?;
        // 9 bits in MPEG-1, 8 bits in MPEG-2 and 2.5.
        let main_data_begin = if mpeg1 {
            usize::from(frame[at]) << 1 | usize::from(frame[at + 1] >> 7)
        } else {
            usize::from(frame[at])
        };
        Some(Self {
            samples: if mpeg1 { 1152 } else { 576 },
            main_data_begin,
            main_data,
        })
    }
}

/// A frame with this header that holds no bits at all, as long as the header says.
pub(super) fn empty(header: [u8; HEADER], length: usize) -> Vec<u8> {
    let mut frame = vec![0; length];
    frame[..HEADER].copy_from_slice(&header);
    frame[1] |= 0x01; // without CRC, so that none need be right
    frame
}

fn is_mpeg1(header: [u8; HEADER]) -> bool {
    header[1] & 0x18 == 0x18
}

fn side_info(header: [u8; HEADER]) -> usize {
    let mono = header[3] >> 6 == 3;
    match (is_mpeg1(header), mono) {
        (true, false) => 32,
        (true, true) | (false, false) => 17,
        (false, true) => 9,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(header: [u8; 4], side: [u8; 2], crc: bool) -> Vec<u8> {
        let mut frame = vec![0; 417];
        frame[..4].copy_from_slice(&header);
        let at = if crc { 6 } else { 4 };
        frame[at..at + 2].copy_from_slice(&side);
        frame
    }

    #[test]
    fn reads_each_kind() {
        let mpeg1_stereo = frame([0xff, 0xfb, 0x90, 0x00], [0xff, 0x80], false);
        let expected = Layout {
            samples: 1152,
            main_data_begin: 511,
            main_data: 417 - 4 - 32,
        };
        assert_eq!(Layout::read(&mpeg1_stereo), Some(expected));

        let mpeg1_mono_crc = frame([0xff, 0xfa, 0x90, 0xc0], [0x01, 0x00], true);
        let expected = Layout {
            samples: 1152,
            main_data_begin: 2,
            main_data: 417 - 4 - 2 - 17,
        };
        assert_eq!(Layout::read(&mpeg1_mono_crc), Some(expected));

        let mpeg2_mono = frame([0xff, 0xf3, 0x90, 0xc0], [0x81, 0xff], false);
        let expected = Layout {
            samples: 576,
            main_data_begin: 0x81,
            main_data: 417 - 4 - 9,
        };
        assert_eq!(Layout::read(&mpeg2_mono), Some(expected));
    }

    #[test]
    fn refuses_what_is_no_frame() {
        assert_eq!(Layout::read(&[]), None);
        assert_eq!(Layout::read(&[0xff, 0xfb, 0x90]), None);
        assert_eq!(Layout::read(&[0xff, 0xfb, 0x90, 0x00, 0, 0]), None); // no side info
        assert_eq!(Layout::read(&[0; 417]), None);
        assert_eq!(
            Layout::read(&frame([0xff, 0xfd, 0x90, 0], [0, 0], false)),
            None
        ); // Layer II
    }
}
