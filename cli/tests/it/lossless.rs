//! What goes in at one end of the network comes out at the other.

use crate::support::{LIMIT, Sharer, frames, named_song, run, start};
use crate::tools;

/// Name, sample rate, channels, options of LAME.
const KINDS: [(&str, u32, u16, &[&str]); 4] = [
    ("cbr", 44_100, 2, &["-b", "128", "--tt", "Constant"]),
    (
        "vbr",
        44_100,
        2,
        &["-V", "2", "--add-id3v2", "--tt", "Variable"],
    ),
    ("mono", 44_100, 1, &["-m", "m", "-b", "64"]),
    ("dat", 48_000, 2, &["-b", "192"]),
];

#[test]
fn every_kind_of_file_comes_out_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let out = tempfile::tempdir().unwrap();
    for (name, rate, channels, options) in KINDS {
        named_song(dir.path(), name, 4.3, rate, channels, options);
    }
    let sharer = Sharer::start(dir.path());
    for (name, ..) in KINDS {
        let original = dir.path().join(name).with_extension("mp3");
        let path = |extension| out.path().join(name).with_extension(extension);

        let wav = path("wav");
        let to_wav = ["-o", wav.to_str().unwrap()];
        start(&mut sharer.play(name, &to_wav))
            .done(LIMIT)
            .succeeded();
        let (heard, expected) = (tools::read_wav(&wav), tools::ffmpeg(&original));
        assert_eq!(heard.len(), expected.len(), "{name}: length in samples");
        let rms = tools::rms(&heard, &expected);
        assert!(rms < 1e-4, "{name}: RMS of the difference {rms}");

        let expected = frames(&original);
        let mp3 = path("mp3");
        let to_mp3 = ["-o", mp3.to_str().unwrap()];
        start(&mut sharer.play(name, &to_mp3))
            .done(LIMIT)
            .succeeded();
        assert!(std::fs::read(mp3).unwrap() == expected, "{name}: .mp3");

        let piped = start(&mut sharer.play(name, &["-o", "-"]))
            .done(LIMIT)
            .succeeded();
        assert!(piped.stdout == expected, "{name}: standard output");
    }
}

#[test]
fn the_metrics_go_aside_where_the_music_is_on_standard_output() {
    let (dir, mp3) = crate::support::song(2.0);
    let sharer = Sharer::start(dir.path());
    let done = start(&mut sharer.play("song", &["-o", "-", "--json"]))
        .done(LIMIT)
        .succeeded();
    assert!(done.stdout == frames(&mp3));
    assert!(
        done.stderr.contains("\"missing_ratio\": 0.0"),
        "{}",
        done.stderr
    );
}

#[test]
fn a_line_tells_how_a_track_went_and_metrics_tells_all() {
    let (dir, _) = crate::support::song(2.0);
    let sharer = Sharer::start(dir.path());
    let play = |more: &[&str]| {
        let done = start(&mut sharer.play("song", &[&["-o", "null"], more].concat()));
        done.done(LIMIT).succeeded().text()
    };
    let line = play(&[]);
    assert_eq!(line.lines().count(), 1, "{line}");
    assert!(line.starts_with("song: 0:02 played, "), "{line}");
    assert!(line.ends_with(", no stall, nothing missing\n"), "{line}");

    let all = play(&["--metrics"]);
    assert!(all.starts_with("song: 0:02 played"), "{all}");
    assert!(
        all.contains("startup_s") && all.contains("overhead_ratio"),
        "{all}"
    );
}

#[test]
fn what_is_told_of_a_file_is_how_long_it_took_and_no_stalls() {
    let (dir, _) = crate::support::song(2.0);
    let sharer = Sharer::start(dir.path());
    let out = dir.path().join("out.mp3");
    let out = out.to_str().unwrap();
    let done = start(&mut sharer.play("song", &["-o", out, "--metrics"]))
        .done(LIMIT)
        .succeeded();
    let text = done.text();
    assert!(
        text.lines().next().unwrap().contains("written in"),
        "{text}"
    );
    assert!(
        !text.contains("stall") && !text.contains("startup"),
        "{text}"
    );
}

#[test]
fn an_id_from_the_list_plays() {
    let (dir, _) = crate::support::song(2.0);
    let sharer = Sharer::start(dir.path());
    let peer = sharer.address.to_string();
    let port = sharer.discovery.to_string();
    let list = run(&["list", "--json", "--peer", &peer, "--discovery-port", &port]).succeeded();
    let id = list.json()[0]["id"].as_str().unwrap().to_owned();
    let done = start(&mut sharer.play(&id, &["-o", "null", "--json"]))
        .done(LIMIT)
        .succeeded();
    let said = done.json();
    assert_eq!(said["track"]["id"], id);
    assert_eq!(said["metrics"]["missing_ratio"], 0.0);
    assert_eq!(said["metrics"]["unfinished"], false);
}
