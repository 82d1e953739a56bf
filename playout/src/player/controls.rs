//! What others see of a player, and how they steer it.

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use segue_core::track::TrackInfo;

use crate::output::Output;

/// What a player is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum State {
    /// Nothing played yet.
    #[default]
    Starting,
    /// Playing.
    Playing,
    /// Silent until the session has the next packet.
    Holding,
    /// The track is over, the output plays its last samples.
    Draining,
    /// Over.
    Ended,
}

impl State {
    const ALL: [Self; 5] = [
        Self::Starting,
        Self::Playing,
        Self::Holding,
        Self::Draining,
        Self::Ended,
    ];
}

/// A player's state at one moment.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct Progress {
    /// What it is doing.
    pub state: State,
    /// Samples per channel handed to the output; a device plays the last few
    /// hundredths of a second of them yet. Stays 0 where frames are written.
    pub samples: u64,
    /// Samples per second.
    pub sample_rate: u32,
    /// Packets played.
    pub played: u32,
    /// Packets replaced by concealment.
    pub concealed: u32,
    /// Packets left out.
    pub skipped: u32,
    /// Seconds that came but stayed silent because of a gap before (`muted_s`).
    pub muted_s: f64,
    /// How often the output ran empty although no one held.
    pub underruns: u64,
    /// The output's name; empty before it starts.
    pub output: String,
    /// Whether the output plays at the speed of time.
    pub paced: bool,
}

impl Progress {
    /// How far the sound is, in seconds.
    pub fn seconds(&self) -> f64 {
        self.samples as f64 / f64::from(self.sample_rate.max(1))
    }
}

/// Watches and steers a player; clones share it. Nothing here ever waits.
#[derive(Debug, Clone, Default)]
pub struct Controls(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    stopped: AtomicBool,
    /// A float's bits.
    volume: AtomicU32,
    state: AtomicU8,
    samples: AtomicU64,
    muted: AtomicU64,
    played: AtomicU32,
    concealed: AtomicU32,
    skipped: AtomicU32,
    underruns: AtomicU64,
    about: OnceLock<About>,
}

impl Default for Shared {
    fn default() -> Self {
        Self {
            stopped: AtomicBool::new(false),
            volume: AtomicU32::new(1.0_f32.to_bits()),
            state: AtomicU8::new(0),
            samples: AtomicU64::new(0),
            muted: AtomicU64::new(0),
            played: AtomicU32::new(0),
            concealed: AtomicU32::new(0),
            skipped: AtomicU32::new(0),
            underruns: AtomicU64::new(0),
            about: OnceLock::new(),
        }
    }
}

#[derive(Debug)]
struct About {
    output: String,
    paced: bool,
    sample_rate: u32,
}

impl Controls {
    /// Ends playing within some hundredths of a second. A player that waits for
    /// its session notices only when the session answers or goes away: close it too.
    pub fn stop(&self) {
        self.0.stopped.store(true, Ordering::Release);
    }

    /// Whether [`Controls::stop`] was called.
    pub fn is_stopped(&self) -> bool {
        self.0.stopped.load(Ordering::Acquire)
    }

    /// Sets the volume, 0 to 1. Heard where sound is decoded, not in MP3 outputs.
    pub fn set_volume(&self, volume: f32) {
        let volume = if volume.is_nan() { 1.0 } else { volume };
        let bits = volume.clamp(0.0, 1.0).to_bits();
        self.0.volume.store(bits, Ordering::Relaxed);
    }

    /// The volume, 0 to 1.
    pub fn volume(&self) -> f32 {
        f32::from_bits(self.0.volume.load(Ordering::Relaxed))
    }

    /// How it goes.
    pub fn progress(&self) -> Progress {
        let shared = &*self.0;
        let about = shared.about.get();
        let sample_rate = about.map_or(0, |about| about.sample_rate);
        let muted = shared.muted.load(Ordering::Relaxed);
        Progress {
            state: State::ALL[usize::from(shared.state.load(Ordering::Acquire))],
            samples: shared.samples.load(Ordering::Relaxed),
            sample_rate,
            played: shared.played.load(Ordering::Relaxed),
            concealed: shared.concealed.load(Ordering::Relaxed),
            skipped: shared.skipped.load(Ordering::Relaxed),
            muted_s: muted as f64 / f64::from(sample_rate.max(1)),
            underruns: shared.underruns.load(Ordering::Relaxed),
            output: about.map(|about| about.output.clone()).unwrap_or_default(),
            paced: about.is_some_and(|about| about.paced),
        }
    }

    pub(super) fn begin(&self, track: &TrackInfo, output: &dyn Output) {
        self.0.about.get_or_init(|| About {
            output: output.name().to_owned(),
            paced: output.paced(),
            sample_rate: track.sample_rate,
        });
    }

    pub(super) fn set_state(&self, state: State) {
        self.0.state.store(state as u8, Ordering::Release);
    }

    /// A hold before the first packet is still the start.
    pub(super) fn on_hold(&self) {
        if self.0.state.load(Ordering::Acquire) != State::Starting as u8 {
            self.set_state(State::Holding);
        }
    }

    pub(super) fn add_samples(&self, count: usize) {
        self.0.samples.fetch_add(count as u64, Ordering::Relaxed);
    }

    pub(super) fn add_played(&self) {
        self.0.played.fetch_add(1, Ordering::Relaxed);
        self.set_state(State::Playing);
    }

    pub(super) fn add_concealed(&self) {
        self.0.concealed.fetch_add(1, Ordering::Relaxed);
        self.set_state(State::Playing);
    }

    pub(super) fn add_skipped(&self, count: u32) {
        self.0.skipped.fetch_add(count, Ordering::Relaxed);
    }

    pub(super) fn set_muted(&self, samples: u64) {
        self.0.muted.store(samples, Ordering::Relaxed);
    }

    pub(super) fn set_underruns(&self, count: u64) {
        self.0.underruns.store(count, Ordering::Relaxed);
    }
}
