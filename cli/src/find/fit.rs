//! Which of the known tracks are meant.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use segue_core::track::TrackInfo;
use segue_transport::TrackEntry;

use segue_stage::search::{Words, fold, natural_key};

/// The track whose id begins so, where that is enough of an id to mean no other.
pub fn by_long_id<'a>(tracks: &'a [TrackEntry], start: &str) -> Option<&'a TrackEntry> {
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
pub fn one<'a>(tracks: &'a [TrackEntry], query: &str, all: bool) -> Vec<&'a TrackEntry> {
    let words = Words::new(query);
    let start = query.to_lowercase();
    let by_id =
        |entry: &&TrackEntry| start.len() >= 4 && entry.track.id.to_string().starts_with(&start);
    let fitting = tracks
        .iter()
        .filter(|entry| by_id(entry) || words.are_in(&entry.track));
    let fitting: Vec<_> = fitting.collect();
    let exact = fitting.iter().copied();
    let exact: Vec<_> = exact.filter(|e| is_whole(query, &e.track)).collect();
    if exact.is_empty() || all {
        in_order(fitting)
    } else {
        exact
    }
}

/// Whether this is the whole title of a track, or the name of its file.
pub fn is_whole(query: &str, track: &TrackInfo) -> bool {
    let wanted = fold(query.trim());
    fold(&track.title) == wanted || fold(&track.name) == wanted
}

/// Album by album, and in each as the files are named.
///
/// Two encodings of one piece (same album, title and artist, lengths less than a
/// second apart) are two tracks, but nobody wants to hear both. The one is taken
/// that more peers have: it bears their loss. Among equals it is that of the peer
/// that has most of the album, the same for all of it, so that one copy of the
/// album plays and not a medley of two; at one peer, the longer: a copy that lost
/// its end is no better.
pub fn in_order(mut tracks: Vec<&TrackEntry>) -> Vec<&TrackEntry> {
    let mut shares: BTreeMap<_, usize> = BTreeMap::new();
    for entry in &tracks {
        for &peer in &entry.peers {
            *shares.entry((fold(&entry.track.album), peer)).or_default() += 1;
        }
    }
    let fullest = |entry: &TrackEntry| {
        let album = fold(&entry.track.album);
        let share = |&peer: &_| (shares.get(&(album.clone(), peer)).copied(), Reverse(peer));
        entry.peers.iter().map(share).max()
    };
    let rank = |entry: &&TrackEntry| (entry.peers.len(), fullest(entry), entry.track.packets);
    tracks.sort_by_cached_key(|entry| Reverse(rank(entry)));
    let mut kept: BTreeMap<_, Vec<&TrackEntry>> = BTreeMap::new();
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
pub fn nearest<'a>(
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

#[cfg(test)]
mod tests {
    use segue_core::track::TrackId;

    use super::*;

    /// A track of album `A`: its id, title, packets, and the peers that have it.
    fn entry(id: u8, title: &str, packets: u32, peers: &[u8]) -> TrackEntry {
        let peer = |&number: &u8| ([10, 0, 0, number], 9).into();
        TrackEntry {
            track: TrackInfo {
                id: TrackId([id; 32]),
                packets,
                sample_rate: 44_100,
                samples_per_packet: 1152,
                channels: 2,
                gapless: None,
                bytes: 0,
                title: title.into(),
                artist: String::new(),
                album: "A".into(),
                name: format!("{title}.mp3"),
            },
            peers: peers.iter().map(peer).collect(),
        }
    }

    fn taken(tracks: &[TrackEntry]) -> Vec<u8> {
        let taken = in_order(tracks.iter().collect());
        taken.iter().map(|entry| entry.track.id.0[0]).collect()
    }

    #[test]
    fn of_two_encodings_the_one_at_more_peers_is_taken() {
        let tracks = [entry(1, "x", 110, &[1]), entry(2, "x", 100, &[2, 3])];
        assert_eq!(taken(&tracks), [2]);
    }

    #[test]
    fn at_one_peer_the_longer_encoding_is_taken() {
        let tracks = [entry(1, "x", 100, &[1]), entry(2, "x", 110, &[1])];
        assert_eq!(taken(&tracks), [2]);
    }

    #[test]
    fn lengths_that_differ_by_more_than_a_second_are_two_pieces() {
        let tracks = [entry(1, "x", 100, &[1]), entry(2, "x", 200, &[1])];
        assert_eq!(taken(&tracks).len(), 2);
    }

    #[test]
    fn an_album_is_no_medley_of_two_copies() {
        let tracks = [
            entry(11, "1", 100, &[1]),
            entry(12, "2", 110, &[1]),
            entry(21, "1", 110, &[2]),
            entry(22, "2", 100, &[2]),
            entry(23, "3", 100, &[2]),
        ];
        assert_eq!(taken(&tracks), [21, 22, 23], "peer 2 has more of it");
        assert_eq!(taken(&tracks[..4]), [11, 12], "as much: one for all");
    }

    #[test]
    fn the_whole_title_or_file_name_is_told_from_words_of_it() {
        let track = entry(1, "Für Elise", 100, &[1]).track;
        for (query, whole) in [
            ("fur elise ", true),
            ("für elise.mp3", true),
            ("elise", false),
        ] {
            assert_eq!(is_whole(query, &track), whole, "{query}");
        }
    }
}
