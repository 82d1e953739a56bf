//! Where the music goes: one trait for every output, and their names in text.

mod convert;
mod error;
mod frames;
mod null;
mod paced;
mod speaker;
mod wav;

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use segue_core::track::TrackInfo;

pub use error::OutputError;
pub use paced::paced;
pub(crate) use speaker::PERIOD;

/// What an output takes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// Decoded samples.
    Samples,
    /// The MP3 frames as they are.
    Frames,
}

/// The next piece for an output, of the kind that it [takes](Output::takes).
#[derive(Debug, Clone, Copy)]
pub enum Media<'a> {
    /// Interleaved samples of one packet; fewer where the track's ends are cut.
    Samples(&'a [f32]),
    /// One MP3 frame.
    Frame(&'a [u8]),
}

/// Something that plays or stores music.
///
/// No call blocks for long: whoever plays asks how long to wait, sleeps, and asks
/// again, so that it can stop at any time.
pub trait Output: Send {
    /// What to call it: the device's name, or the file's path.
    fn name(&self) -> &str;

    /// Whether it takes music at the speed of time. The others take it as fast as
    /// it comes, and a policy must know.
    fn paced(&self) -> bool;

    /// What [`Output::write`] must be given.
    fn takes(&self) -> Takes;

    /// How long until there is room for the next packet: zero when there is.
    ///
    /// # Errors
    /// When the output can take no more at all.
    fn due_in(&mut self) -> Result<Duration, OutputError>;

    /// Nothing comes for a while; that silence is meant. Told again is no harm.
    fn hold(&mut self) {}

    /// Takes one packet. Called only when one is due.
    ///
    /// # Errors
    /// When it cannot be played or stored; [`OutputError::ReaderClosed`] when
    /// nobody is listening any more.
    fn write(&mut self, media: Media<'_>) -> Result<(), OutputError>;

    /// What comes from now on is of this track, straight behind the one before:
    /// how long until the output is ready for it. Called until it answers zero.
    /// At the rate and channels that it has, that is at once, and the seam is
    /// without a gap.
    ///
    /// # Errors
    /// When it cannot play the track.
    fn begin(&mut self, track: &TrackInfo) -> Result<Duration, OutputError>;

    /// Nothing comes any more: how long until all is played or stored.
    /// Called until it answers zero.
    ///
    /// # Errors
    /// As for [`Output::write`].
    fn finish_in(&mut self) -> Result<Duration, OutputError>;

    /// How often it ran empty although nobody asked for silence.
    fn underruns(&self) -> u64 {
        0
    }

    /// How long what is written now takes to the ear; `None` where nobody hears it.
    fn latency(&self) -> Option<Duration> {
        None
    }

    /// What is wrong at the moment, while the output mends it by itself: a sound
    /// device that went away and is waited for.
    fn trouble(&self) -> Option<&str> {
        None
    }
}

/// Which output to open, as a user writes it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum OutputSpec {
    /// `speaker`: the default sound device.
    #[default]
    Speaker,
    /// `null`: plays in real time, unheard.
    Null,
    /// `FILE.wav`: the decoded sound, as fast as it comes.
    Wav(PathBuf),
    /// `FILE.mp3`: the MP3 frames, as fast as they come.
    Mp3(PathBuf),
    /// `-`: the MP3 frames to standard output.
    Stdout,
}

impl OutputSpec {
    /// Whether the output takes music at the speed of time.
    pub fn is_paced(&self) -> bool {
        matches!(self, Self::Speaker | Self::Null)
    }

    /// Opens the output for a track. Files are created, or replaced.
    ///
    /// # Errors
    /// When the device or file cannot be opened.
    pub fn open(&self, track: &TrackInfo) -> Result<Box<dyn Output>, OutputError> {
        self.open_on(None, track)
    }

    /// [`OutputSpec::open`], the speaker being the sound device of that name: its
    /// id, its name, or a part of either that fits no other.
    ///
    /// # Errors
    /// When the device or file cannot be opened, or the name fits no device.
    pub fn open_on(
        &self,
        device: Option<&str>,
        track: &TrackInfo,
    ) -> Result<Box<dyn Output>, OutputError> {
        Ok(match self {
            Self::Speaker => Box::new(speaker::Speaker::open(device, track)?),
            Self::Null => Box::new(null::Null::new(track)),
            Self::Wav(path) => Box::new(wav::Wav::create(path, track)?),
            Self::Mp3(path) => Box::new(frames::Frames::create(path)?),
            Self::Stdout => Box::new(frames::Frames::stdout()),
        })
    }
}

/// The text names no output.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no output: say `speaker`, `null`, `FILE.wav`, `FILE.mp3`, or `-` for MP3 to \
     standard output"
)]
pub struct ParseOutputError(String);

impl FromStr for OutputSpec {
    type Err = ParseOutputError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "speaker" => return Ok(Self::Speaker),
            "null" => return Ok(Self::Null),
            "-" => return Ok(Self::Stdout),
            _ => {}
        }
        let extension = Path::new(text)
            .extension()
            .map(|extension| extension.to_string_lossy().to_ascii_lowercase());
        match extension.as_deref() {
            Some("wav") => Ok(Self::Wav(text.into())),
            Some("mp3") => Ok(Self::Mp3(text.into())),
            _ => Err(ParseOutputError(text.to_owned())),
        }
    }
}

impl fmt::Display for OutputSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Speaker => f.write_str("speaker"),
            Self::Null => f.write_str("null"),
            Self::Wav(path) | Self::Mp3(path) => path.display().fmt(f),
            Self::Stdout => f.write_str("-"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_back() {
        for (text, spec, paced) in [
            ("speaker", OutputSpec::Speaker, true),
            ("null", OutputSpec::Null, true),
            ("-", OutputSpec::Stdout, false),
            ("a b/c.wav", OutputSpec::Wav("a b/c.wav".into()), false),
            ("C.WAV", OutputSpec::Wav("C.WAV".into()), false),
            ("x.y.mp3", OutputSpec::Mp3("x.y.mp3".into()), false),
        ] {
            assert_eq!(text.parse(), Ok(spec.clone()));
            assert_eq!(spec.to_string(), text);
            assert_eq!(spec.is_paced(), paced);
        }
        assert_eq!(OutputSpec::default(), OutputSpec::Speaker);
    }

    #[test]
    fn what_is_none_gets_the_list() {
        for text in ["", "out.ogg", "wav", ".wav", "speakers"] {
            let error = text.parse::<OutputSpec>().unwrap_err().to_string();
            for possible in ["speaker", "null", "FILE.wav", "FILE.mp3", "`-`"] {
                assert!(error.contains(possible), "{error}");
            }
        }
    }
}
