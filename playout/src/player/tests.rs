//! The loop, with an output that notes everything and waits for nothing.

use std::collections::VecDeque;
use std::sync::Arc;

use segue_core::playback::{Gone, OpenError, Start};
use segue_core::track::{TrackId, TrackInfo};

use super::*;

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

struct Script {
    track: TrackInfo,
    steps: VecDeque<Playback>,
    asks: usize,
}

impl Script {
    fn new(steps: impl IntoIterator<Item = Playback>) -> Self {
        Self {
            track: track(10),
            steps: steps.into_iter().collect(),
            asks: 0,
        }
    }
}

impl FrameSource for Script {
    fn track(&self) -> &TrackInfo {
        &self.track
    }

    fn ask(&mut self) {
        self.asks += 1;
    }

    fn next(&mut self, _: Duration) -> Result<Option<Playback>, Gone> {
        self.steps.pop_front().map(Some).ok_or(Gone)
    }

    fn seek(&mut self, _: Start) -> Result<(), OpenError> {
        Err(OpenError::new(&self.track, "it only plays on"))
    }
}

#[derive(Debug, PartialEq)]
enum Event {
    Hold,
    Samples(usize),
    Frame(Vec<u8>),
    Finish,
}

struct Notes {
    takes: Takes,
    events: Vec<Event>,
    reader_leaves_after: usize,
}

impl Notes {
    fn new(takes: Takes) -> Self {
        Self {
            takes,
            events: Vec::new(),
            reader_leaves_after: usize::MAX,
        }
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
        self.events.push(Event::Hold);
    }

    fn write(&mut self, media: Media<'_>) -> Result<(), OutputError> {
        if self.events.len() >= self.reader_leaves_after {
            return Err(OutputError::ReaderClosed);
        }
        self.events.push(match media {
            Media::Samples(samples) => Event::Samples(samples.len()),
            Media::Frame(frame) => Event::Frame(frame.to_vec()),
        });
        Ok(())
    }

    fn begin(&mut self, _: &TrackInfo) -> Result<Duration, OutputError> {
        Ok(Duration::ZERO)
    }

    fn finish_in(&mut self) -> Result<Duration, OutputError> {
        self.events.push(Event::Finish);
        Ok(Duration::ZERO)
    }
}

fn frame(packet: u32) -> Playback {
    Playback::Frame {
        packet,
        bytes: Arc::from([packet as u8; 3]),
    }
}

#[test]
fn every_ask_has_one_answer() {
    let mut source = Script::new([
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
    let mut output = Notes::new(Takes::Samples);
    let outcome = play(&mut source, &mut output, &Controls::default()).unwrap();
    assert_eq!(outcome.ending, Ending::Finished);
    assert_eq!(source.asks, 4); // frame, conceal, frame, end
    let packet = || Event::Samples(2304);
    assert_eq!(
        output.events,
        [
            Event::Hold,
            packet(),
            packet(),
            packet(),
            Event::Hold,
            packet(),
            Event::Finish
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
    let mut source = Script::new([
        frame(0),
        Playback::Conceal {
            packet: 1,
            count: 1,
        },
        frame(2),
        Playback::End,
    ]);
    let mut output = Notes::new(Takes::Frames);
    let outcome = play(&mut source, &mut output, &Controls::default()).unwrap();
    assert_eq!(
        output.events,
        [
            Event::Frame(vec![0; 3]),
            Event::Frame(vec![2; 3]),
            Event::Finish
        ]
    );
    assert_eq!(outcome.progress.concealed, 1);
}

#[test]
fn a_reader_that_leaves_is_no_error() {
    let mut source = Script::new((0..5).map(frame));
    let mut output = Notes::new(Takes::Frames);
    output.reader_leaves_after = 2;
    let outcome = play(&mut source, &mut output, &Controls::default()).unwrap();
    assert_eq!(outcome.ending, Ending::ReaderClosed);
    assert_eq!(output.events.len(), 2);
}

#[test]
fn a_session_that_goes_away_is_told() {
    let mut source = Script::new([frame(0)]);
    let mut output = Notes::new(Takes::Samples);
    let outcome = play(&mut source, &mut output, &Controls::default()).unwrap();
    assert_eq!(outcome.ending, Ending::SessionGone);
    assert_eq!(outcome.progress.played, 1);
}

#[test]
fn stopped_before_it_starts() {
    let controls = Controls::default();
    controls.stop();
    let mut source = Script::new([frame(0), Playback::End]);
    let mut output = Notes::new(Takes::Samples);
    let outcome = play(&mut source, &mut output, &controls).unwrap();
    assert_eq!(outcome.ending, Ending::Stopped);
    assert_eq!(source.asks, 0);
    assert!(output.events.is_empty());
}

#[test]
fn a_player_runs_in_its_own_thread() {
    let source = Script::new((0..3).map(frame).chain([Playback::End]));
    let output = Box::new(Notes::new(Takes::Samples));
    let player = Player::start(source, output, Controls::default()).unwrap();
    let controls = player.controls();
    let outcome = player.join().unwrap();
    assert_eq!(outcome.ending, Ending::Finished);
    assert_eq!(controls.progress(), outcome.progress);
}

#[test]
fn a_track_of_no_possible_shape_is_refused() {
    let mut source = Script::new([]);
    source.track.channels = 5;
    let error = play(
        &mut source,
        &mut Notes::new(Takes::Samples),
        &Controls::default(),
    )
    .unwrap_err();
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
    let player = Player::start(source, output, Controls::default()).unwrap();
    let controls = player.controls();
    while controls.progress().concealed == 0 {
        thread::yield_now();
    }
    assert_eq!(controls.progress().state, State::Playing);
    assert!(controls.progress().paced);
    controls.stop();
    assert_eq!(player.join().unwrap().ending, Ending::Stopped);
}
