//! What a listener does to a queue while it plays.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use segue_core::playback::{FrameSource, Gone, OpenError, Opening, Playable, Playback, Start};
use segue_core::track::TrackInfo;
use segue_playout::output::{Media, Output, OutputError, OutputSpec, Takes};
use segue_playout::player::{Controls, Ending, Event, Player, State};

use crate::memory::{Memory, play};
use crate::split::{Mp3, split};
use crate::tools;

fn track(seconds: f64, options: &[&str]) -> Mp3 {
    let dir = tempfile::tempdir().unwrap();
    let wav = dir.path().join("source.wav");
    tools::music(&wav, 44_100, 2, seconds);
    split(&std::fs::read(tools::lame(&wav, options)).unwrap(), "track")
}

fn to_wav(mp3: &Mp3, start_s: Option<f64>) -> Vec<f32> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("out.wav");
    let output = OutputSpec::Wav(path.clone()).open(&mp3.track).unwrap();
    match start_s {
        None => drop(play([Memory::whole(mp3)], output)),
        Some(seconds) => {
            let controls = Controls::default();
            controls.append(Memory::whole(mp3));
            controls.seek_to(seconds);
            Player::start(output, controls).unwrap().join().unwrap();
        }
    }
    tools::read_wav(&path)
}

/// Waits for something that is bound to come.
fn until(what: &str, mut done: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !done() {
        assert!(begun.elapsed() < Duration::from_secs(30), "never {what}");
        thread::sleep(Duration::from_millis(1));
    }
}

/// An output that takes as many packets as it is told to.
#[derive(Clone, Default)]
struct Hand(Arc<Mutex<(usize, Vec<f32>)>>);

impl Hand {
    fn allow(&self, packets: usize) {
        self.0.lock().unwrap().0 = packets;
    }

    fn taken(&self) -> Vec<f32> {
        self.0.lock().unwrap().1.clone()
    }
}

impl Output for Hand {
    fn name(&self) -> &str {
        "hand"
    }

    fn paced(&self) -> bool {
        false
    }

    fn takes(&self) -> Takes {
        Takes::Samples
    }

    fn due_in(&mut self) -> Result<Duration, OutputError> {
        let allowed = self.0.lock().unwrap().0 > 0;
        Ok(Duration::from_millis(if allowed { 0 } else { 1 }))
    }

    fn write(&mut self, media: Media<'_>) -> Result<(), OutputError> {
        let mut inner = self.0.lock().unwrap();
        inner.0 = inner.0.saturating_sub(1);
        if let Media::Samples(samples) = media {
            inner.1.extend_from_slice(samples);
        }
        Ok(())
    }

    fn begin(&mut self, _: &TrackInfo) -> Result<Duration, OutputError> {
        Ok(Duration::ZERO)
    }

    fn finish_in(&mut self) -> Result<Duration, OutputError> {
        Ok(Duration::ZERO)
    }
}

#[test]
fn a_start_in_the_middle_is_exact_to_the_sample() {
    let all: [&[&str]; 4] = [
        &["-b", "64", "--resample", "44.1"],
        &["-b", "128"],
        &["-V", "2"],
        &["-b", "320"],
    ];
    for options in all {
        let mp3 = track(8.0, options);
        let whole = to_wav(&mp3, None);
        for seconds in [0.01, 0.5, 3.217_13, 7.9] {
            let from = (seconds * 44_100.0_f64).round() as usize * 2;
            let part = to_wav(&mp3, Some(seconds));
            assert_eq!(part.len(), whole.len() - from, "{options:?}, {seconds} s");
            let off = tools::rms(&part, &whole[from..]);
            assert!(off < 1e-5, "{options:?}, {seconds} s: {off:e}");
        }
    }
}

#[test]
fn seeking_goes_there_and_back_to_the_sample() {
    let mp3 = track(8.0, &["-b", "128"]);
    let whole = to_wav(&mp3, None);
    let (hand, controls) = (Hand::default(), Controls::default());
    controls.append(Memory::whole(&mp3));
    let player = Player::start(Box::new(hand.clone()), controls.clone()).unwrap();
    let mut expected = Vec::new();
    for (from_s, packets) in [(0.0, 50), (5.0, 20), (1.25, 30), (6.5, usize::MAX)] {
        if from_s > 0.0 {
            controls.seek_to(from_s);
            until("there", || {
                (controls.progress().position_s - from_s).abs() < 0.001
            });
        }
        let from = (from_s * 44_100.0) as usize * 2;
        hand.allow(packets);
        if packets < usize::MAX {
            until("taken", || hand.0.lock().unwrap().0 == 0);
            let count = hand.taken().len() - expected.len();
            expected.extend_from_slice(&whole[from..from + count]);
        } else {
            expected.extend_from_slice(&whole[from..]);
        }
    }
    assert_eq!(player.join().unwrap().ending, Ending::Finished);
    let heard = hand.taken();
    assert_eq!(heard.len(), expected.len());
    let off = tools::rms(&heard, &expected);
    assert!(off < 2e-5, "RMS difference {off:e}"); // the reference has 16 bits
}

#[test]
fn a_pause_leaves_nothing_out() {
    let mp3 = track(3.0, &["-b", "128"]);
    let whole = to_wav(&mp3, None);
    let (hand, controls) = (Hand::default(), Controls::default());
    controls.append(Memory::whole(&mp3));
    let player = Player::start(Box::new(hand.clone()), controls.clone()).unwrap();
    hand.allow(30);
    until("played", || controls.progress().played == 30);
    controls.toggle();
    until("paused", || controls.progress().state == State::Paused);
    hand.allow(usize::MAX);
    thread::sleep(Duration::from_millis(100)); // time enough to do wrong
    assert_eq!(controls.progress().played, 30);
    controls.toggle();
    assert_eq!(player.join().unwrap().ending, Ending::Finished);
    assert_eq!(hand.taken().len(), whole.len());
    assert!(tools::rms(&hand.taken(), &whole) < 2e-5);
}

/// A track whose session waits for ever, or which takes for ever to open.
struct Stuck {
    track: TrackInfo,
    opens: bool,
    /// Never written to.
    nothing: Mutex<mpsc::Receiver<()>>,
    _sender: mpsc::Sender<()>,
}

impl Stuck {
    fn new(mp3: &Mp3, opens: bool) -> Self {
        let (sender, nothing) = mpsc::channel();
        Self {
            track: mp3.track.clone(),
            opens,
            nothing: Mutex::new(nothing),
            _sender: sender,
        }
    }
}

impl Playable for Stuck {
    fn track(&self) -> &TrackInfo {
        &self.track
    }

    fn open(&self, _: Opening) -> Result<Box<dyn FrameSource>, OpenError> {
        if !self.opens {
            let _ = self.nothing.lock().unwrap().recv();
        }
        Ok(Box::new(Holding(self.track.clone())))
    }
}

struct Holding(TrackInfo);

impl FrameSource for Holding {
    fn track(&self) -> &TrackInfo {
        &self.0
    }

    fn ask(&mut self) {}

    fn next(&mut self, patience: Duration) -> Result<Option<Playback>, Gone> {
        thread::sleep(patience);
        Ok(None)
    }

    fn is_fetched(&self) -> bool {
        false
    }

    fn seek(&mut self, _: Start) -> Result<(), OpenError> {
        Ok(())
    }
}

#[test]
fn next_works_while_a_session_holds_or_does_not_even_open() {
    let mp3 = track(1.0, &["-b", "128"]);
    for opens in [true, false] {
        let (hand, controls) = (Hand::default(), Controls::default());
        hand.allow(usize::MAX);
        let stuck = controls.append(Stuck::new(&mp3, opens));
        let good = controls.append(Memory::whole(&mp3));
        let player = Player::start(Box::new(hand.clone()), controls.clone()).unwrap();
        until("begun", || controls.progress().item == Some(stuck));
        controls.next();
        assert_eq!(player.join().unwrap().ending, Ending::Finished);
        assert_eq!(hand.taken().len() as u64, 2 * mp3.track.samples());
        let told: Vec<_> = std::iter::from_fn(|| controls.try_event()).collect();
        assert_eq!(told.first(), Some(&Event::Started(stuck)));
        let left = |event: &Event| matches!(event, Event::Ended(id, Ok(outcome)) if *id == stuck && outcome.ending == Ending::Left);
        assert!(told.iter().any(left), "{told:?}");
        assert!(told.contains(&Event::Started(good)));
        assert_eq!(told.last(), Some(&Event::QueueEnded));
    }
}

#[test]
fn after_a_pause_a_track_that_waits_for_its_session_is_not_said_to_play() {
    let mp3 = track(1.0, &["-b", "128"]);
    let (hand, controls) = (Hand::default(), Controls::default());
    let stuck = controls.append(Stuck::new(&mp3, true));
    let _player = Player::start(Box::new(hand), controls.clone()).unwrap();
    let state = || controls.progress().state;
    until("begun", || controls.progress().item == Some(stuck));
    assert_eq!(state(), State::Starting);
    controls.toggle();
    until("paused", || state() == State::Paused);
    controls.toggle();
    until("going on", || state() != State::Paused);
    assert_eq!(state(), State::Starting);
}

/// Counts how many are open.
struct Counted {
    memory: Memory,
    open: Arc<AtomicUsize>,
    most: Arc<AtomicUsize>,
}

struct CountedFrames(Box<dyn FrameSource>, Arc<AtomicUsize>);

impl Drop for CountedFrames {
    fn drop(&mut self) {
        self.1.fetch_sub(1, Ordering::SeqCst);
    }
}

impl FrameSource for CountedFrames {
    fn track(&self) -> &TrackInfo {
        self.0.track()
    }

    fn ask(&mut self) {
        self.0.ask();
    }

    fn next(&mut self, patience: Duration) -> Result<Option<Playback>, Gone> {
        self.0.next(patience)
    }

    fn seek(&mut self, start: Start) -> Result<(), OpenError> {
        self.0.seek(start)
    }
}

impl Playable for Counted {
    fn track(&self) -> &TrackInfo {
        Playable::track(&self.memory)
    }

    fn open(&self, opening: Opening) -> Result<Box<dyn FrameSource>, OpenError> {
        let now = self.open.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
        let frames = self.memory.open(opening)?;
        Ok(Box::new(CountedFrames(frames, Arc::clone(&self.open))))
    }
}

#[test]
fn the_next_track_is_opened_ahead_and_only_that() {
    let mp3 = track(1.0, &["-b", "128"]);
    let (hand, controls) = (Hand::default(), Controls::default());
    let (open, most) = (Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default());
    for _ in 0..4 {
        controls.append(Counted {
            memory: Memory::whole(&mp3),
            open: Arc::clone(&open),
            most: Arc::clone(&most),
        });
    }
    let player = Player::start(Box::new(hand.clone()), controls.clone()).unwrap();
    hand.allow(1);
    until("opened ahead", || open.load(Ordering::SeqCst) == 2);
    assert!(controls.progress().played <= 1);
    hand.allow(usize::MAX);
    player.join().unwrap();
    assert_eq!(hand.taken().len() as u64, 4 * 2 * mp3.track.samples());
    assert_eq!(most.load(Ordering::SeqCst), 2);
    assert_eq!(open.load(Ordering::SeqCst), 0);
}

/// What a listener may do, with anything as its argument.
fn do_it(controls: &Controls, (what, value): (u8, u8), mp3: &Mp3) {
    let ids: Vec<_> = controls.queue().iter().map(|item| item.id).collect();
    let some = ids.get(usize::from(value) % ids.len().max(1));
    match what {
        0 => controls.play(),
        1 => controls.pause(),
        2 => controls.toggle(),
        3 => controls.stop(),
        4 => controls.next(),
        5 => controls.previous(),
        6 => controls.seek_to(f64::from(value) / 100.0),
        7 => controls.seek_by((f64::from(value) - 128.0) / 50.0),
        8 => controls.set_volume(f32::from(value) / 255.0),
        9 if ids.len() < 10 => drop(controls.append(Memory::whole(mp3))),
        10 if ids.len() < 10 => {
            controls.insert(value.into(), Arc::new(Stuck::new(mp3, true)));
        }
        11 => some.into_iter().for_each(|&id| controls.remove(id)),
        12 => some.into_iter().for_each(|&id| controls.jump(id)),
        13 if value < 20 => controls.clear(),
        14 => thread::sleep(Duration::from_micros(u64::from(value) * 20)),
        15 => controls.seek_to(f64::NAN),
        _ => {}
    }
}

proptest! {
    // A case that fails waits long before it does: little time to make it small.
    #![proptest_config(ProptestConfig {
        cases: 8,
        max_shrink_iters: 8,
        ..ProptestConfig::default()
    })]

    #[test]
    fn a_thousand_commands_neither_block_nor_break_it(
        commands in prop::collection::vec((0..16_u8, any::<u8>()), 1000),
        paced in any::<bool>(),
    ) {
        let mp3 = track(1.0, &["-b", "128"]);
        let controls = Controls::default();
        let open = move |track: &TrackInfo| -> Result<Box<dyn Output>, OutputError> {
            if paced {
                return OutputSpec::Null.open(track);
            }
            let hand = Hand::default();
            hand.allow(usize::MAX);
            Ok(Box::new(hand))
        };
        let player = Player::stay(Box::new(open), paced, controls.clone()).unwrap();
        for command in commands {
            do_it(&controls, command, &mp3);
        }
        // It still obeys: whatever was left, this is played to its end.
        controls.clear();
        let last = controls.append(Memory::whole(&mp3));
        controls.jump(last);
        let mut ended = false;
        until("played to the end", || {
            ended |= std::iter::from_fn(|| controls.try_event()).any(|event| {
                matches!(event, Event::Ended(id, Ok(outcome)) if id == last && outcome.ending == Ending::Finished)
            });
            ended
        });
        controls.quit();
        player.join().unwrap();
    }
}
