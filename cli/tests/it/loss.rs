//! Through networks that lose, from seeders that die.

use std::time::Duration;

use crate::support::{LIMIT, Sharer, frames, play_from, report, song, start, wait_until};

const EVERY_FRAME: &str = "random-recovery:gaps=refill";

fn through_loss(loss: f64) {
    let (dir, mp3) = song(20.0);
    let (one, two) = (Sharer::start(dir.path()), Sharer::start(dir.path()));
    let out = dir.path().join("out.mp3");
    let network = format!("random-delay:loss={loss},rtt_s=0.02");
    let done = start(&mut play_from(
        &[&one, &two],
        "song",
        &[
            "--policy",
            EVERY_FRAME,
            "--network",
            &network,
            "--seed",
            "5",
            "--json",
            "-o",
            out.to_str().unwrap(),
        ],
    ))
    .done(LIMIT)
    .succeeded();
    let said = done.json();
    report(&format!(
        "loss {loss}: {:.2} s, overhead {:.2}",
        said["took_s"], said["metrics"]["overhead_ratio"]
    ));
    assert_eq!(said["metrics"]["missing_ratio"], 0.0);
    assert!(
        std::fs::read(out).unwrap() == frames(&mp3),
        "not every frame in order"
    );
}

#[test]
fn every_frame_comes_through_a_fifth_of_loss() {
    through_loss(0.2);
}

#[test]
fn every_frame_comes_through_a_half_of_loss() {
    through_loss(0.5);
}

#[test]
fn when_the_last_seeder_is_gone_it_says_so_and_gives_up() {
    let (dir, _) = song(20.0);
    let mut only = Sharer::with(
        dir.path(),
        crate::support::free_port(),
        &["--max-rate", "200"],
    );
    let log = dir.path().join("session.jsonl");
    let options = ["-o", "null", "--json", "--patience", "2", "--log"];
    let mut play = only.play("song", &options);
    let playing = start(play.arg(&log));
    wait_until("playing", LIMIT, || {
        log.metadata().is_ok_and(|log| log.len() > 50_000)
    });
    only.process.kill();
    let done = playing.done(LIMIT).failed(
        1,
        &[
            "does not answer any more",
            "no peer that has it has answered",
            "2 s",
        ],
    );
    assert_eq!(done.json()["metrics"]["unfinished"], true);
}

#[test]
fn one_of_two_seeders_dies_in_mid_track() {
    let (dir, _) = song(20.0);
    // Not much faster than it plays, or all would be here before the death.
    let slow = ["--max-rate", "250"];
    let port = crate::support::free_port;
    let mut one = Sharer::with(dir.path(), port(), &slow);
    let two = Sharer::with(dir.path(), port(), &slow);
    let log = dir.path().join("session.jsonl");
    let playing = start(&mut play_from(
        &[&one, &two],
        "song",
        &[
            "--policy",
            EVERY_FRAME,
            "-o",
            "null",
            "--json",
            "--network",
            "random-delay:loss=0.1,rtt_s=0.02",
            "--log",
            log.to_str().unwrap(),
        ],
    ));
    let played = || {
        std::fs::read_to_string(&log)
            .unwrap_or_default()
            .matches("\"Play\"")
            .count()
    };
    wait_until("playing", LIMIT, || played() > 100);
    one.process.kill();
    let at = played();
    let done = playing.done(LIMIT + Duration::from_secs(20)).succeeded();
    let metrics = &done.json()["metrics"];
    report(&format!("killed after packet {at}: {metrics}"));
    assert!(at < 600, "killed too late to tell anything: {at}");
    assert_eq!(metrics["missing_ratio"], 0.0);
    assert_eq!(metrics["unfinished"], false);
    assert!(
        done.stderr.contains("does not answer any more"),
        "{}",
        done.stderr
    );
}
