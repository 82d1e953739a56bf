//! An indexed track as bytes, for caches.

use super::IndexedTrack;
use crate::catalog::is_sane;
use crate::mp3::Notes;
use crate::track::TrackInfo;
use crate::{seal, wire};

/// Grows when a file would be indexed to something else than before, or kept in
/// another form: what older programs kept is of no use then.
pub const VERSION: u32 = 1;

const CONTEXT: &[u8] = b"segue indexed track";

impl IndexedTrack {
    /// What is known of a track but its table, as bytes for a cache. The table
    /// has a form of its own ([`crate::mp3::PacketTable::to_bytes`]), for it is
    /// large and seldom needed.
    pub fn parts_to_bytes(info: &TrackInfo, notes: &Notes) -> Vec<u8> {
        let mut bytes = wire::encode_part(info);
        bytes.extend(wire::encode_part(notes));
        seal::close(CONTEXT, bytes)
    }

    /// What [`IndexedTrack::parts_to_bytes`] wrote; `None` if it is anything
    /// else.
    pub fn parts_from_bytes(bytes: &[u8]) -> Option<(TrackInfo, Notes)> {
        let bytes = seal::open(CONTEXT, bytes)?;
        let (info, rest) = wire::decode_part(bytes)?;
        let (notes, rest) = wire::decode_part(rest)?;
        (is_sane(&info) && rest.is_empty()).then_some((info, notes))
    }
}

impl TrackInfo {
    /// The same track in a file of another name.
    #[must_use]
    pub fn renamed(mut self, name: &str) -> Self {
        self.name = super::label(name);
        self
    }
}
