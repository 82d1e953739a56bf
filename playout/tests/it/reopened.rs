//! A sound device that is opened and closed again and again.

use std::time::Duration;

use crate::sound_server::{SoundServer, example, up_to_three_times};
use crate::speaker::{report, track};

const LIMIT: Duration = Duration::from_secs(120);
const RATE: usize = 44_100;

/// Threads and open files after each playing.
fn resources(text: &str) -> Vec<(usize, usize)> {
    text.lines()
        .filter_map(|line| {
            let (threads, files) = line.strip_prefix("resources ")?.split_once(' ')?;
            Some((threads.parse().unwrap(), files.parse().unwrap()))
        })
        .collect()
}

/// How long each stretch of sound between silences lasts, in samples.
fn bursts(heard: &[f32]) -> Vec<usize> {
    const SILENCE: usize = RATE / 20;
    let mut bursts: Vec<std::ops::Range<usize>> = Vec::new();
    for (at, _) in heard.iter().enumerate().filter(|(_, s)| s.abs() > 0.002) {
        match bursts.last_mut() {
            Some(burst) if at - burst.end < SILENCE => burst.end = at + 1,
            _ => bursts.push(at..at + 1),
        }
    }
    bursts.iter().map(ExactSizeIterator::len).collect()
}

#[test]
fn each_opening_plays_and_none_leaves_anything_behind() {
    up_to_three_times(|| {
        const OPENINGS: usize = 60;
        let Some(server) = SoundServer::start(RATE as u32, "type pulse") else {
            return;
        };
        let dir = tempfile::tempdir().unwrap();
        let (mp3, expected) = track(dir.path(), RATE as u32, 0.3);
        let openings = format!("openings={OPENINGS}");
        let (output, heard) = server.record(&example("play-file"), &[&mp3, &openings], LIMIT);
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{text}");
        assert_eq!(text.matches("ending Finished").count(), OPENINGS, "{text}");

        let bursts = bursts(&heard);
        assert_eq!(bursts.len(), OPENINGS, "{bursts:?}");
        for burst in &bursts {
            let off = burst.abs_diff(expected.len());
            assert!(off < RATE / 20, "one is {off} samples off: {bursts:?}");
        }
        let resources = resources(&text);
        report(&format!("threads and files: {:?}", &resources[..3]));
        // The first may leave what the sound system keeps for good.
        let (threads, files) = resources[1];
        for (at, (threads_now, files_now)) in resources.iter().enumerate().skip(2) {
            assert!(
                *threads_now <= threads && *files_now <= files,
                "after {at}: {threads_now} threads, {files_now} files; {threads}, {files} at first"
            );
        }
    });
}

/// An idle sink lets a new player wait: PulseAudio reports errors until its clock is
/// known, then takes nothing for up to two seconds. This was taken for a loss.
#[test]
fn a_sink_that_wakes_slowly_is_not_given_up() {
    const OPENINGS: usize = 6;
    let Some(server) = SoundServer::start(RATE as u32, "type pulse") else {
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let (mp3, _) = track(dir.path(), RATE as u32, 0.3);
    let openings = format!("openings={OPENINGS}");
    let output = server
        .start_program(&example("play-file"), &[&mp3, &openings])
        .wait(LIMIT);
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}");
    assert_eq!(text.matches("ending Finished").count(), OPENINGS, "{text}");
    assert!(!text.contains("lost "), "{text}");
}
