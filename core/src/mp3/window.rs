//! A view of the next bytes of a file, so that a file is never in memory whole.

use std::io::{self, Read, Seek, SeekFrom};

const BUFFER_BYTES: usize = 256 * 1024;

/// Reads forward through part of a file and lets one look ahead.
pub(super) struct Window<R> {
    reader: R,
    buffer: Box<[u8]>,
    start: usize,
    filled: usize,
    position: u64,
    end: u64,
}

impl<R: Read + Seek> Window<R> {
    /// From the start of the file to `end`; what lies behind is never shown.
    pub(super) fn new(mut reader: R, end: u64) -> io::Result<Self> {
        reader.seek(SeekFrom::Start(0))?;
        let size = end.clamp(1, BUFFER_BYTES as u64) as usize;
        Ok(Self {
            reader,
            buffer: vec![0; size].into_boxed_slice(),
            start: 0,
            filled: 0,
            position: 0,
            end,
        })
    }

    /// Where in the file the next byte is.
    pub(super) fn position(&self) -> u64 {
        self.position
    }

    /// Bytes from here to the end.
    pub(super) fn remaining(&self) -> u64 {
        self.end - self.position
    }

    /// The next `wanted` bytes; fewer only at the end. `wanted` fits the buffer.
    pub(super) fn peek(&mut self, wanted: usize) -> io::Result<&[u8]> {
        let wanted = self.remaining().min(wanted as u64) as usize;
        if self.filled - self.start < wanted {
            self.buffer.copy_within(self.start..self.filled, 0);
            self.filled -= self.start;
            self.start = 0;
            while self.filled < wanted {
                match self.reader.read(&mut self.buffer[self.filled..]) {
                    // Somebody cut the file while we read: what is here is all.
                    Ok(0) => {
                        self.end = self.position + self.filled as u64;
                        break;
                    }
                    Ok(read) => self.filled += read,
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(error) => return Err(error),
                }
            }
        }
        let shown = wanted.min(self.filled - self.start);
        Ok(&self.buffer[self.start..self.start + shown])
    }

    /// Steps forward, at most to the end.
    pub(super) fn advance(&mut self, bytes: u64) -> io::Result<()> {
        let bytes = bytes.min(self.remaining());
        self.position += bytes;
        if bytes <= (self.filled - self.start) as u64 {
            self.start += bytes as usize;
        } else {
            self.reader.seek(SeekFrom::Start(self.position))?;
            self.start = 0;
            self.filled = 0;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    #[test]
    fn looks_and_steps_through_a_file() {
        let file: Vec<u8> = (0..600_000_u32).map(|i| (i % 251) as u8).collect();
        let end = 599_000;
        let mut window = Window::new(Cursor::new(&file), end).expect("in memory");
        let mut at = 0_usize;
        for step in [0, 5, 1000, 300_000, 1, 17, 250_000, 40_000, 7000, 977] {
            window.advance(step).expect("in memory");
            at += step as usize;
            let expected = &file[at..(at + 4000).min(end as usize)];
            assert_eq!(window.peek(4000).expect("in memory"), expected);
            assert_eq!(window.position(), at as u64);
        }
        assert_eq!(window.remaining(), 0);
    }

    #[test]
    fn a_file_shorter_than_promised_just_ends() {
        let mut window = Window::new(Cursor::new([7; 10]), 30).expect("in memory");
        assert_eq!(window.peek(20).expect("in memory"), [7; 10]);
        window.advance(25).expect("in memory");
        assert_eq!(window.position(), 10);
        assert!(window.peek(20).expect("in memory").is_empty());
    }
}
