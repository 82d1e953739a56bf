//! What `segue play` and `segue get` can be told to find.

use std::path::{Path, PathBuf};

use segue_core::track::TrackInfo;
use segue_transport::TrackEntry;
use walkdir::WalkDir;

use super::playlist::{self, Entry};
use super::{FindError, Found, Unread, fit};
use crate::print;
use segue_stage::search::{Words, fold, natural_key};

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
    File(Found),
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

/// Reads what the user wrote. Only one file is opened before the music begins:
/// the first that can be played.
#[derive(Default)]
pub struct Wisher {
    has_read: bool,
}

impl Wisher {
    /// What is meant by a text. Folders and playlists become many wishes; it is
    /// told what of them cannot be played.
    pub fn wishes(&mut self, text: &str) -> Result<Vec<Wish>, FindError> {
        let names = [("album:", Names::Album), ("artist:", Names::Artist)];
        for (prefix, names) in names {
            if let Some(name) = text.strip_prefix(prefix) {
                let kind = Kind::All(names, Words::new(name));
                return Ok(vec![Wish::new(text, kind)]);
            }
        }
        if playlist::is_url(text) {
            return Err(FindError::Url(text.to_owned()));
        }
        let path = Path::new(text);
        if has_extension(path, &["m3u", "m3u8"]) {
            return self.in_playlist(path);
        }
        if path.is_dir() {
            let files = mp3s_in(path);
            // A word that happens to be the name of a folder is still a word.
            if !files.is_empty() || text.contains(std::path::is_separator) {
                return self.in_folder(path, files);
            }
        }
        if is_path(text) && !path.exists() {
            return Err(FindError::NoSuchFile(path.to_owned()));
        }
        let kind = if path.is_file() {
            Kind::File(self.file(path.to_owned(), true)?)
        } else {
            Kind::One
        };
        Ok(vec![Wish::new(text, kind)])
    }

    fn in_folder(&mut self, folder: &Path, files: Vec<PathBuf>) -> Result<Vec<Wish>, FindError> {
        // Whether there is anything to play is to be known now, in each folder.
        self.has_read = false;
        let wishes: Vec<_> = files
            .into_iter()
            .filter_map(|file| self.listed(file))
            .collect();
        if wishes.is_empty() {
            return Err(FindError::EmptyFolder(folder.to_owned()));
        }
        Ok(wishes)
    }

    fn in_playlist(&mut self, path: &Path) -> Result<Vec<Wish>, FindError> {
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
                left_out(&format!("left out: {}", FindError::Url(url)));
                return None;
            }
            let query = entry.query();
            match entry.file(folder) {
                Some(file) => self.listed(file),
                None => {
                    let kind = Kind::Near(Words::new(&query), entry.seconds);
                    Some(Wish::new(&query, kind))
                }
            }
        };
        Ok(entries.iter().filter_map(wish).collect())
    }

    /// A file of a folder or playlist, if as far as is known it can be played.
    fn listed(&mut self, path: PathBuf) -> Option<Wish> {
        let text = path.display().to_string();
        match self.file(path, false) {
            Ok(found) => Some(Wish::new(&text, Kind::File(found))),
            Err(error) => {
                left_out(&error.to_string());
                None
            }
        }
    }

    fn file(&mut self, path: PathBuf, named: bool) -> Result<Found, FindError> {
        let unread = Unread { path, named };
        if self.has_read {
            return Ok(Found::Unread(unread));
        }
        let file = unread.read()?;
        self.has_read = true;
        Ok(Found::File(Box::new(file)))
    }
}

/// Whether it can be nothing but a path, whatever is there. `AC/DC` is a name.
fn is_path(text: &str) -> bool {
    let path = Path::new(text);
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let in_folder = has_extension(path, &["mp3"]) && folder.is_some_and(Path::is_dir);
    in_folder || path.is_absolute() || text.starts_with("./") || text.starts_with("../")
}

fn left_out(why: &str) {
    print::note(&format!("segue: {why}"));
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
    fn new(text: &str, kind: Kind) -> Self {
        Self {
            text: text.to_owned(),
            kind,
        }
    }

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
            Kind::File(found) => return Answer::Surely(vec![found.clone()]),
            Kind::One => {
                let id = self.text.to_lowercase();
                if let Some(entry) = fit::by_long_id(tracks, &id) {
                    return Answer::Surely(vec![Found::Peers(entry.clone())]);
                }
                fit::one(tracks, &self.text, all)
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
                fit::in_order(fitting)
            }
            Kind::Near(words, seconds) => fit::nearest(tracks, &self.text, words, *seconds),
        };
        match fitting.len() {
            0 => Answer::None,
            // No other fits better, so nobody is waited for.
            1 if matches!(self.kind, Kind::One)
                && !all
                && fit::is_whole(&self.text, &fitting[0].track) =>
            {
                Answer::Surely(vec![Found::Peers(fitting[0].clone())])
            }
            1 => Answer::Likely(fitting),
            _ if matches!(self.kind, Kind::One) && !all => Answer::Several(fitting),
            _ => Answer::Likely(fitting),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Silence of the least kind.
    fn write_mp3(path: &Path) {
        let mut frame = [0; 104];
        frame[..4].copy_from_slice(&[0xff, 0xfb, 0x10, 0xc0]);
        std::fs::write(path, frame.repeat(20)).unwrap();
    }

    fn is_unread(wish: &Wish) -> bool {
        matches!(wish.kind, Kind::File(Found::Unread(_)))
    }

    #[test]
    fn of_a_folder_or_playlist_nothing_is_read_before_the_first_sound_but_its_track() {
        let dir = tempfile::tempdir().unwrap();
        let mut list = String::new();
        for name in ["1.mp3", "2.mp3", "3.mp3"] {
            write_mp3(&dir.path().join(name));
            list += &format!("{name}\n");
        }
        // It is found out which file of the two can be played first.
        std::fs::write(dir.path().join("1.mp3"), "no music").unwrap();
        let m3u = dir.path().join("list.m3u");
        std::fs::write(&m3u, list).unwrap();
        for text in [dir.path(), &m3u] {
            let wishes = Wisher::default().wishes(text.to_str().unwrap()).unwrap();
            let unread: Vec<_> = wishes.iter().map(is_unread).collect();
            assert_eq!(unread, [false, true]);
        }
    }

    #[test]
    fn of_files_that_are_named_all_but_the_first_are_read_later() {
        let dir = tempfile::tempdir().unwrap();
        let mut wisher = Wisher::default();
        let mut read = Vec::new();
        for name in ["1.mp3", "2.mp3"] {
            let path = dir.path().join(name);
            write_mp3(&path);
            let wishes = wisher.wishes(path.to_str().unwrap()).unwrap();
            read.extend(wishes.iter().map(|wish| !is_unread(wish)));
        }
        assert_eq!(read, [true, false]);
    }
}
