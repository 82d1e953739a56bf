//! Tracks of other peers, as entries of a queue.

use std::sync::Arc;
use std::time::Duration;

use segue_core::playback::{FrameSource, Gone, OpenError, Opening, Playable, Playback, Start};
use segue_core::track::TrackInfo;

use crate::line::Line;
use crate::peer::Peer;
use crate::session::{self, Frames, Session, SessionOptions};

/// What a program adds to each session that a queue opens: it alone has
/// policies, and it alone watches.
pub trait SessionHost: Send + Sync {
    /// How to play this track: with a policy of its own, see
    /// [`SessionOptions::new`]. Called for each session: for a track, and for
    /// each seek in it.
    ///
    /// # Errors
    /// When there is no policy to play it with.
    fn options(
        &self,
        track: &TrackInfo,
        opening: Opening,
    ) -> Result<SessionOptions, Box<dyn std::error::Error + Send + Sync>>;

    /// A session was opened. Dropping it ends it; once the queue left it, its
    /// report is all that is left of it ([`Session::close`]).
    fn opened(&self, track: &TrackInfo, session: Session);
}

/// A track that other peers have.
#[derive(Clone)]
pub struct Remote {
    track: TrackInfo,
    line: Line,
    host: Arc<dyn SessionHost>,
}

impl Remote {
    /// Of this track, played by `peer` for `host`.
    pub fn new(peer: &Peer, track: TrackInfo, host: Arc<dyn SessionHost>) -> Self {
        Self {
            track,
            line: peer.line(),
            host,
        }
    }

    fn session(&self, opening: Opening, instead_of: Option<&Frames>) -> Result<Frames, OpenError> {
        let failed = |error| OpenError::new(&self.track, error);
        let options = self.host.options(&self.track, opening).map_err(failed)?;
        let (session, frames) =
            session::open(&self.line, options, instead_of.map(|frames| frames.id))
                .map_err(|error| OpenError::new(&self.track, error))?;
        self.host.opened(&self.track, session);
        Ok(frames)
    }
}

impl Playable for Remote {
    fn track(&self) -> &TrackInfo {
        &self.track
    }

    fn open(&self, opening: Opening) -> Result<Box<dyn FrameSource>, OpenError> {
        Ok(Box::new(RemoteFrames {
            frames: self.session(opening, None)?,
            remote: self.clone(),
            paced: opening.paced,
        }))
    }
}

/// The frames of one session after the other: a policy sees the music go
/// forwards only, so that each seek takes a fresh one. What is here stays here.
struct RemoteFrames {
    frames: Frames,
    remote: Remote,
    paced: bool,
}

impl FrameSource for RemoteFrames {
    fn track(&self) -> &TrackInfo {
        &self.remote.track
    }

    fn ask(&mut self) {
        self.frames.ask();
    }

    fn next(&mut self, patience: Duration) -> Result<Option<Playback>, Gone> {
        self.frames.next(patience)
    }

    fn is_fetched(&self) -> bool {
        self.frames.is_fetched()
    }

    fn pause(&mut self, paused: bool) {
        self.frames.pause(paused);
    }

    fn seek(&mut self, start: Start) -> Result<(), OpenError> {
        let opening = Opening {
            start,
            paced: self.paced,
        };
        self.frames = self.remote.session(opening, Some(&self.frames))?;
        Ok(())
    }
}
