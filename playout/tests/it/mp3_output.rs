//! MP3 out: the frames as they came.

use std::io::Read;
use std::process::{Command, Stdio};

use segue_playout::output::OutputSpec;
use segue_playout::player::Ending;

use crate::memory::{Gap, Memory, play};
use crate::sound_server::example;
use crate::split::{Mp3, split};
use crate::tools;

fn short_track(dir: &std::path::Path) -> Mp3 {
    let wav = dir.join("source.wav");
    tools::music(&wav, 44_100, 2, 8.0); // more than a pipe holds
    let path = tools::lame(&wav, &["-V", "4"]);
    split(&std::fs::read(path).unwrap(), "source")
}

fn bytes_out(gap: Gap, here: impl Fn(u32) -> bool) {
    let dir = tempfile::tempdir().unwrap();
    let mp3 = short_track(dir.path());
    let path = dir.path().join("out.mp3");
    let output = OutputSpec::Mp3(path.clone()).open(&mp3.track).unwrap();
    let outcome = play([Memory::with_gaps(&mp3, &here, gap)], output);
    assert_eq!(outcome.ending, Ending::Finished);
    let expected: Vec<u8> = mp3
        .frames
        .iter()
        .zip(0..)
        .filter(|(_, packet)| here(*packet))
        .flat_map(|(frame, _)| frame.iter().copied())
        .collect();
    assert!(std::fs::read(path).unwrap() == expected, "bytes differ");
}

#[test]
fn bytes_out_are_frames_in() {
    bytes_out(Gap::Conceal, |_| true);
}

#[test]
fn gaps_leave_nothing_behind() {
    bytes_out(Gap::Conceal, |packet| packet % 7 != 3);
    bytes_out(Gap::Skip, |packet| !(20..30).contains(&packet));
}

fn to_a_pipe(dir: &std::path::Path) -> (Mp3, std::process::Child) {
    let mp3 = short_track(dir);
    let child = Command::new(example("play-file"))
        .args([dir.join("source.mp3").to_str().unwrap(), "-"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    (mp3, child)
}

#[test]
fn a_pipe_gets_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let (mp3, child) = to_a_pipe(dir.path());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    assert!(output.stdout == mp3.frames.concat(), "bytes differ");
}

#[test]
fn a_closed_pipe_ends_it_cleanly() {
    let dir = tempfile::tempdir().unwrap();
    let (_, mut child) = to_a_pipe(dir.path());
    let mut some = [0; 100];
    let mut pipe = child.stdout.take().unwrap();
    pipe.read_exact(&mut some).unwrap();
    drop(pipe);
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}");
    assert!(text.contains("ending ReaderClosed"), "{text}");
}
