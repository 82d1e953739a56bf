//! Fetching packets as fast as the network gives them.

use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use segue_core::playback::{FrameSource, Opening, Playback, Start};
use segue_core::track::TrackInfo;
use segue_stage::{Chosen, lost};
use segue_transport::{Peer, SessionOptions};

use super::{CopyError, Part};
use crate::error::Error;

/// How soon an interruption is noticed.
const LOOK: Duration = Duration::from_millis(50);
/// Packets between two looks at how it goes.
const SHOWN: u32 = 64;
/// A policy that leaves packets out is asked for them again so often.
const TRIES: u32 = 10;

/// How to fetch.
pub struct Fetch<'a> {
    pub peer: &'a Peer,
    pub track: &'a TrackInfo,
    pub chosen: &'a Chosen,
    /// Give up when nothing comes for so long, seconds.
    pub patience_s: f64,
    pub interrupted: &'a Receiver<()>,
}

/// Why a session ended.
enum End {
    All,
    /// A packet was left out.
    Gap,
    /// What came is no frame.
    Wrong,
}

/// Fetches what is not in the part yet; `progress` is told how many packets are.
/// `Ok(false)`: what came cannot be the track.
pub fn fetch(
    fetch: &Fetch<'_>,
    part: &mut Part,
    mut progress: impl FnMut(u32),
) -> Result<bool, Error> {
    for _ in 0..TRIES {
        let before = part.packets_here();
        progress(before);
        if before >= fetch.track.packets {
            return Ok(true);
        }
        match fetch.session(part, &mut progress)? {
            End::Wrong => return Ok(false),
            End::All | End::Gap => {}
        }
    }
    match part.packets_here() >= fetch.track.packets {
        true => Ok(true),
        false => Err(Error::LeftOut),
    }
}

impl Fetch<'_> {
    fn session(&self, part: &mut Part, progress: &mut impl FnMut(u32)) -> Result<End, Error> {
        let opening = Opening {
            start: Start {
                packet: part.packets_here(),
                preroll: 0,
            },
            paced: false,
        };
        let policy = self.chosen.policy()?;
        let options = SessionOptions::new(self.track.clone(), opening, policy);
        let (session, mut frames) = self.peer.play(options)?;
        let mut last = Instant::now();
        frames.ask();
        loop {
            if self.interrupted.try_recv().is_ok() {
                return Err(Error::Interrupted);
            }
            let step = frames.next(LOOK);
            let step = step.map_err(|_| segue_transport::PeerError::Gone)?;
            match step {
                Some(Playback::Frame { packet, bytes }) => {
                    if packet != part.packets_here() {
                        return Ok(End::Gap);
                    }
                    if !part.push(&bytes)? {
                        return Ok(End::Wrong);
                    }
                    last = Instant::now();
                    if part.packets_here().is_multiple_of(SHOWN) {
                        progress(part.packets_here());
                    }
                    frames.ask();
                }
                Some(Playback::Conceal { .. } | Playback::Skip { .. }) => return Ok(End::Gap),
                Some(Playback::End) => {
                    drop(session);
                    progress(part.packets_here());
                    return Ok(End::All);
                }
                Some(Playback::Hold) | None => {}
            }
            if last.elapsed().as_secs_f64() > self.patience_s {
                let status = session.status().map(|now| now.status);
                let why = lost::why(status.as_ref(), self.patience_s);
                return Err(Error::Abandoned(why));
            }
        }
    }
}

impl From<CopyError> for Error {
    fn from(error: CopyError) -> Self {
        Self::Copy(error)
    }
}
