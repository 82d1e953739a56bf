//! Tracks that are called nearly so.

use segue_core::track::TrackInfo;

use segue_stage::search::fold;

/// How many letters of a query are wrong for a track; `None`: too many for a slip
/// of the fingers, at most one in three of each word.
pub fn slips(query: &str, track: &TrackInfo) -> Option<usize> {
    let names = [&track.title, &track.artist, &track.album, &track.name];
    let called = fold(&names.map(String::as_str).join("\n"));
    let query = fold(query);
    let mut words = query.split_whitespace().peekable();
    words.peek()?;
    words.map(|word| slips_in_word(word, &called)).sum()
}

fn slips_in_word(word: &str, called: &str) -> Option<usize> {
    if called.contains(word) {
        return Some(0);
    }
    let others = called.split(|c: char| !c.is_alphanumeric());
    let near = others.filter_map(|other| {
        let slips = strsim::osa_distance(word, other);
        let letters = word.chars().count().max(other.chars().count());
        (slips * 3 <= letters).then_some(slips)
    });
    near.min()
}

#[cfg(test)]
mod tests {
    use segue_core::index::index;

    use super::*;

    #[test]
    fn a_slip_in_each_word_is_near_and_another_word_is_not() {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../playout/stage/demo/prelude.mp3"
        );
        let mut track = index(std::fs::File::open(path).unwrap(), "03-x")
            .unwrap()
            .info;
        track.title = "Blue Moon".into();
        track.artist = "Édith Piaf".into();
        track.album = String::new();
        for (query, found) in [
            ("blue", Some(0)),
            ("Bleu Mon", Some(2)),
            ("edit piaff", Some(1)),
            ("moon zebra", None),
            ("sun", None),
            ("", None),
        ] {
            assert_eq!(slips(query, &track), found, "{query}");
        }
    }
}
