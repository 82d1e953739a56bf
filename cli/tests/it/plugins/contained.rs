//! What a misbehaving policy costs a session: itself, and that is said.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use super::{broken, compiled, library};
use crate::support::{Done, LIMIT, Sharer, named_song, segue, song, start};

/// So long as a policy may stand still, and more than the song.
const HELD: Duration = Duration::from_secs(120);

/// A folder to share, with a song of some seconds, and its sharer.
fn shared() -> (TempDir, Sharer) {
    let (dir, _) = song(9.0);
    let sharer = Sharer::start(dir.path());
    (dir, sharer)
}

/// `segue play` with a broken example, through the null output in real time.
fn play(sharer: &Sharer, policy: &str, more: &[&str]) -> Done {
    let mut command = sharer.play("song", &["-o", "null", "--json", "--policy", policy]);
    command.arg("--plugin-path").arg(broken(policy)).args(more);
    start(&mut command).done(HELD).succeeded()
}

fn faults(report: &Value) -> Vec<&str> {
    let faults = report["faults"].as_array().unwrap();
    faults.iter().map(|fault| fault.as_str().unwrap()).collect()
}

#[test]
fn a_policy_that_fails_while_it_plays_is_told_and_a_simple_one_plays_on() {
    let (_dir, sharer) = shared();
    for (policy, why) in [
        (
            "never-plays",
            "it has held for 10 s though the next packet is here",
        ),
        ("asks-nobody", "it has asked for nothing for 10 s"),
        ("slow", "it takes too long to decide"),
        (
            "panics",
            "panicked: this track is too long for me (policies/examples/broken/panics.rs:9",
        ),
    ] {
        let done = play(&sharer, policy, &[]);
        let report = done.json();
        let last = *faults(&report).last().unwrap();
        assert!(
            last.contains("the policy failed") && last.contains(why),
            "{report}"
        );
        assert!(done.stderr.contains(last), "{}", done.stderr);
        assert!(
            !done.stderr.contains("thread '"),
            "no raw panic: {}",
            done.stderr
        );
        assert_eq!(report["metrics"]["unfinished"], false, "{policy}: {report}");
        assert_eq!(
            report["metrics"]["missing_ratio"], 0.0,
            "{policy}: {report}"
        );
    }
}

#[test]
fn a_policy_that_misbehaves_while_it_plays_is_refused_and_that_is_said_once() {
    let (dir, sharer) = shared();
    for (policy, what) in [
        ("nonsense", "it asks for what is not there"),
        ("floods", "it floods"),
    ] {
        let log = dir.path().join("session.jsonl");
        let done = play(&sharer, policy, &["--log", log.to_str().unwrap()]);
        let report = done.json();
        let first = faults(&report)[0];
        assert!(
            first.contains("the policy misbehaves") && first.contains(what),
            "{report}"
        );
        assert_eq!(done.stderr.matches(first).count(), 1, "{}", done.stderr);
        assert_eq!(report["metrics"]["unfinished"], false, "{policy}: {report}");
        let mut explain = segue();
        explain.arg("explain").arg(&log).arg("--plugin-path");
        let told = start(explain.arg(broken(policy))).done(LIMIT).succeeded();
        assert!(
            told.text().contains("the policy is curbed"),
            "{}",
            told.text()
        );
    }
}

#[test]
fn a_policy_that_never_comes_back_is_told_of() {
    let (_dir, sharer) = shared();
    let mut command = sharer.play("song", &["-o", "null", "--policy", "hangs-late"]);
    command.arg("--plugin-path").arg(broken("hangs-late"));
    let playing = start(&mut command);
    let said = "has not come back from a decision";
    playing.says(said, LIMIT);
}

/// A scenario of a few seconds.
fn scenario(folder: &Path) -> PathBuf {
    let file = folder.join("short.toml");
    let text = "name = \"short\"\nabout = \"\"\nruns = 3\nseed = 7\n[track]\npackets = 400\n\
                [network]\nmodel = \"random-delay\"\nparams = { loss = 0.1 }\n[[seeders]]\n";
    std::fs::write(&file, text).unwrap();
    file
}

fn compare(folder: &Path, policies: &[&str], more: &[&str]) -> Command {
    let mut command = segue();
    command.args(["compare", "--json", "--scenario"]);
    command.arg(scenario(folder));
    for policy in policies {
        command.args(["--policy", policy]);
        if *policy != "stop-1s" {
            let to = folder.join(library(policy));
            std::fs::copy(broken(policy), &to).unwrap();
            command.arg("--plugin-path").arg(to);
        }
    }
    command.args(more);
    command
}

#[test]
fn a_comparison_says_in_its_row_what_a_policy_did_and_says_the_same_again() {
    let folder = tempfile::tempdir().unwrap();
    let policies = ["stop-1s", "never-plays", "nonsense", "floods", "panics"];
    let report = || {
        let mut command = compare(folder.path(), &policies, &[]);
        start(&mut command).done(LIMIT).succeeded().json()
    };
    let (first, second) = (report(), report());
    assert_eq!(first, second);
    let rows = first["policies"].as_array().unwrap();
    assert_eq!(rows[0].get("faults"), None, "{first}");
    for (row, what) in [
        (1, "held for 10 s"),
        (2, "not there"),
        (3, "it floods"),
        (4, "too long for me"),
    ] {
        assert!(rows[row]["faults"].to_string().contains(what), "{first}");
        assert_eq!(rows[row]["unfinished"], 0, "{first}");
    }
}

#[cfg(unix)]
#[test]
fn a_live_comparison_outlives_a_policy_that_crashes() {
    let folder = tempfile::tempdir().unwrap();
    let policies = ["stop-1s", "crashes-late", "good"];
    let more = ["--live", "--runs", "1"];
    let mut command = compare(folder.path(), &policies, &more);
    let report = start(&mut command).done(LIMIT).succeeded().json();
    let rows = report["policies"].as_array().unwrap();
    let faults = rows[1]["faults"].to_string();
    assert!(faults.contains("segmentation fault"), "{report}");
    for (row, unfinished) in [(0, 0), (1, 1), (2, 0)] {
        assert_eq!(rows[row]["unfinished"], unfinished, "{report}");
    }
}

#[cfg(unix)]
#[test]
fn a_crash_is_told_where_a_single_policy_is_heard_or_shown_a_record() {
    let (dir, sharer) = shared();
    let log = dir.path().join("session.jsonl");
    let mut command = sharer.play("song", &["-o", "null", "--log"]);
    start(command.arg(&log)).done(LIMIT).succeeded();
    let strange = |name: &str, arguments: &[&str]| {
        let mut command = segue();
        command
            .args(arguments)
            .arg("--plugin-path")
            .arg(broken(name));
        start(&mut command).done(LIMIT)
    };
    let log = log.to_str().unwrap();
    let replay = |name: &str| {
        strange(
            name,
            &["replay", log, "--policy", "stop-1s", "--policy", name],
        )
    };
    let done = replay("crashes-late").failed(1, &["crashes-late", "segmentation fault"]);
    assert!(
        done.text().contains("stop-1s"),
        "the other is shown: {}",
        done.text()
    );
    assert!(replay("good").succeeded().text().contains("good"));

    let song = dir.path().join("song.mp3");
    let wav = dir.path().join("heard.wav");
    let listen = |name: &str| {
        let (song, wav) = (song.to_str().unwrap(), wav.to_str().unwrap());
        strange(
            name,
            &["compare", "--track", song, "--listen", name, "-o", wav],
        )
    };
    listen("crashes-late").failed(1, &["crashes-late", "segmentation fault"]);
    assert!(!wav.exists());
    listen("good").succeeded();
    assert!(wav.exists());
}

#[cfg(unix)]
#[test]
fn the_next_track_is_played_with_the_version_that_is_installed_meanwhile() {
    let dir = tempfile::tempdir().unwrap();
    for (name, seconds) in [("one", 8.0), ("two", 4.0)] {
        named_song(dir.path(), name, seconds, 44_100, 2, &["-b", "128"]);
    }
    let sharer = Sharer::start(dir.path());
    let plugins = tempfile::tempdir().unwrap();
    let installed = plugins.path().join(library("first-come"));
    let first_come = |version: &str, to: &Path| {
        let version = format!("-DVERSION=\"{version}\"");
        compiled("host/tests/it/c/first_come.c", &[&version], to);
    };
    first_come("1.0.0", &installed);
    // Compiled before the music plays: a busy machine takes longer than it does.
    let new = plugins.path().join("new");
    first_come("2.0.0", &new);
    let mut command = sharer.play(
        "one",
        &[
            "two",
            "-o",
            "null",
            "--policy",
            "first-come",
            "--plugin-path",
        ],
    );
    let playing = start(command.arg(plugins.path()));
    playing.says("Playing 1/2", LIMIT);
    // As a linker or an editor does it: another file takes its name.
    std::fs::rename(&new, &installed).unwrap();
    std::fs::write(plugins.path().join(library("song")), "la la la").unwrap();
    playing.says("from the next track on, first-come 2.0.0 plays", LIMIT);
    playing.says("is no plugin for here", LIMIT);
    let done = playing.done(LIMIT).succeeded();
    assert!(done.stderr.contains("Playing 2/2"), "{}", done.stderr);
}
