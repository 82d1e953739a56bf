//! Copies of tracks to keep: fetched packet by packet, verified against the
//! track's id, and put down as MP3 files of our own.

mod fetch;
mod name;
mod part;

use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Seek, Write};
use std::path::{Path, PathBuf};

use segue_core::index::{IndexError, index};
use segue_core::merkle::{Shape, TrackHasher};
use segue_core::mp3::{MetaWriter, Names, names_tag};
use segue_core::track::TrackInfo;

pub use fetch::{Fetch, fetch};
pub use part::Part;

/// A copy cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    #[error("cannot write {}: {source}", path.display())]
    File { path: PathBuf, source: io::Error },
    #[error("{} is being fetched by another `segue get`", .0.display())]
    Busy(PathBuf),
    #[error("{} is another track already; move it away, or choose another folder", .0.display())]
    Taken(PathBuf),
    #[error(
        "what came for `{0}` is not the track with that id: a peer sends wrong music. Nothing of \
         it was kept; try again when other peers have it"
    )]
    Wrong(String),
    #[error("cannot read {} back: {source}", path.display())]
    Unreadable { path: PathBuf, source: IndexError },
}

impl CopyError {
    /// For what goes wrong with this file.
    pub fn at(path: &Path) -> impl Fn(io::Error) -> Self + '_ {
        |source| Self::File {
            path: path.to_owned(),
            source,
        }
    }
}

/// Where the copy of a track goes.
pub struct Place {
    /// The copy.
    pub path: PathBuf,
    /// The same track is there already.
    pub done: bool,
}

/// Chooses the place in a folder, which is made if it is not there: `Artist -
/// Title.mp3`, or with a piece of the id where another file has that name.
pub fn place(folder: &Path, track: &TrackInfo) -> Result<Place, CopyError> {
    fs::create_dir_all(folder).map_err(CopyError::at(folder))?;
    let names = [
        name::of(track),
        format!("{} [{}]", name::of(track), track.id.short()),
    ];
    for name in &names {
        let path = folder.join(format!("{name}.mp3"));
        if !path.exists() {
            return Ok(Place { path, done: false });
        }
        if id_of(&path) == Some(track.id) {
            return Ok(Place { path, done: true });
        }
    }
    Err(CopyError::Taken(folder.join(format!("{}.mp3", names[1]))))
}

fn id_of(path: &Path) -> Option<segue_core::track::TrackId> {
    Some(index(File::open(path).ok()?, "").ok()?.info.id)
}

/// Makes the copy of a part with all its packets. `Ok(false)`: they are not those
/// of the track.
pub fn finish(part: &Part, track: &TrackInfo, path: &Path) -> Result<bool, CopyError> {
    let failed = CopyError::at(path);
    let mut hasher = TrackHasher::new();
    let mut meta = MetaWriter::new();
    let mut fits = true;
    part.packets(|frame| {
        hasher.push(frame);
        fits &= meta.push(frame);
    })?;
    let head = meta.finish(track.gapless);
    let (true, Some(head)) = (fits && hasher.finish(&Shape::from(track)) == track.id, head) else {
        return Ok(false);
    };
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let file = builder
        .prefix(".segue-")
        .tempfile_in(folder)
        .map_err(&failed)?;
    let names = Names {
        title: track.title.clone(),
        artist: track.artist.clone(),
        album: track.album.clone(),
    };
    let mut writer = BufWriter::new(file.as_file());
    names_tag(&names)
        .and_then(|tag| writer.write_all(&tag))
        .and_then(|()| writer.write_all(&head))
        .map_err(&failed)?;
    part.copy_to(&mut writer)?;
    writer.flush().map_err(&failed)?;
    drop(writer);
    file.as_file().sync_all().map_err(&failed)?;
    // Whoever reads it is to find the same track: with all that is in front.
    let mut reader = file.reopen().map_err(&failed)?;
    reader.rewind().map_err(&failed)?;
    let read = index(BufReader::new(reader), &track.name);
    let read = read.map_err(|source| CopyError::Unreadable {
        path: path.to_owned(),
        source,
    })?;
    if read.info.id != track.id {
        return Ok(false);
    }
    file.persist_noclobber(path)
        .map_err(|error| failed(error.error))?;
    Ok(true)
}
