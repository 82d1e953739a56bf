//! What can go wrong with an output.

use std::path::PathBuf;

/// An output failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OutputError {
    /// There is no sound device, or it does not open.
    #[error(
        "the sound device does not open: {0}. Play without one: `-o null` keeps time in \
         silence, `-o out.wav` writes the sound to a file"
    )]
    Device(#[source] cpal::Error),
    /// There is no sound device at all.
    #[error(
        "this machine has no sound device. Play without one: `-o null` keeps time in silence, \
         `-o out.wav` writes the sound to a file"
    )]
    NoDevice,
    /// The name fits no sound device, or several.
    #[error("{}", unnamed(wanted, fitting, there))]
    Unnamed {
        /// The name.
        wanted: String,
        /// The ids that it fits.
        fitting: Vec<String>,
        /// The ids of all that are there.
        there: Vec<String>,
    },
    /// The device speaks a sample format that no one here does.
    #[error("the sound device wants {0} samples, which Segue cannot give; try `-o out.wav`")]
    SampleFormat(String),
    /// The device went away or stopped asking.
    #[error(
        "the sound device `{name}` is gone: {reason} Choose another as the system's default and \
         play again"
    )]
    DeviceLost {
        /// Its name.
        name: String,
        /// What it said, or did not do.
        reason: String,
    },
    /// The track's sample rate cannot become the device's.
    #[error("cannot convert {from} Hz to the sound device's {to} Hz: {reason}")]
    Resample {
        /// The track's rate.
        from: u32,
        /// The device's rate.
        to: u32,
        /// What the resampler says.
        reason: String,
    },
    /// A file could not be created or written.
    #[error("cannot write `{}`: {source}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// A WAV file could not be created or written.
    #[error("cannot write `{}`: {source}", path.display())]
    Wav {
        /// Which file.
        path: PathBuf,
        /// Why not.
        source: hound::Error,
    },
    /// Whoever read our output closed it. Not a fault.
    #[error("the reader closed the pipe")]
    ReaderClosed,
}

fn unnamed(wanted: &str, fitting: &[String], there: &[String]) -> String {
    let (what, which) = match fitting {
        [] => ("no sound device is called", there),
        several => ("several sound devices fit", several),
    };
    let which: Vec<_> = which.iter().map(|id| format!("`{id}`")).collect();
    format!(
        "{what} `{wanted}`: say one of {}; `segue devices` tells more",
        which.join(", ")
    )
}
