//! When a frame after a gap may be heard again.

/// Follows the bit reservoir across gaps.
///
/// A frame says how far its bits reach back (`main_data_begin`); it is complete
/// if the frames since the gap brought at least as many bytes. The first complete
/// frame still overlaps with a broken one, so sound starts with the second in a row.
#[derive(Debug, Clone)]
pub(super) struct Continuity {
    /// Main-data bytes since the gap.
    gathered: usize,
    /// Complete frames in a row, counted up to 2.
    run: u8,
}

/// Frames in a row that must be complete.
const ENOUGH: u8 = 2;

impl Continuity {
    /// Nothing came before: the silence in front is as good as a complete frame.
    pub(super) fn at_start() -> Self {
        Self {
            gathered: 0,
            run: ENOUGH - 1,
        }
    }

    /// Frames are missing here.
    pub(super) fn gap(&mut self) {
        self.gathered = 0;
        self.run = 0;
    }

    /// Takes the next frame; true when it may be heard.
    pub(super) fn admit(&mut self, main_data_begin: usize, main_data: usize) -> bool {
        let complete = self.gathered >= main_data_begin;
        self.gathered = self.gathered.saturating_add(main_data);
        self.run = if complete {
            (self.run + 1).min(ENOUGH)
        } else {
            0
        };
        self.run == ENOUGH
    }

    /// Whether the last frame could be heard.
    pub(super) fn is_sound(&self) -> bool {
        self.run == ENOUGH
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_track_sounds_from_its_first_frame() {
        let mut continuity = Continuity::at_start();
        assert!(continuity.admit(0, 300));
        assert!(continuity.admit(200, 300));
    }

    #[test]
    fn a_track_cut_from_a_longer_one_starts_muted() {
        let mut continuity = Continuity::at_start();
        assert!(!continuity.admit(100, 300));
        assert!(!continuity.admit(300, 300));
        assert!(continuity.admit(511, 300));
    }

    #[test]
    fn sound_returns_with_the_second_complete_frame() {
        let mut continuity = Continuity::at_start();
        continuity.admit(0, 300);
        continuity.gap();
        assert!(!continuity.is_sound());
        assert!(!continuity.admit(400, 300)); // reaches into the gap
        assert!(!continuity.admit(301, 300)); // one byte short
        assert!(!continuity.admit(600, 300)); // complete, the first
        assert!(continuity.admit(0, 300));
        assert!(continuity.is_sound());
    }

    #[test]
    fn without_a_reservoir_one_frame_stays_mute() {
        let mut continuity = Continuity::at_start();
        continuity.gap();
        assert!(!continuity.admit(0, 300));
        assert!(continuity.admit(0, 300));
    }

    #[test]
    fn an_incomplete_frame_breaks_the_run() {
        let mut continuity = Continuity::at_start();
        continuity.gap();
        assert!(!continuity.admit(0, 10));
        assert!(!continuity.admit(11, 10));
        assert!(!continuity.admit(20, 10));
        assert!(continuity.admit(30, 10));
    }
}
