//! The default sound device.

pub(super) mod channels;
mod config;
mod feed;
mod level;
mod line;
pub(super) mod resample;

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use cpal::traits::{DeviceTrait, HostTrait, StreamTrait};
use cpal::{BufferSize, SampleFormat, SupportedStreamConfig};
use rtrb::{Producer, RingBuffer};
use segue_core::track::TrackInfo;

use super::{Media, Output, OutputError, Takes};
use feed::{Feed, Shared};
use level::Level;
use line::Line;
use resample::Resample;

/// How many samples the device should take at a time: sound servers would
/// otherwise choose up to two seconds, which no ask could be in step with.
const PERIOD: u32 = 1024;
/// How long to wait for a fresh device to find its rhythm.
const WARM_UP: Duration = Duration::from_millis(500);

/// Plays through a ring of about two packets that the device empties. The device
/// is the clock: when one packet's worth is free, the next is due.
pub(super) struct Speaker {
    name: String,
    /// Of the track that it was opened for.
    shape: Shape,
    line: Line,
    shared: Arc<Shared>,
    /// Kept alive; the device stops with it.
    _stream: cpal::Stream,
}

/// What a track must have in common with the one before to follow it seamlessly.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Shape {
    sample_rate: u32,
    samples_per_packet: u16,
    channels: u8,
}

impl From<&TrackInfo> for Shape {
    fn from(track: &TrackInfo) -> Self {
        Self {
            sample_rate: track.sample_rate,
            samples_per_packet: track.samples_per_packet,
            channels: track.channels,
        }
    }
}

impl Speaker {
    pub(super) fn open(track: &TrackInfo) -> Result<Self, OutputError> {
        let host = cpal::default_host();
        let device = host.default_output_device().ok_or(OutputError::NoDevice)?;
        let chosen = choose(&device, track)?;
        let rate = chosen.sample_rate();
        let mut name = device
            .description()
            .map_or_else(|_| "default".to_owned(), |told| told.name().to_owned());
        if rate != track.sample_rate {
            name = format!("{name} at {rate} Hz");
        }

        let level = Level::new(track.samples_per_packet, track.sample_rate, rate);
        let period = config::period(&chosen, PERIOD);
        let stream = match start(&device, &chosen, Some(period), level) {
            Ok(started) => started,
            Err(error) => {
                tracing::debug!(%error, period, "the device refuses this period, its own is taken");
                start(&device, &chosen, None, level)?
            }
        };
        let track_channels = usize::from(track.channels);
        let resample = (rate != track.sample_rate)
            .then(|| Resample::new(track.sample_rate, rate, track_channels))
            .transpose()?;
        tracing::info!(
            device = %name,
            rate,
            channels = chosen.channels(),
            format = %chosen.sample_format(),
            "sound device opened"
        );

        let line = Line::new(
            stream.ring,
            Arc::clone(&stream.shared),
            level,
            (track_channels, usize::from(chosen.channels())),
            resample,
        );
        let mut speaker = Self {
            name,
            shape: Shape::from(track),
            line,
            shared: stream.shared,
            _stream: stream.stream,
        };
        speaker.warm_up(f64::from(rate))?;
        Ok(speaker)
    }

    /// Lets the device fill its own buffer with silence first: it does so in one
    /// gulp, and would take the ring with it. Then the ring starts full of silence.
    fn warm_up(&mut self, rate: f64) -> Result<(), OutputError> {
        let begun = Instant::now();
        loop {
            self.check()?;
            let pull = self.shared.last_pull();
            let half_period = f64::from(pull.frames) / rate / 2.0;
            let calm = self.shared.calls() >= 4 && pull.elapsed.as_secs_f64() > half_period;
            if calm || begun.elapsed() > WARM_UP && self.shared.calls() > 0 {
                break;
            }
            thread::sleep(Duration::from_millis(1));
        }
        self.line.arm();
        Ok(())
    }

    fn check(&self) -> Result<(), OutputError> {
        match self.shared.gone() {
            None => Ok(()),
            Some(reason) => Err(OutputError::DeviceLost {
                name: self.name.clone(),
                reason,
            }),
        }
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
        Ok(self.line.due_in())
    }

    fn hold(&mut self) {
        self.line.hold();
    }

    fn write(&mut self, media: Media<'_>) -> Result<(), OutputError> {
        self.check()?;
        match media {
            Media::Samples(samples) => self.line.write(samples),
            Media::Frame(_) => debug_assert!(false, "this output takes samples"),
        }
        Ok(())
    }

    fn begin(&mut self, track: &TrackInfo) -> Result<Duration, OutputError> {
        if Shape::from(track) == self.shape {
            return Ok(Duration::ZERO);
        }
        let wait = self.finish_in()?;
        if wait.is_zero() {
            *self = Self::open(track)?;
        }
        Ok(wait)
    }

    fn finish_in(&mut self) -> Result<Duration, OutputError> {
        self.check()?;
        Ok(self.line.finish_in())
    }

    fn underruns(&self) -> u64 {
        self.shared.underruns()
    }
}

/// The device's best configuration for the track, or else its favourite.
fn choose(device: &cpal::Device, track: &TrackInfo) -> Result<SupportedStreamConfig, OutputError> {
    let ranges = device
        .supported_output_configs()
        .map_err(OutputError::Device)?;
    match config::choose(ranges, track.sample_rate, track.channels) {
        Some(chosen) => Ok(chosen),
        None => device.default_output_config().map_err(OutputError::Device),
    }
}

struct Started {
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
) -> Result<Started, OutputError> {
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
    Ok(Started {
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
