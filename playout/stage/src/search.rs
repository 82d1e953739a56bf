//! Comparing what people type with what tracks are called.

use segue_core::track::TrackInfo;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Longer numbers are names.
const DIGITS: usize = 12;

/// Text without case, accents and the like: `Für Élise` is `fur elise`.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    let letters = text.chars().flat_map(char::to_lowercase).nfkd();
    for letter in letters.filter(|&letter| !is_combining_mark(letter)) {
        match letter {
            // Letters of their own, which people without them on the keyboard
            // write so.
            'ø' => folded.push('o'),
            'ł' => folded.push('l'),
            'đ' => folded.push('d'),
            'ı' => folded.push('i'),
            'ß' => folded.push_str("ss"),
            'æ' => folded.push_str("ae"),
            'œ' => folded.push_str("oe"),
            'þ' => folded.push_str("th"),
            '’' => folded.push('\''),
            letter => folded.push(letter),
        }
    }
    folded
}

/// Words that must all occur in what a track is called.
#[derive(Clone, Debug)]
pub struct Words(Vec<String>);

impl Words {
    /// Of a text as typed. Signs between the words do not count, unless there is
    /// nothing else.
    pub fn new(text: &str) -> Self {
        let folded = fold(text);
        let all = || folded.split_whitespace();
        let words = all().filter(|word| word.contains(char::is_alphanumeric));
        let mut words: Vec<_> = words.map(str::to_owned).collect();
        if words.is_empty() {
            words = all().map(str::to_owned).collect();
        }
        Self(words)
    }

    /// Whether all words occur in title, artist, album or file name together.
    pub fn are_in(&self, track: &TrackInfo) -> bool {
        let names = [&track.title, &track.artist, &track.album, &track.name];
        self.are_in_text(&fold(&names.map(String::as_str).join("\n")))
    }

    /// Whether all words occur in a folded text.
    pub fn are_in_text(&self, folded: &str) -> bool {
        self.0.iter().all(|word| folded.contains(word))
    }
}

/// A key that sorts tracks as on a shelf: by artist, album, file.
pub fn shelf_key(track: &TrackInfo) -> [String; 3] {
    [&track.artist, &track.album, &track.name].map(|name| natural_key(name))
}

/// A key that sorts as people count: `2` before `10`, case and accents aside.
pub fn natural_key(text: &str) -> String {
    let folded = fold(text);
    let mut key = String::with_capacity(folded.len() + 2 * DIGITS);
    let mut rest = folded.as_str();
    while let Some(at) = rest.find(|c: char| c.is_ascii_digit()) {
        key.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = rest.find(|c: char| !c.is_ascii_digit());
        let (number, behind) = rest.split_at(end.unwrap_or(rest.len()));
        let number = number.trim_start_matches('0');
        key.extend(std::iter::repeat_n(
            '0',
            DIGITS.saturating_sub(number.len()),
        ));
        key.push_str(number);
        rest = behind;
    }
    key.push_str(rest);
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_and_accents_do_not_count() {
        for (written, folded) in [
            ("Für ÉLISE", "fur elise"),
            ("Motörhead", "motorhead"),
            ("SIGUR RÓS – Ágætis", "sigur ros – agaetis"),
            ("Straße", "strasse"),
            ("İstanbul", "istanbul"),
            ("ｗｉｄｅ", "wide"),
            ("Don’t", "don't"),
        ] {
            assert_eq!(fold(written), folded);
        }
    }

    #[test]
    fn all_words_must_occur_in_any_order() {
        let fits = |query: &str| Words::new(query).are_in_text(&fold("Blue Moon\nÉdith\n01 x"));
        for query in ["blue", "moon BLUE", "edith - blue", "lue oon", "Blue/", ""] {
            assert_eq!(fits(query), query != "Blue/", "{query}");
        }
        assert!(!fits("blue sun"));
        assert!(!fits("?"), "signs alone are looked for");
    }

    #[test]
    fn numbers_sort_as_numbers() {
        let mut names = [
            "10 j",
            "2 b",
            "01 a",
            "Disc 2/1",
            "disc 1/12",
            "disc 1/3",
            "é",
            "f",
        ];
        names.sort_by_key(|name| natural_key(name));
        assert_eq!(
            names,
            [
                "01 a",
                "2 b",
                "10 j",
                "disc 1/3",
                "disc 1/12",
                "Disc 2/1",
                "é",
                "f"
            ]
        );
    }
}
