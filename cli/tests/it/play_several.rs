//! Albums, folders and playlists, one track after the other.

use std::path::Path;

use crate::support::{
    Done, LIMIT, Sharer, frames, free_port, named_song, run, song, start, wait_until,
};
use crate::tools;

/// Three tracks of two albums: `1 a`, `2 b`, `10 c`.
fn album(dir: &Path) {
    for (name, seconds, title, album) in [
        ("1 a", 2.0, "Été", "Best"),
        ("2 b", 3.0, "Winter", "Rest"),
        ("10 c", 4.0, "Fall", "Best"),
    ] {
        let tags = ["-b", "128", "--tt", title, "--tl", album, "--ta", "Björk"];
        named_song(dir, name, seconds, 44_100, 2, &tags);
    }
}

fn titles(done: &Done) -> Vec<String> {
    let json = done.json();
    let tracks = json.as_array().unwrap().iter();
    tracks
        .map(|one| one["track"]["title"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn an_album_and_an_artist_play_in_order() {
    let dir = tempfile::tempdir().unwrap();
    album(dir.path());
    let sharer = Sharer::start(dir.path());
    let out = dir.path().join("out.mp3");
    let options = ["-o", out.to_str().unwrap(), "--json"];
    let done = start(&mut sharer.play("album:best", &options))
        .done(LIMIT)
        .succeeded();
    assert_eq!(titles(&done), ["Été", "Fall"]);
    let expected = ["1 a.mp3", "10 c.mp3"].map(|name| frames(&dir.path().join(name)));
    assert!(
        std::fs::read(&out).unwrap() == expected.concat(),
        "one behind the other"
    );

    let done = start(&mut sharer.play("artist:bjork", &options))
        .done(LIMIT)
        .succeeded();
    assert_eq!(titles(&done), ["Été", "Fall", "Winter"]);
    start(&mut sharer.play("bjork", &options))
        .done(LIMIT)
        .failed(1, &["fits 3 tracks", "--all"]);
    let done = start(&mut sharer.play("ete BJÖRK", &options))
        .done(LIMIT)
        .succeeded();
    assert_eq!(done.json()["track"]["title"], "Été");
    let all = [&options[..], &["--all"]].concat();
    let done = start(&mut sharer.play("bjork", &all))
        .done(LIMIT)
        .succeeded();
    assert_eq!(titles(&done).len(), 3);
}

#[test]
fn a_playlist_mixes_files_and_tracks_of_peers_and_leaves_out_what_nobody_has() {
    let (dir, _) = song(2.0);
    let remote = tempfile::tempdir().unwrap();
    album(remote.path());
    let sharer = Sharer::start(remote.path());
    let list = dir.path().join("list.m3u");
    let text = "#EXTM3U\n#EXTINF:3,Björk - Winter\nC:\\Music\\w.mp3\nsong.mp3\n\
                #EXTINF:9,Nobody - Nothing\nnothing.mp3\n";
    std::fs::write(&list, text).unwrap();
    let out = dir.path().join("out.wav");
    let options = ["-o", out.to_str().unwrap(), "--json"];
    let done = start(&mut sharer.play(list.to_str().unwrap(), &options))
        .done(LIMIT)
        .succeeded();
    assert_eq!(titles(&done), ["Winter", ""]);
    assert!(done.stderr.contains("Nobody - Nothing"), "{}", done.stderr);
    let samples = tools::read_wav(&out).len();
    let expected = ["2 b.mp3"].map(|name| tools::ffmpeg(&remote.path().join(name)).len());
    let local = tools::ffmpeg(&dir.path().join("song.mp3")).len();
    assert_eq!(samples, expected[0] + local, "gapless");
}

#[test]
fn urls_are_left_out_with_their_line() {
    let (dir, _) = song(1.0);
    let list = dir.path().join("list.m3u");
    std::fs::write(
        &list,
        "#EXTM3U\n#EXTINF:-1,Radio\nhttp://radio/live\nsong.mp3\n",
    )
    .unwrap();
    let done = run(&["play", list.to_str().unwrap(), "-o", "null", "--json"]).succeeded();
    for words in ["list.m3u:3: http://radio/live", "no URLs"] {
        assert!(done.stderr.contains(words), "{}", done.stderr);
    }
    run(&["play", "http://radio/live", "-o", "null"]).failed(1, &["http://radio/live", "no URLs"]);
}

#[test]
fn a_folder_of_this_machine_plays_without_any_peer() {
    let dir = tempfile::tempdir().unwrap();
    album(dir.path());
    let out = dir.path().join("out.wav");
    let folder = dir.path().to_str().unwrap();
    let done = run(&["play", folder, "-o", out.to_str().unwrap(), "--json"]).succeeded();
    assert_eq!(titles(&done), ["Été", "Winter", "Fall"]);
    let samples = tools::read_wav(&out).len();
    let expected = ["1 a", "2 b", "10 c"]
        .map(|name| tools::ffmpeg(&dir.path().join(name).with_extension("mp3")).len());
    assert_eq!(samples, expected.iter().sum::<usize>());
    let empty = tempfile::tempdir().unwrap();
    let path = format!("{}/", empty.path().display());
    run(&["play", &path]).failed(1, &["no MP3 file in"]);
    run(&["play", "/no/such/list.m3u"]).failed(1, &["/no/such/list.m3u"]);
}

#[test]
fn files_that_are_read_while_the_first_plays_follow_it_in_order() {
    let dir = tempfile::tempdir().unwrap();
    album(dir.path());
    // As fast as it can be written: the reading must keep up, or be waited for.
    let out = dir.path().join("out").with_extension("mp3");
    let names = ["10 c.mp3", "1 a.mp3", "2 b.mp3"];
    let paths = names.map(|name| dir.path().join(name));
    let named = paths.each_ref().map(|path| path.to_str().unwrap());
    let to = ["-o", out.to_str().unwrap()];
    run(&[&["play"], &named[..], &to].concat()).succeeded();
    let expected = paths.each_ref().map(|path| frames(path)).concat();
    assert!(std::fs::read(&out).unwrap() == expected);
}

#[test]
fn a_named_file_that_is_no_music_fails_though_the_others_play() {
    let dir = tempfile::tempdir().unwrap();
    album(dir.path());
    let bad = dir.path().join("bad.mp3");
    std::fs::write(&bad, "no music").unwrap();
    let good = ["1 a.mp3", "10 c.mp3"].map(|name| dir.path().join(name));
    let good = good.each_ref().map(|path| path.to_str().unwrap());
    let files = ["play", good[0], bad.to_str().unwrap(), good[1]];
    let out = dir.path().join("out.mp3");
    run(&[&files[..], &["-o", out.to_str().unwrap()]].concat())
        .failed(1, &["bad.mp3", "1 of 3 tracks could not be played"]);
    let expected = good.map(|path| frames(Path::new(path))).concat();
    assert!(std::fs::read(&out).unwrap() == expected);
    // The first one is looked at before anything else is done.
    run(&["play", bad.to_str().unwrap(), good[0]]).failed(1, &["cannot play", "bad.mp3"]);
}

#[test]
fn a_file_that_is_cut_while_it_plays_says_so() {
    let (_dir, mp3) = song(60.0);
    let log = mp3.with_file_name("told");
    let mut command = crate::support::segue();
    command.args(["play", mp3.to_str().unwrap(), "-o", "null"]);
    let told = std::fs::File::create(&log).unwrap();
    let mut playing = crate::support::Guarded(command.stderr(told).spawn().unwrap());
    let said = || std::fs::read_to_string(&log).unwrap();
    wait_until("it plays", LIMIT, || said().contains("Playing"));
    let file = std::fs::File::options().write(true).open(&mp3).unwrap();
    file.set_len(1000).unwrap();
    assert_eq!(playing.wait(LIMIT).code(), Some(1));
    assert!(
        said().contains("broke off") && said().contains("was changed"),
        "{}",
        said()
    );
}

#[test]
fn each_track_is_told_of_as_it_ends_and_stdout_has_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    album(dir.path());
    let (folder, out) = (dir.path().to_str().unwrap(), dir.path().join("out.wav"));
    let done = run(&["play", folder, "-o", out.to_str().unwrap()]).succeeded();
    let text = done.text();
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines.len(), 3, "{text}");
    for (line, title) in lines.iter().zip(["Été", "Winter", "Fall"]) {
        assert!(line.starts_with(title) && line.contains("played"), "{line}");
    }
}

#[test]
fn tracks_that_nobody_has_any_more_are_failures() {
    let dir = tempfile::tempdir().unwrap();
    for (name, seconds) in [("1 a", 30.0), ("2 b", 31.0)] {
        let tags = ["-b", "128", "--tt", name, "--tl", "Lost"];
        named_song(dir.path(), name, seconds, 44_100, 2, &tags);
    }
    // As slow as the music: not all is here when it goes.
    let mut sharer = Sharer::with(dir.path(), free_port(), &["--pace", "24"]);
    let log = dir.path().join("log.jsonl");
    let options = [
        "-o",
        "null",
        "--patience",
        "1",
        "--log",
        log.to_str().unwrap(),
    ];
    let playing = start(&mut sharer.play("album:lost", &options));
    wait_until("it plays", LIMIT, || log.exists());
    sharer.process.kill();
    playing
        .done(LIMIT)
        .failed(1, &["gave up on 1 a", "gave up on 2 b", "2 of 2 tracks"]);
}

#[test]
fn a_track_is_never_its_own_output() {
    let (dir, mp3) = song(1.0);
    let before = std::fs::read(&mp3).unwrap();
    let out = dir.path().join(".").join(mp3.file_name().unwrap());
    let folder = dir.path().to_str().unwrap();
    run(&["play", folder, "-o", out.to_str().unwrap()]).failed(2, &["is one of the tracks"]);
    assert!(std::fs::read(&mp3).unwrap() == before, "untouched");
}

#[test]
fn it_begins_where_it_is_told_to() {
    let (dir, mp3) = song(10.0);
    let sharer = Sharer::start(dir.path());
    let out = dir.path().join("out.wav");
    let options = ["-o", out.to_str().unwrap(), "--start", "0:07"];
    start(&mut sharer.play("song", &options))
        .done(LIMIT)
        .succeeded();
    let (heard, whole) = (tools::read_wav(&out), tools::ffmpeg(&mp3));
    assert_eq!(heard.len(), whole.len() - 7 * 44_100 * 2);
    assert!(tools::rms(&heard, &whole[7 * 44_100 * 2..]) < 1e-4);
    start(&mut sharer.play("song", &["-o", "null", "--start", "0:11"]))
        .done(LIMIT)
        .failed(2, &["song is over before --start: it lasts 0:10"]);
}

#[test]
fn of_files_of_this_machine_nothing_is_drawn_or_recorded_and_no_empty_file_left() {
    let (dir, mp3) = song(1.0);
    let [svg, log] = ["x.svg", "x.jsonl"].map(|name| dir.path().join(name));
    let [mp3, plot, record] = [&mp3, &svg, &log].map(|path| path.to_str().unwrap());
    let done = run(&["play", mp3, "-o", "null", "--plot", plot, "--log", record]).succeeded();
    for (path, text) in [(&svg, plot), (&log, record)] {
        let told = format!("nothing to write to {text}: no track came from a peer");
        assert!(done.stderr.contains(&told), "{}", done.stderr);
        assert!(!path.exists());
    }
}

#[test]
fn a_list_is_filtered_by_words_and_shows_names_of_files() {
    let dir = tempfile::tempdir().unwrap();
    album(dir.path());
    let sharer = Sharer::start(dir.path());
    let (peer, port) = (sharer.address.to_string(), sharer.discovery.to_string());
    let list = |words: &[&str]| {
        let options = ["--wait", "1", "--peer", &peer, "--discovery-port", &port];
        run(&[&["list"], words, &options].concat())
    };
    let done = list(&["WINTER", "bjork"]).succeeded();
    assert!(
        done.text().contains("Winter") && done.text().contains("2 b"),
        "{}",
        done.text()
    );
    assert!(!done.text().contains("Fall"), "{}", done.text());
    list(&["summer"]).failed(1, &["nothing fits `summer`", "are 3 tracks at 1 peer"]);
}

#[test]
fn a_wav_file_has_room_for_the_richest_track_whichever_comes_first() {
    let dir = tempfile::tempdir().unwrap();
    named_song(dir.path(), "1 poor", 1.0, 22_050, 1, &["-b", "64"]);
    named_song(dir.path(), "2 rich", 1.0, 44_100, 2, &["-b", "128"]);
    let out = dir.path().join("out.wav");
    let all = [dir.path().to_str().unwrap(), "-o", out.to_str().unwrap()];
    run(&[&["play"], &all[..]].concat()).succeeded();
    let header = std::fs::read(&out).unwrap();
    let number = |at: usize| u32::from_le_bytes(header[at..at + 4].try_into().unwrap());
    assert_eq!(header[22], 2, "channels");
    assert_eq!(number(24), 44_100, "samples per second");
}
