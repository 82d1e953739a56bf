//! Noticing changes without looking through it all.

use segue_playout::{Controls, Progress};
use segue_transport::{Changes, Library, Peer, Vitals};

/// Notices that something about a [`crate::Jukebox`] changed. Asking costs little.
#[derive(Clone)]
pub struct Pulse {
    peers: Changes,
    vitals: Vitals,
    controls: Controls,
    library: Library,
}

/// What a [`Pulse`] saw. Two that are equal mean that nothing changed.
#[derive(Clone, Debug, PartialEq)]
pub struct Beat {
    /// See [`Peer::changes`].
    pub peers: u64,
    /// See [`Vitals::hangs`].
    pub hangs: bool,
    /// How playing goes.
    pub progress: Progress,
    /// Tracks shared, files found and files still to be read.
    pub library: (usize, usize, usize),
}

impl Pulse {
    pub(crate) fn of(peer: &Peer, controls: &Controls, library: &Library) -> Self {
        Self {
            peers: peer.count_of_changes(),
            vitals: peer.vitals(),
            controls: controls.clone(),
            library: library.clone(),
        }
    }

    /// How it stands now.
    pub fn beat(&self) -> Beat {
        let library = self.library.status();
        Beat {
            peers: self.peers.count(),
            hangs: self.vitals.hangs(),
            progress: self.controls.progress(),
            library: (library.tracks, library.found, library.to_index),
        }
    }
}
