//! A source that is open already, as an entry of a queue.

use std::sync::{Mutex, PoisonError};

use segue_core::playback::{FrameSource, OpenError, Opening, Playable, Start};
use segue_core::track::TrackInfo;

/// A source that is open already: it can be played once.
pub fn opened(source: impl FrameSource + 'static) -> impl Playable {
    Opened {
        track: source.track().clone(),
        source: Mutex::new(Some(Box::new(source))),
    }
}

struct Opened {
    track: TrackInfo,
    source: Mutex<Option<Box<dyn FrameSource>>>,
}

impl Playable for Opened {
    fn track(&self) -> &TrackInfo {
        &self.track
    }

    fn open(&self, opening: Opening) -> Result<Box<dyn FrameSource>, OpenError> {
        let source = self
            .source
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let mut source =
            source.ok_or_else(|| OpenError::new(&self.track, "it was played already"))?;
        if opening.start != Start::BEGINNING {
            source.seek(opening.start)?;
        }
        Ok(source)
    }
}
