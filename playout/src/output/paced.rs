//! Gives an output that is always ready the speed of time.

use std::time::{Duration, Instant};

use segue_core::track::TrackInfo;

use super::null::Pace;
use super::{Media, Output, OutputError, Takes};

/// `inner`, taking packets at the speed of time: a session written to a file as
/// a listener would live through it. Holds are waited for, not written.
pub fn paced(inner: Box<dyn Output>, track: &TrackInfo) -> Box<dyn Output> {
    Box::new(Paced {
        inner,
        opened: Instant::now(),
        pace: Pace::new(track),
    })
}

struct Paced {
    inner: Box<dyn Output>,
    opened: Instant,
    pace: Pace,
}

impl Output for Paced {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn paced(&self) -> bool {
        true
    }

    fn takes(&self) -> Takes {
        self.inner.takes()
    }

    fn due_in(&mut self) -> Result<Duration, OutputError> {
        let due = self.pace.due().saturating_sub(self.opened.elapsed());
        Ok(due.max(self.inner.due_in()?))
    }

    fn hold(&mut self) {
        self.pace.hold();
        self.inner.hold();
    }

    fn write(&mut self, media: Media<'_>) -> Result<(), OutputError> {
        self.inner.write(media)?;
        self.pace.play(self.opened.elapsed(), media);
        Ok(())
    }

    fn begin(&mut self, track: &TrackInfo) -> Result<Duration, OutputError> {
        let wait = self.inner.begin(track)?;
        if wait.is_zero() {
            self.pace.begin(track);
        }
        Ok(wait)
    }

    fn finish_in(&mut self) -> Result<Duration, OutputError> {
        self.inner.finish_in()
    }

    fn underruns(&self) -> u64 {
        self.inner.underruns()
    }

    fn latency(&self) -> Option<Duration> {
        self.inner.latency()
    }

    fn trouble(&self) -> Option<&str> {
        self.inner.trouble()
    }
}
