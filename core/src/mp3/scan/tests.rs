use std::io::Cursor;

use proptest::prelude::*;

use super::*;
use crate::mp3::header::LONGEST_FRAME;

const STEREO: [u8; 4] = [0xff, 0xfb, 0x90, 0x64];
const MONO: [u8; 4] = [0xff, 0xfb, 0x90, 0xc4];
const AT_48K: [u8; 4] = [0xff, 0xfb, 0x94, 0x64];

/// A frame whose contents look like no header.
fn frame(header: [u8; 4], seed: u8) -> Vec<u8> {
    let bytes = FrameHeader::parse(&header).expect("valid").frame_bytes();
    let contents = (4..bytes).map(|i| (i as u8).wrapping_mul(seed | 1) & 0x7f);
    header.into_iter().chain(contents).collect()
}

fn frames(header: [u8; 4], count: u8) -> Vec<Vec<u8>> {
    (0..count).map(|seed| frame(header, seed)).collect()
}

fn info_frame(frames: u32) -> Vec<u8> {
    let mut info = frame(STEREO, 0);
    info[36..44].copy_from_slice(b"Info\0\0\0\x01");
    info[44..48].copy_from_slice(&frames.to_be_bytes());
    info[48..52].copy_from_slice(b"LAME");
    info[69..72].copy_from_slice(&[0x24, 0x05, 0x67]);
    info
}

fn id3v2(contents: usize) -> Vec<u8> {
    let mut tag = b"ID3\x04\0\0\0\0".to_vec();
    tag.extend([(contents >> 7) as u8, (contents & 0x7f) as u8]);
    // what a picture may hold
    tag.extend(STEREO.into_iter().cycle().take(contents));
    tag
}

/// Scans bytes and checks that the table names just the packets that were shown.
fn scan_bytes(file: &[u8]) -> Result<(Scan, Vec<Vec<u8>>), ScanError> {
    let mut packets = Vec::new();
    let scan = scan(Cursor::new(file), |packet| packets.push(packet.to_vec()))?;
    let by_table: Vec<_> = scan
        .table
        .iter()
        .map(|range| file[range.start as usize..range.end as usize].to_vec())
        .collect();
    assert_eq!(by_table, packets);
    Ok((scan, packets))
}

fn packets_of(file: &[u8]) -> Vec<Vec<u8>> {
    scan_bytes(file).expect("a track").1
}

fn error_of(file: &[u8]) -> ScanError {
    scan_bytes(file).expect_err("no track")
}

#[test]
fn a_clean_file() {
    let frames = frames(STEREO, 9);
    let (scan, packets) = scan_bytes(&frames.concat()).expect("a track");
    assert_eq!(packets, frames);
    assert_eq!((scan.sample_rate, scan.samples_per_packet), (44_100, 1152));
    assert_eq!((scan.channels, scan.gapless), (2, None));
    assert_eq!(scan.notes, Notes::default());
}

#[test]
fn tags_and_the_info_frame_are_no_packets() {
    let frames = frames(STEREO, 9);
    let mut id3v1 = b"TAG".to_vec();
    id3v1.resize(128, 0);
    let file = [
        id3v2(900),
        id3v2(20),
        info_frame(9),
        frames[..5].concat(),
        id3v1.clone(),
        id3v2(700),
        frames[5..].concat(),
        id3v2(300),
        id3v1,
    ]
    .concat();
    let (scan, packets) = scan_bytes(&file).expect("a track");
    assert_eq!(packets, frames);
    assert_eq!(scan.notes, Notes::default());
    let gapless = scan.gapless.expect("LAME");
    assert_eq!((gapless.delay, gapless.padding), (576, 1383));
}

#[test]
fn only_the_first_frame_may_be_metadata() {
    let mut all = vec![frame(STEREO, 1)];
    all.extend([info_frame(3), info_frame(3), frame(STEREO, 2)]);
    assert_eq!(packets_of(&all.concat()).len(), 4);
    assert_eq!(packets_of(&all[1..].concat()).len(), 2);
}

#[test]
fn padding_goes_with_the_end_of_a_cut_file() {
    let frames = frames(STEREO, 9).concat();
    let padding = |promised| {
        let file = [info_frame(promised), frames.clone()].concat();
        let gapless = scan_bytes(&file).expect("a track").0.gapless;
        gapless.expect("LAME").padding
    };
    assert_eq!([9, 10, 11].map(padding), [1383, 1383, 0]);
}

#[test]
fn junk_is_stepped_over_and_counted() {
    let frames = frames(STEREO, 9);
    let junk = [&[0; 777][..], &STEREO, &[0xff; 50], b"APETAGE ID3"].concat();
    let file = [
        junk.clone(),
        frames[..4].concat(),
        junk.clone(),
        frames[4..].concat(),
        junk.clone(),
    ]
    .concat();
    let (scan, packets) = scan_bytes(&file).expect("a track");
    assert_eq!(packets, frames);
    assert_eq!(scan.notes.junk_bytes, 3 * junk.len() as u64);
}

#[test]
fn a_frame_with_bytes_missing_is_dropped() {
    let mut frames = frames(STEREO, 9);
    frames[4].drain(100..300);
    let (scan, packets) = scan_bytes(&frames.concat()).expect("a track");
    assert_eq!(scan.notes.junk_bytes, 217);
    frames.remove(4);
    assert_eq!(packets, frames);
}

#[test]
fn the_last_frame_cut_short_is_dropped_and_counted() {
    let frames = frames(STEREO, 5);
    let mut file = frames.concat();
    file.truncate(file.len() - 17);
    let (scan, packets) = scan_bytes(&file).expect("a track");
    assert_eq!(packets, frames[..4]);
    assert_eq!(
        (scan.notes.junk_bytes, scan.notes.truncated_bytes),
        (0, 400)
    );
}

#[test]
fn one_packet_is_enough() {
    assert_eq!(packets_of(&frame(STEREO, 3)).len(), 1);
    assert_eq!(
        packets_of(&[info_frame(1), frame(STEREO, 3)].concat()).len(),
        1
    );
}

#[test]
fn stereo_and_joint_stereo_may_mix_and_bitrates_too() {
    let all = [
        frame(STEREO, 1),
        frame([0xff, 0xfb, 0xe2, 0x04], 2),
        frame([0xff, 0xfa, 0x10, 0x84], 3),
        frame(STEREO, 4),
    ];
    assert_eq!(packets_of(&all.concat()), all);
}

#[test]
fn no_mp3_at_all() {
    for file in [&b""[..], b"\xff", b"plain text, no music", &[0xff; 5000]] {
        assert!(matches!(error_of(file), ScanError::NotMp3));
    }
    // Two headers that fit each other by chance.
    let file = [frame(STEREO, 1), frame(STEREO, 2), vec![0; 500]].concat();
    assert!(matches!(error_of(&file), ScanError::NotMp3));
    // AAC in ADTS
    let aac = [&[0xff, 0xf1, 0x50, 0x80][..], &[0; 300]].concat();
    assert!(matches!(error_of(&aac.repeat(5)), ScanError::NotMp3));
}

#[test]
fn only_a_metadata_frame() {
    assert!(matches!(error_of(&info_frame(0)), ScanError::NoPackets));
}

#[test]
fn other_layers_are_named() {
    for (header, bytes, named) in [
        ([0xff, 0xfd, 0xa4, 0x00], 576, "Layer II,"),
        ([0xff, 0xff, 0xc4, 0x00], 384, "Layer I,"),
    ] {
        let mut frame = header.to_vec();
        frame.resize(bytes, 0);
        let error = error_of(&frame.repeat(5));
        assert!(error.to_string().contains(named), "{error}");
    }
}

#[test]
fn free_format_is_named() {
    let frame = |padding: usize| {
        let mut frame = vec![0xff, 0xfb, (padding as u8) << 1, 0x64];
        frame.resize(1800 + padding, 0);
        frame
    };
    let file = [frame(0), frame(1), frame(0), frame(1), frame(1)].concat();
    assert!(matches!(error_of(&file), ScanError::FreeFormat));
}

#[test]
fn changes_midway_are_refused() {
    let start = frames(STEREO, 5).concat();
    for between in [vec![], vec![0; 99], id3v2(50)] {
        let file = [start.clone(), between.clone(), frames(AT_48K, 5).concat()].concat();
        let error = error_of(&file);
        assert!(
            matches!(
                error,
                ScanError::SampleRateChanged {
                    packet: 5,
                    from: 44_100,
                    to: 48_000
                }
            ),
            "{error}"
        );
        let file = [start.clone(), between, frames(MONO, 5).concat()].concat();
        let error = error_of(&file);
        assert!(
            matches!(
                error,
                ScanError::ChannelsChanged {
                    packet: 5,
                    from: 2,
                    to: 1
                }
            ),
            "{error}"
        );
    }
}

#[test]
fn a_frame_that_fits_no_datagram_is_refused() {
    let longest = frame([0xff, 0xfb, 0xea, 0x64], 1);
    let plain = frame([0xff, 0xfb, 0x98, 0x64], 1);
    let error = error_of(&[plain.clone(), plain, longest].concat());
    assert!(
        matches!(error, ScanError::FrameTooLarge { packet: 2, bytes } if bytes == LONGEST_FRAME)
    );
}

#[test]
fn a_file_beyond_the_limit_is_refused_unread() {
    struct Huge;
    impl Read for Huge {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            panic!("nothing of it is read")
        }
    }
    impl Seek for Huge {
        fn seek(&mut self, _: SeekFrom) -> io::Result<u64> {
            Ok(MAX_FILE_BYTES + 1)
        }
    }
    let error = scan(Huge, |_| {}).expect_err("too large");
    assert!(matches!(error, ScanError::FileTooLarge { bytes } if bytes == 1 << 32));
}

fn any_frames() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let one = (1_u8..14, any::<bool>(), 0_u8..3, any::<u8>());
    prop::collection::vec(one, 2..40).prop_map(|frames| {
        frames
            .into_iter()
            .map(|(rate, padding, mode, seed)| {
                frame(
                    [0xff, 0xfb, rate << 4 | u8::from(padding) << 1, mode << 6],
                    seed,
                )
            })
            .collect()
    })
}

proptest! {
    #[test]
    fn random_bytes_never_panic(file in prop::collection::vec(any::<u8>(), 0..4000)) {
        let _ = scan_bytes(&file);
    }

    #[test]
    fn bytes_full_of_headers_never_panic(
        parts in prop::collection::vec(
            prop_oneof![
                any::<[u8; 4]>().prop_map(|[_, a, b, c]| vec![0xff, a | 0xe0, b, c]),
                prop::collection::vec(any::<u8>(), 0..500),
                (any::<u8>(), any::<u8>()).prop_map(|(rate, seed)| {
                    frame([0xff, 0xfb, (rate % 13 + 1) << 4, 0], seed)
                }),
                Just(id3v2(33)),
                Just(b"TAG".to_vec()),
                Just(b"APETAGEX\xd0\x07\0\0\x40\0\0\0\x01\0\0\0\0\0\0\xa0".to_vec()),
                Just(b"000050LYRICS200".to_vec()),
                Just(info_frame(7)),
            ],
            0..30,
        )
    ) {
        let file = parts.concat();
        if let Ok((scan, packets)) = scan_bytes(&file) {
            let music: usize = packets.iter().map(Vec::len).sum();
            let odd = scan.notes.junk_bytes + u64::from(scan.notes.truncated_bytes);
            prop_assert!(music as u64 + odd <= file.len() as u64);
        }
    }

    #[test]
    fn junk_between_frames_changes_no_packet(
        frames in any_frames(),
        // Two frames at least lie between two pieces: one alone would not be believed.
        junk in prop::collection::vec((2_usize..8, prop::collection::vec(0_u8..0xff, 1..600)), 0..8),
    ) {
        let mut file = Vec::new();
        let mut rest = frames.as_slice();
        let mut junk_bytes = 0;
        for (apart, junk) in &junk {
            if rest.len() < apart + 2 {
                break;
            }
            let (now, later) = rest.split_at(*apart);
            rest = later;
            file.extend(now.concat());
            file.extend(junk);
            junk_bytes += junk.len() as u64;
        }
        file.extend(rest.concat());
        // At the very start three frames must follow each other.
        prop_assume!(junk.first().is_none_or(|(apart, _)| *apart > 2));
        let (scan, packets) = scan_bytes(&file).expect("a track");
        prop_assert_eq!(packets, frames);
        prop_assert_eq!(scan.notes.junk_bytes, junk_bytes);
    }

    #[test]
    fn a_cut_file_gives_the_packets_before_the_cut(frames in any_frames(), cut in any::<prop::sample::Index>()) {
        let mut file = frames.concat();
        file.truncate(cut.index(file.len() + 1));
        let whole = frames
            .iter()
            .scan(0, |end, frame| { *end += frame.len(); Some(*end) })
            .take_while(|end| *end <= file.len())
            .count();
        match scan_bytes(&file) {
            Ok((scan, packets)) => {
                prop_assert_eq!(&packets[..], &frames[..whole]);
                let odd = scan.notes.junk_bytes + u64::from(scan.notes.truncated_bytes);
                prop_assert_eq!(scan.table.bytes() + odd, file.len() as u64);
            }
            Err(error) => {
                prop_assert!(matches!(error, ScanError::NotMp3), "{}", error);
                prop_assert_eq!(whole, 0);
            }
        }
    }
}
