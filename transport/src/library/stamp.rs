//! By what a changed file is known without reading it.

use std::fs::Metadata;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Size, time of the last change and, where there is one, the file's number. A
/// file whose stamp is the same has not changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    pub bytes: u64,
    /// Nanoseconds since 1970.
    pub modified_ns: i64,
    /// 0 where the system does not tell.
    pub inode: u64,
}

impl Stamp {
    pub fn of(metadata: &Metadata) -> Self {
        let modified = metadata.modified().unwrap_or(UNIX_EPOCH);
        let modified_ns = match modified.duration_since(UNIX_EPOCH) {
            Ok(after) => i64::try_from(after.as_nanos()).unwrap_or(i64::MAX),
            Err(before) => i64::try_from(before.duration().as_nanos()).map_or(i64::MIN, |ns| -ns),
        };
        Self {
            bytes: metadata.len(),
            modified_ns,
            inode: inode(metadata),
        }
    }

    /// Whether the last change was so long ago. A time to come, as other
    /// machines' clocks tell, says nothing.
    pub fn is_older_than(&self, age: Duration) -> bool {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let now_ns = now.map_or(0, |now| now.as_nanos() as i128);
        now_ns - i128::from(self.modified_ns) >= age.as_nanos() as i128
    }
}

#[cfg(unix)]
fn inode(metadata: &Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(metadata)
}

#[cfg(not(unix))]
fn inode(_: &Metadata) -> u64 {
    0
}
