//! Tracks on their way: opened in a thread of their own, so that neither a slow
//! disk nor a busy network keeps the player from its output or its listener.

use std::sync::mpsc::{self, Receiver, TryRecvError};
use std::thread;

use segue_core::playback::{FrameSource, OpenError, Opening, Start};
use segue_core::track::TrackInfo;

use super::PlayError;
use super::controls::Controls;
use super::queue::{Item, ItemId};

/// A place in the music.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    /// The first sample that is heard, per channel, of the music itself.
    pub(super) sample: u64,
    /// The packets that it takes.
    pub(super) start: Start,
}

impl Place {
    pub(super) const BEGINNING: Self = Self {
        sample: 0,
        start: Start::BEGINNING,
    };

    /// So many seconds into the track; undecoded frames need no others before
    /// them.
    pub(super) fn at(track: &TrackInfo, seconds: f64, decoded: bool) -> Self {
        let sample = (seconds.max(0.0) * f64::from(track.sample_rate)).round() as u64;
        if sample == 0 {
            return Self::BEGINNING;
        }
        let mut start = Start::at_sample(track, sample);
        if !decoded {
            start.preroll = 0;
        }
        Self { sample, start }
    }
}

/// An entry of the queue that is being opened, or is open.
pub(super) struct Ahead {
    pub(super) id: ItemId,
    pub(super) place: Place,
    coming: Receiver<Result<Box<dyn FrameSource>, OpenError>>,
    opened: Option<Result<Box<dyn FrameSource>, PlayError>>,
}

impl Ahead {
    /// Begins to open an entry; the player is woken when that is done.
    pub(super) fn begin(item: &Item, place: Place, paced: bool, controls: &Controls) -> Self {
        let (playable, controls) = (item.playable.clone(), controls.clone());
        let (sender, coming) = mpsc::channel();
        let opening = Opening {
            start: place.start,
            paced,
        };
        let started = thread::Builder::new()
            .name("segue-open".to_owned())
            .spawn(move || {
                // Nobody may want it any more.
                let _ = sender.send(playable.open(opening));
                controls.nudge();
            })
            .map_err(PlayError::Thread);
        Self {
            id: item.id,
            place,
            coming,
            opened: started.err().map(Err),
        }
    }

    /// Whether it is open, or cannot be opened.
    pub(super) fn is_ready(&mut self) -> bool {
        if self.opened.is_none() {
            self.opened = match self.coming.try_recv() {
                Ok(opened) => Some(opened.map_err(PlayError::from)),
                Err(TryRecvError::Empty) => None,
                Err(TryRecvError::Disconnected) => Some(Err(PlayError::Panicked)),
            };
        }
        self.opened.is_some()
    }

    /// The source, once [`Ahead::is_ready`] said so.
    pub(super) fn take(self) -> Result<Box<dyn FrameSource>, PlayError> {
        self.opened.unwrap_or(Err(PlayError::Panicked))
    }
}
