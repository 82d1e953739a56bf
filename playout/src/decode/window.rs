//! Which of the decoded samples are the music.

use std::ops::Range;

/// Walks over the decoded samples and says which to keep.
#[derive(Debug, Clone)]
pub(super) struct Window {
    start: u64,
    end: u64,
    position: u64,
}

impl Window {
    /// The music is `length` samples from `start` on.
    pub(super) fn new(start: u64, length: u64) -> Self {
        Self {
            start,
            end: start.saturating_add(length),
            position: 0,
        }
    }

    /// The same from a place in the middle: decoding starts at `position`, and
    /// nothing before `heard` is kept; that may be all there is.
    pub(super) fn from(self, position: u64, heard: u64) -> Self {
        Self {
            start: self.start.max(heard).min(self.end),
            position,
            ..self
        }
    }

    /// The next `count` decoded samples pass: which of them to keep.
    pub(super) fn take(&mut self, count: usize) -> Range<usize> {
        let within = |edge: u64| (edge.saturating_sub(self.position)).min(count as u64) as usize;
        let kept = within(self.start)..within(self.end);
        self.position = self.position.saturating_add(count as u64);
        kept
    }

    /// Samples of the music that did not pass yet.
    pub(super) fn missing(&self) -> usize {
        usize::try_from(self.end.saturating_sub(self.position.max(self.start)))
            .unwrap_or(usize::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_are_cut() {
        let mut window = Window::new(1105, 2000);
        assert_eq!(window.take(1152), 1105..1152);
        assert_eq!(window.take(1152), 0..1152);
        assert_eq!(window.missing(), 801);
        assert_eq!(window.take(1152), 0..801);
        assert_eq!(window.take(1152), 0..0);
        assert_eq!(window.missing(), 0);
    }

    #[test]
    fn a_place_behind_the_end_leaves_nothing() {
        let mut window = Window::new(1105, 2000).from(2304, 4000);
        assert_eq!(window.take(1152), 801..801);
        assert_eq!(window.take(1152), 0..0);
        assert_eq!(window.missing(), 0);
    }

    #[test]
    fn a_start_beyond_the_first_packet() {
        let mut window = Window::new(600, 600);
        assert!(window.take(576).is_empty());
        assert_eq!(window.missing(), 600);
        assert_eq!(window.take(576), 24..576);
        assert_eq!(window.take(576), 0..48);
    }
}
