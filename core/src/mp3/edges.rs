//! Tags around the music: how long each is, so that it can be stepped over.

use std::io::{self, Read, Seek, SeekFrom};

const ID3V2_HEADER: usize = 10;
const APE_HEADER: usize = 32;
const ID3V1: u64 = 128;
/// An older addition in front of an ID3v1 tag.
const ID3V1_EXTENDED: u64 = 227;
/// Lyrics3 version 1 has no size; it is never longer than this.
const LYRICS3_V1_MOST: u64 = 5100 + 20;
/// Tags in a row at the end; more than one of each kind is odd already.
const MOST_TAGS: usize = 16;

/// Length of the tag that `bytes` begin with; `remaining` bytes are left in the
/// file. A tag that claims more than that counts as its header only, so that music
/// behind a broken size is still found.
pub(super) fn tag_at(bytes: &[u8], remaining: u64) -> Option<u64> {
    // Files put one behind the other leave an ID3v1 tag in the middle.
    let id3v1_behind = bytes
        .starts_with(b"TAG")
        .then(|| bytes.get(ID3V1 as usize..));
    if let Some(Some([0xff | b'I' | b'A', ..])) = id3v1_behind {
        return Some(ID3V1);
    }
    let (length, header) = if let Some(length) = id3v2_length(bytes, b"ID3") {
        (length, ID3V2_HEADER)
    } else {
        (ape_length(bytes)?, APE_HEADER)
    };
    Some(if length <= remaining {
        length
    } else {
        header as u64
    })
}

/// Where the music ends: the start of the first of the tags at the end.
pub(super) fn music_end<R: Read + Seek>(reader: &mut R, file_bytes: u64) -> io::Result<u64> {
    let mut end = file_bytes;
    for _ in 0..MOST_TAGS {
        match last_tag(reader, end)? {
            Some(length) if length <= end => end -= length,
            _ => break,
        }
    }
    Ok(end)
}

/// Length of the tag that ends at `end`.
fn last_tag<R: Read + Seek>(reader: &mut R, end: u64) -> io::Result<Option<u64>> {
    let mut tail = [0; ID3V1_EXTENDED as usize];
    let tail = before(reader, end, &mut tail)?;
    let starts = |back: u64, name: &[u8]| {
        tail.len()
            .checked_sub(back as usize)
            .is_some_and(|at| tail[at..].starts_with(name))
    };
    // In an APE tag of 131 bytes the same three letters stand at the same place.
    if starts(ID3V1, b"TAG") && !starts(ID3V1 + 3, b"APETAGEX") {
        return Ok(Some(ID3V1));
    }
    if starts(ID3V1_EXTENDED, b"TAG+") {
        return Ok(Some(ID3V1_EXTENDED));
    }
    if starts(APE_HEADER as u64, b"APETAGEX") {
        return Ok(ape_length(&tail[tail.len() - APE_HEADER..]));
    }
    if starts(ID3V2_HEADER as u64, b"3DI") {
        return Ok(id3v2_length(&tail[tail.len() - ID3V2_HEADER..], b"3DI"));
    }
    if starts(9, b"LYRICS200") {
        let size = tail
            .get(tail.len().saturating_sub(15)..tail.len() - 9)
            .and_then(|digits| std::str::from_utf8(digits).ok()?.parse::<u64>().ok());
        return Ok(size.map(|size| size + 15));
    }
    if starts(9, b"LYRICSEND") {
        let mut lyrics = [0; LYRICS3_V1_MOST as usize];
        let lyrics = before(reader, end, &mut lyrics)?;
        let begin = lyrics.windows(11).rposition(|w| w == b"LYRICSBEGIN");
        return Ok(begin.map(|at| (lyrics.len() - at) as u64));
    }
    Ok(None)
}

/// Fills `buffer` with the bytes in front of `end`, as many as there are.
fn before<'a, R: Read + Seek>(
    reader: &mut R,
    end: u64,
    buffer: &'a mut [u8],
) -> io::Result<&'a [u8]> {
    let wanted = end.min(buffer.len() as u64);
    reader.seek(SeekFrom::Start(end - wanted))?;
    let buffer = &mut buffer[..wanted as usize];
    match reader.read_exact(buffer) {
        Ok(()) => Ok(buffer),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(&[]),
        Err(error) => Err(error),
    }
}

/// Length of a whole ID3v2 tag by its header (`ID3`) or footer (`3DI`).
fn id3v2_length(bytes: &[u8], name: &[u8; 3]) -> Option<u64> {
    let header: &[u8; ID3V2_HEADER] = bytes.strip_prefix(name).and(bytes.first_chunk())?;
    let [_, _, _, version, revision, flags, size @ ..] = *header;
    if version == 0xff || revision == 0xff || size.iter().any(|byte| byte & 0x80 != 0) {
        return None;
    }
    let size = size
        .iter()
        .fold(0, |size, &byte| size << 7 | u64::from(byte));
    let footer = if flags & 0x10 != 0 || name == b"3DI" {
        ID3V2_HEADER as u64
    } else {
        0
    };
    Some(ID3V2_HEADER as u64 + size + footer)
}

/// Length of a whole APE tag by its header or footer.
fn ape_length(bytes: &[u8]) -> Option<u64> {
    let header: &[u8; APE_HEADER] = bytes.strip_prefix(b"APETAGEX").and(bytes.first_chunk())?;
    let number = |at: usize| {
        let number = [header[at], header[at + 1], header[at + 2], header[at + 3]];
        u64::from(u32::from_le_bytes(number))
    };
    // The size covers the items and the footer, never the header.
    let (size, flags) = (number(12), number(20));
    let is_header = flags & 1 << 29 != 0;
    let has_header = is_header || flags & 1 << 31 != 0;
    (size >= APE_HEADER as u64 || is_header)
        .then_some(size + if has_header { APE_HEADER as u64 } else { 0 })
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn end_of(file: &[u8]) -> u64 {
        music_end(&mut Cursor::new(file), file.len() as u64).expect("in memory")
    }

    fn ape(flags: u32, size: u32) -> Vec<u8> {
        let mut header = b"APETAGEX".to_vec();
        for number in [2000, size, 1, flags, 0, 0] {
            header.extend(u32::to_le_bytes(number));
        }
        header
    }

    fn id3v1() -> Vec<u8> {
        let mut tag = b"TAG".to_vec();
        tag.resize(128, b' ');
        tag
    }

    #[test]
    fn id3v2_in_front() {
        let tag = [b'I', b'D', b'3', 4, 0, 0, 0, 0, 2, 1];
        assert_eq!(tag_at(&tag, 1000), Some(10 + 257));
        assert_eq!(tag_at(&tag, 266), Some(10));
        let with_footer = [b'I', b'D', b'3', 4, 0, 0x10, 0, 0, 2, 1];
        assert_eq!(tag_at(&with_footer, 1000), Some(10 + 257 + 10));
        for no_tag in [*b"ID3\x04\0\0\x80\0\0\0", *b"ID3\xff\0\0\0\0\0\0"] {
            assert_eq!(tag_at(&no_tag, 1000), None);
        }
        assert_eq!(tag_at(b"ID3\x04", 1000), None);
    }

    #[test]
    fn id3v1_in_the_middle() {
        let mut bytes = id3v1();
        assert_eq!(tag_at(&bytes, 1000), None);
        bytes.push(0xff);
        assert_eq!(tag_at(&bytes, 1000), Some(128));
        bytes[128] = b'x';
        assert_eq!(tag_at(&bytes, 1000), None);
    }

    #[test]
    fn ape_in_front() {
        assert_eq!(tag_at(&ape(0xa000_0000, 100), 1000), Some(132));
        assert_eq!(tag_at(&ape(0xa000_0000, 100), 131), Some(32));
    }

    #[test]
    fn tags_at_the_end_in_any_number() {
        let music = vec![1; 500];
        let mut file = music.clone();
        assert_eq!(end_of(&file), 500);
        // APEv2 with header, 8 bytes of items
        file.extend(ape(0xa000_0000, 40));
        file.extend([0; 8]);
        file.extend(ape(0x8000_0000, 40));
        assert_eq!(end_of(&file), 500);
        // APEv1: footer only
        file.extend([0; 5]);
        file.extend(ape(0, 37));
        assert_eq!(end_of(&file), 500);
        file.extend(b"LYRICSBEGINla la laLYRICSEND");
        assert_eq!(end_of(&file), 500);
        file.extend(b"LYRICSBEGININD00002xx000021LYRICS200");
        assert_eq!(end_of(&file), 500);
        file.extend(b"ID3\x04\0\x10\0\0\0\x03abc3DI\x04\0\x10\0\0\0\x03");
        assert_eq!(end_of(&file), 500);
        file.extend(b"TAG+");
        file.extend([b' '; 223]);
        file.extend(id3v1());
        assert_eq!(end_of(&file), 500);
    }

    #[test]
    fn an_ape_tag_of_131_bytes_is_no_id3v1_tag() {
        let file = [
            vec![1; 100],
            ape(0xa000_0000, 99),
            vec![0; 67],
            ape(0x8000_0000, 99),
        ]
        .concat();
        assert_eq!(file.len(), 231);
        assert_eq!(end_of(&file), 100);
    }

    #[test]
    fn lies_about_the_size_take_no_music() {
        let mut file = vec![1; 100];
        file.extend(ape(0, 5000));
        assert_eq!(end_of(&file), 132);
        file.truncate(100);
        file.extend(b"999999LYRICS200");
        assert_eq!(end_of(&file), 115);
        file.truncate(100);
        file.extend(b"LYRICSEND");
        assert_eq!(end_of(&file), 109);
        assert_eq!(end_of(b"LYRICS200"), 9);
        assert_eq!(end_of(b"3DI"), 3);
        assert_eq!(end_of(b""), 0);
    }
}
