//! Joins a session and an output: asks, waits, decodes, plays.

mod controls;
mod gain;

use std::thread::{self, JoinHandle};
use std::time::Duration;

use segue_core::playback::{FrameSource, Playback};

use crate::decode::{DecodeError, Decoder};
use crate::output::{Media, Output, OutputError, Takes};

pub use controls::{Controls, Progress, State};
use gain::Gain;

/// The longest sleep, so that a stop is soon noticed.
const NAP: Duration = Duration::from_millis(20);

/// Playing failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlayError {
    /// The output failed.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// The track cannot be decoded.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// No thread to play in.
    #[error("cannot start the playing thread: {0}")]
    Thread(#[source] std::io::Error),
    /// A bug of ours.
    #[error("the playing thread panicked; please report this with the track's name")]
    Panicked,
}

/// Why playing ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ending {
    /// The track was played to its end.
    Finished,
    /// [`Controls::stop`] was called.
    Stopped,
    /// The session went away in the middle.
    SessionGone,
    /// Whoever read our output closed it.
    ReaderClosed,
}

/// How it went.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// Why it ended.
    pub ending: Ending,
    /// The last progress.
    pub progress: Progress,
}

/// Plays a session to an output, in the calling thread, until it ends.
///
/// # Errors
/// When the track cannot be decoded or the output fails. A listener that closes
/// its pipe is an [`Ending`], not an error.
pub fn play(
    source: &mut dyn FrameSource,
    output: &mut dyn Output,
    controls: &Controls,
) -> Result<Outcome, PlayError> {
    let result = Run::new(source, output, controls).and_then(Run::until_over);
    controls.set_state(State::Ended);
    let ending = match result {
        Ok(ending) => ending,
        Err(PlayError::Output(OutputError::ReaderClosed)) => Ending::ReaderClosed,
        Err(error) => return Err(error),
    };
    Ok(Outcome {
        ending,
        progress: controls.progress(),
    })
}

/// [`play`] in a thread of its own.
#[derive(Debug)]
pub struct Player {
    controls: Controls,
    thread: JoinHandle<Result<Outcome, PlayError>>,
}

impl Player {
    /// Starts to play. Open the output first: it knows whether it is
    /// [paced](Output::paced), which the session's policy must be told. The
    /// controls are for one player; they may have their volume already.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(
        mut source: impl FrameSource + 'static,
        mut output: Box<dyn Output>,
        controls: Controls,
    ) -> Result<Self, PlayError> {
        let shared = controls.clone();
        let thread = thread::Builder::new()
            .name("segue-player".to_owned())
            .spawn(move || play(&mut source, &mut *output, &shared))
            .map_err(PlayError::Thread)?;
        Ok(Self { controls, thread })
    }

    /// To watch and steer it with, from anywhere.
    pub fn controls(&self) -> Controls {
        self.controls.clone()
    }

    /// Whether it has ended, so that [`Player::join`] would not wait.
    pub fn is_finished(&self) -> bool {
        self.thread.is_finished()
    }

    /// Waits for the end.
    ///
    /// # Errors
    /// Those of [`play`].
    pub fn join(self) -> Result<Outcome, PlayError> {
        self.thread.join().unwrap_or(Err(PlayError::Panicked))
    }
}

/// One track on its way from source to output.
struct Run<'a> {
    source: &'a mut dyn FrameSource,
    output: &'a mut dyn Output,
    controls: &'a Controls,
    decoder: Decoder,
    gain: Gain,
    channels: usize,
}

/// Whether to go on.
type Step = Result<Option<Ending>, PlayError>;

impl<'a> Run<'a> {
    fn new(
        source: &'a mut dyn FrameSource,
        output: &'a mut dyn Output,
        controls: &'a Controls,
    ) -> Result<Self, PlayError> {
        let track = source.track();
        controls.begin(track, &*output);
        Ok(Self {
            decoder: Decoder::new(track)?,
            gain: Gain::new(controls.volume()),
            channels: usize::from(track.channels),
            source,
            output,
            controls,
        })
    }

    fn until_over(mut self) -> Result<Ending, PlayError> {
        loop {
            if let Some(ending) = self.wait_until_due()? {
                return Ok(ending);
            }
            self.source.ask();
            if let Some(ending) = self.answer()? {
                return Ok(ending);
            }
        }
    }

    /// Takes steps until one of them answers the ask.
    fn answer(&mut self) -> Step {
        loop {
            let step = self.source.next(NAP);
            if self.controls.is_stopped() {
                return Ok(Some(Ending::Stopped));
            }
            let Ok(step) = step else {
                return Ok(Some(Ending::SessionGone));
            };
            match step {
                Some(Playback::Frame { packet, bytes }) => {
                    self.frame(packet, &bytes)?;
                    return Ok(None);
                }
                Some(Playback::Conceal { count, .. }) => return self.conceal(count),
                Some(Playback::Skip { count, .. }) => {
                    self.decoder.skip(count);
                    self.controls.add_skipped(count);
                }
                Some(Playback::Hold) => {
                    self.output.hold();
                    self.controls.on_hold();
                }
                Some(Playback::End) => return self.finish().map(Some),
                None => {}
            }
        }
    }

    fn frame(&mut self, packet: u32, bytes: &[u8]) -> Result<(), PlayError> {
        match self.output.takes() {
            Takes::Frames => self.output.write(Media::Frame(bytes))?,
            Takes::Samples => {
                let samples = self.decoder.push(packet, bytes);
                let samples = self
                    .gain
                    .apply(samples, self.channels, self.controls.volume());
                self.output.write(Media::Samples(samples))?;
                self.controls.add_samples(samples.len() / self.channels);
                self.controls.set_muted(self.decoder.muted_samples());
            }
        }
        self.controls.add_played();
        self.controls.set_underruns(self.output.underruns());
        Ok(())
    }

    /// One ask may be answered by many packets of concealment; the output takes
    /// them one by one.
    fn conceal(&mut self, count: u32) -> Step {
        for index in 0..count {
            self.controls.add_concealed();
            if self.output.takes() == Takes::Frames {
                continue; // there is no frame to write
            }
            if index > 0
                && let Some(ending) = self.wait_until_due()?
            {
                return Ok(Some(ending));
            }
            let samples = self.decoder.conceal(1);
            let samples = self
                .gain
                .apply(samples, self.channels, self.controls.volume());
            self.output.write(Media::Samples(samples))?;
            self.controls.add_samples(samples.len() / self.channels);
        }
        Ok(None)
    }

    fn finish(&mut self) -> Result<Ending, PlayError> {
        if self.output.takes() == Takes::Samples {
            let rest = self.decoder.finish();
            if !rest.is_empty() {
                let rest = self.gain.apply(rest, self.channels, self.controls.volume());
                self.output.write(Media::Samples(rest))?;
                self.controls.add_samples(rest.len() / self.channels);
            }
        }
        self.controls.set_state(State::Draining);
        loop {
            let wait = self.output.finish_in()?;
            if wait.is_zero() {
                self.controls.set_underruns(self.output.underruns());
                return Ok(Ending::Finished);
            }
            if self.controls.is_stopped() {
                return Ok(Ending::Stopped);
            }
            thread::sleep(wait.min(NAP));
        }
    }

    fn wait_until_due(&mut self) -> Step {
        loop {
            if self.controls.is_stopped() {
                return Ok(Some(Ending::Stopped));
            }
            let wait = self.output.due_in()?;
            if wait.is_zero() {
                return Ok(None);
            }
            thread::sleep(wait.min(NAP));
        }
    }
}

#[cfg(test)]
mod tests;
