//! What is shared at one time, as those who serve it get it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use segue_core::mp3::{Notes, PacketTable};
use segue_core::offer::Offer;
use segue_core::track::{TrackId, TrackInfo};

use super::cache::Tables;
use super::stamp::Stamp;

/// One state of a file that is shared.
#[derive(Debug)]
pub(crate) struct SharedFile {
    /// No other state of any file of this library has it.
    pub number: u64,
    pub path: PathBuf,
    pub stamp: Stamp,
    pub info: TrackInfo,
    pub notes: Notes,
    pub table: Table,
}

/// Where a packet table is.
#[derive(Debug)]
pub(crate) enum Table {
    /// In memory, for there is no cache.
    Held(Arc<PacketTable>),
    /// In the cache, under this id.
    Kept(i64),
}

/// Files by the track in them.
pub(crate) type Files = BTreeMap<TrackId, Arc<SharedFile>>;

/// All that is shared from now on.
pub(crate) struct Edition {
    pub files: Arc<Files>,
    pub offer: Offer,
    /// A way to tables in the cache.
    pub tables: Option<Tables>,
}
