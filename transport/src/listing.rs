//! All tracks of all peers, put together where somebody wants to see them: a
//! network thread has better things to do.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use segue_core::discovery::Page;
use segue_core::track::{TrackId, TrackInfo};

/// A track on the network, and who has it.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct TrackEntry {
    /// The track.
    #[serde(flatten)]
    pub track: TrackInfo,
    /// Data addresses of the peers that have it.
    pub peers: Vec<SocketAddr>,
}

/// What each peer shares, by its address.
pub type Catalogs = Vec<(SocketAddr, Vec<Page>)>;

/// All tracks by their ids, each once. What the first peer calls a track is what
/// it is called.
pub fn list(catalogs: &Catalogs) -> Vec<TrackEntry> {
    let mut tracks: BTreeMap<TrackId, TrackEntry> = BTreeMap::new();
    for (address, pages) in catalogs {
        for track in pages.iter().flat_map(|page| page.iter()) {
            let entry = tracks.entry(track.id).or_insert_with(|| TrackEntry {
                track: track.clone(),
                peers: Vec::new(),
            });
            if !entry.peers.contains(address) {
                entry.peers.push(*address);
            }
        }
    }
    tracks.into_values().collect()
}
