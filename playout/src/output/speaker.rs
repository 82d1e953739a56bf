//! A sound device, and what becomes of the music when it goes away.

pub(super) mod channels;
mod config;
mod device;
mod feed;
mod level;
mod line;
mod recent;
pub(super) mod resample;
mod search;

use std::time::{Duration, Instant};

use segue_core::track::TrackInfo;

use super::{Media, Output, OutputError, Takes};
use crate::devices;
use crate::quiet::hush;
use device::Playing;
use recent::Recent;
use search::{Search, SearchDied};

/// How many samples the device should take at a time: sound servers would
/// otherwise choose up to two seconds, which no ask could be in step with.
pub(crate) const PERIOD: u32 = 1024;
/// How often to look whether a device was found.
const LOOK: Duration = Duration::from_millis(20);
/// How long the last moment of the music waits for a device; nobody wants a
/// program to stay for that.
const LAST_WAIT: Duration = Duration::from_secs(10);

/// Plays through a ring of about two packets that the device empties. The device
/// is the clock: when one packet's worth is free, the next is due.
///
/// When the device goes away nothing is due until another is found, or the same
/// again; what the lost one took but did not play is played once more.
pub(super) struct Speaker {
    name: String,
    shape: Shape,
    device: Device,
    recent: Recent,
    /// Those of the devices before this one.
    underruns: u64,
    trouble: Option<String>,
    /// Silence is meant, whichever device comes.
    held: bool,
    /// When the last moment began to wait for a device.
    ending: Option<Instant>,
    /// The end was asked for: the resampler gave its rest, and is gone.
    flushed: bool,
}

enum Device {
    Playing(Box<Playing>),
    /// None, but these samples are to be heard when there is one.
    Lost(Search, Vec<f32>),
    /// Between two; or there is no way to look for one.
    Gone,
}

/// What the track is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Shape {
    rate: u32,
    samples_per_packet: u16,
    channels: usize,
}

impl From<&TrackInfo> for Shape {
    fn from(track: &TrackInfo) -> Self {
        Self {
            rate: track.sample_rate,
            samples_per_packet: track.samples_per_packet,
            channels: usize::from(track.channels),
        }
    }
}

impl Speaker {
    /// Opens the device of that name, or the default one.
    pub(super) fn open(wanted: Option<&str>, track: &TrackInfo) -> Result<Self, OutputError> {
        hush();
        let device = wanted.map_or_else(devices::default, devices::find)?;
        let shape = Shape::from(track);
        let mut playing = Playing::open(&device, shape)?;
        // Now the ring is full of silence, and the device may have it.
        playing.line.arm();
        Ok(Self {
            name: playing.name.clone(),
            shape,
            device: Device::Playing(Box::new(playing)),
            recent: Recent::new(shape.rate, shape.channels),
            underruns: 0,
            trouble: None,
            held: false,
            ending: None,
            flushed: false,
        })
    }

    /// Notices a loss, and a device found: the one that plays, if any.
    fn playing(&mut self) -> Result<Option<&mut Playing>, OutputError> {
        if let Device::Playing(playing) = &self.device
            && let Some(reason) = playing.shared.gone()
        {
            self.on_lost(&reason)?;
        }
        if let Device::Lost(search, _) = &self.device {
            match search.found() {
                Ok(Some(found)) => self.on_found(found),
                Ok(None) => {}
                Err(SearchDied) => return Err(self.lost("the search for another one failed.")),
            }
        }
        Ok(match &mut self.device {
            Device::Playing(playing) => Some(playing),
            _ => None,
        })
    }

    fn on_lost(&mut self, reason: &str) -> Result<(), OutputError> {
        let Device::Playing(playing) = std::mem::replace(&mut self.device, Device::Gone) else {
            return Ok(());
        };
        let unheard = self.recent.last(playing.line.unheard());
        self.underruns += playing.shared.underruns();
        tracing::warn!(device = %playing.name, reason, "sound device lost");
        self.trouble = Some(format!(
            "the sound device `{}` is gone, waiting for it or another: {reason}",
            playing.name
        ));
        match Search::start(*playing, self.shape) {
            Ok(search) => self.device = Device::Lost(search, unheard),
            Err(error) => return Err(self.lost(&error.to_string())),
        }
        Ok(())
    }

    fn on_found(&mut self, mut found: Playing) {
        let Device::Lost(_, unheard) = std::mem::replace(&mut self.device, Device::Gone) else {
            return;
        };
        tracing::info!(device = %found.name, samples = unheard.len(), "the sound goes on");
        found.line.arm();
        found.line.rejoin(&unheard);
        if self.held {
            found.line.hold();
        }
        self.name.clone_from(&found.name);
        self.trouble = None;
        self.device = Device::Playing(Box::new(found));
    }

    fn lost(&self, reason: &str) -> OutputError {
        OutputError::DeviceLost {
            name: self.name.clone(),
            reason: reason.to_owned(),
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
        Ok(self
            .playing()?
            .map_or(LOOK, |playing| playing.line.due_in()))
    }

    fn hold(&mut self) {
        self.held = true;
        if let Device::Playing(playing) = &mut self.device {
            playing.line.hold();
        }
    }

    fn write(&mut self, media: Media<'_>) -> Result<(), OutputError> {
        let Media::Samples(samples) = media else {
            debug_assert!(false, "this output takes samples");
            return Ok(());
        };
        (self.held, self.ending) = (false, None);
        if let Some(playing) = self.playing()? {
            playing.line.write(samples);
        } else if let Device::Lost(_, unheard) = &mut self.device {
            unheard.extend_from_slice(samples);
        }
        self.recent.push(samples);
        Ok(())
    }

    fn begin(&mut self, track: &TrackInfo) -> Result<Duration, OutputError> {
        let shape = Shape::from(track);
        if shape == self.shape && !self.flushed {
            return Ok(Duration::ZERO);
        }
        let Some(playing) = self.playing()? else {
            return Ok(LOOK); // first the rest of the track before
        };
        playing.follow(shape)?;
        (self.shape, self.flushed) = (shape, false);
        self.recent = Recent::new(shape.rate, shape.channels);
        Ok(Duration::ZERO)
    }

    fn finish_in(&mut self) -> Result<Duration, OutputError> {
        if let Some(playing) = self.playing()? {
            let left = playing.line.finish_in();
            self.flushed = true;
            return Ok(left);
        }
        if matches!(&self.device, Device::Lost(_, unheard) if unheard.is_empty()) {
            return Ok(Duration::ZERO);
        }
        let waited = self.ending.get_or_insert_with(Instant::now).elapsed();
        Ok(if waited < LAST_WAIT {
            LOOK
        } else {
            Duration::ZERO
        })
    }

    fn underruns(&self) -> u64 {
        let here = match &self.device {
            Device::Playing(playing) => playing.shared.underruns(),
            _ => 0,
        };
        self.underruns + here
    }

    fn latency(&self) -> Option<Duration> {
        match &self.device {
            Device::Playing(playing) => Some(playing.line.latency()),
            _ => None,
        }
    }

    fn trouble(&self) -> Option<&str> {
        self.trouble.as_deref()
    }
}
