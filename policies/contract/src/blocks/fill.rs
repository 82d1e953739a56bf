//! Filling a buffer before playing.

use std::ops::Range;

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
