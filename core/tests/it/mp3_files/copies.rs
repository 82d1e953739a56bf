//! Files put together again from packets: the same track, the same sound.

use std::path::Path;

use proptest::prelude::*;
use segue_core::index::IndexedTrack;
use segue_core::mp3::{FrameHeader, MetaWriter, Names, clean, names_tag};
use segue_core::track::Gapless;

use super::encoders::{Sound, Workshop};
use super::{CD, index_bytes, packets};

/// The packets of a file behind a head of our own.
fn copy(file: &[u8], track: &IndexedTrack) -> Vec<u8> {
    let mut writer = MetaWriter::new();
    for range in track.table.iter() {
        assert!(writer.push(&file[range.start as usize..range.end as usize]));
    }
    let names = Names {
        title: track.info.title.clone(),
        artist: track.info.artist.clone(),
        album: track.info.album.clone(),
    };
    let mut copy = names_tag(&names).expect("a tag");
    copy.extend(writer.finish(track.info.gapless).expect("a frame"));
    copy.extend(packets(file, track));
    copy
}

#[test]
fn a_copy_is_the_same_track_with_the_same_names_and_sound() {
    let workshop = Workshop::new();
    let names = ["--tt", "Für Elise", "--ta", "AC/DC; others", "--tl", "愛 1"];
    let mono = Sound { channels: 1, ..CD };
    let slow = Sound {
        rate: 11_025,
        channels: 1,
        samples: 30_000,
    };
    let short = Sound { samples: 1, ..CD };
    for (sound, options) in [
        (CD, &["-b", "128"][..]),
        (CD, &["-V", "2"]),
        (CD, &["-b", "160", "-p"]),
        (CD, &["-b", "128", "-t"]), // no metadata, so no delay is known
        (CD, &["-V", "4", "-t"]),
        (mono, &["-b", "32"]),
        (slow, &["-b", "8", "--resample", "11.025"]),
        (short, &["-b", "320"]),
    ] {
        let options = [options, &["--add-id3v2"], &names].concat();
        let original = workshop.lame(sound, &options);
        let expected = index_bytes(&original);
        let copy = copy(&original, &expected);
        let track = index_bytes(&copy);
        assert_eq!(track.info, expected.info, "{options:?}");
        assert_eq!(track.info.artist, "AC/DC; others");
        let heard =
            |name, bytes: &[u8]| workshop.ffmpeg((name, bytes), &["-f", "s16le"], "samples");
        let (before, after) = (heard("a.mp3", &original), heard("b.mp3", &copy));
        assert_eq!(after.len(), before.len(), "{options:?}: length in bytes");
        assert!(after == before, "{options:?}: samples");
        assert_eq!(
            workshop.ffprobe_packets(&copy),
            track.info.packets,
            "{options:?}"
        );
        if let Some(Gapless { delay, padding }) = expected.info.gapless {
            assert_eq!(
                workshop.lame_gapless(&copy),
                (delay, padding),
                "{options:?}"
            );
        }
    }
}

#[test]
fn a_packet_that_looks_like_metadata_stays_a_packet() {
    let workshop = Workshop::new();
    let file = workshop.lame(CD, &["-b", "128"]);
    let head = FrameHeader::parse(&file).expect("a frame").frame_bytes();
    // As two files put one behind the other have it, and players play it.
    let twice = [&file[..head], &file].concat();
    let expected = index_bytes(&twice);
    assert_eq!(expected.info.packets, index_bytes(&file).info.packets + 1);
    assert_eq!(index_bytes(&copy(&twice, &expected)).info, expected.info);
}

#[test]
fn other_programs_read_the_length_from_the_head() {
    let workshop = Workshop::new();
    let original = workshop.lame(CD, &["-V", "4"]);
    let copy = copy(&original, &index_bytes(&original));
    let seconds = |name, bytes: &[u8]| {
        let path = workshop.path(name);
        std::fs::write(&path, bytes).expect("a file");
        ffprobe_seconds(&path)
    };
    let (before, after) = (seconds("a.mp3", &original), seconds("b.mp3", &copy));
    assert!((before - after).abs() < 1e-6, "{before} s and {after} s");
}

/// The length as the metadata tells it.
fn ffprobe_seconds(path: &Path) -> f64 {
    let output = std::process::Command::new("ffprobe")
        .args(["-v", "error", "-show_entries", "stream=duration"])
        .args(["-of", "default=noprint_wrappers=1:nokey=1"])
        .arg(path)
        .output()
        .expect("ffprobe");
    let text = String::from_utf8_lossy(&output.stdout);
    text.trim().parse().expect("seconds")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_clean_name_comes_back(title: String, artist: String, album: String) {
        let names = Names {
            title: clean(&title),
            artist: clean(&artist),
            album: clean(&album),
        };
        let mut frame = vec![0xff, 0xfb, 0x90, 0x64];
        frame.resize(417, 0);
        let mut file = names_tag(&names).expect("a tag");
        file.extend(frame.repeat(3));
        let info = index_bytes(&file).info;
        prop_assert_eq!((info.title, info.artist, info.album), (names.title, names.artist, names.album));
        prop_assert_eq!(info.packets, 3);
    }
}
