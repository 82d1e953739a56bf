//! MP3 out: the frames as they came.

use segue_playout::output::OutputSpec;
use segue_playout::player::{Controls, Ending, play};

use crate::memory::{Gap, Memory};
use crate::split::{Mp3, split};
use crate::tools;

fn short_track(dir: &std::path::Path) -> Mp3 {
    let wav = dir.join("source.wav");
    tools::music(&wav, 44_100, 2, 2.0);
    let path = tools::lame(&wav, &["-V", "4"]);
    split(&std::fs::read(path).unwrap(), "source")
}

fn bytes_out(gap: Gap, here: impl Fn(u32) -> bool) {
    let dir = tempfile::tempdir().unwrap();
    let mp3 = short_track(dir.path());
    let path = dir.path().join("out.mp3");
    let mut output = OutputSpec::Mp3(path.clone()).open(&mp3.track).unwrap();
    let mut source = Memory::with_gaps(&mp3, &here, gap);
    let outcome = play(&mut source, &mut *output, &Controls::default()).unwrap();
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
