//! What an `.m3u` file says.

use std::path::{Path, PathBuf};

use percent_encoding::percent_decode_str;

/// One entry of a playlist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The path or address as it stands there.
    pub path: String,
    /// What `#EXTINF` calls it, usually `Artist - Title`; may be empty.
    pub title: String,
    /// How long it is, seconds, if `#EXTINF` tells.
    pub seconds: Option<u32>,
    /// Where it stands, counted from 1.
    pub line: usize,
}

/// Reads a playlist: UTF-8, or Latin-1 as old programs wrote it.
pub fn parse(bytes: &[u8]) -> Vec<Entry> {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().copied().map(char::from).collect(),
    };
    let mut entries = Vec::new();
    let (mut title, mut seconds) = (String::new(), None);
    let lines = text.trim_start_matches('\u{feff}').lines();
    for (number, line) in (1..).zip(lines.map(str::trim)) {
        if let Some(about) = line.strip_prefix("#EXTINF:") {
            let (length, name) = about.split_once(',').unwrap_or((about, ""));
            name.trim().clone_into(&mut title);
            // Attributes may follow the number.
            let length = length.split_whitespace().next();
            seconds = length.and_then(|s| s.parse::<f64>().ok());
        } else if !line.is_empty() && !line.starts_with('#') {
            entries.push(Entry {
                path: line.to_owned(),
                title: std::mem::take(&mut title),
                seconds: seconds.take().filter(|s| *s > 0.0).map(|s| s as u32),
                line: number,
            });
        }
    }
    entries
}

/// Whether it is the address of something on the web.
pub fn is_url(text: &str) -> bool {
    let Some((scheme, _)) = text.split_once("://") else {
        return false;
    };
    let mut letters = scheme.chars();
    let is_scheme = letters.next().is_some_and(|c| c.is_ascii_alphabetic())
        && letters.all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
    is_scheme && !scheme.eq_ignore_ascii_case("file")
}

impl Entry {
    /// The file on this machine, if there is one; `folder` is the playlist's.
    pub fn file(&self, folder: &Path) -> Option<PathBuf> {
        let plain = self.path.strip_prefix("file://").unwrap_or(&self.path);
        let decoded = percent_decode_str(plain).decode_utf8_lossy();
        [plain, &plain.replace('\\', "/"), &decoded]
            .into_iter()
            .map(|path| folder.join(path))
            .find(|path| path.is_file())
    }

    /// What to look for where there is no such file.
    pub fn query(&self) -> String {
        if !self.title.is_empty() {
            return self.title.clone();
        }
        let decoded = percent_decode_str(&self.path).decode_utf8_lossy();
        let name = decoded.rsplit(['/', '\\']).next().unwrap_or_default();
        let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
        stem.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(path: &str, title: &str, seconds: Option<u32>) -> Entry {
        at(1, path, title, seconds)
    }

    fn at(line: usize, path: &str, title: &str, seconds: Option<u32>) -> Entry {
        Entry {
            path: path.into(),
            title: title.into(),
            seconds,
            line,
        }
    }

    #[test]
    fn addresses_of_the_web_are_told_from_files() {
        for text in ["http://a/b.mp3", "HTTPS://a", "mms://x", "icy+x://y"] {
            assert!(is_url(text), "{text}");
        }
        for text in ["file:///a.mp3", "FILE://x", "a/b", "C:\\x", "://", "1 a://"] {
            assert!(!is_url(text), "{text}");
        }
    }

    #[test]
    fn plain_and_extended_lists() {
        let text = "\u{feff}#EXTM3U\r\n#EXTINF:123,Somebody - A song, live\r\nmusic/a.mp3\r\n\r\n\
                    b.mp3\n#EXTINF:-1 tvg-id=\"x\",Radio\n# a comment\nhttp://radio/stream\n";
        assert_eq!(
            parse(text.as_bytes()),
            [
                at(3, "music/a.mp3", "Somebody - A song, live", Some(123)),
                at(5, "b.mp3", "", None),
                at(8, "http://radio/stream", "Radio", None),
            ]
        );
        assert_eq!(parse(b""), []);
        assert_eq!(parse(b"#EXTINF:\nx"), [at(2, "x", "", None)]);
    }

    #[test]
    fn latin_1_is_understood() {
        assert_eq!(parse(b"Caf\xe9.mp3"), [entry("Café.mp3", "", None)]);
    }

    #[test]
    fn without_a_title_the_files_name_is_looked_for() {
        for path in ["a/b/My%20song.mp3", "C:\\Music\\My song.mp3", "My song"] {
            assert_eq!(entry(path, "", None).query(), "My song");
        }
        assert_eq!(entry("x.mp3", "A - B", None).query(), "A - B");
    }

    #[test]
    fn files_are_found_however_their_path_is_written() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("sub")).unwrap();
        let file = dir.path().join("sub").join("a b.mp3");
        std::fs::write(&file, "").unwrap();
        let absolute = file.to_str().unwrap().to_owned();
        let address = format!("file://{}", absolute.replace(' ', "%20"));
        for path in ["sub/a b.mp3", "sub/a%20b.mp3", &absolute, &address] {
            assert_eq!(
                entry(path, "", None).file(dir.path()),
                Some(file.clone()),
                "{path}"
            );
        }
        assert!(entry("sub\\a b.mp3", "", None).file(dir.path()).is_some());
        assert_eq!(entry("sub", "", None).file(dir.path()), None);
    }
}
