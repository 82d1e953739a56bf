//! Title, artist and album, for people.

use std::io::{BufReader, Read, Seek, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};

use lofty::config::{ParseOptions, ParsingMode};
use lofty::file::{FileType, TaggedFileExt};
use lofty::probe::Probe;
use lofty::tag::{ItemKey, Tag, TagType};

/// Most bytes of a name: they travel in every catalog page.
pub const MAX_NAME_BYTES: usize = 96;

/// In this order: the richest and most trusted tag first, ID3v1's 30 letters last.
const TAG_TYPES: [TagType; 3] = [TagType::Id3v2, TagType::Ape, TagType::Id3v1];

/// What the tags call a track. A name that is missing is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// Title of the track.
    pub title: String,
    /// Who plays it.
    pub artist: String,
    /// Where it was published.
    pub album: String,
}

/// Reads the names from ID3v2, APE or ID3v1 tags, each [`clean`].
///
/// Never fails: music with a broken tag is still music, and has no names.
pub fn read_names(reader: impl Read + Seek) -> Names {
    // A panic in the tag reader on an odd file must not end the scan of a share.
    catch_unwind(AssertUnwindSafe(|| try_read_names(reader)))
        .ok()
        .flatten()
        .unwrap_or_default()
}

fn try_read_names(mut reader: impl Read + Seek) -> Option<Names> {
    reader.seek(SeekFrom::Start(0)).ok()?;
    let options = ParseOptions::new()
        .read_properties(false)
        .read_cover_art(false)
        .parsing_mode(ParsingMode::Relaxed);
    let file = Probe::with_file_type(BufReader::new(reader), FileType::Mpeg)
        .options(options)
        .read()
        .ok()?;
    let name = |key: ItemKey| {
        TAG_TYPES
            .iter()
            .filter_map(|&kind| file.tag(kind))
            .filter(|tag| !is_ape_taken_for_id3v1(tag))
            .filter_map(|tag| tag.get_string(key))
            .map(clean)
            .find(|name| !name.is_empty())
            .unwrap_or_default()
    };
    Some(Names {
        title: name(ItemKey::TrackTitle),
        artist: name(ItemKey::TrackArtist),
        album: name(ItemKey::AlbumTitle),
    })
}

/// An APE tag of 131 bytes has the letters `TAG` where an ID3v1 tag would have them; the
/// "title" is then the rest of `APETAGEX` and the version, 1000 or 2000.
fn is_ape_taken_for_id3v1(tag: &Tag) -> bool {
    let title = tag.get_string(ItemKey::TrackTitle).unwrap_or_default();
    tag.tag_type() == TagType::Id3v1
        && (title.starts_with("EX\u{d0}\u{7}") || title.starts_with("EX\u{e8}\u{3}"))
}

/// A name fit to be sent and shown: trimmed, on one line, without control
/// characters, in [`MAX_NAME_BYTES`] at most.
pub fn clean(name: &str) -> String {
    let shown = name
        .chars()
        .map(|c| if c.is_whitespace() { ' ' } else { c })
        .filter(|&c| !c.is_control() && !turns_text_round(c));
    let mut name = String::new();
    for c in shown.skip_while(|&c| c == ' ') {
        if name.len() + c.len_utf8() > MAX_NAME_BYTES {
            break;
        }
        name.push(c);
    }
    name.truncate(name.trim_end().len());
    name
}

/// Marks that change the direction of all text behind them, in other people's
/// lines too.
fn turns_text_round(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    #[test]
    fn names_are_cleaned() {
        assert_eq!(clean("  Für Elise \0\n"), "Für Elise");
        assert_eq!(clean("two\nlines\tand\u{7}bell"), "two lines andbell");
        assert_eq!(clean("\u{202e}evil\u{2066}"), "evil");
        assert_eq!(clean("\u{a0}\u{2003}"), "");
        let long = clean(&"é".repeat(100));
        assert_eq!(long, "é".repeat(48));
        assert_eq!(clean(&format!("x{}", "é".repeat(100))).len(), 95);
        assert_eq!(clean(&format!("{} tail", "a".repeat(95))), "a".repeat(95));
    }

    #[test]
    fn broken_files_have_no_names() {
        for bytes in [
            &b""[..],
            b"\0",
            b"ID3",
            b"ID3\x04\0\0\x7f\x7f\x7f\x7fTIT2",
            b"ID3\x03\0\0\0\0\0\x0cTIT2\xff\xff\xff\xff\0\0\x01\xff",
            b"APETAGEX\xd0\x07\0\0\xff\xff\xff\xff\xff\xff\xff\xff\0\0\0\xa0\0\0\0\0\0\0\0\0",
        ] {
            assert_eq!(read_names(Cursor::new(bytes)), Names::default());
        }
    }

    #[test]
    fn a_tag_reader_that_panics_costs_only_the_names() {
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
                panic!("planted for this test")
            }
        }
        impl Seek for Broken {
            fn seek(&mut self, _: SeekFrom) -> std::io::Result<u64> {
                Ok(0)
            }
        }
        assert_eq!(read_names(Broken), Names::default());
    }
}
