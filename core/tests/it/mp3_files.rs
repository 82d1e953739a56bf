//! Indexing the files that LAME and ffmpeg make.

mod copies;
mod encoders;

use std::io::Cursor;

use segue_core::index::{IndexError, IndexedTrack, index};
use segue_core::mp3::{FrameHeader, Notes};
use segue_core::track::Gapless;

use encoders::{Sound, Workshop, wav_file};

const CD: Sound = Sound {
    rate: 44_100,
    channels: 2,
    samples: 3 * 44_100 + 17,
};

fn index_bytes(file: &[u8]) -> IndexedTrack {
    index(Cursor::new(file), "test").expect("a track")
}

fn packets(file: &[u8], track: &IndexedTrack) -> Vec<u8> {
    let ranges = (0..track.info.packets).map(|packet| track.table.get(packet).expect("in range"));
    ranges
        .flat_map(|range| &file[range.start as usize..range.end as usize])
        .copied()
        .collect()
}

/// Indexes a file without tags that LAME made of `sound` and checks all that is known.
fn check_lame_file(sound: Sound, options: &[&str]) -> IndexedTrack {
    let workshop = Workshop::new();
    let file = workshop.lame(sound, options);
    let track = index_bytes(&file);
    let info = &track.info;
    assert_eq!(info.packets, workshop.ffprobe_packets(&file), "{options:?}");
    assert_eq!(info.sample_rate, sound.rate);
    assert_eq!(info.channels, sound.channels as u8);
    assert_eq!(info.samples(), u64::from(sound.samples), "{options:?}");
    let (delay, padding) = workshop.lame_gapless(&file);
    assert_eq!(info.gapless, Some(Gapless { delay, padding }));
    assert_eq!(track.notes, Notes::default());
    let info_frame = FrameHeader::parse(&file).expect("a frame in front");
    assert!(
        packets(&file, &track) == file[info_frame.frame_bytes()..],
        "packets are the file without its first frame, {options:?}"
    );
    assert_eq!(info.bytes, (file.len() - info_frame.frame_bytes()) as u64);
    track
}

#[test]
fn constant_bitrate() {
    let track = check_lame_file(CD, &["-b", "128"]);
    assert!((track.info.kbit_s() - 128.0).abs() < 1.0);
    assert_eq!(track.info.samples_per_packet, 1152);
}

#[test]
fn the_highest_bitrate() {
    let track = check_lame_file(CD, &["-b", "320"]);
    let longest = track.table.iter().map(|r| r.end - r.start).max();
    assert_eq!(longest, Some(1045));
}

#[test]
fn variable_and_average_bitrate() {
    for options in [
        &["-V", "2"][..],
        &["-V", "6", "--vbr-old"],
        &["--abr", "150"],
    ] {
        let track = check_lame_file(CD, options);
        let mut lengths: Vec<_> = track.table.iter().map(|r| r.end - r.start).collect();
        lengths.sort_unstable();
        lengths.dedup();
        assert!(lengths.len() > 2, "{options:?} varies: {lengths:?}");
    }
}

#[test]
fn frames_with_checksums() {
    check_lame_file(CD, &["-b", "160", "-p"]);
}

#[test]
fn mono_and_plain_stereo() {
    let mono = Sound { channels: 1, ..CD };
    assert_eq!(check_lame_file(mono, &["-b", "64"]).info.channels, 1);
    check_lame_file(CD, &["-b", "192", "-m", "s"]);
}

#[test]
fn all_versions_and_rates() {
    for (rate, channels, samples_per_packet) in [
        (48_000, 2, 1152),
        (32_000, 2, 1152),
        (24_000, 2, 576),
        (22_050, 2, 576),
        (16_000, 1, 576),
        (12_000, 1, 576),
        (11_025, 1, 576),
        (8_000, 1, 576),
    ] {
        let sound = Sound {
            rate,
            channels,
            samples: rate * 2 + 5,
        };
        let rate_khz = format!("{}.{:03}", rate / 1000, rate % 1000);
        // LAME picks a rate of its own unless told.
        let track = check_lame_file(sound, &["-V", "4", "--resample", &rate_khz]);
        assert_eq!(track.info.samples_per_packet, samples_per_packet, "{rate}");
    }
}

#[test]
fn without_an_info_frame() {
    let workshop = Workshop::new();
    let file = workshop.lame(CD, &["-b", "128", "-t"]);
    let track = index_bytes(&file);
    assert_eq!(track.info.gapless, None);
    assert_eq!(track.info.packets, workshop.ffprobe_packets(&file));
    assert!(packets(&file, &track) == file);
}

#[test]
fn tags_give_names_and_change_no_id() {
    let workshop = Workshop::new();
    let plain = workshop.lame(CD, &["-V", "3"]);
    let bare = index_bytes(&plain);
    assert_eq!(bare.info.label(), "test");

    let tagged = workshop.lame(
        CD,
        &[
            "-V",
            "3",
            "--add-id3v2",
            "--pad-id3v2-size",
            "5000",
            "--tt",
            "A title",
            "--ta",
            "An artist",
            "--tl",
            "An old album",
        ],
    );
    assert!(tagged.starts_with(b"ID3") && tagged[tagged.len() - 128..].starts_with(b"TAG"));
    let appended = [&plain[..], &ape_tag("A title", "An artist", "An old album")].concat();
    for file in [tagged, appended] {
        let track = index_bytes(&file);
        let info = &track.info;
        assert_eq!(
            (&*info.title, &*info.artist, &*info.album),
            ("A title", "An artist", "An old album")
        );
        assert_eq!(info.label(), "A title");
        assert_eq!(info.id, bare.info.id);
        assert_eq!(info.packets, workshop.ffprobe_packets(&file));
        assert_eq!(track.notes, Notes::default());
        assert!(packets(&file, &track) == packets(&plain, &bare));
    }
}

#[test]
fn an_ape_tag_of_131_bytes_gives_no_false_names() {
    let plain = Workshop::new().lame(CD, &["-b", "128"]);
    let tag = ape_tag("A title", "An artist", "An album");
    assert_eq!(tag.len(), 131);
    let track = index_bytes(&[plain.clone(), tag].concat());
    assert_eq!(track.info, index_bytes(&plain).info);
    assert_eq!(track.notes, Notes::default());
}

#[test]
fn ffmpeg_files_with_names_in_any_script() {
    let workshop = Workshop::new();
    let wav = wav_file(CD);
    for version in ["3", "4"] {
        let file = workshop.ffmpeg(
            ("in.wav", &wav),
            &[
                "-b:a",
                "192k",
                "-id3v2_version",
                version,
                "-write_id3v1",
                "1",
                "-metadata",
                "title=Für Elise — 愛",
                "-metadata",
                "artist=Þórr",
            ],
            "out.mp3",
        );
        let track = index_bytes(&file);
        let info = &track.info;
        assert_eq!(
            (&*info.title, &*info.artist, &*info.album),
            ("Für Elise — 愛", "Þórr", "")
        );
        assert_eq!(info.packets, workshop.ffprobe_packets(&file));
        assert_eq!(info.samples(), u64::from(CD.samples));
        assert_eq!(track.notes, Notes::default());
    }
}

#[test]
fn junk_and_a_cut_end() {
    let workshop = Workshop::new();
    let clean = workshop.lame(CD, &["-b", "128"]);
    let whole = index_bytes(&clean);
    let middle = whole.table.get(50).expect("in range").start as usize;
    let junk = vec![0x55; 1234];
    let file = [&junk, &clean[..middle], &junk, &clean[middle..], &junk].concat();
    let track = index_bytes(&file);
    assert_eq!(track.info.id, whole.info.id);
    assert_eq!(track.notes.junk_bytes, 3 * 1234);

    let cut = &clean[..clean.len() - 100];
    let track = index_bytes(cut);
    assert_eq!(track.info.packets, whole.info.packets - 1);
    assert!(track.notes.truncated_bytes > 0);
    assert_ne!(track.info.id, whole.info.id);
}

#[test]
fn a_broken_tag_costs_only_the_names() {
    let workshop = Workshop::new();
    let mut file = workshop.lame(CD, &["-b", "128", "--id3v2-only", "--tt", "A title"]);
    let plain = index_bytes(&file);
    assert_eq!(plain.info.title, "A title");
    // The first frame of the tag claims more than the tag holds.
    file[14..18].fill(0x7f);
    let track = index_bytes(&file);
    assert_eq!(track.info.title, "");
    assert_eq!(track.info.id, plain.info.id);
}

#[test]
fn what_segue_does_not_play_is_refused_with_the_reason() {
    let workshop = Workshop::new();
    let refusal =
        |file: &[u8]| -> IndexError { index(Cursor::new(file), "test").expect_err("refused") };
    let wav = wav_file(CD);
    assert!(matches!(refusal(&wav), IndexError::NotMp3));
    let layer2 = workshop.ffmpeg(("in.wav", &wav), &["-f", "mp2"], "out.mp2");
    assert!(matches!(
        refusal(&layer2),
        IndexError::OtherLayer { layer: 2 }
    ));
    let free = workshop.lame(CD, &["--freeformat", "-b", "400", "-t"]);
    assert!(matches!(refusal(&free), IndexError::FreeFormat));
    let at_32k = Sound { rate: 32_000, ..CD };
    let long = workshop.lame(at_32k, &["-b", "320"]);
    assert!(matches!(
        refusal(&long),
        IndexError::FrameTooLarge { packet: 0, .. }
    ));

    let first = workshop.lame(CD, &["-b", "128"]);
    let mono = workshop.lame(Sound { channels: 1, ..CD }, &["-b", "64"]);
    let slow = workshop.lame(at_32k, &["-b", "128"]);
    let packets = index_bytes(&first).info.packets;
    let error = refusal(&[&first[..], &mono].concat());
    assert!(
        matches!(error, IndexError::ChannelsChanged { packet, from: 2, to: 1 } if packet == packets),
        "{error}"
    );
    let error = refusal(&[&first[..], &slow].concat());
    assert!(
        matches!(error, IndexError::SampleRateChanged { packet, from: 44_100, to: 32_000 } if packet == packets),
        "{error}"
    );
}

/// An APEv2 tag with header and footer.
fn ape_tag(title: &str, artist: &str, album: &str) -> Vec<u8> {
    let mut items = Vec::new();
    for (key, value) in [("Title", title), ("Artist", artist), ("Album", album)] {
        items.extend((value.len() as u32).to_le_bytes());
        items.extend(0_u32.to_le_bytes());
        items.extend(key.as_bytes());
        items.push(0);
        items.extend(value.as_bytes());
    }
    let edge = |flags: u32| {
        let mut edge = b"APETAGEX".to_vec();
        for number in [2000, items.len() as u32 + 32, 3, flags, 0, 0] {
            edge.extend(number.to_le_bytes());
        }
        edge
    };
    [edge(0xa000_0000), items.clone(), edge(0x8000_0000)].concat()
}
