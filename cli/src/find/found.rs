//! What was found, and where it is.

use std::path::{Path, PathBuf};

use segue_core::playback::Playable;
use segue_core::track::TrackInfo;
use segue_transport::{LocalFile, TrackEntry};

use super::FindError;
use crate::{live, print};

/// A track to play, and where it is.
#[derive(Clone, Debug)]
pub enum Found {
    /// At peers.
    Peers(TrackEntry),
    /// In a file of this machine.
    File(Box<LocalFile>),
    /// In a file that was not read yet.
    Unread(Unread),
}

/// A file that is to be read when its turn comes nearer.
#[derive(Clone, Debug)]
pub struct Unread {
    pub path: PathBuf,
    /// Named itself, not found in a folder or playlist: that it cannot be played
    /// is a failure.
    pub named: bool,
}

impl Unread {
    /// Reads it once, to know what it is.
    pub fn read(&self) -> Result<LocalFile, FindError> {
        LocalFile::read(&self.path).map_err(|source| FindError::File {
            path: self.path.clone(),
            source,
        })
    }
}

impl Found {
    /// The track, if it is known by now.
    pub fn track(&self) -> Option<&TrackInfo> {
        match self {
            Self::Peers(entry) => Some(&entry.track),
            Self::File(file) => Some(file.track()),
            Self::Unread(_) => None,
        }
    }

    /// The file of this machine that it is in.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::Peers(_) => None,
            Self::File(file) => Some(file.path()),
            Self::Unread(unread) => Some(&unread.path),
        }
    }
}

/// Reads all files that were not read yet, for those who must know all tracks
/// before the first. What cannot be played is told, and left out.
pub fn read_all(found: Vec<Found>) -> Result<Vec<Found>, FindError> {
    let spinner = live::spinner("reading the files");
    let mut known = Vec::new();
    for one in found {
        match &one {
            Found::Unread(unread) => match unread.read() {
                Ok(file) => known.push(Found::File(Box::new(file))),
                Err(error) if unread.named => return Err(error),
                Err(error) => spinner.suspend(|| print::note(&format!("segue: {error}"))),
            },
            _ => known.push(one),
        }
    }
    spinner.finish_and_clear();
    Ok(known)
}
