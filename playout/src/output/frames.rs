//! MP3 frames to a file or a pipe, untouched.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

use segue_core::track::TrackInfo;

use super::{Media, Output, OutputError, Takes};

/// Writes each frame as soon as it comes, so that a player on the other end of a
/// pipe starts at once. Its back-pressure is our clock: a write waits for it.
pub(super) struct Frames<W> {
    name: String,
    writer: W,
}

impl Frames<File> {
    pub(super) fn create(path: &Path) -> Result<Self, OutputError> {
        let writer = File::create(path).map_err(|source| OutputError::File {
            path: path.to_owned(),
            source,
        })?;
        Ok(Self {
            name: path.display().to_string(),
            writer,
        })
    }
}

impl Frames<io::Stdout> {
    pub(super) fn stdout() -> Self {
        Self {
            name: "standard output".to_owned(),
            writer: io::stdout(),
        }
    }
}

impl<W: Write + Send> Frames<W> {
    fn checked(&self, result: io::Result<()>) -> Result<(), OutputError> {
        result.map_err(|source| {
            if source.kind() == io::ErrorKind::BrokenPipe {
                OutputError::ReaderClosed
            } else {
                OutputError::File {
                    path: self.name.clone().into(),
                    source,
                }
            }
        })
    }
}

impl<W: Write + Send> Output for Frames<W> {
    fn name(&self) -> &str {
        &self.name
    }

    fn paced(&self) -> bool {
        false
    }

    fn takes(&self) -> Takes {
        Takes::Frames
    }

    fn due_in(&mut self) -> Result<Duration, OutputError> {
        Ok(Duration::ZERO)
    }

    fn write(&mut self, media: Media<'_>) -> Result<(), OutputError> {
        let Media::Frame(frame) = media else {
            debug_assert!(false, "this output takes frames");
            return Ok(());
        };
        let result = self
            .writer
            .write_all(frame)
            .and_then(|()| self.writer.flush());
        self.checked(result)
    }

    fn begin(&mut self, _: &TrackInfo) -> Result<Duration, OutputError> {
        // A stream of frames may change its shape: readers look at each header.
        Ok(Duration::ZERO)
    }

    fn finish_in(&mut self) -> Result<Duration, OutputError> {
        let result = self.writer.flush();
        self.checked(result)?;
        Ok(Duration::ZERO)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Notes each write and flush; breaks after some bytes.
    struct Pipe {
        written: Vec<u8>,
        flushes: usize,
        room: usize,
    }

    impl Write for Pipe {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if self.room == 0 {
                return Err(io::ErrorKind::BrokenPipe.into());
            }
            let taken = bytes.len().min(self.room);
            self.room -= taken;
            self.written.extend_from_slice(&bytes[..taken]);
            Ok(taken)
        }

        fn flush(&mut self) -> io::Result<()> {
            self.flushes += 1;
            Ok(())
        }
    }

    #[test]
    fn each_frame_is_flushed_and_a_closed_pipe_is_told() {
        let mut output = Frames {
            name: "pipe".to_owned(),
            writer: Pipe {
                written: Vec::new(),
                flushes: 0,
                room: 5,
            },
        };
        output.write(Media::Frame(&[1, 2])).unwrap();
        assert_eq!(output.writer.flushes, 1);
        output.write(Media::Frame(&[3, 4])).unwrap();
        assert_eq!(output.writer.flushes, 2);
        assert_eq!(output.writer.written, [1, 2, 3, 4]);
        assert!(matches!(
            output.write(Media::Frame(&[5, 6])),
            Err(OutputError::ReaderClosed)
        ));
    }
}
