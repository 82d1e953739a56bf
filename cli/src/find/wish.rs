//! What `segue play` and `segue get` can be told to find.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use segue_core::track::TrackInfo;
use segue_transport::TrackEntry;
use walkdir::WalkDir;

use super::playlist::{self, Entry};
use super::words::{Words, fold, natural_key};
use super::{FindError, Found, local};

/// One thing to find.
pub struct Wish {
    /// As the user wrote it, or the playlist.
    pub text: String,
    kind: Kind,
}

enum Kind {
    /// The one track that fits, by id or words.
    One,
    /// All tracks of an album, or of an artist.
    All(Names, Words),
    /// A file of this machine.
    File(Box<Found>),
    /// The nearest track to an entry of a playlist, if there is any.
    Near(Words, Option<u32>),
}

#[derive(Clone, Copy)]
enum Names {
    Album,
    Artist,
}

/// How a wish stands.
pub enum Answer<'a> {
    /// These are meant; nothing that still comes changes it.
    Surely(Vec<Found>),
    /// These fit, of what is known by now.
    Likely(Vec<&'a TrackEntry>),
    /// Several fit where one is wanted.
    Several(Vec<&'a TrackEntry>),
    /// None fits.
    None,
}

/// Reads what the user wrote. Folders and playlists become many wishes;
/// `missing` is told of files that cannot be played.
pub fn wishes(text: &str, missing: &mut dyn FnMut(String)) -> Result<Vec<Wish>, FindError> {
    let names = [("album:", Names::Album), ("artist:", Names::Artist)];
    for (prefix, names) in names {
        if let Some(name) = text.strip_prefix(prefix) {
            return Ok(vec![Wish {
                text: text.to_owned(),
                kind: Kind::All(names, Words::new(name)),
            }]);
        }
    }
    if playlist::is_url(text) {
        return Err(FindError::Url(text.to_owned()));
    }
    let path = Path::new(text);
    if has_extension(path, &["m3u", "m3u8"]) {
        return from_playlist(path, missing);
    }
    if path.is_dir() {
        let files = mp3s_in(path);
        // A word that happens to be the name of a folder is still a word.
        if !files.is_empty() || text.contains(std::path::is_separator) {
            return from_folder(path, &files, missing);
        }
    }
    // `AC/DC` is a name; what begins like a path can be nothing else.
    let is_path = path.is_absolute() || text.starts_with("./") || text.starts_with("../");
    if is_path && !path.exists() {
        return Err(FindError::NoSuchFile(path.to_owned()));
    }
    let kind = if path.is_file() {
        Kind::File(Box::new(local::open(path)?))
    } else {
        Kind::One
    };
    Ok(vec![Wish {
        text: text.to_owned(),
        kind,
    }])
}

fn from_folder(
    folder: &Path,
    files: &[PathBuf],
    missing: &mut dyn FnMut(String),
) -> Result<Vec<Wish>, FindError> {
    let mut wishes = Vec::new();
    for file in files {
        match local::open(file) {
            Ok(found) => wishes.push(Wish {
                text: file.display().to_string(),
                kind: Kind::File(Box::new(found)),
            }),
            Err(error) => missing(error.to_string()),
        }
    }
    if wishes.is_empty() {
        return Err(FindError::EmptyFolder(folder.to_owned()));
    }
    Ok(wishes)
}

fn from_playlist(path: &Path, missing: &mut dyn FnMut(String)) -> Result<Vec<Wish>, FindError> {
    let bytes = std::fs::read(path).map_err(|source| FindError::Playlist {
        path: path.to_owned(),
        source,
    })?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let entries = playlist::parse(&bytes);
    if entries.is_empty() {
        return Err(FindError::EmptyPlaylist(path.to_owned()));
    }
    let wish = |entry: &Entry| {
        if playlist::is_url(&entry.path) {
            let url = format!("{}:{}: {}", path.display(), entry.line, entry.path);
            missing(format!("left out: {}", FindError::Url(url)));
            return None;
        }
        let kind = match entry.file(folder) {
            Some(file) => match local::open(&file) {
                Ok(found) => Kind::File(Box::new(found)),
                Err(error) => {
                    missing(error.to_string());
                    return None;
                }
            },
            None => Kind::Near(Words::new(&entry.query()), entry.seconds),
        };
        Some(Wish {
            text: entry.query(),
            kind,
        })
    };
    Ok(entries.iter().filter_map(wish).collect())
}

/// All MP3 files in a folder and those inside it, as people count.
fn mp3s_in(folder: &Path) -> Vec<PathBuf> {
    let entries = WalkDir::new(folder).follow_links(true).into_iter();
    let mut files: Vec<_> = entries
        .filter_map(Result::ok)
        .filter(|entry| entry.file_type().is_file() && has_extension(entry.path(), &["mp3"]))
        .map(walkdir::DirEntry::into_path)
        .collect();
    files.sort_by_cached_key(|file| natural_key(&file.to_string_lossy()));
    files
}

fn has_extension(path: &Path, extensions: &[&str]) -> bool {
    path.extension()
        .and_then(|own| own.to_str())
        .is_some_and(|own| {
            extensions
                .iter()
                .any(|other| own.eq_ignore_ascii_case(other))
        })
}

impl Wish {
    /// Whether the network has nothing to say about it.
    pub fn is_local(&self) -> bool {
        matches!(self.kind, Kind::File(_))
    }

    /// Whether the others are played without it.
    pub fn may_be_missing(&self) -> bool {
        matches!(self.kind, Kind::Near(..))
    }

    /// What fits among the tracks that are known. `all`: where one is wanted and
    /// several fit, all are.
    pub fn answer<'a>(&self, tracks: &'a [TrackEntry], all: bool) -> Answer<'a> {
        let fitting: Vec<&TrackEntry> = match &self.kind {
            Kind::File(found) => return Answer::Surely(vec![(**found).clone()]),
            Kind::One => {
                let id = self.text.to_lowercase();
                if let Some(entry) = by_long_id(tracks, &id) {
                    return Answer::Surely(vec![Found::Peers(entry.clone())]);
                }
                one(tracks, &self.text, all)
            }
            Kind::All(names, words) => {
                let name = |track: &'a TrackInfo| match names {
                    Names::Album => &track.album,
                    Names::Artist => &track.artist,
                };
                let mut fitting: Vec<_> = tracks
                    .iter()
                    .filter(|entry| !name(&entry.track).is_empty())
                    .filter(|entry| words.are_in_text(&fold(name(&entry.track))))
                    .collect();
                // `album:Help!` means that one, though `Help! (live)` is there, too.
                let wanted = fold(
                    self.text
                        .split_once(':')
                        .map_or("", |(_, name)| name)
                        .trim(),
                );
                if fitting
                    .iter()
                    .any(|entry| fold(name(&entry.track)) == wanted)
                {
                    fitting.retain(|entry| fold(name(&entry.track)) == wanted);
                }
                in_order(fitting)
            }
            Kind::Near(words, seconds) => nearest(tracks, &self.text, words, *seconds),
        };
        match fitting.len() {
            0 => Answer::None,
            1 => Answer::Likely(fitting),
            _ if matches!(self.kind, Kind::One) && !all => Answer::Several(fitting),
            _ => Answer::Likely(fitting),
        }
    }
}

/// The track whose id begins so, where that is enough of an id to mean no other.
fn by_long_id<'a>(tracks: &'a [TrackEntry], start: &str) -> Option<&'a TrackEntry> {
    /// As many digits as `segue list` shows.
    const ENOUGH: usize = 8;
    if start.len() < ENOUGH || !start.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    let mut fitting = tracks
        .iter()
        .filter(|entry| entry.track.id.to_string().starts_with(start));
    fitting.next().filter(|_| fitting.next().is_none())
}

/// The tracks that may be meant where one is wanted. One whose whole title or
/// name was given is meant, though others contain it.
fn one<'a>(tracks: &'a [TrackEntry], query: &str, all: bool) -> Vec<&'a TrackEntry> {
    let folded = fold(query.trim());
    let words = Words::new(query);
    let by_id = |entry: &&TrackEntry| {
        query.len() >= 4
            && entry
                .track
                .id
                .to_string()
                .starts_with(&query.to_lowercase())
    };
    let whole = |entry: &&TrackEntry| {
        fold(&entry.track.title) == folded || fold(&entry.track.name) == folded
    };
    let fitting = tracks
        .iter()
        .filter(|entry| by_id(entry) || words.are_in(&entry.track));
    let fitting: Vec<_> = fitting.collect();
    let exact: Vec<_> = fitting.iter().copied().filter(whole).collect();
    if exact.is_empty() || all {
        in_order(fitting)
    } else {
        exact
    }
}

/// Album by album, and in each as the files are named.
///
/// Two encodings of one piece are two tracks, but nobody wants to hear both: the
/// one that more peers have is taken, or else the longer one: a copy that lost
/// its end is no better.
fn in_order(mut tracks: Vec<&TrackEntry>) -> Vec<&TrackEntry> {
    let mut kept: BTreeMap<_, Vec<&TrackEntry>> = BTreeMap::new();
    tracks.sort_by_key(|entry| Reverse((entry.peers.len(), entry.track.packets)));
    for entry in tracks {
        let TrackInfo {
            album,
            name,
            title,
            artist,
            ..
        } = &entry.track;
        let title_or_name = if title.is_empty() { name } else { title };
        let names = [album, title_or_name, artist].map(|name| fold(name));
        let others = kept.entry(names).or_default();
        let near =
            |other: &&TrackEntry| (other.track.duration_s() - entry.track.duration_s()).abs() < 1.0;
        if !others.iter().any(near) {
            others.push(entry);
        }
    }
    let mut kept: Vec<_> = kept.into_values().flatten().collect();
    kept.sort_by_cached_key(|entry| {
        let TrackInfo {
            album,
            name,
            title,
            id,
            ..
        } = &entry.track;
        (
            natural_key(album),
            natural_key(name),
            natural_key(title),
            *id,
        )
    });
    kept
}

/// The track nearest to an entry of a playlist among those with all its words.
fn nearest<'a>(
    tracks: &'a [TrackEntry],
    text: &str,
    words: &Words,
    seconds: Option<u32>,
) -> Vec<&'a TrackEntry> {
    let wanted = fold(text);
    let unlikeness = |entry: &&TrackEntry| {
        let track = &entry.track;
        let called = fold(&format!("{} - {}", track.artist, track.label()));
        let length = seconds.map_or(0.0, |s| (track.duration_s() - f64::from(s)).abs().min(30.0));
        ((1.0 - strsim::jaro_winkler(&called, &wanted)) * 1e6 + length * 1e4) as u64
    };
    let fitting = tracks.iter().filter(|entry| words.are_in(&entry.track));
    fitting.min_by_key(unlikeness).into_iter().collect()
}
