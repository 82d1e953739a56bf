//! By what a changed file is known without reading it.

use std::fs::Metadata;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Size and time of the last change. A file whose stamp is equal has not changed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stamp {
    pub bytes: u64,
    /// Nanoseconds since 1970, as fine as the file system keeps them.
    pub modified_ns: i64,
    /// The file's number; 0 where the system does not tell. Only a hint where a
    /// file was before: many file systems (FAT, those of the network) make
    /// numbers up anew each time, so that it is no part of what is compared.
    pub inode: u64,
}

impl PartialEq for Stamp {
    fn eq(&self, other: &Self) -> bool {
        (self.bytes, self.modified_ns) == (other.bytes, other.modified_ns)
    }
}

impl Eq for Stamp {}

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

    /// How much later a change may have come and not show: FAT keeps even
    /// seconds, others keep whole ones.
    pub fn grain(&self) -> Duration {
        const SECOND_NS: i64 = 1_000_000_000;
        Duration::from_secs(match self.modified_ns {
            ns if ns % (2 * SECOND_NS) == 0 => 2,
            ns if ns % SECOND_NS == 0 => 1,
            _ => 0,
        })
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

#[cfg(test)]
mod tests {
    use super::*;

    fn stamp(modified_ns: i64, inode: u64) -> Stamp {
        Stamp {
            bytes: 1,
            modified_ns,
            inode,
        }
    }

    #[test]
    fn the_files_number_is_no_part_of_its_state() {
        assert_eq!(stamp(5, 1), stamp(5, 2));
        assert_ne!(stamp(5, 1), stamp(6, 1));
    }

    #[test]
    fn a_coarse_time_shows_itself() {
        let grain_s = |modified_ns| stamp(modified_ns, 0).grain().as_secs();
        assert_eq!(grain_s(1_700_000_002_000_000_000), 2);
        assert_eq!(grain_s(1_700_000_001_000_000_000), 1);
        assert_eq!(grain_s(1_700_000_001_000_000_100), 0);
    }
}
