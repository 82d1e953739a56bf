//! Reading files, which may take long: a disk wakes up, a server is away. It is
//! done beside the network's thread.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::sync::{Arc, Mutex, PoisonError};

use segue_core::mp3::PacketTable;
use segue_core::track::TrackId;

use super::BLOCK_BYTES;
use crate::library::{SharedFile, Stamp, Table, Tables};

/// A file that is read, and where its packets are.
pub(super) struct Open {
    pub track: TrackId,
    pub file: File,
    pub table: Arc<PacketTable>,
}

/// The blocks of a file, by their numbers.
pub(super) type Blocks = Vec<(u64, Box<[u8]>)>;

/// What is to be read so that a packet can be sent.
pub struct Fetch {
    pub(super) shared: Arc<SharedFile>,
    pub(super) packet: u32,
    /// `None`: it is to be opened first.
    pub(super) open: Option<Arc<Open>>,
    pub(super) tables: Option<Arc<Mutex<Tables>>>,
}

/// What came of it.
pub struct Fetched {
    pub(super) shared: Arc<SharedFile>,
    pub(super) packet: u32,
    pub(super) result: io::Result<(Arc<Open>, Blocks)>,
}

impl Fetch {
    /// Reads. This may wait for a disk, as long as that takes. One at a time for
    /// each file.
    pub fn run(self) -> Fetched {
        Fetched {
            result: self.read(),
            shared: self.shared,
            packet: self.packet,
        }
    }

    fn read(&self) -> io::Result<(Arc<Open>, Blocks)> {
        let open = match &self.open {
            Some(open) => open.clone(),
            None => Arc::new(self.open()?),
        };
        let range = open.table.get(self.packet).ok_or(ErrorKind::NotFound)?;
        let blocks = range.start / BLOCK_BYTES..range.end.div_ceil(BLOCK_BYTES);
        let blocks = blocks.map(|block| Ok((block, self.read_block(&open.file, block)?)));
        let blocks = blocks.collect::<io::Result<Blocks>>()?;
        // Afterwards: a change while it was read counts, too.
        self.check(&open.file)?;
        Ok((open, blocks))
    }

    fn open(&self) -> io::Result<Open> {
        let shared = &self.shared;
        let file = File::open(&shared.path)?;
        let table = match &shared.table {
            Table::Held(table) => table.clone(),
            Table::Kept(id) => {
                let table = self.tables.as_ref().and_then(|tables| {
                    let mut tables = tables.lock().unwrap_or_else(PoisonError::into_inner);
                    tables.load(*id, &shared.info)
                });
                let lost = || io::Error::new(ErrorKind::InvalidData, "its index is lost");
                Arc::new(table.ok_or_else(lost)?)
            }
        };
        self.check(&file)?;
        Ok(Open {
            track: shared.info.id,
            file,
            table,
        })
    }

    /// Whoever replaces a file leaves us the old one, which is open; whoever
    /// writes into it does not.
    fn check(&self, file: &File) -> io::Result<()> {
        if Stamp::of(&file.metadata()?) == self.shared.stamp {
            Ok(())
        } else {
            Err(io::Error::new(ErrorKind::InvalidData, "it was changed"))
        }
    }

    fn read_block(&self, mut file: &File, block: u64) -> io::Result<Box<[u8]>> {
        let mut bytes = Vec::with_capacity(BLOCK_BYTES as usize);
        file.seek(SeekFrom::Start(block * BLOCK_BYTES))?;
        file.take(BLOCK_BYTES).read_to_end(&mut bytes)?;
        tracing::trace!("read block {block} of {}", self.shared.path.display());
        Ok(bytes.into())
    }
}
