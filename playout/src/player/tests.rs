//! The loop, with an output that notes everything and waits for nothing.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use segue_core::playback::{FrameSource, Gone, OpenError, Playback, Start};
use segue_core::track::{TrackId, TrackInfo};

use super::*;
use crate::output::{Media, Takes};

fn track(packets: u32) -> TrackInfo {
    TrackInfo {
        id: TrackId([7; 32]),
        packets,
        sample_rate: 44_100,
        samples_per_packet: 1152,
        channels: 2,
        gapless: None,
        bytes: 0,
        title: "Test".to_owned(),
        artist: String::new(),
        album: String::new(),
        name: "test".to_owned(),
    }
}

/// Steps as they are written down; then the session is gone.
struct Script {
    track: TrackInfo,
    steps: VecDeque<Playback>,
    asks: Arc<Mutex<usize>>,
}

impl Script {
    fn new(steps: impl IntoIterator<Item = Playback>) -> Self {
        Self {
            track: track(10),
            steps: steps.into_iter().collect(),
            asks: Arc::default(),
        }
    }
}

impl FrameSource for Script {
    fn track(&self) -> &TrackInfo {
        &self.track
    }

    fn ask(&mut self) {
        *self.asks.lock().unwrap() += 1;
    }

    fn next(&mut self, _: Duration) -> Result<Option<Playback>, Gone> {
        self.steps
            .pop_front()
            .map(Some)
            .ok_or_else(|| Gone::because("the script is over"))
    }

    fn seek(&mut self, _: Start) -> Result<(), OpenError> {
        Err(OpenError::new(&self.track, "it only plays on"))
    }
}

#[derive(Debug, Clone, PartialEq)]
enum Noted {
    Begin,
    Hold,
    Samples(usize),
    Frame(Vec<u8>),
    Finish,
}

#[derive(Clone)]
struct Notes {
    takes: Takes,
    noted: Arc<Mutex<Vec<Noted>>>,
    reader_leaves_after: usize,
}

impl Notes {
    fn new(takes: Takes) -> Self {
        Self {
            takes,
            noted: Arc::default(),
            reader_leaves_after: usize::MAX,
        }
    }

    fn note(&self, noted: Noted) {
        self.noted.lock().unwrap().push(noted);
    }

    /// What it took, without how it was got ready.
    fn taken(&self) -> Vec<Noted> {
        let noted = self.noted.lock().unwrap();
        let taken = noted.iter().filter(|noted| **noted != Noted::Begin);
        taken.cloned().collect()
    }
}

impl Output for Notes {
    fn name(&self) -> &str {
        "notes"
    }

    fn paced(&self) -> bool {
        false
    }

    fn takes(&self) -> Takes {
        self.takes
    }

    fn due_in(&mut self) -> Result<Duration, OutputError> {
        Ok(Duration::ZERO)
    }

    fn hold(&mut self) {
        // Told again is no harm.
        let mut noted = self.noted.lock().unwrap();
        if !matches!(noted.last(), None | Some(Noted::Hold | Noted::Begin)) {
            noted.push(Noted::Hold);
        }
    }

    fn write(&mut self, media: Media<'_>) -> Result<(), OutputError> {
        if self.taken().len() >= self.reader_leaves_after {
            return Err(OutputError::ReaderClosed);
        }
        self.note(match media {
            Media::Samples(samples) => Noted::Samples(samples.len()),
            Media::Frame(frame) => Noted::Frame(frame.to_vec()),
        });
        Ok(())
    }

    fn begin(&mut self, _: &TrackInfo) -> Result<Duration, OutputError> {
        self.note(Noted::Begin);
        Ok(Duration::ZERO)
    }

    fn finish_in(&mut self) -> Result<Duration, OutputError> {
        self.note(Noted::Finish);
        Ok(Duration::ZERO)
    }
}

fn play(source: Script, output: &Notes) -> Result<Outcome, PlayError> {
    let controls = Controls::default();
    controls.append(opened(source));
    Player::start(Box::new(output.clone()), controls)?.join()
}

fn frame(packet: u32) -> Playback {
    Playback::Frame {
        packet,
        bytes: Arc::from([packet as u8; 3]),
    }
}

#[test]
fn every_ask_has_one_answer() {
    let source = Script::new([
        Playback::Hold,
        frame(0),
        Playback::Conceal {
            packet: 1,
            count: 2,
        },
        Playback::Hold,
        Playback::Skip {
            packet: 3,
            count: 2,
        },
        frame(5),
        Playback::End,
    ]);
    let output = Notes::new(Takes::Samples);
    let asks = Arc::clone(&source.asks);
    let outcome = play(source, &output).unwrap();
    assert_eq!(outcome.ending, Ending::Finished);
    assert_eq!(*asks.lock().unwrap(), 4); // frame, conceal, frame, end
    let packet = || Noted::Samples(2304);
    assert_eq!(
        output.taken(),
        [
            packet(),
            packet(),
            packet(),
            Noted::Hold,
            packet(),
            Noted::Finish
        ]
    );
    let progress = outcome.progress;
    assert_eq!(
        (progress.played, progress.concealed, progress.skipped),
        (2, 2, 2)
    );
    assert_eq!(progress.samples, 4 * 1152);
    assert_eq!(progress.state, State::Ended);
    assert_eq!(progress.output, "notes");
    // Three bytes are no frame: they take their time, and are muted.
    assert!((progress.muted_s - 2.0 * 1152.0 / 44_100.0).abs() < 1e-9);
}

#[test]
fn frames_pass_untouched_and_gaps_leave_nothing() {
    let source = Script::new([
        frame(0),
        Playback::Conceal {
            packet: 1,
            count: 1,
        },
        frame(2),
        Playback::End,
    ]);
    let output = Notes::new(Takes::Frames);
    let outcome = play(source, &output).unwrap();
    assert_eq!(
        output.taken(),
        [
            Noted::Frame(vec![0; 3]),
            Noted::Frame(vec![2; 3]),
            Noted::Finish
        ]
    );
    assert_eq!(outcome.progress.concealed, 1);
}

#[test]
fn a_reader_that_leaves_is_no_error() {
    let source = Script::new((0..5).map(frame));
    let mut output = Notes::new(Takes::Frames);
    output.reader_leaves_after = 2;
    let outcome = play(source, &output).unwrap();
    assert_eq!(outcome.ending, Ending::ReaderClosed);
    assert_eq!(output.taken().len(), 2);
}

#[test]
fn a_session_that_goes_away_is_told() {
    let source = Script::new([frame(0)]);
    let output = Notes::new(Takes::Samples);
    let outcome = play(source, &output).unwrap();
    let gone = Gone::because("the script is over");
    assert_eq!(outcome.ending, Ending::SessionGone(gone));
    assert_eq!(outcome.progress.played, 1);
}

/// An output whose last sound takes its time, and in which something is done
/// meanwhile.
struct Slow {
    notes: Notes,
    meanwhile: Option<Box<dyn FnOnce() + Send>>,
}

impl Output for Slow {
    fn name(&self) -> &str {
        self.notes.name()
    }

    fn paced(&self) -> bool {
        true
    }

    fn takes(&self) -> Takes {
        self.notes.takes
    }

    fn due_in(&mut self) -> Result<Duration, OutputError> {
        self.notes.due_in()
    }

    fn write(&mut self, media: Media<'_>) -> Result<(), OutputError> {
        self.notes.write(media)
    }

    fn begin(&mut self, track: &TrackInfo) -> Result<Duration, OutputError> {
        self.notes.begin(track)
    }

    fn finish_in(&mut self) -> Result<Duration, OutputError> {
        self.notes.finish_in()?;
        Ok(match self.meanwhile.take() {
            Some(meanwhile) => {
                meanwhile();
                Duration::from_millis(1)
            }
            None => Duration::ZERO,
        })
    }
}

/// What an output of frames takes when this is done while the last track's end
/// sounds.
fn taken_when(meanwhile: impl FnOnce(&Controls) + Send + 'static) -> Vec<Noted> {
    let controls = Controls::default();
    controls.append(opened(Script::new([frame(0), Playback::End])));
    let notes = Notes::new(Takes::Frames);
    let told = controls.clone();
    let output = Slow {
        notes: notes.clone(),
        meanwhile: Some(Box::new(move || meanwhile(&told))),
    };
    // Scripts can be opened once: a second time is a failure, but of theirs.
    let _ = Player::start(Box::new(output), controls).unwrap().join();
    notes.taken()
}

#[test]
fn what_is_put_in_while_the_last_sound_is_heard_is_played_too() {
    let late = |controls: &Controls| {
        controls.append(opened(Script::new([frame(7), Playback::End])));
    };
    let (first, second) = (Noted::Frame(vec![0; 3]), Noted::Frame(vec![7; 3]));
    assert_eq!(
        taken_when(late),
        [first, Noted::Finish, second, Noted::Finish]
    );
}

#[test]
fn a_queue_that_has_run_out_waits_for_what_was_announced() {
    let controls = Controls::default();
    let more = controls.more_to_come();
    controls.append(opened(Script::new([frame(0), Playback::End])));
    let notes = Notes::new(Takes::Frames);
    let player = Player::start(Box::new(notes.clone()), controls.clone()).unwrap();
    while !notes.taken().contains(&Noted::Hold) {
        thread::yield_now();
    }
    controls.append(opened(Script::new([frame(7), Playback::End])));
    drop(more);
    assert_eq!(player.join().unwrap().ending, Ending::Finished);
    let mut taken = notes.taken();
    taken.retain(|noted| *noted != Noted::Hold);
    let (first, second) = (Noted::Frame(vec![0; 3]), Noted::Frame(vec![7; 3]));
    assert_eq!(taken, [first, second, Noted::Finish]);
}

#[test]
fn a_stop_does_not_wait_for_what_was_announced() {
    let controls = Controls::default();
    let _more = controls.more_to_come();
    let notes = Notes::new(Takes::Frames);
    let player = Player::start(Box::new(notes), controls.clone()).unwrap();
    controls.stop();
    assert_eq!(player.join().unwrap().ending, Ending::Stopped);
}

#[test]
fn back_from_the_end_plays_the_last_track_again() {
    let taken = taken_when(Controls::previous);
    let ends = taken
        .iter()
        .filter(|noted| **noted == Noted::Finish)
        .count();
    assert_eq!(ends, 2, "{taken:?}");
}

#[test]
fn stopped_before_it_starts() {
    let source = Script::new([frame(0), Playback::End]);
    let asks = Arc::clone(&source.asks);
    let controls = Controls::default();
    controls.append(opened(source));
    controls.stop();
    let output = Notes::new(Takes::Samples);
    let player = Player::start(Box::new(output.clone()), controls).unwrap();
    assert_eq!(player.join().unwrap().ending, Ending::Stopped);
    assert_eq!(*asks.lock().unwrap(), 0);
    assert_eq!(output.taken(), [Noted::Finish]);
}

#[test]
fn a_track_of_no_possible_shape_is_refused() {
    let mut source = Script::new([]);
    source.track.channels = 5;
    let error = play(source, &Notes::new(Takes::Samples)).unwrap_err();
    assert!(error.to_string().contains("5 channels"), "{error}");
}

#[test]
fn volume_stays_within_its_range() {
    let controls = Controls::default();
    assert_eq!(controls.volume(), 1.0);
    controls.set_volume(3.0);
    assert_eq!(controls.volume(), 1.0);
    controls.set_volume(-1.0);
    assert_eq!(controls.volume(), 0.0);
    controls.set_volume(f32::NAN);
    assert_eq!(controls.volume(), 1.0);
}

#[test]
fn a_stop_ends_a_paced_output_in_time() {
    let mut source = Script::new((0..3).map(frame));
    source.steps.push_back(Playback::Conceal {
        packet: 3,
        count: u32::MAX,
    });
    let output = crate::output::OutputSpec::Null.open(&source.track).unwrap();
    let controls = Controls::default();
    controls.append(opened(source));
    let player = Player::start(output, controls.clone()).unwrap();
    while controls.progress().concealed == 0 {
        thread::yield_now();
    }
    assert_eq!(controls.progress().state, State::Playing);
    assert!(controls.progress().paced);
    controls.stop();
    assert_eq!(player.join().unwrap().ending, Ending::Stopped);
}
