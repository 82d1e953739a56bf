//! The rows of the table: all tracks, sorted and filtered.

use std::cmp::Ordering;

use segue_core::track::TrackId;
use segue_stage::grouped;
use segue_stage::search::{Words, fold, natural_key};
use segue_transport::TrackEntry;

/// A column of the table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Column {
    Title,
    #[default]
    Artist,
    Album,
    Length,
    Size,
    Peers,
}

/// A track with what sorting and filtering look at.
struct Row {
    entry: TrackEntry,
    words: String,
    title: String,
    artist: String,
    album: String,
}

/// All tracks, and which are shown in which order.
#[derive(Default)]
pub struct Rows {
    all: Vec<Row>,
    shown: Vec<usize>,
    column: Column,
    backwards: bool,
}

impl Rows {
    /// Takes what there is now.
    pub fn set(&mut self, tracks: Vec<TrackEntry>) {
        let row = |entry: TrackEntry| {
            let track = &entry.track;
            let names = [track.label(), &track.artist, &track.album, &track.name];
            Row {
                words: fold(&names.join("\n")),
                title: natural_key(track.label()),
                artist: natural_key(&track.artist),
                album: natural_key(&track.album),
                entry,
            }
        };
        self.all = tracks.into_iter().map(row).collect();
        self.sort();
    }

    /// Shows what all these words occur in.
    pub fn filter(&mut self, text: &str) {
        let words = Words::new(text);
        let rows = self.all.iter().enumerate();
        let fits = rows.filter(|(_, row)| words.are_in_text(&row.words));
        self.shown = fits.map(|(number, _)| number).collect();
    }

    /// Sorts by a column; by the same once more, backwards.
    pub fn sort_by(&mut self, column: Column) {
        self.backwards = self.column == column && !self.backwards;
        self.column = column;
        // What is shown stays shown.
        let ids: std::collections::HashSet<_> = self
            .shown
            .iter()
            .map(|&number| self.all[number].entry.track.id)
            .collect();
        self.sort();
        let rows = self.all.iter().enumerate();
        let kept = rows.filter(|(_, row)| ids.contains(&row.entry.track.id));
        self.shown = kept.map(|(number, _)| number).collect();
    }

    fn sort(&mut self) {
        let (column, backwards) = (self.column, self.backwards);
        self.all.sort_by(|a, b| {
            let order = compare(column, a, b);
            let order = if backwards { order.reverse() } else { order };
            order.then_with(|| shelf(a, b))
        });
    }

    /// How it is sorted, and whether backwards.
    pub fn sorting(&self) -> (Column, bool) {
        (self.column, self.backwards)
    }

    /// Whether there is no track at all.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// How many are shown.
    pub fn shown(&self) -> usize {
        self.shown.len()
    }

    /// The track at a place among those shown.
    pub fn at(&self, place: usize) -> Option<&TrackEntry> {
        Some(&self.all[*self.shown.get(place)?].entry)
    }

    pub fn find(&self, track: TrackId) -> Option<&TrackEntry> {
        let mut entries = self.all.iter().map(|row| &row.entry);
        entries.find(|entry| entry.track.id == track)
    }

    /// The place so many rows away from a track; the first if it is not shown.
    pub fn step(&self, from: Option<TrackId>, steps: isize) -> Option<usize> {
        let last = self.shown.len().checked_sub(1)?;
        let place = from.and_then(|track| {
            let is_it = |&number: &usize| self.all[number].entry.track.id == track;
            self.shown.iter().position(is_it)
        });
        Some(place.map_or(0, |place| place.saturating_add_signed(steps).min(last)))
    }

    /// How many, in words.
    pub fn summary(&self) -> String {
        let (shown, all) = (self.shown.len(), self.all.len());
        match all {
            0 => String::new(),
            1 if shown == 1 => "1 track".to_owned(),
            _ if shown == all => format!("{} tracks", grouped(all)),
            _ => format!("{} of {} tracks", grouped(shown), grouped(all)),
        }
    }
}

fn compare(column: Column, a: &Row, b: &Row) -> Ordering {
    let seconds = |row: &Row| row.entry.track.duration_s();
    match column {
        Column::Title => a.title.cmp(&b.title),
        Column::Artist => shelf(a, b),
        Column::Album => a.album.cmp(&b.album),
        Column::Length => seconds(a).total_cmp(&seconds(b)),
        Column::Size => a.entry.track.bytes.cmp(&b.entry.track.bytes),
        Column::Peers => a.entry.peers.len().cmp(&b.entry.peers.len()),
    }
}

fn shelf(a: &Row, b: &Row) -> Ordering {
    a.artist
        .cmp(&b.artist)
        .then_with(|| a.album.cmp(&b.album))
        .then_with(|| a.entry.track.name.cmp(&b.entry.track.name))
}

#[cfg(test)]
pub mod tests {
    use segue_core::track::TrackInfo;

    use super::*;

    pub fn entry(number: u8, title: &str, artist: &str, packets: u32) -> TrackEntry {
        TrackEntry {
            track: TrackInfo {
                id: TrackId([number; 32]),
                packets,
                sample_rate: 44_100,
                samples_per_packet: 1152,
                channels: 2,
                gapless: None,
                bytes: u64::from(packets) * 417,
                title: title.to_owned(),
                artist: artist.to_owned(),
                album: String::new(),
                name: title.to_owned(),
            },
            peers: Vec::new(),
        }
    }

    fn titles(rows: &Rows) -> Vec<&str> {
        let shown = (0..rows.shown()).filter_map(|place| rows.at(place));
        shown.map(|entry| entry.track.title.as_str()).collect()
    }

    fn rows() -> Rows {
        let mut rows = Rows::default();
        rows.set(vec![
            entry(1, "Track 10", "Édith", 300),
            entry(2, "Track 2", "edith", 200),
            entry(3, "Air", "Bach", 100),
        ]);
        rows.filter("");
        rows
    }

    #[test]
    fn sorts_as_people_do_and_backwards_at_the_second_click() {
        let mut rows = rows();
        assert_eq!(titles(&rows)[0], "Air");
        rows.sort_by(Column::Title);
        assert_eq!(titles(&rows), ["Air", "Track 2", "Track 10"]);
        rows.sort_by(Column::Title);
        assert_eq!(titles(&rows), ["Track 10", "Track 2", "Air"]);
        rows.sort_by(Column::Length);
        assert_eq!(titles(&rows), ["Air", "Track 2", "Track 10"]);
    }

    #[test]
    fn a_filter_stays_when_the_order_changes() {
        let mut rows = rows();
        rows.filter("EDITH track");
        assert_eq!(rows.summary(), "2 of 3 tracks");
        rows.sort_by(Column::Length);
        assert_eq!(titles(&rows), ["Track 2", "Track 10"]);
    }

    #[test]
    fn arrows_stay_within_what_is_shown() {
        let rows = rows();
        let first = rows.at(0).map(|entry| entry.track.id);
        assert_eq!(rows.step(None, 1), Some(0));
        assert_eq!(rows.step(first, -1), Some(0));
        assert_eq!(rows.step(first, 100), Some(2));
        assert_eq!(Rows::default().step(None, 1), None);
    }
}
