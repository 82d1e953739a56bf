//! What a listener would have heard of a session that was simulated or is on
//! record: frames as they were played, holds as silence of their length,
//! concealment as it sounds.

use std::io;
use std::time::Duration;

use segue_core::listener::Output as Step;
use segue_core::time::Timestamp;
use segue_core::track::TrackInfo;

use crate::decode::{DecodeError, Decoder};
use crate::fade;
use crate::output::{Media, Output, OutputError};

/// A session cannot be rendered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RenderError {
    /// The track cannot be decoded.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// A frame of the track cannot be read.
    #[error("cannot read packet {packet} of the track: {source}")]
    Frame {
        /// Its number.
        packet: u32,
        /// Why.
        source: io::Error,
    },
    /// The output takes no more.
    #[error(transparent)]
    Output(#[from] OutputError),
}

/// How long a fade at the edge of a silence is.
const FADES_PER_S: u32 = 200;

/// Writes what was heard to `output`, which must take samples and not keep
/// time. `steps` are the session's outputs in order; `frame` answers the bytes
/// of a packet.
///
/// # Errors
/// When the track cannot be read or decoded, or the output takes no more.
pub fn render<'a>(
    track: &TrackInfo,
    steps: impl IntoIterator<Item = (Timestamp, &'a Step)>,
    mut frame: impl FnMut(u32) -> io::Result<Vec<u8>>,
    output: Box<dyn Output>,
) -> Result<(), RenderError> {
    let mut decoder = Decoder::new(track)?;
    let mut ear = Ear::new(track, output);
    for (at, step) in steps {
        match *step {
            Step::Play { packet } => {
                let bytes =
                    frame(packet).map_err(|source| RenderError::Frame { packet, source })?;
                ear.hear(at, decoder.push(packet, &bytes))?;
            }
            Step::Conceal { .. } => ear.hear(at, decoder.conceal(1))?,
            Step::Skip { count, .. } => decoder.skip(count),
            Step::End => ear.append(decoder.finish())?,
            _ => {}
        }
    }
    ear.finish()
}

/// Joins packets of sound, with silence where nothing was played.
struct Ear {
    output: Box<dyn Output>,
    channels: usize,
    sample_rate: u32,
    packet: Duration,
    fade: usize,
    /// When the last packet was over.
    until: Timestamp,
    /// The last packet, which is faded out if silence follows.
    last: Vec<f32>,
}

impl Ear {
    fn new(track: &TrackInfo, output: Box<dyn Output>) -> Self {
        Self {
            output,
            channels: usize::from(track.channels),
            sample_rate: track.sample_rate,
            packet: Duration::from_secs_f64(track.packet_s()),
            fade: (track.sample_rate / FADES_PER_S) as usize,
            until: Timestamp::ZERO,
            last: Vec::new(),
        }
    }

    /// A packet's sound, played at this time.
    fn hear(&mut self, at: Timestamp, samples: &[f32]) -> Result<(), OutputError> {
        let silence = (at.since(self.until).as_secs_f64() * f64::from(self.sample_rate)) as usize;
        // Less than a sample is rounding.
        if silence > 1 {
            self.fall_silent(silence)?;
            self.last.extend_from_slice(samples);
            fade::fade_in(&mut self.last, self.channels, self.fade);
        } else {
            self.append(samples)?;
        }
        self.until = at + self.packet;
        Ok(())
    }

    /// More sound right behind the last.
    fn append(&mut self, samples: &[f32]) -> Result<(), OutputError> {
        self.flush()?;
        self.last.extend_from_slice(samples);
        Ok(())
    }

    fn fall_silent(&mut self, samples: usize) -> Result<(), OutputError> {
        let heard = self.last.len() / self.channels;
        let tail = heard.saturating_sub(self.fade) * self.channels;
        let length = heard.min(self.fade);
        fade::fade_out(&mut self.last[tail..], self.channels, length);
        self.flush()?;
        let second = vec![0.0; self.sample_rate as usize * self.channels];
        let mut left = samples * self.channels;
        while left > 0 {
            let now = left.min(second.len());
            self.output.write(Media::Samples(&second[..now]))?;
            left -= now;
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), OutputError> {
        if !self.last.is_empty() {
            self.output.write(Media::Samples(&self.last))?;
            self.last.clear();
        }
        Ok(())
    }

    fn finish(mut self) -> Result<(), RenderError> {
        self.flush()?;
        while self.output.finish_in()? > Duration::ZERO {}
        Ok(())
    }
}
