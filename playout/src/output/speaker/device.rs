//! One open device.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use cpal::traits::{DeviceTrait, StreamTrait};
use cpal::{BufferSize, ErrorKind, SampleFormat, SupportedStreamConfig};
use rtrb::{Producer, RingBuffer};

use super::super::OutputError;
use super::feed::{AFTER_COMPLAINT, Feed, Shared};
use super::level::Level;
use super::line::Line;
use super::resample::Resample;
use super::{PERIOD, Shape, config};
use crate::devices;
use crate::quiet::hush;

/// How long to wait for a fresh device to find its rhythm.
const WARM_UP: Duration = Duration::from_millis(500);
/// A device that still takes nothing after this is no device.
const STARTS_WITHIN: Duration = Duration::from_secs(3);

/// A device that plays, and the line to it.
pub(super) struct Playing {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) line: Line,
    pub(super) shared: Arc<Shared>,
    /// Kept alive; the device stops with it. Dropping it may take a while.
    _stream: cpal::Stream,
    rate: u32,
}

impl Playing {
    /// Opens the device and waits for it to take sound. It plays silence until the
    /// line is armed.
    pub(super) fn open(device: &cpal::Device, shape: Shape) -> Result<Self, OutputError> {
        hush();
        let chosen = choose(device, shape)?;
        let rate = chosen.sample_rate();
        let mut name = devices::name(device);
        if rate != shape.rate {
            name = format!("{name} at {rate} Hz");
        }
        let level = shape.level(rate);
        let period = config::period(&chosen, PERIOD);
        let started = match start(device, &chosen, Some(period), level) {
            Ok(started) => started,
            Err(error) => {
                tracing::debug!(%error, period, "the device refuses this period, its own is taken");
                start(device, &chosen, None, level)?
            }
        };
        tracing::info!(
            device = %name,
            rate,
            channels = chosen.channels(),
            format = %chosen.sample_format(),
            "sound device opened"
        );
        let line = Line::new(
            started.ring,
            Arc::clone(&started.shared),
            level,
            (shape.channels, usize::from(chosen.channels())),
            shape.resample(rate)?,
        );
        let playing = Self {
            id: devices::id(device),
            name,
            line,
            shared: started.shared,
            _stream: started.stream,
            rate,
        };
        playing.warm_up()?;
        Ok(playing)
    }

    /// Another track follows.
    pub(super) fn follow(&mut self, shape: Shape) -> Result<(), OutputError> {
        let resample = shape.resample(self.rate)?;
        self.line
            .follow(shape.level(self.rate), shape.channels, resample);
        Ok(())
    }

    /// Lets the device fill its own buffer with silence first: it does so in one
    /// gulp, and would take the ring with it. A sound server whose own device
    /// stands still takes that gulp too, but no more.
    fn warm_up(&self) -> Result<(), OutputError> {
        let lost = |reason| OutputError::DeviceLost {
            name: self.name.clone(),
            reason,
        };
        let begun = Instant::now();
        loop {
            if let Some(reason) = self.shared.gone() {
                return Err(lost(reason));
            }
            let pull = self.shared.last_pull();
            let half_period = f64::from(pull.frames) / f64::from(self.rate) / 2.0;
            let calm = self.shared.calls() >= 4 && pull.elapsed.as_secs_f64() > half_period;
            let begun = begun.elapsed();
            let moves = self.shared.calls() > 0 && pull.elapsed < begun / 2;
            if moves && (calm || begun > WARM_UP) {
                return Ok(());
            }
            if begun > STARTS_WITHIN {
                return Err(lost("it takes no sound.".to_owned()));
            }
            thread::sleep(Duration::from_millis(1));
        }
    }
}

impl Shape {
    fn level(self, device_rate: u32) -> Level {
        Level::new(self.samples_per_packet, self.rate, device_rate)
    }

    fn resample(self, device_rate: u32) -> Result<Option<Resample>, OutputError> {
        (device_rate != self.rate)
            .then(|| Resample::new(self.rate, device_rate, self.channels))
            .transpose()
    }
}

/// The device's best configuration for the track, or else its favourite.
fn choose(device: &cpal::Device, shape: Shape) -> Result<SupportedStreamConfig, OutputError> {
    let ranges = device
        .supported_output_configs()
        .map_err(OutputError::Device)?;
    match config::choose(ranges, shape.rate, shape.channels as u8) {
        Some(chosen) => Ok(chosen),
        None => device.default_output_config().map_err(OutputError::Device),
    }
}

struct Started {
    stream: cpal::Stream,
    ring: Producer<f32>,
    shared: Arc<Shared>,
}

/// Builds and starts the stream.
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
    let mut hushed = false;
    device.build_output_stream(
        config,
        move |out: &mut [T], info: &cpal::OutputCallbackInfo| {
            // Once, and before the first sound: it asks for memory.
            if !std::mem::replace(&mut hushed, true) {
                hush();
            }
            let times = info.timestamp();
            let latency = times.playback.checked_duration_since(times.callback);
            feed.fill(out, latency.unwrap_or_default());
        },
        move |error| {
            shared.on_error(error.kind());
            if error.kind() != ErrorKind::Xrun {
                thread::sleep(AFTER_COMPLAINT);
            }
        },
        None,
    )
}
