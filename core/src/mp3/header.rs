//! The four bytes in front of every frame.

/// Bytes of a frame header.
pub const HEADER_BYTES: usize = 4;

/// Most bytes that any Layer III frame has: 320 kbit/s at 32 kHz, padded.
pub const LONGEST_FRAME: usize = 1441;

/// Version of the MPEG audio standard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// MPEG-1: 32, 44.1 and 48 kHz.
    One,
    /// MPEG-2: 16, 22.05 and 24 kHz.
    Two,
    /// MPEG-2.5, by Fraunhofer, in no standard: 8, 11.025 and 12 kHz.
    TwoAndHalf,
}

/// How the channels of a frame are coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChannelMode {
    /// Left and right.
    Stereo,
    /// Left and right with what they have in common taken together.
    JointStereo,
    /// Two independent channels.
    Dual,
    /// One channel.
    Mono,
}

/// Header of a Layer III frame with a known length.
///
/// It keeps the fields that matter and forgets the rest (copyright, emphasis).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameHeader {
    /// MPEG version.
    pub version: Version,
    /// Bits per second.
    pub bitrate: u32,
    /// Samples per second.
    pub sample_rate: u32,
    /// One byte more than the bitrate asks for.
    pub padding: bool,
    /// Coding of the channels.
    pub mode: ChannelMode,
    /// Two bytes of checksum follow the header.
    pub crc: bool,
}

/// What four bytes say, for files that are refused with a reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Layer3(FrameHeader),
    /// Layer III without a bitrate: the length shows only where the next frame is.
    FreeFormat,
    /// Layer I (1) or II (2).
    OtherLayer {
        layer: u8,
        frame_bytes: usize,
    },
}

// kbit/s by bitrate index; 0 is free format, 15 is forbidden.
const V1_LAYER1: [u16; 15] = [
    0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448,
];
const V1_LAYER2: [u16; 15] = [
    0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384,
];
const V1_LAYER3: [u16; 15] = [
    0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320,
];
const V2_LAYER1: [u16; 15] = [
    0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256,
];
const V2_LAYER23: [u16; 15] = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];

const V1_RATES: [u32; 3] = [44_100, 48_000, 32_000];

impl FrameHeader {
    /// Reads a header from the first four bytes.
    ///
    /// `None` if they are none: another layer, free format (whose length no header
    /// tells), a forbidden value, or fewer than four bytes.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        match Kind::of(bytes)? {
            Kind::Layer3(header) => Some(header),
            Kind::FreeFormat | Kind::OtherLayer { .. } => None,
        }
    }

    /// Bytes of the whole frame, header included.
    pub fn frame_bytes(&self) -> usize {
        let slots = u32::from(self.samples()) / 8 * self.bitrate / self.sample_rate;
        slots as usize + usize::from(self.padding)
    }

    /// Samples per channel: 1152 (MPEG-1) or 576.
    pub fn samples(&self) -> u16 {
        match self.version {
            Version::One => 1152,
            Version::Two | Version::TwoAndHalf => 576,
        }
    }

    /// Bytes of side information behind header and checksum.
    pub fn side_info_bytes(&self) -> usize {
        match (self.version, self.channels()) {
            (Version::One, 1) => 17,
            (Version::One, _) => 32,
            (_, 1) => 9,
            (_, _) => 17,
        }
    }

    /// 1 or 2.
    pub fn channels(&self) -> u8 {
        match self.mode {
            ChannelMode::Mono => 1,
            _ => 2,
        }
    }

    /// Whether both can be frames of one track: bitrate, padding and the kind of
    /// stereo may change, sample rate (and with it the version) and channels not.
    pub fn consistent_with(&self, other: &Self) -> bool {
        self.sample_rate == other.sample_rate && self.channels() == other.channels()
    }
}

impl Kind {
    pub(crate) fn of(bytes: &[u8]) -> Option<Self> {
        let &[sync, a, b, c] = bytes.first_chunk::<HEADER_BYTES>()?;
        if sync != 0xff || a & 0xe0 != 0xe0 {
            return None;
        }
        let (version, rate_divisor) = match a >> 3 & 3 {
            0 => (Version::TwoAndHalf, 4),
            2 => (Version::Two, 2),
            3 => (Version::One, 1),
            _ => return None,
        };
        let layer = match a >> 1 & 3 {
            1 => 3,
            2 => 2,
            3 => 1,
            _ => return None,
        };
        let table = match (version, layer) {
            (Version::One, 1) => &V1_LAYER1,
            (Version::One, 2) => &V1_LAYER2,
            (Version::One, _) => &V1_LAYER3,
            (_, 1) => &V2_LAYER1,
            (_, _) => &V2_LAYER23,
        };
        let bitrate = u32::from(*table.get(usize::from(b >> 4))?) * 1000;
        let sample_rate = V1_RATES.get(usize::from(b >> 2 & 3))? / rate_divisor;
        let padding = b & 2 != 0;
        Some(match layer {
            3 if bitrate == 0 => Self::FreeFormat,
            _ if bitrate == 0 => return None,
            3 => Self::Layer3(FrameHeader {
                version,
                bitrate,
                sample_rate,
                padding,
                mode: match c >> 6 {
                    0 => ChannelMode::Stereo,
                    1 => ChannelMode::JointStereo,
                    2 => ChannelMode::Dual,
                    _ => ChannelMode::Mono,
                },
                crc: a & 1 == 0,
            }),
            1 => Self::OtherLayer {
                layer,
                frame_bytes: (12 * bitrate / sample_rate + u32::from(padding)) as usize * 4,
            },
            _ => Self::OtherLayer {
                layer,
                frame_bytes: (144 * bitrate / sample_rate + u32::from(padding)) as usize,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(bytes: [u8; 4]) -> FrameHeader {
        FrameHeader::parse(&bytes).expect("a header")
    }

    #[test]
    fn the_usual_header_is_read() {
        let h = header([0xff, 0xfb, 0x90, 0x64]);
        assert_eq!(h.version, Version::One);
        assert_eq!(h.bitrate, 128_000);
        assert_eq!(h.sample_rate, 44_100);
        assert_eq!(h.mode, ChannelMode::JointStereo);
        assert!(!h.padding && !h.crc);
        assert_eq!((h.frame_bytes(), h.samples(), h.channels()), (417, 1152, 2));
        assert_eq!(h.side_info_bytes(), 32);
        assert_eq!(header([0xff, 0xfb, 0x92, 0x64]).frame_bytes(), 418);
        assert!(header([0xff, 0xfa, 0x90, 0x64]).crc);
    }

    #[test]
    fn versions_and_rates() {
        // second byte, bits of the rate, then what they mean
        let cases = [
            (0xfb, 0, Version::One, 44_100, 1152),
            (0xfb, 1, Version::One, 48_000, 1152),
            (0xfb, 2, Version::One, 32_000, 1152),
            (0xf3, 0, Version::Two, 22_050, 576),
            (0xf3, 1, Version::Two, 24_000, 576),
            (0xf3, 2, Version::Two, 16_000, 576),
            (0xe3, 0, Version::TwoAndHalf, 11_025, 576),
            (0xe3, 1, Version::TwoAndHalf, 12_000, 576),
            (0xe3, 2, Version::TwoAndHalf, 8_000, 576),
        ];
        for (second, rate_bits, version, rate, samples) in cases {
            let h = header([0xff, second, 0x90 | rate_bits << 2, 0]);
            assert_eq!(
                (h.version, h.sample_rate, h.samples()),
                (version, rate, samples)
            );
        }
    }

    #[test]
    fn bitrates_and_lengths() {
        let cases = [
            ([0xff, 0xfb, 0x10, 0], 32_000, 104),
            ([0xff, 0xfb, 0xa0, 0], 160_000, 522),
            ([0xff, 0xfb, 0xe0, 0], 320_000, 1044),
            ([0xff, 0xfb, 0xe4, 0], 320_000, 960),
            ([0xff, 0xfb, 0xea, 0], 320_000, LONGEST_FRAME),
            ([0xff, 0xf3, 0x10, 0], 8_000, 26),
            ([0xff, 0xf3, 0x80, 0], 64_000, 208),
            ([0xff, 0xf3, 0xe8, 0], 160_000, 720),
            ([0xff, 0xe3, 0x18, 0], 8_000, 72),
            ([0xff, 0xe3, 0xea, 0], 160_000, LONGEST_FRAME),
        ];
        for (bytes, bitrate, length) in cases {
            let h = header(bytes);
            assert_eq!(
                (h.bitrate, h.frame_bytes()),
                (bitrate, length),
                "{bytes:x?}"
            );
        }
    }

    #[test]
    fn side_info_by_version_and_channels() {
        let side = |second, last| header([0xff, second, 0x90, last]).side_info_bytes();
        assert_eq!(side(0xfb, 0xc0), 17);
        assert_eq!(side(0xfb, 0x80), 32);
        assert_eq!(side(0xf3, 0xc0), 9);
        assert_eq!(side(0xe3, 0x00), 17);
    }

    #[test]
    fn what_is_no_layer_three_header() {
        for bytes in [
            [0xfe, 0xfb, 0x90, 0x64], // no sync
            [0xff, 0xeb, 0x90, 0x64], // reserved version
            [0xff, 0xf9, 0x90, 0x64], // reserved layer (AAC in ADTS)
            [0xff, 0xfb, 0xf0, 0x64], // forbidden bitrate
            [0xff, 0xfb, 0x9c, 0x64], // reserved rate
        ] {
            assert_eq!(Kind::of(&bytes), None, "{bytes:x?}");
        }
        assert_eq!(FrameHeader::parse(&[0xff, 0xfb, 0x90]), None);
        assert_eq!(Kind::of(&[0xff, 0xfb, 0x00, 0x64]), Some(Kind::FreeFormat));
        assert_eq!(FrameHeader::parse(&[0xff, 0xfb, 0x00, 0x64]), None);
        assert_eq!(
            Kind::of(&[0xff, 0xfd, 0xa4, 0x00]),
            Some(Kind::OtherLayer {
                layer: 2,
                frame_bytes: 576
            })
        );
        assert_eq!(
            Kind::of(&[0xff, 0xff, 0xc4, 0x00]),
            Some(Kind::OtherLayer {
                layer: 1,
                frame_bytes: 384
            })
        );
    }

    #[test]
    fn every_pattern_is_refused_or_has_a_sane_length() {
        // All 2^32 patterns differ only in these 21 bits where it matters.
        for rest in 0..1_u32 << 21 {
            let [_, a, b, c] = (0xffe0_0000 | rest).to_be_bytes();
            if let Some(h) = FrameHeader::parse(&[0xff, a, b, c]) {
                assert!((24..=LONGEST_FRAME).contains(&h.frame_bytes()), "{h:?}");
                assert!(h.frame_bytes() >= HEADER_BYTES + h.side_info_bytes());
            }
        }
        for other in 0..=u16::MAX {
            let [sync, a] = other.to_be_bytes();
            if sync != 0xff || a < 0xe0 {
                assert_eq!(Kind::of(&[sync, a, 0x90, 0x64]), None);
            }
        }
    }
}
