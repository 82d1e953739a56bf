//! A track in memory: to serve what no library holds.

use std::io;
use std::sync::Arc;

use segue_core::mp3::PacketTable;
use segue_core::playback::Playable;
use segue_core::track::TrackInfo;

use crate::local::LocalFile;

/// A track in memory. Clones share it.
#[derive(Clone, Debug)]
pub struct Stock {
    track: TrackInfo,
    bytes: Arc<[u8]>,
    /// Where in the bytes each packet is; `None`: all of them are every packet.
    table: Option<Arc<PacketTable>>,
}

impl Stock {
    /// A track with nothing to hear: each packet is as long as its mean one.
    pub fn made(track: TrackInfo) -> Self {
        let bytes = (track.bytes / u64::from(track.packets.max(1))) as usize;
        Self {
            track,
            bytes: vec![0; bytes].into(),
            table: None,
        }
    }

    /// A file's track.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn read(file: &LocalFile) -> io::Result<Self> {
        Ok(Self {
            track: file.track().clone(),
            bytes: std::fs::read(file.path())?.into(),
            table: Some(file.shared_table()),
        })
    }

    /// What it is.
    pub fn track(&self) -> &TrackInfo {
        &self.track
    }

    /// A packet; `None` if there is none of that number.
    pub fn packet(&self, number: u32) -> Option<&[u8]> {
        match &self.table {
            None => (number < self.track.packets).then_some(&self.bytes),
            Some(table) => {
                let range = table.get(number)?;
                self.bytes.get(range.start as usize..range.end as usize)
            }
        }
    }
}
