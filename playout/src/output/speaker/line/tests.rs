//! The line to a device that takes its samples when the test says so.

use rtrb::RingBuffer;

use super::super::feed::Feed;
use super::*;

const PERIOD: usize = 256;

/// A line to a stereo device that takes its samples when the test says so.
struct Rig {
    line: Line,
    feed: Feed,
    shared: Arc<Shared>,
    heard: Vec<f32>,
}

fn rig(track_rate: u32, device_rate: u32, track_channels: usize) -> Rig {
    let level = Level::new(1152, track_rate, device_rate);
    let (ring, consumer) = RingBuffer::new(2 * (level.two_packets() + 2 * PERIOD));
    let shared = Arc::new(Shared::default());
    let resample = (track_rate != device_rate)
        .then(|| Resample::new(track_rate, device_rate, track_channels).unwrap());
    let feed = Feed::new(consumer, Arc::clone(&shared), 2, device_rate);
    let channels = (track_channels, 2);
    let mut line = Line::new(ring, Arc::clone(&shared), level, channels, resample);
    line.arm();
    Rig {
        line,
        feed,
        shared,
        heard: Vec::new(),
    }
}

impl Rig {
    fn pull(&mut self) {
        let mut out = [0.0_f32; 2 * PERIOD];
        self.feed.fill(&mut out, Duration::ZERO);
        self.heard.extend(out);
    }

    /// Lets the device take samples until there is room.
    fn wait(&mut self) {
        while self.line.level.due_in(
            self.line.filled(),
            // As if the device had come just now, whatever the real time is.
            super::super::level::Pull {
                frames: PERIOD as u32,
                elapsed: Duration::ZERO,
            },
        ) > Duration::ZERO
        {
            self.pull();
        }
    }

    fn drain(&mut self) {
        self.line.finish_in();
        while self.line.filled() > 0 {
            self.pull();
        }
    }

    /// The left channel from its first sound on.
    fn left(&self) -> Vec<f32> {
        let left: Vec<f32> = self.heard.iter().step_by(2).copied().collect();
        let first = left.iter().position(|sample| *sample != 0.0).unwrap();
        left[first..].to_vec()
    }
}

fn tone(rate: u32, count: usize) -> Vec<f32> {
    let step = std::f64::consts::TAU * 500.0 / f64::from(rate);
    (0..count)
        .map(|i| (0.5 * (step * i as f64).cos()) as f32)
        .collect()
}

#[test]
fn all_of_it_is_heard_in_order() {
    let mut rig = rig(44_100, 44_100, 1);
    let track = tone(44_100, 40 * 1152);
    for packet in track.chunks(1152) {
        rig.wait();
        rig.line.write(packet);
    }
    rig.drain();
    assert_eq!(rig.left()[..track.len()], track);
    assert_eq!(rig.shared.underruns(), 0);
}

#[test]
fn another_rate_is_the_same_sound() {
    let mut rig = rig(44_100, 48_000, 1);
    for packet in tone(44_100, 40 * 1152).chunks(1152) {
        rig.wait();
        rig.line.write(packet);
    }
    rig.drain();
    assert_eq!(rig.shared.underruns(), 0);
    // The filter rings before the first sample, and faintly: align by hand.
    let expected = tone(48_000, (40.0_f64 * 1152.0 * 48.0 / 44.1) as usize);
    let left: Vec<f32> = rig.heard.iter().step_by(2).copied().collect();
    let error = |at: usize| {
        expected[1000..expected.len() - 1000]
            .iter()
            .zip(&left[at + 1000..])
            .map(|(a, b)| (a - b).abs())
            .fold(0.0, f32::max)
    };
    let first = left.iter().position(|sample| *sample != 0.0).unwrap();
    let best = (first.saturating_sub(100)..first + 100)
        .map(error)
        .fold(f32::INFINITY, f32::min);
    assert!(best < 2e-3, "off by {best}");
}

#[test]
fn a_hold_leaves_silence_and_no_underrun() {
    let mut rig = rig(44_100, 44_100, 1);
    for _ in 0..5 {
        rig.wait();
        rig.line.write(&[0.5; 1152]);
    }
    rig.wait();
    rig.line.hold();
    for _ in 0..20 {
        rig.pull();
    }
    rig.line.write(&[0.5; 1152]);
    // Two packets again: silence and the new one.
    assert!(rig.line.filled().abs_diff(2 * 1152) <= PERIOD + 1);
    rig.drain();
    assert_eq!(rig.shared.underruns(), 0);
    let left = rig.left();
    assert!(left[..5 * 1152].iter().all(|sample| *sample == 0.5));
    let steepest = left[..left.len() - PERIOD]
        .windows(2)
        .map(|pair| (pair[1] - pair[0]).abs())
        .fold(0.0, f32::max);
    assert!(steepest < 0.05, "a step of {steepest}");
}

#[test]
fn a_player_that_comes_too_late_is_an_underrun_each_time() {
    let mut rig = rig(44_100, 44_100, 1);
    for times in 1..=2 {
        for _ in 0..3 {
            rig.wait();
            rig.line.write(&[0.5; 1152]);
        }
        for _ in 0..20 {
            rig.pull(); // and nobody writes
        }
        assert_eq!(rig.shared.underruns(), times);
    }
    // Late is not lost: all of it is heard.
    rig.drain();
    let whole = rig.heard.iter().step_by(2).filter(|sample| **sample == 0.5);
    assert_eq!(whole.count(), 6 * 1152);
    assert_eq!(rig.shared.underruns(), 2);
}

#[test]
fn the_first_packets_are_as_long_as_the_others() {
    let mut rig = rig(44_100, 44_100, 1);
    while rig.line.filled() > 500 {
        rig.pull(); // the session took its time
    }
    rig.line.write(&[]); // all of it is trimmed
    assert!(rig.line.filled().abs_diff(2 * 1152) <= PERIOD + 1);
    rig.wait();
    rig.line.write(&[0.5; 47]); // the rest of what is trimmed
    assert!(rig.line.filled().abs_diff(2 * 1152) <= PERIOD + 1);
    rig.wait();
    rig.line.write(&[0.5; 1152]);
    assert_eq!(rig.line.before, Before::Sound);
}
