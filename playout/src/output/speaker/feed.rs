//! The device's side of the ring. Runs in the sound thread: it takes no lock and
//! asks for no memory.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use cpal::{ErrorKind, FromSample, SizedSample};
use rtrb::Consumer;

use super::level::Pull;

/// How long a device may leave us alone before it counts as gone.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long to rest after each complaint of a device. A sound server that has died
/// makes it complain without end, one that is late for as long as its clock is not
/// known: both as fast as the processor can, which the server needs more.
pub(super) const AFTER_COMPLAINT: Duration = Duration::from_millis(2);
/// A device that complained so often without taking any sound in between is gone:
/// it had 0.3 s at least. Counted, not timed: on a busy machine our own threads
/// stand still, too, and that is no fault of the device's.
const MOST_COMPLAINTS: u32 = 150;
/// The same before it took anything.
const MOST_COMPLAINTS_AT_FIRST: u32 = 500;

/// What both sides of the ring know.
#[derive(Debug)]
pub(super) struct Shared {
    opened: Instant,
    calls: AtomicU64,
    /// When the device last took samples (ns since `opened`), and how many.
    pulled_at: AtomicU64,
    pulled: AtomicU32,
    /// From our callback to the ear, ns.
    latency: AtomicU64,
    /// Silent samples per channel given since the last one from the ring.
    silent: AtomicU64,
    /// The ring may be emptied.
    armed: AtomicBool,
    /// An empty ring is no underrun now.
    silence_meant: AtomicBool,
    underruns: AtomicU64,
    /// The device said that it is gone.
    lost: AtomicBool,
    /// The first thing that it complained of.
    complaint: OnceLock<ErrorKind>,
    /// How often it complained since it last took sound.
    complaints: AtomicU32,
}

impl Default for Shared {
    fn default() -> Self {
        Self {
            opened: Instant::now(),
            calls: AtomicU64::new(0),
            pulled_at: AtomicU64::new(0),
            pulled: AtomicU32::new(0),
            latency: AtomicU64::new(0),
            silent: AtomicU64::new(0),
            armed: AtomicBool::new(false),
            silence_meant: AtomicBool::new(true),
            underruns: AtomicU64::new(0),
            lost: AtomicBool::new(false),
            complaint: OnceLock::new(),
            complaints: AtomicU32::new(0),
        }
    }
}

impl Shared {
    pub(super) fn calls(&self) -> u64 {
        self.calls.load(Ordering::Acquire)
    }

    /// The last time the device took samples; before the first, since opening.
    pub(super) fn last_pull(&self) -> Pull {
        let at = Duration::from_nanos(self.pulled_at.load(Ordering::Acquire));
        Pull {
            frames: self.pulled.load(Ordering::Acquire),
            elapsed: self.opened.elapsed().saturating_sub(at),
        }
    }

    pub(super) fn latency(&self) -> Duration {
        Duration::from_nanos(self.latency.load(Ordering::Relaxed))
    }

    /// How much of what the device took from the ring it still had to play when it
    /// last came, and at most a period later; samples per channel.
    pub(super) fn unplayed(&self, rate: f64) -> f64 {
        let pull = self.last_pull();
        let taken = self.latency().as_secs_f64() * rate + f64::from(pull.frames);
        let since = (pull.elapsed.as_secs_f64() * rate).min(f64::from(pull.frames));
        (taken - since - self.silent.load(Ordering::Relaxed) as f64).max(0.0)
    }

    pub(super) fn underruns(&self) -> u64 {
        self.underruns.load(Ordering::Relaxed)
    }

    pub(super) fn arm(&self) {
        self.armed.store(true, Ordering::Release);
    }

    pub(super) fn mean_silence(&self, meant: bool) {
        self.silence_meant.store(meant, Ordering::Release);
    }

    /// Why the device must be given up, if so.
    pub(super) fn gone(&self) -> Option<String> {
        self.gone_after(self.last_pull().elapsed)
    }

    fn gone_after(&self, waited: Duration) -> Option<String> {
        let complaint = self.complaint.get().map(ToString::to_string);
        if self.lost.load(Ordering::Acquire) {
            return complaint;
        }
        let complaints = self.complaints.load(Ordering::Acquire);
        let most = match self.calls() {
            0 => MOST_COMPLAINTS_AT_FIRST,
            _ => MOST_COMPLAINTS,
        };
        (complaints >= most || waited > PATIENCE).then(|| {
            let silent = || format!("it has taken no sound for {} s.", PATIENCE.as_secs());
            complaint.filter(|_| complaints > 0).unwrap_or_else(silent)
        })
    }

    /// Only notes what happened: it may be called without end.
    pub(super) fn on_error(&self, kind: ErrorKind) {
        match kind {
            ErrorKind::Xrun => {
                if !self.silence_meant.load(Ordering::Acquire) {
                    self.underruns.fetch_add(1, Ordering::Relaxed);
                }
            }
            ErrorKind::DeviceChanged | ErrorKind::RealtimeDenied => {}
            _ => {
                let _ = self.complaint.set(kind);
                self.complaints.fetch_add(1, Ordering::AcqRel);
                let over = matches!(
                    kind,
                    ErrorKind::DeviceNotAvailable
                        | ErrorKind::HostUnavailable
                        | ErrorKind::StreamInvalidated
                        | ErrorKind::PermissionDenied
                );
                // Anything else may pass: judged by whether it goes on taking sound.
                if over {
                    self.lost.store(true, Ordering::Release);
                }
            }
        }
    }

    fn on_pull(&self, frames: usize, latency: Duration) {
        self.pulled.store(frames as u32, Ordering::Release);
        let now = self.opened.elapsed().as_nanos() as u64;
        self.pulled_at.store(now, Ordering::Release);
        let latency = latency.as_nanos() as u64;
        self.latency.store(latency, Ordering::Relaxed);
        self.complaints.store(0, Ordering::Release);
        self.calls.fetch_add(1, Ordering::Release);
    }
}

/// Fills the device's buffers from the ring.
pub(super) struct Feed {
    ring: Consumer<f32>,
    shared: Arc<Shared>,
    /// The last sample of each channel, so that an end does not click.
    last: Vec<f32>,
    decay: f32,
    dry: bool,
}

impl Feed {
    pub(super) fn new(
        ring: Consumer<f32>,
        shared: Arc<Shared>,
        channels: usize,
        rate: u32,
    ) -> Self {
        Self {
            ring,
            shared,
            last: vec![0.0; channels],
            // To 1/e within a millisecond.
            decay: (-1000.0 / rate as f32).exp(),
            dry: true,
        }
    }

    pub(super) fn shared(&self) -> Arc<Shared> {
        Arc::clone(&self.shared)
    }

    /// Gives the device `out.len()` samples, silence where the ring has none.
    pub(super) fn fill<T: SizedSample + FromSample<f32>>(
        &mut self,
        out: &mut [T],
        latency: Duration,
    ) {
        let channels = self.last.len();
        let meant = self.shared.silence_meant.load(Ordering::Acquire);
        let taken = if self.shared.armed.load(Ordering::Acquire) {
            self.take(out)
        } else {
            0
        };
        let short = taken < out.len();
        if short && !self.dry && !meant {
            self.shared.underruns.fetch_add(1, Ordering::Relaxed);
        }
        self.dry = short;
        let silent = ((out.len() - taken) / channels) as u64;
        if taken > 0 {
            self.shared.silent.store(silent, Ordering::Relaxed);
        } else {
            self.shared.silent.fetch_add(silent, Ordering::Relaxed);
        }
        for frame in out[taken..].chunks_mut(channels) {
            for (sample, last) in frame.iter_mut().zip(&mut self.last) {
                *last *= self.decay;
                *sample = T::from_sample(*last);
            }
        }
        self.shared.on_pull(out.len() / channels, latency);
    }

    fn take<T: SizedSample + FromSample<f32>>(&mut self, out: &mut [T]) -> usize {
        let channels = self.last.len();
        let count = self.ring.slots().min(out.len());
        let Ok(chunk) = self.ring.read_chunk(count) else {
            return 0;
        };
        let (first, second) = chunk.as_slices();
        for (sample, &value) in out.iter_mut().zip(first.iter().chain(second)) {
            *sample = T::from_sample(value);
        }
        let end = if second.is_empty() { first } else { second };
        if let Some(frame) = end.rchunks_exact(channels).next() {
            self.last.copy_from_slice(frame);
        }
        chunk.commit_all();
        count
    }
}

#[cfg(test)]
mod tests {
    use rtrb::{Producer, RingBuffer};

    use super::*;

    fn ring() -> (Producer<f32>, Feed) {
        let (producer, consumer) = RingBuffer::new(8);
        let shared = Arc::new(Shared::default());
        shared.armed.store(true, Ordering::Release);
        (producer, Feed::new(consumer, shared, 2, 44_100))
    }

    fn pull(feed: &mut Feed) -> [f32; 4] {
        let mut out = [9.0; 4];
        feed.fill(&mut out, Duration::ZERO);
        out
    }

    #[test]
    fn what_goes_in_comes_out() {
        let (mut producer, mut feed) = ring();
        producer
            .push_entire_slice(&[0.1, 0.2, 0.3, 0.4, 0.5, 0.6])
            .unwrap();
        assert_eq!(pull(&mut feed), [0.1, 0.2, 0.3, 0.4]);
        assert_eq!(feed.shared.last_pull().frames, 2);
        let out = pull(&mut feed);
        assert_eq!(out[..2], [0.5, 0.6]);
        // The end dies away rather than stops.
        assert!(out[2] > 0.4 && out[2] < 0.5, "{out:?}");
    }

    #[test]
    fn an_underrun_is_counted_once_and_a_hold_never() {
        let (mut producer, mut feed) = ring();
        pull(&mut feed); // before the start: silence is meant
        feed.shared.silence_meant.store(false, Ordering::Release);
        producer.push_entire_slice(&[0.5; 4]).unwrap();
        pull(&mut feed);
        pull(&mut feed);
        pull(&mut feed);
        assert_eq!(feed.shared.underruns.load(Ordering::Relaxed), 1);
        producer.push_entire_slice(&[0.5; 4]).unwrap();
        pull(&mut feed);
        feed.shared.silence_meant.store(true, Ordering::Release);
        pull(&mut feed);
        assert_eq!(feed.shared.underruns.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn a_ring_that_is_not_armed_is_left_alone() {
        let (mut producer, mut feed) = ring();
        feed.shared.armed.store(false, Ordering::Release);
        producer.push_entire_slice(&[0.5; 4]).unwrap();
        assert_eq!(pull(&mut feed), [0.0; 4]);
        assert_eq!(producer.slots(), 4);
    }

    #[test]
    fn a_glitch_is_no_loss() {
        let shared = Shared::default();
        shared.silence_meant.store(false, Ordering::Release);
        shared.on_error(ErrorKind::Xrun);
        shared.on_error(ErrorKind::DeviceChanged);
        shared.on_error(ErrorKind::BackendError);
        assert_eq!(shared.gone(), None);
        assert_eq!(shared.underruns(), 1);
        shared.on_error(ErrorKind::DeviceNotAvailable);
        assert!(shared.gone().is_some());
    }

    /// The device complains as often, and nothing else happens.
    fn complain(shared: &Shared, times: u32) {
        for _ in 0..times {
            shared.on_error(ErrorKind::BackendError);
        }
    }

    #[test]
    fn trouble_is_over_when_the_device_takes_sound() {
        let (_producer, mut feed) = ring();
        let shared = feed.shared();
        // PulseAudio, opened or begun again: its clock is not known yet.
        for most in [MOST_COMPLAINTS_AT_FIRST, MOST_COMPLAINTS, MOST_COMPLAINTS] {
            complain(&shared, most - 1);
            assert_eq!(shared.gone_after(PATIENCE / 2), None);
            pull(&mut feed);
        }
        complain(&shared, MOST_COMPLAINTS);
        let complaint = shared.gone_after(Duration::ZERO).unwrap();
        assert!(!complaint.contains("no sound for"), "{complaint}");
    }

    /// Under load, the first complaint may come long after the last sound.
    #[test]
    fn a_device_that_is_late_and_complains_is_not_gone() {
        let (_producer, mut feed) = ring();
        let shared = feed.shared();
        pull(&mut feed);
        shared.on_error(ErrorKind::Xrun);
        complain(&shared, 1);
        assert_eq!(shared.gone_after(PATIENCE / 2), None);
        // One that says nothing at all has its time, too.
        pull(&mut feed);
        let silent = shared.gone_after(PATIENCE * 2).unwrap();
        assert!(silent.contains("no sound for 5 s"), "{silent}");
    }
}
