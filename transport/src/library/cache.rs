//! What earlier runs found out about files, in a database of its own.
//!
//! SQLite, because several programs may use it at once, any of them may be
//! killed at any moment, and packet tables are to be read one by one. What it
//! holds can all be found out again: a database that is damaged, or is another
//! program's, is replaced, and what comes out of it is checked.

mod sample;
mod tables;

use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension, Row, params};
use segue_core::index::{self, IndexedTrack};
use segue_core::mp3::Notes;
use segue_core::track::TrackInfo;

use super::stamp::Stamp;

use sample::sample;
pub(crate) use tables::Tables;

/// Other programs write for moments only.
const PATIENCE: Duration = Duration::from_secs(5);
/// What was not seen for so many days is forgotten.
const DAYS: i64 = 180;

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS files (
        id INTEGER PRIMARY KEY AUTOINCREMENT, -- never used again: one id, one state of a file
        path BLOB NOT NULL UNIQUE,
        bytes INTEGER NOT NULL,
        modified INTEGER NOT NULL,
        inode INTEGER NOT NULL,
        seen INTEGER NOT NULL,
        sample BLOB,
        track BLOB,
        refusal TEXT
    );
    CREATE INDEX IF NOT EXISTS moved ON files (inode, bytes, modified);
    CREATE TABLE IF NOT EXISTS tables (file INTEGER PRIMARY KEY, packets BLOB NOT NULL);
    CREATE TRIGGER IF NOT EXISTS gone AFTER DELETE ON files
        BEGIN DELETE FROM tables WHERE file = OLD.id; END;
";

/// What is known of a file.
#[derive(Debug, PartialEq)]
pub(super) enum Known {
    Track {
        /// Under which its table is kept.
        id: i64,
        info: TrackInfo,
        notes: Notes,
    },
    Refused(String),
}

/// The database, for the one who writes it.
pub(super) struct Cache {
    connection: Connection,
    path: PathBuf,
    in_transaction: bool,
    today: i64,
}

impl Cache {
    /// Opens or makes the database in a folder.
    pub fn open(folder: &Path) -> io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        let path = folder.join(format!("library-{}.sqlite", index::VERSION));
        let connection = prepare(&path)
            .or_else(|error| {
                if !is_damaged(&error) {
                    return Err(error);
                }
                tracing::debug!("{} is made anew: {error}", path.display());
                remove(&path);
                prepare(&path)
            })
            .map_err(io::Error::other)?;
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH);
        let today = since_1970.map_or(0, |time| time.as_secs() as i64 / 86_400);
        let mut cache = Self {
            connection,
            path,
            in_transaction: false,
            today,
        };
        cache.attempt("forget old files", |connection| {
            connection.execute("DELETE FROM files WHERE seen < ?", [today - DAYS])
        });
        Ok(cache)
    }

    /// A way to read packet tables, for another thread.
    pub fn tables(&self) -> Tables {
        Tables::new(self.path.clone())
    }

    /// What is known of a file of this path and stamp, or of one that had
    /// another path before.
    pub fn find(&mut self, path: &Path, stamp: Stamp) -> Option<Known> {
        let today = self.today;
        let (id, found, seen, known) = self.attempt("look up a file", |connection| {
            let by_path = connection
                .prepare_cached(
                    "SELECT id, track, refusal, seen, path FROM files
                     WHERE path = ? AND bytes = ? AND modified = ?",
                )?
                .query_row(
                    params![key(path), stamp.bytes as i64, stamp.modified_ns],
                    read,
                )
                .optional()?;
            match by_path {
                Some(found) => Ok(Some(found)),
                None => find_moved(connection, path, stamp),
            }
        })??;
        if found != key(path) {
            // Its name was made of the path: the entry is to be made anew.
            return known.map(|known| self.moved(path, stamp, id, known));
        }
        if seen < today {
            self.begin();
            self.attempt("mark a file as seen", |connection| {
                let sql = "UPDATE files SET seen = ?, inode = ? WHERE id = ?";
                let mut update = connection.prepare_cached(sql)?;
                update.execute([today, stamp.inode as i64, id])
            });
        }
        known
    }

    /// Keeps a file that was moved under its new path, too: the old one may
    /// still be there, as another link to it.
    fn moved(&mut self, path: &Path, stamp: Stamp, from: i64, known: Known) -> Known {
        let (info, notes) = match known {
            Known::Track { info, notes, .. } => (info, notes),
            Known::Refused(reason) => {
                self.put_refusal(path, stamp, &reason);
                return Known::Refused(reason);
            }
        };
        let info = info.renamed(&super::label(path));
        let track = IndexedTrack::parts_to_bytes(&info, &notes);
        let id = self
            .replace(path, stamp, Some(&track), None)
            .and_then(|id| {
                self.attempt("copy a packet table", |connection| {
                    connection
                        .prepare_cached(
                            "INSERT INTO tables SELECT ?, packets FROM tables WHERE file = ?",
                        )?
                        .execute([id, from])
                })?;
                Some(id)
            });
        Known::Track {
            id: id.unwrap_or(from),
            info,
            notes,
        }
    }

    /// Keeps a track; answers under which id its table is kept. With `anew`, an
    /// equal entry is replaced, too.
    pub fn put_track(
        &mut self,
        path: &Path,
        stamp: Stamp,
        track: &IndexedTrack,
        anew: bool,
    ) -> Option<i64> {
        if anew {
            // Somebody may have cleared the folder: we would write into nowhere.
            self.commit();
            self.reopen();
        } else if let Some(Known::Track { id, info, notes }) = self.find(path, stamp)
            && (&info, &notes) == (&track.info, &track.notes)
        {
            return Some(id); // another program was faster; it may serve by this id
        }
        let bytes = IndexedTrack::parts_to_bytes(&track.info, &track.notes);
        let id = self.replace(path, stamp, Some(&bytes), None)?;
        let table = track.table.to_bytes(&track.info);
        self.attempt("keep a packet table", |connection| {
            connection
                .prepare_cached("INSERT INTO tables (file, packets) VALUES (?, ?)")?
                .execute(params![id, table])
        })?;
        Some(id)
    }

    /// Keeps why a file is no track.
    pub fn put_refusal(&mut self, path: &Path, stamp: Stamp, reason: &str) {
        self.replace(path, stamp, None, Some(reason));
    }

    fn replace(
        &mut self,
        path: &Path,
        stamp: Stamp,
        track: Option<&[u8]>,
        refusal: Option<&str>,
    ) -> Option<i64> {
        self.begin();
        let today = self.today;
        // Without it, a file that moves is read again.
        let sample = sample(path).ok();
        self.attempt("keep a file", |connection| {
            connection
                .prepare_cached("DELETE FROM files WHERE path = ?")?
                .execute([key(path)])?;
            connection
                .prepare_cached(
                    "INSERT INTO files
                         (path, bytes, modified, inode, seen, sample, track, refusal)
                     VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                )?
                .insert(params![
                    key(path),
                    stamp.bytes as i64,
                    stamp.modified_ns,
                    stamp.inode as i64,
                    today,
                    sample,
                    track,
                    refusal
                ])
        })
    }

    /// One commit for many files: each costs a write to the disk.
    fn begin(&mut self) {
        if !self.in_transaction {
            let begun = self.attempt("begin", |connection| connection.execute_batch("BEGIN"));
            self.in_transaction = begun.is_some();
        }
    }

    /// Lets others see what was kept.
    pub fn commit(&mut self) {
        if self.in_transaction {
            self.in_transaction = false;
            self.attempt("commit", |connection| connection.execute_batch("COMMIT"));
        }
    }

    /// Does something with the database. What fails was worth no more than the
    /// time to find it out again.
    fn attempt<T>(
        &mut self,
        what: &str,
        attempt: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Option<T> {
        match attempt(&self.connection) {
            Ok(done) => Some(done),
            Err(error) => {
                tracing::debug!("library cache: cannot {what}: {error}");
                if is_damaged(&error) {
                    self.make_anew();
                }
                None
            }
        }
    }

    fn make_anew(&mut self) {
        tracing::debug!("{} is damaged and made anew", self.path.display());
        remove(&self.path);
        self.reopen();
    }

    fn reopen(&mut self) {
        self.in_transaction = false;
        match prepare(&self.path) {
            Ok(connection) => self.connection = connection,
            Err(error) => tracing::debug!("library cache: {error}"),
        }
    }
}

impl Drop for Cache {
    fn drop(&mut self) {
        self.commit();
    }
}

type Found = (i64, Vec<u8>, i64, Option<Known>);

/// A file that had another path before. Its number is a hint; that it is the
/// same is seen from its content.
fn find_moved(
    connection: &Connection,
    path: &Path,
    stamp: Stamp,
) -> rusqlite::Result<Option<Found>> {
    let alike = params![stamp.inode as i64, stamp.bytes as i64, stamp.modified_ns];
    let is_any = stamp.inode != 0
        && connection
            .prepare_cached("SELECT 1 FROM files WHERE inode = ? AND bytes = ? AND modified = ?")?
            .exists(alike)?;
    // Not read before there is a hint: a first scan meets new files only.
    let Some(sample) = is_any.then(|| sample(path).ok()).flatten() else {
        return Ok(None);
    };
    connection
        .prepare_cached(
            "SELECT id, track, refusal, seen, path FROM files
             WHERE inode = ? AND bytes = ? AND modified = ? AND sample = ? LIMIT 1",
        )?
        .query_row(
            params![
                stamp.inode as i64,
                stamp.bytes as i64,
                stamp.modified_ns,
                sample
            ],
            read,
        )
        .optional()
}

/// `None` in place of what does not pass the check.
fn read(row: &Row<'_>) -> rusqlite::Result<Found> {
    let id = row.get(0)?;
    let track: Option<Vec<u8>> = row.get(1)?;
    let refusal: Option<String> = row.get(2)?;
    let known = match (track, refusal) {
        (Some(bytes), _) => IndexedTrack::parts_from_bytes(&bytes)
            .map(|(info, notes)| Known::Track { id, info, notes }),
        (None, refusal) => refusal.map(Known::Refused),
    };
    Ok((id, row.get(4)?, row.get(3)?, known))
}

fn key(path: &Path) -> &[u8] {
    path.as_os_str().as_encoded_bytes()
}

fn prepare(path: &Path) -> rusqlite::Result<Connection> {
    let connection = connect(path, OpenFlags::SQLITE_OPEN_CREATE)?;
    connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;")?;
    connection.execute_batch(SCHEMA)?;
    // Somebody else's table of that name would show now.
    connection.prepare(
        "SELECT id, path, bytes, modified, inode, seen, sample, track, refusal FROM files",
    )?;
    connection.prepare("SELECT file, packets FROM tables")?;
    Ok(connection)
}

fn connect(path: &Path, more: OpenFlags) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags | more)?;
    connection.busy_timeout(PATIENCE)?;
    connection.execute_batch("PRAGMA cache_size = -1000;")?; // KiB
    Ok(connection)
}

fn is_damaged(error: &rusqlite::Error) -> bool {
    use rusqlite::Error::{
        FromSqlConversionFailure, IntegralValueOutOfRange, InvalidColumnType, SqlInputError,
        SqliteFailure, Utf8Error,
    };
    match error {
        SqliteFailure(error, _) => matches!(
            error.code,
            ErrorCode::DatabaseCorrupt
                | ErrorCode::NotADatabase
                | ErrorCode::TypeMismatch
                | ErrorCode::Unknown
        ),
        SqlInputError { .. } // no such column: it is another's
        | FromSqlConversionFailure(..)
        | IntegralValueOutOfRange(..)
        | InvalidColumnType(..)
        | Utf8Error(..) => true,
        _ => false,
    }
}

fn remove(path: &Path) {
    for suffix in ["", "-wal", "-shm"] {
        let mut file = path.as_os_str().to_owned();
        file.push(suffix);
        // What is not there need not be removed; what cannot be shows at once.
        let _ = std::fs::remove_file(file);
    }
}
