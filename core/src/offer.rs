//! What a node shares, made ready to be handed to it.

use std::collections::BTreeMap;

use crate::catalog::Catalog;
use crate::seeder::Served;
use crate::track::{TrackId, TrackInfo};

/// What a node shares: a catalog for others and what the seeder must know.
///
/// Making one takes milliseconds per thousand tracks; handing it to a node takes
/// next to nothing. So drivers of large libraries make it outside of the thread
/// that serves.
#[derive(Clone, Debug, Default)]
pub struct Offer {
    pub(crate) catalog: Catalog,
    pub(crate) served: BTreeMap<TrackId, Served>,
}

impl Offer {
    /// An offer of these tracks.
    pub fn new<'a>(tracks: impl IntoIterator<Item = &'a TrackInfo>) -> Self {
        let tracks: Vec<_> = tracks.into_iter().collect();
        let served = tracks.iter().map(|track| (track.id, Served::from(*track)));
        Self {
            served: served.collect(),
            catalog: Catalog::new(tracks),
        }
    }

    /// Serves a track without announcing it: one that left the share while
    /// somebody listens to it.
    pub fn serve_too(&mut self, track: &TrackInfo) {
        self.served.insert(track.id, Served::from(track));
    }
}
