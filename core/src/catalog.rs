//! A catalog: what a peer shares, in pages named by their hash.
//!
//! Tracks are sorted by id, and a page ends after an id that says so, or when
//! it is full. So a track that comes or goes changes one page, seldom two, and
//! only changed pages travel.

use std::collections::BTreeMap;

use crate::mp3::clean;
use crate::track::{TrackId, TrackInfo};
use crate::wire::{self, MAX_PAGE_BYTES, PageHash};

/// A track of more is believed of nobody: three days of music.
const MAX_PACKETS: u32 = 10_000_000;
/// A page ends after an id whose first byte has these bits clear: every eighth.
const BOUNDARY_MASK: u8 = 0x07;

/// What this peer shares, ready to be sent.
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    version: PageHash,
    names: Vec<PageHash>,
    pages: BTreeMap<PageHash, Vec<u8>>,
}

impl Catalog {
    /// The catalog of these tracks.
    pub fn new<'a>(tracks: impl IntoIterator<Item = &'a TrackInfo>) -> Self {
        let sorted: BTreeMap<TrackId, &TrackInfo> =
            tracks.into_iter().map(|track| (track.id, track)).collect();
        let mut catalog = Self::default();
        let mut page = Vec::new();
        for (id, track) in sorted {
            let entry = wire::encode_part(track);
            if page.len() + entry.len() > MAX_PAGE_BYTES {
                catalog.add(std::mem::take(&mut page));
            }
            page.extend_from_slice(&entry);
            if id.0[0] & BOUNDARY_MASK == 0 {
                catalog.add(std::mem::take(&mut page));
            }
        }
        catalog.add(page);
        catalog.version = version(&catalog.names);
        catalog
    }

    fn add(&mut self, page: Vec<u8>) {
        if !page.is_empty() {
            let name = name(&page);
            self.names.push(name);
            self.pages.insert(name, page);
        }
    }

    /// Hash of the whole; zeros when nothing is shared.
    pub fn version(&self) -> PageHash {
        self.version
    }

    /// Names of all pages, in order.
    pub fn names(&self) -> &[PageHash] {
        &self.names
    }

    /// A page by its name.
    pub fn page(&self, name: PageHash) -> Option<&[u8]> {
        self.pages.get(&name).map(Vec::as_slice)
    }
}

/// The name of a page.
pub fn name(page: &[u8]) -> PageHash {
    short(blake3::hash(page))
}

/// The version of a catalog of these pages.
pub fn version(names: &[PageHash]) -> PageHash {
    if names.is_empty() {
        return PageHash::default();
    }
    short(blake3::hash(names.as_flattened()))
}

fn short(hash: blake3::Hash) -> PageHash {
    let mut name = PageHash::default();
    name.copy_from_slice(&hash.as_bytes()[..size_of::<PageHash>()]);
    name
}

/// Reads a page that came from a peer. `None` if it is malformed. Names are
/// cleaned of what a terminal or a screen should not be shown; tracks that make
/// no sense are left out.
pub fn read_page(mut bytes: &[u8]) -> Option<Vec<TrackInfo>> {
    let mut tracks = Vec::new();
    while !bytes.is_empty() {
        let (mut track, rest): (TrackInfo, _) = wire::decode_part(bytes)?;
        bytes = rest;
        for text in [
            &mut track.title,
            &mut track.artist,
            &mut track.album,
            &mut track.name,
        ] {
            *text = clean(text);
        }
        if is_sane(&track) {
            tracks.push(track);
        }
    }
    Some(tracks)
}

/// Whether a track can be what it says.
pub(crate) fn is_sane(track: &TrackInfo) -> bool {
    const RATES: [u32; 9] = [8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000];
    (1..=MAX_PACKETS).contains(&track.packets)
        && RATES.contains(&track.sample_rate)
        && matches!(track.samples_per_packet, 576 | 1152)
        && matches!(track.channels, 1 | 2)
        && track.bytes <= u64::from(track.packets) * crate::mp3::MAX_FRAME_BYTES as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tracks(count: u32) -> Vec<TrackInfo> {
        let track = |i: u32| TrackInfo {
            id: TrackId(*blake3::hash(&i.to_le_bytes()).as_bytes()),
            packets: 100,
            sample_rate: 44100,
            samples_per_packet: 1152,
            channels: 2,
            gapless: None,
            bytes: 41_800,
            title: format!("Track {i}"),
            artist: "Somebody".into(),
            album: String::new(),
            name: format!("{i:05}"),
        };
        (0..count).map(track).collect()
    }

    #[test]
    fn pages_fit_and_hold_every_track_once() {
        let tracks = tracks(1000);
        let catalog = Catalog::new(&tracks);
        let mut read: Vec<_> = catalog
            .names()
            .iter()
            .flat_map(|&name| {
                let page = catalog.page(name).unwrap();
                assert!(page.len() <= MAX_PAGE_BYTES);
                read_page(page).unwrap()
            })
            .collect();
        read.sort_by(|a, b| a.name.cmp(&b.name));
        assert_eq!(read, tracks);
    }

    #[test]
    fn one_new_track_changes_few_pages() {
        let mut tracks = tracks(1000);
        let before = Catalog::new(&tracks[..999]);
        let after = Catalog::new(&tracks);
        let fresh = |name: &&PageHash| before.page(**name).is_none();
        assert!(after.names().iter().filter(fresh).count() <= 2);
        assert_ne!(before.version(), after.version());
        tracks.reverse();
        assert_eq!(Catalog::new(&tracks).version(), after.version());
    }

    #[test]
    fn an_empty_catalog_has_the_zero_version() {
        assert_eq!(Catalog::new([]).version(), PageHash::default());
    }

    #[test]
    fn senseless_tracks_and_control_characters_are_left_out() {
        let mut bad = tracks(3);
        bad[0].sample_rate = 1;
        bad[1].packets = 0;
        bad[2].title = "a\u{1b}[2Jb".into();
        let catalog = Catalog::new(&bad);
        let pages = catalog
            .names()
            .iter()
            .map(|&name| catalog.page(name).unwrap());
        let read: Vec<_> = pages.flat_map(|page| read_page(page).unwrap()).collect();
        assert_eq!(read.len(), 1);
        assert!(!read[0].title.contains('\u{1b}'));
        assert!(read_page(&[1, 2, 3]).is_none());
    }
}
