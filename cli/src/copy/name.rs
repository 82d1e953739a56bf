//! Names of files, whatever a track is called.

use segue_core::track::TrackInfo;

/// Names that Windows keeps for itself, with any extension.
const RESERVED: [&str; 4] = ["con", "prn", "aux", "nul"];
/// Enough for every file system, with an id and extensions behind it.
const MOST_BYTES: usize = 200;

/// `Artist - Title`, or the file's name, or else the id: a name that every
/// platform takes, and never a path.
pub fn of(track: &TrackInfo) -> String {
    let name = match (track.artist.as_str(), track.label()) {
        ("", label) => label.to_owned(),
        (artist, label) => format!("{artist} - {label}"),
    };
    let name = safe(&name);
    if name.is_empty() {
        track.id.short()
    } else {
        name
    }
}

fn safe(name: &str) -> String {
    let mut safe = String::new();
    for c in name.chars() {
        let c = match c {
            '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|' => '_',
            c if c.is_control() => '_',
            c => c,
        };
        if safe.len() + c.len_utf8() > MOST_BYTES {
            break;
        }
        safe.push(c);
    }
    // Hidden files begin with a dot, Windows takes dots and spaces off the end.
    let safe = safe.trim_matches(|c: char| c == '.' || c.is_whitespace());
    let stem = safe
        .split('.')
        .next()
        .unwrap_or_default()
        .trim_end()
        .to_lowercase();
    let numbered = ["com", "lpt"].iter().any(|port| {
        let number = stem.strip_prefix(port);
        number.is_some_and(|number| number.chars().count() == 1)
    });
    if numbered || RESERVED.contains(&stem.as_str()) {
        format!("_{safe}")
    } else {
        safe.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::safe;

    #[test]
    fn every_platform_takes_the_name_and_it_is_no_path() {
        for (name, expected) in [
            ("AC/DC - T.N.T.", "AC_DC - T.N.T"),
            ("../../etc/passwd", "_.._etc_passwd"),
            ("..", ""),
            ("C:\\x?*", "C__x__"),
            ("CON", "_CON"),
            ("com1.tar", "_com1.tar"),
            ("company", "company"),
            ("a\u{7}b ", "a_b"),
            ("愛", "愛"),
        ] {
            assert_eq!(safe(name), expected);
        }
        assert!(safe(&"é".repeat(300)).len() <= 200);
    }
}
