//! Packet tables from the database, one by one.

use std::path::PathBuf;

use rusqlite::{Connection, OpenFlags, OptionalExtension};
use segue_core::mp3::PacketTable;
use segue_core::track::TrackInfo;

use super::connect;

/// The database, for those who serve.
#[derive(Debug)]
pub(crate) struct Tables {
    path: PathBuf,
    connection: Option<Connection>,
}

impl Tables {
    pub(super) fn new(path: PathBuf) -> Self {
        Self {
            path,
            connection: None,
        }
    }

    /// The table that is kept under this id; `None` if it is not there, or not
    /// this track's.
    pub fn load(&mut self, id: i64, of: &TrackInfo) -> Option<PacketTable> {
        let table = self.read(id, of);
        if table.is_some() {
            return table;
        }
        self.connection = None; // the database may have been made anew
        self.read(id, of)
    }

    fn read(&mut self, id: i64, of: &TrackInfo) -> Option<PacketTable> {
        if self.connection.is_none() {
            self.connection = connect(&self.path, OpenFlags::empty())
                .inspect_err(|error| tracing::debug!("library cache: {error}"))
                .ok();
        }
        let bytes: Vec<u8> = self
            .connection
            .as_ref()?
            .prepare_cached("SELECT packets FROM tables WHERE file = ?")
            .and_then(|mut query| query.query_row([id], |row| row.get(0)).optional())
            .inspect_err(|error| tracing::debug!("library cache: {error}"))
            .ok()??;
        PacketTable::from_bytes(&bytes, of)
    }
}
