//! What is wrong is told, and what to do about it.

use std::io::Read;
use std::net::UdpSocket;
use std::path::Path;
use std::process::Stdio;

use crate::support::{
    Done, Guarded, LIMIT, Sharer, free_port, named_song, run, segue, song, start,
};

fn share(path: &Path) -> Done {
    share_with(path, &[])
}

fn share_with(path: &Path, more: &[&str]) -> Done {
    let port = free_port().to_string();
    start(
        segue()
            .arg("share")
            .arg(path)
            .args(["--discovery-port", &port])
            .args(more),
    )
    .done(LIMIT)
}

/// `segue play` with options that are wrong before anybody is asked.
fn play(options: &[&str]) -> Done {
    let port = free_port().to_string();
    start(
        segue()
            .args(["play", "song", "--wait", "0.3", "--discovery-port", &port])
            .args(options),
    )
    .done(LIMIT)
}

#[test]
fn a_copy_needs_a_folder_which_may_stand_behind_an_option() {
    start(segue().args(["get", "song"]))
        .done(LIMIT)
        .failed(2, &["WHAT... DIR"]);
    let port = free_port().to_string();
    let dir = tempfile::tempdir().unwrap();
    start(
        segue()
            .args(["get", "song", "--wait", "0.3", "--discovery-port", &port])
            .arg(dir.path()),
    )
    .done(LIMIT)
    .failed(1, &["no peer has shown up"]);
}

#[test]
fn a_path_that_is_not_there_is_no_title() {
    // Where the folder is there, a file in it is meant.
    for path in ["/no/such/song.mp3", "./no-such-folder", "src/no-such.mp3"] {
        let port = free_port().to_string();
        start(segue().args(["play", path, "--discovery-port", &port]))
            .done(LIMIT)
            .failed(1, &["no file or folder", path]);
    }
}

// -- sharing ---------------------------------------------------------------------

#[test]
fn a_folder_that_is_not_there() {
    share(Path::new("/no/such/folder"))
        .failed(1, &["/no/such/folder", "No such file", "Name a folder"]);
}

#[test]
fn a_folder_without_mp3s() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("fake.mp3"), "words").unwrap();
    let sharer = Sharer::start(dir.path());
    // Files may come later.
    assert_eq!(sharer.said["tracks"].as_array().unwrap().len(), 0);
    let stderr = sharer.stderr();
    assert!(
        stderr.contains("not shared") && stderr.contains("fake.mp3"),
        "{stderr}"
    );
}

#[test]
fn files_that_are_none_are_named_and_the_rest_is_shared() {
    let (dir, _) = song(1.0);
    let path = |name| dir.path().join(name);
    std::fs::write(path("fake.mp3"), vec![7; 5000]).unwrap();
    std::os::unix::fs::symlink("/no/such/file", path("dangling.mp3")).unwrap();
    std::fs::create_dir(path("folder.mp3")).unwrap();
    let mut sharer = Sharer::start(dir.path());
    assert_eq!(sharer.said["tracks"].as_array().unwrap().len(), 1);
    sharer.process.terminate();
    assert_eq!(sharer.process.wait(LIMIT).code(), Some(0));
    let stderr = sharer.stderr();
    for name in ["not shared", "fake.mp3", "dangling.mp3"] {
        assert!(stderr.contains(name), "no {name} in {stderr}");
    }
    share(&path("fake.mp3")).failed(1, &["fake.mp3"]);
    share(&path("dangling.mp3")).failed(1, &["dangling.mp3", "No such file"]);
}

#[test]
fn a_port_in_use() {
    let (dir, _) = song(1.0);
    let taken = UdpSocket::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    share_with(dir.path(), &["--bind", "127.0.0.1", "--port", &port])
        .failed(1, &[&port, "in use", "choose another with --port"]);
    share_with(dir.path(), &["--bind", "192.0.2.1"])
        .failed(1, &["192.0.2.1", "does not have that"]);
}

#[test]
fn options_out_of_range() {
    let dir = Path::new("/");
    for (option, value, words) in [
        ("--availability", "1.5", "from 0 to 1"),
        ("--availability", "0", "above 0"),
        ("--pace", "fast", "from 0.01 to 60000 milliseconds"),
        ("--port", "70000", "0..=65535"),
        ("--max-rate", "0", "1.."),
        ("--bind", "here", "IP address"),
        ("--order", "any", "sequential"),
    ] {
        share_with(dir, &[option, value]).failed(2, &[option, words]);
    }
    run(&["share"]).failed(2, &["DIR|FILE"]);
    run(&["list", "--wait", "-3"]).failed(2, &["--wait", "from 0 to 86400 seconds"]);
    run(&["sing"]).failed(2, &["sing"]);
}

// -- finding ---------------------------------------------------------------------

#[test]
fn nobody_is_there() {
    play(&[]).failed(1, &["no peer has shown up", "segue share", "--peer"]);
    let port = free_port().to_string();
    run(&["list", "--wait", "0.3", "--discovery-port", &port]).failed(1, &["no peer"]);
    let silent = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap().to_string();
    play(&["--peer", &address]).failed(1, &["no answer from", &address]);
}

#[test]
fn a_track_that_nobody_has() {
    let dir = tempfile::tempdir().unwrap();
    named_song(
        dir.path(),
        "a",
        1.0,
        44_100,
        2,
        &["-b", "64", "--tt", "Blue Moon"],
    );
    named_song(
        dir.path(),
        "b",
        2.0,
        44_100,
        2,
        &["-b", "64", "--tt", "Blue Moon Rising"],
    );
    named_song(
        dir.path(),
        "c",
        3.0,
        44_100,
        2,
        &["-b", "64", "--tt", "Zebra"],
    );
    let sharer = Sharer::start(dir.path());
    let ask = |track| start(&mut sharer.play(track, &["--wait", "2", "-o", "null"])).done(LIMIT);
    let done = ask("Bleu Mon").failed(
        1,
        &["no track fits `Bleu Mon`", "Did you mean", "Blue Moon"],
    );
    assert!(!done.stderr.contains("Zebra"), "{}", done.stderr);
    let done = ask("quux").failed(1, &["no track fits `quux`, none of 3", "segue list"]);
    assert!(!done.stderr.contains("Zebra"), "{}", done.stderr);
    ask("blue").failed(
        1,
        &[
            "`blue` fits 2 tracks",
            "Blue Moon  0:01  a  at 127.0.0.1:",
            "Blue Moon Rising  0:02  b  at 127.0.0.1:",
        ],
    );
    // The whole title says which.
    ask("blue moon").succeeded();
    // A list of nothing is a failure, as with grep.
    let (peer, port) = (sharer.address.to_string(), free_port().to_string());
    let list = |word| {
        let at = ["--peer", &peer, "--discovery-port", &port];
        run(&[&["list", word, "--json"], &at[..]].concat())
    };
    let none = list("quux").failed(1, &["nothing fits `quux`", "are 3 tracks at 1 peer"]);
    assert_eq!(none.json(), serde_json::json!([]));
    assert_eq!(
        list("zebra").succeeded().json().as_array().unwrap().len(),
        1
    );
}

#[test]
fn a_track_whose_only_seeder_has_gone() {
    let (dir, _) = song(1.0);
    let mut sharer = Sharer::start(dir.path());
    let (peer, port) = (sharer.address.to_string(), sharer.discovery.to_string());
    let list = run(&["list", "--json", "--peer", &peer, "--discovery-port", &port]).succeeded();
    let id = list.json()[0]["id"].as_str().unwrap().to_owned();
    sharer.process.kill();
    start(&mut sharer.play(&id, &["--wait", "1"]))
        .done(LIMIT)
        .failed(1, &["no answer from", &peer]);
}

#[test]
fn malformed_addresses_of_peers() {
    for peer in [
        "nonsense",
        "127.0.0.1",
        "127.0.0.1:99999",
        ":5000",
        "no.such.host.invalid:1",
    ] {
        play(&["--peer", peer]).failed(2, &["--peer", peer, "HOST:PORT"]);
    }
}

// -- playing ---------------------------------------------------------------------

#[test]
fn plugins_and_parameters_that_there_are_not() {
    play(&["--policy", "random-recovry"]).failed(
        2,
        &[
            "random-recovry",
            "random-recovery",
            "stop-1s",
            "buffered",
            "sequential-recovery",
        ],
    );
    play(&["--network", "randomdelay"]).failed(2, &["randomdelay", "random-delay", "none"]);
    play(&["--network", "none+lossy"]).failed(2, &["lossy", "none"]);
    play(&["--policy", "buffered:bufer=1"]).failed(2, &["bufer", "buffer"]);
    play(&["--network", "random-delay:los=1"]).failed(2, &["los", "loss", "rtt_s"]);
    play(&["--network", "random-delay:loss=1.5"]).failed(2, &["loss", "1.5", "0 to 1"]);
    play(&["--network", "random-delay:loss=much"]).failed(2, &["loss", "much"]);
    play(&["--network", "bursts:min_ms=2,max_ms=1"]).failed(2, &["min_ms", "max_ms", "1"]);
    play(&["--network", "trace"]).failed(2, &["file=FILE", "time_s,delay_ms,loss,rate_kbps"]);
    play(&["--policy", "random-recovery:gaps=maybe"]).failed(2, &["maybe", "skip", "refill"]);
    play(&["--policy", ""]).failed(2, &["--policy"]);
    run(&["plugins", "show", "buffred"]).failed(2, &["buffred", "buffered"]);
}

#[test]
fn outputs_that_cannot_be() {
    play(&["-o", "foo.xyz"]).failed(2, &["foo.xyz", "FILE.wav", "FILE.mp3", "null"]);
    let (dir, _) = song(1.0);
    let sharer = Sharer::start(dir.path());
    let to = |options: &[&str]| start(&mut sharer.play("song", options)).done(LIMIT);
    to(&["-o", "/no/such/folder/x.wav"]).failed(1, &["/no/such/folder/x.wav"]);
    to(&["-o", "/no/such/folder/x.mp3"]).failed(1, &["/no/such/folder/x.mp3"]);
    to(&["-o", "null", "--log", "/no/such/x.jsonl"]).failed(1, &["cannot write /no/such/x.jsonl"]);
    to(&["-o", "null", "--plot", "/no/such/x.svg"]).failed(1, &["cannot write /no/such/x.svg"]);
}

#[test]
fn plugin_paths() {
    run(&["plugins", "list", "--plugin-path", "/no/such/folder"])
        .failed(2, &["--plugin-path", "/no/such/folder", "No such file"]);
    let dir = tempfile::tempdir().unwrap();
    let fake = dir.path().join("libfake.so");
    std::fs::write(&fake, "no library at all").unwrap();
    let path = dir.path().to_str().unwrap();
    let list = run(&["plugins", "list", "--plugin-path", path])
        .succeeded()
        .text();
    for word in ["refused", "libfake.so", "random-recovery", "random-delay"] {
        assert!(list.contains(word), "no {word} in {list}");
    }
    let json = run(&["plugins", "list", "--json", "--plugin-path", path])
        .succeeded()
        .json();
    assert_eq!(json["refused"][0]["path"], fake.to_str().unwrap());
    let (music, _) = song(1.0);
    let sharer = Sharer::start(music.path());
    start(&mut sharer.play("song", &["-o", "null", "--plugin-path", path]))
        .done(LIMIT)
        .succeeded();
}

// -- readers that go away --------------------------------------------------------

#[test]
fn flags_that_would_not_reach_the_app() {
    for (flag, value, instead) in [
        ("--discovery-port", "9", "`discovery_port`"),
        ("--plugin-path", ".", "$SEGUE_PLUGIN_PATH"),
    ] {
        start(segue().args(["gui", flag, value]))
            .done(LIMIT)
            .failed(2, &[flag, "settings of its own", instead]);
    }
}

#[test]
fn a_reader_of_a_table_that_goes_away_is_no_error() {
    let (dir, _) = song(1.0);
    let sharer = Sharer::start(dir.path());
    let (peer, port) = (sharer.address.to_string(), sharer.discovery.to_string());
    for json in [&["--json"][..], &[]] {
        let mut list = segue();
        list.args([
            "list",
            "--wait",
            "0.5",
            "--peer",
            &peer,
            "--discovery-port",
            &port,
        ])
        .args(json);
        closed_after(list.stdout(Stdio::piped()), 0);
    }
    let mut plugins = segue();
    closed_after(plugins.args(["plugins", "list", "--json"]), 0);
}

#[test]
fn a_reader_of_music_that_goes_away_is_no_error() {
    let (dir, _) = song(20.0);
    let sharer = Sharer::start(dir.path());
    closed_after(&mut sharer.play("song", &["-o", "-"]), 1000);
}

/// Reads so many bytes of what a program writes, then closes the pipe.
#[track_caller]
fn closed_after(command: &mut std::process::Command, bytes: usize) {
    let child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut child = Guarded(child);
    let mut stdout = child.0.stdout.take().unwrap();
    stdout.read_exact(&mut vec![0; bytes]).unwrap();
    drop(stdout);
    let status = child.wait(LIMIT);
    let mut text = String::new();
    child
        .0
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut text)
        .unwrap();
    assert!(status.success(), "{status}: {text}");
    assert!(
        !text.contains("panicked") && !text.contains("Broken pipe"),
        "{text}"
    );
}
