//! The default sound device.

mod channels;
mod config;
mod feed;
mod level;
mod resample;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

use cpal::traits::{DeviceTrait, HostTrait, StreamTrait};
use cpal::{BufferSize, SampleFormat, SupportedStreamConfig};
use rtrb::{Producer, RingBuffer};
use segue_core::track::TrackInfo;

use crate::fade;

use super::{Media, Output, OutputError, Takes};
use feed::{Feed, Shared};
use level::Level;
use resample::Resample;

/// How many samples the device should take at a time: sound servers would
/// otherwise choose up to two seconds, which no ask could be in step with.
const PERIOD: u32 = 1024;
/// How long a device may be silent towards us before it counts as gone.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long to wait for a fresh device to find its rhythm.
const WARM_UP: Duration = Duration::from_millis(500);
/// Grace at the end for what the device's own figures leave out.
const DRAIN_GRACE: Duration = Duration::from_millis(30);
/// The ramp that hides a cut.
const FADE_MS: usize = 5;

/// Plays through a ring of about two packets that the device empties. The device
/// is the clock: when one packet's worth is free, the next is due.
pub(super) struct Speaker {
    name: String,
    /// Kept alive; the device stops with it.
    _stream: cpal::Stream,
    shared: Arc<Shared>,
    ring: Producer<f32>,
    level: Level,
    rate: usize,
    channels: usize,
    track_channels: usize,
    resample: Option<Resample>,
    /// What came before the next packet.
    before: Before,
    /// Samples that are ready but had no room.
    backlog: Vec<f32>,
    scratch: Vec<f32>,
    /// When the last sample will have been heard.
    heard_by: Option<Instant>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Before {
    /// Nothing: the first packet is to come.
    Start,
    /// Silence, on purpose.
    Hold,
    /// The packet before.
    Sound,
}

impl Speaker {
    pub(super) fn open(track: &TrackInfo) -> Result<Self, OutputError> {
        let host = cpal::default_host();
        let device = host.default_output_device().ok_or(OutputError::NoDevice)?;
        let ranges = device
            .supported_output_configs()
            .map_err(OutputError::Device)?;
        let chosen = match config::choose(ranges, track.sample_rate, track.channels) {
            Some(chosen) => chosen,
            None => device
                .default_output_config()
                .map_err(OutputError::Device)?,
        };
        let name = device
            .description()
            .map_or_else(|_| "default".to_owned(), |told| told.name().to_owned());

        let rate = chosen.sample_rate();
        let level = Level::new(track.samples_per_packet, track.sample_rate, rate);
        let opened = match start(
            &device,
            &chosen,
            Some(config::period(&chosen, PERIOD)),
            level,
        ) {
            Ok(opened) => opened,
            Err(error) => {
                tracing::debug!(%error, "the device refuses its buffer size, its own is taken");
                start(&device, &chosen, None, level)?
            }
        };
        let resample = (rate != track.sample_rate)
            .then(|| Resample::new(track.sample_rate, rate, usize::from(track.channels)))
            .transpose()?;
        tracing::info!(
            device = %name,
            rate,
            channels = chosen.channels(),
            format = %chosen.sample_format(),
            resampled = resample.is_some(),
            "sound device opened"
        );

        let mut speaker = Self {
            name,
            _stream: opened.stream,
            shared: opened.shared,
            ring: opened.ring,
            level,
            rate: rate as usize,
            channels: usize::from(chosen.channels()),
            track_channels: usize::from(track.channels),
            resample,
            before: Before::Start,
            backlog: Vec::new(),
            scratch: Vec::new(),
            heard_by: None,
        };
        speaker.warm_up()?;
        Ok(speaker)
    }

    /// Lets the device fill its own buffer with silence first: it does so in one
    /// gulp, and would take the ring with it. Then the ring starts full of silence.
    fn warm_up(&mut self) -> Result<(), OutputError> {
        let begun = Instant::now();
        loop {
            self.check()?;
            let pull = self.shared.last_pull();
            let calm = self.shared.calls() >= 4
                && pull.elapsed.as_secs_f64() * self.rate as f64 * 2.0 > f64::from(pull.frames);
            if calm || begun.elapsed() > WARM_UP && self.shared.calls() > 0 {
                break;
            }
            thread::sleep(Duration::from_millis(1));
        }
        let silence = self.level.silence_before(0, self.shared.last_pull(), 0);
        self.backlog.resize(silence * self.channels, 0.0);
        self.push_backlog();
        self.shared.armed.store(true, Ordering::Release);
        Ok(())
    }

    fn check(&self) -> Result<(), OutputError> {
        if self.shared.lost.load(Ordering::Acquire) || self.shared.last_pull().elapsed > PATIENCE {
            return Err(OutputError::DeviceLost(self.name.clone()));
        }
        Ok(())
    }

    /// Samples per channel that the device has yet to take.
    fn filled(&self) -> usize {
        let queued = self.ring.buffer().capacity() - self.ring.slots() + self.backlog.len();
        queued / self.channels
    }

    fn push_backlog(&mut self) {
        let pushed = self.ring.push_partial_slice(&self.backlog).0.len();
        self.backlog.drain(..pushed);
    }

    /// Converts samples of the track to samples of the device, behind the backlog.
    fn convert(&mut self, samples: &[f32]) {
        let samples = match &mut self.resample {
            Some(resample) => {
                self.scratch.clear();
                resample.push(samples, &mut self.scratch);
                &self.scratch
            }
            None => samples,
        };
        channels::remap(
            samples,
            self.track_channels,
            self.channels,
            &mut self.backlog,
        );
    }

    /// Silence in front of what was just converted, so that the next packet is due
    /// one packet's duration from now.
    fn top_up(&mut self, converted_from: usize) {
        let coming = (self.backlog.len() - converted_from) / self.channels;
        let filled = self.filled() - coming;
        let silence = self
            .level
            .silence_before(filled, self.shared.last_pull(), coming);
        let silence = vec![0.0; silence * self.channels];
        self.backlog.splice(converted_from..converted_from, silence);
    }
}

impl Output for Speaker {
    fn name(&self) -> &str {
        &self.name
    }

    fn paced(&self) -> bool {
        true
    }

    fn takes(&self) -> Takes {
        Takes::Samples
    }

    fn due_in(&mut self) -> Result<Duration, OutputError> {
        self.check()?;
        self.push_backlog();
        Ok(self.level.due_in(self.filled(), self.shared.last_pull()))
    }

    fn hold(&mut self) {
        if self.before == Before::Sound {
            self.before = Before::Hold;
        }
        self.shared.silence_meant.store(true, Ordering::Release);
    }

    fn write(&mut self, media: Media<'_>) -> Result<(), OutputError> {
        self.check()?;
        let Media::Samples(samples) = media else {
            debug_assert!(false, "this output takes samples");
            return Ok(());
        };
        let from = self.backlog.len();
        self.convert(samples);
        if self.before == Before::Hold {
            let length = self.rate * FADE_MS / 1000;
            fade::fade_in(&mut self.backlog[from..], self.channels, length);
        }
        if self.before != Before::Sound {
            self.top_up(from);
        }
        self.before = Before::Sound;
        self.push_backlog();
        self.shared.silence_meant.store(false, Ordering::Release);
        Ok(())
    }

    fn finish_in(&mut self) -> Result<Duration, OutputError> {
        self.check()?;
        self.shared.silence_meant.store(true, Ordering::Release);
        if let Some(mut resample) = self.resample.take() {
            self.scratch.clear();
            resample.flush(&mut self.scratch);
            channels::remap(
                &self.scratch,
                self.track_channels,
                self.channels,
                &mut self.backlog,
            );
        }
        self.push_backlog();
        let filled = self.filled();
        if filled > 0 {
            let left = Duration::from_secs_f64(filled as f64 / self.rate as f64);
            return Ok(left.max(Duration::from_millis(1)));
        }
        // The ring is empty, but the device still plays what it took.
        let heard_by = *self.heard_by.get_or_insert_with(|| {
            let pull = self.shared.last_pull();
            let period = Duration::from_secs_f64(f64::from(pull.frames) / self.rate as f64);
            Instant::now() + self.shared.latency() + period + DRAIN_GRACE
        });
        Ok(heard_by.saturating_duration_since(Instant::now()))
    }

    fn underruns(&self) -> u64 {
        self.shared.underruns.load(Ordering::Relaxed)
    }
}

struct Opened {
    stream: cpal::Stream,
    ring: Producer<f32>,
    shared: Arc<Shared>,
}

/// Builds and starts the stream; it plays silence until the ring is armed.
fn start(
    device: &cpal::Device,
    chosen: &SupportedStreamConfig,
    period: Option<u32>,
    level: Level,
) -> Result<Opened, OutputError> {
    let mut config = chosen.config();
    config.buffer_size = period.map_or(BufferSize::Default, BufferSize::Fixed);
    // Room for two packets and for what the device may take at once. The room is
    // not the delay: the ring is filled to two packets only.
    let period = period.unwrap_or(chosen.sample_rate() * 2);
    let room = level.two_packets() + 2 * period as usize;
    let channels = usize::from(chosen.channels());
    let (ring, consumer) = RingBuffer::new(room * channels);
    let shared = Arc::new(Shared::default());
    let feed = Feed::new(
        consumer,
        Arc::clone(&shared),
        channels,
        chosen.sample_rate(),
    );
    let stream = match chosen.sample_format() {
        SampleFormat::F32 => build::<f32>(device, config, feed),
        SampleFormat::F64 => build::<f64>(device, config, feed),
        SampleFormat::I16 => build::<i16>(device, config, feed),
        SampleFormat::I24 => build::<cpal::I24>(device, config, feed),
        SampleFormat::I32 => build::<i32>(device, config, feed),
        SampleFormat::U8 => build::<u8>(device, config, feed),
        SampleFormat::U16 => build::<u16>(device, config, feed),
        other => return Err(OutputError::SampleFormat(other.to_string())),
    }
    .and_then(|stream| {
        stream.play()?;
        Ok(stream)
    })
    .map_err(OutputError::Device)?;
    Ok(Opened {
        stream,
        ring,
        shared,
    })
}

fn build<T: cpal::SizedSample + cpal::FromSample<f32>>(
    device: &cpal::Device,
    config: cpal::StreamConfig,
    mut feed: Feed,
) -> Result<cpal::Stream, cpal::Error> {
    let shared = feed.shared();
    device.build_output_stream(
        config,
        move |out: &mut [T], info: &cpal::OutputCallbackInfo| {
            let times = info.timestamp();
            let latency = times.playback.checked_duration_since(times.callback);
            feed.fill(out, latency.unwrap_or_default());
        },
        // A dying sound server calls this hundreds of thousands of times.
        move |error| shared.on_error(error.kind()),
        None,
    )
}
