//! Filling a buffer before playing.

use std::ops::Range;

use crate::actions::Actions;
use crate::params::Values;
use crate::policy::Decision;
use crate::view::View;

/// What to do when the next packet is missing while later ones are here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Gaps {
    Skip,
    Refill,
}

/// The paper's buffer: before the start, and whenever the queue runs empty,
/// hold until the next W packets are here (or all that is left).
#[derive(Clone, Debug)]
pub struct Fill {
    share: f64,
    seconds: f64,
    gaps: Gaps,
    phase: Phase,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    New,
    /// Waiting for all packets below this one.
    Filling(u32),
    Playing,
}

impl Fill {
    /// From the parameters `buffer`, `buffer_s` and `gaps`.
    pub fn new(values: &Values<'_>) -> Self {
        Self {
            share: values.number("buffer"),
            seconds: values.number("buffer_s"),
            gaps: match values.choice("gaps") {
                "skip" => Gaps::Skip,
                _ => Gaps::Refill,
            },
            phase: Phase::New,
        }
    }

    /// The W packets from the playhead on, cut at the end of the track:
    /// W = floor(buffer × packets), at least 1.
    pub fn window(&self, view: &View<'_>) -> Range<u32> {
        let wanted = if self.share > 0.0 {
            self.share * f64::from(view.packets())
        } else {
            self.seconds / view.packet_s()
        };
        let size = (wanted as u32).max(1);
        let first = view.playhead();
        first..first.saturating_add(size).min(view.packets())
    }

    /// Starts the first fill. Answers whether it did so just now.
    pub fn begin(&mut self, view: &View<'_>) -> bool {
        let new = self.phase == Phase::New;
        if new {
            self.phase = Phase::Filling(self.window(view).end);
        }
        new
    }

    /// While filling: the packets that are waited for.
    pub fn waits_for(&self, view: &View<'_>) -> Option<Range<u32>> {
        match self.phase {
            Phase::Filling(end) => Some(view.playhead()..end),
            _ => None,
        }
    }

    /// Says what a policy that plays on need not be called for.
    #[inline]
    pub fn let_play_on(&self, actions: &mut Actions<'_>) {
        if self.phase == Phase::Playing {
            actions.let_frames_play();
        }
    }

    /// Ends the fill if every packet of it is here, or below `lost`: known to
    /// be lost for good.
    pub fn end_if_full(&mut self, view: &View<'_>, lost: u32) {
        if let Phase::Filling(end) = self.phase {
            let open = view.next_missing(view.playhead().max(lost));
            if open.is_none_or(|packet| packet >= end) {
                self.phase = Phase::Playing;
            }
        }
    }

    /// What to do now that the device wants a frame: wait for the fill, play
    /// on, leave a gap out, or start to fill again. Packets below `lost` that
    /// are not here will never come.
    pub fn play(&mut self, view: &View<'_>, lost: u32) -> Decision {
        let next = view.next_here();
        let next_is_here = next == Some(view.playhead());
        if !view.paced() && self.gaps == Gaps::Refill && next_is_here {
            return Decision::Play; // a file needs no buffer
        }
        if matches!(self.phase, Phase::Filling(_)) {
            return Decision::Hold;
        }
        match next {
            Some(_) if next_is_here => Decision::Play,
            Some(packet) if self.gaps == Gaps::Skip || packet <= lost => Decision::SkipTo(packet),
            None if lost == view.packets() => Decision::SkipTo(lost),
            _ => {
                self.phase = Phase::Filling(self.window(view).end);
                Decision::Hold
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Param;
    use crate::blocks::{BUFFER, BUFFER_S, GAPS_SKIP};
    use crate::testing::{Scene, Settings};

    const PARAMS: &[Param] = &[BUFFER, BUFFER_S, GAPS_SKIP];
    const REFILL: f64 = 1.0;

    fn fill(changed: &[(&str, f64)]) -> Fill {
        let settings = Settings::new(PARAMS, changed);
        Fill::new(&settings.values(PARAMS))
    }

    #[test]
    fn the_window_is_the_floor_of_the_share_and_at_least_one() {
        let mut scene = Scene::new(28_000, 0);
        assert_eq!(fill(&[("buffer", 0.05)]).window(&scene.view()), 0..1400);
        scene.packets = 119;
        assert_eq!(fill(&[("buffer", 0.05)]).window(&scene.view()), 0..5);
        assert_eq!(fill(&[("buffer", 1e-9)]).window(&scene.view()), 0..1);
        scene.playhead = 118;
        assert_eq!(fill(&[("buffer", 0.5)]).window(&scene.view()), 118..119);
        scene.playhead = 119;
        assert!(fill(&[("buffer", 0.5)]).window(&scene.view()).is_empty());
    }

    #[test]
    fn without_a_share_seconds_count() {
        let scene = Scene::new(28_000, 0); // of 20 ms
        assert_eq!(fill(&[("buffer_s", 1.0)]).window(&scene.view()), 0..50);
        assert_eq!(fill(&[("buffer_s", 0.0)]).window(&scene.view()), 0..1);
        assert_eq!(
            fill(&[("buffer_s", 3600.0)]).window(&scene.view()),
            0..28_000
        );
    }

    #[test]
    fn it_begins_once_and_ends_when_full() {
        let mut fill = fill(&[("buffer", 0.1)]);
        let mut scene = Scene::new(100, 0);
        assert_eq!(fill.waits_for(&scene.view()), None);
        assert!(fill.begin(&scene.view()));
        assert!(!fill.begin(&scene.view()));
        assert_eq!(fill.waits_for(&scene.view()), Some(0..10));
        scene.put((0..10).filter(|&n| n != 6));
        fill.end_if_full(&scene.view(), 0);
        assert_eq!(fill.play(&scene.view(), 0), Decision::Hold);
        fill.end_if_full(&scene.view(), 6);
        assert_eq!(
            fill.waits_for(&scene.view()),
            Some(0..10),
            "6 is not below 6"
        );
        fill.end_if_full(&scene.view(), 7);
        assert_eq!(fill.waits_for(&scene.view()), None);
        assert_eq!(fill.play(&scene.view(), 7), Decision::Play);
    }

    #[test]
    fn a_gap_is_left_out_or_filled() {
        for (gaps, expected) in [(0.0, Decision::SkipTo(5)), (REFILL, Decision::Hold)] {
            let mut fill = fill(&[("buffer", 0.1), ("gaps", gaps)]);
            let mut scene = Scene::new(100, 0);
            scene.put((0..20).filter(|&n| n != 4));
            fill.begin(&scene.view());
            fill.end_if_full(&scene.view(), 5);
            scene.playhead = 4;
            assert_eq!(fill.play(&scene.view(), 0), expected);
            let refills = (gaps == REFILL).then_some(4..14);
            assert_eq!(fill.waits_for(&scene.view()), refills);
        }
    }

    #[test]
    fn a_gap_that_is_lost_for_good_is_left_out_in_any_case() {
        let mut fill = fill(&[("buffer", 0.1), ("gaps", REFILL)]);
        let mut scene = Scene::new(100, 0);
        scene.put(5..20);
        fill.begin(&scene.view());
        fill.end_if_full(&scene.view(), 5);
        assert_eq!(fill.play(&scene.view(), 5), Decision::SkipTo(5));
    }

    #[test]
    fn the_track_ends_when_the_rest_is_lost() {
        let mut fill = fill(&[("buffer", 0.1)]);
        let mut scene = Scene::new(100, 0);
        scene.playhead = 98;
        fill.begin(&scene.view());
        fill.end_if_full(&scene.view(), 100);
        assert_eq!(fill.play(&scene.view(), 100), Decision::SkipTo(100));
    }

    #[test]
    fn a_file_needs_no_buffer() {
        let mut fill = fill(&[("buffer", 0.1), ("gaps", REFILL)]);
        let mut scene = Scene::new(100, 0);
        scene.paced = false;
        scene.put(0..1);
        fill.begin(&scene.view());
        assert_eq!(fill.play(&scene.view(), 0), Decision::Play);
        scene.playhead = 1;
        assert_eq!(fill.play(&scene.view(), 0), Decision::Hold);
    }
}
