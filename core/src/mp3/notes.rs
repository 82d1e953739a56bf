//! What was odd about a file that is a track all the same.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What was odd about a file that is a track all the same. Shown, it says so in
/// words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notes {
    /// Bytes that are neither frame nor tag.
    pub junk_bytes: u64,
    /// Bytes of the last frame if it is cut short; it is no packet.
    pub truncated_bytes: u32,
}

impl Notes {
    /// Whether nothing was odd.
    pub fn is_clean(&self) -> bool {
        *self == Self::default()
    }
}

impl fmt::Display for Notes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.junk_bytes > 0 {
            write!(f, "{} of garbage skipped", Size(self.junk_bytes))?;
        }
        if self.truncated_bytes > 0 {
            let and = if self.junk_bytes > 0 { ", " } else { "" };
            write!(f, "{and}the last frame is cut short")?;
        }
        Ok(())
    }
}

struct Size(u64);

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            bytes @ ..1000 => write!(f, "{bytes} bytes"),
            bytes @ ..1_000_000 => write!(f, "{:.0} kB", bytes as f64 / 1e3),
            bytes => write!(f, "{:.1} MB", bytes as f64 / 1e6),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damage_is_told_in_words() {
        let notes = |junk_bytes, truncated_bytes| Notes {
            junk_bytes,
            truncated_bytes,
        };
        assert!(notes(0, 0).is_clean());
        assert_eq!(notes(12, 0).to_string(), "12 bytes of garbage skipped");
        assert_eq!(
            notes(3_100_000, 7).to_string(),
            "3.1 MB of garbage skipped, the last frame is cut short"
        );
        assert_eq!(notes(0, 7).to_string(), "the last frame is cut short");
    }
}
