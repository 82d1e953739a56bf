use std::fs::File;
use std::io::{Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use super::*;
use crate::library::{Library, LibraryConfig};

/// Frames of 417 bytes, each of another content, all others than with another
/// `seed`.
pub(crate) fn frames(count: u32, seed: u32) -> Vec<Vec<u8>> {
    (0..count)
        .map(|number| {
            let mut frame = vec![0xff, 0xfb, 0x90, 0x64]; // 128 kb/s, 44.1 kHz
            frame.extend(number.to_le_bytes());
            frame.extend(seed.to_le_bytes());
            frame.resize(417, 0);
            frame
        })
        .collect()
}

/// An empty ID3v2 tag of so many bytes.
pub(crate) fn tag(bytes: u8) -> Vec<u8> {
    let mut tag = vec![b'I', b'D', b'3', 4, 0, 0, 0, 0, 0, bytes];
    tag.resize(10 + usize::from(bytes), 0);
    tag
}

/// A shared file of more blocks than one.
struct Shared {
    dir: tempfile::TempDir,
    path: PathBuf,
    library: Library,
    editions: Receiver<Edition>,
    packets: Packets,
    track: TrackId,
}

impl Shared {
    fn new(frames: &[Vec<u8>]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("track.mp3");
        std::fs::write(&path, frames.concat()).unwrap();
        let library = Library::start(LibraryConfig {
            paths: vec![dir.path().to_owned()],
            cache: Some(dir.path().join("cache")),
            watch: false,
        })
        .unwrap();
        assert!(library.wait(Duration::from_secs(60)));
        let (tell, editions) = channel();
        library.subscribe(move |edition| tell.send(edition).is_ok());
        let mut shared = Self {
            path,
            track: library.tracks()[0].id,
            library,
            editions,
            packets: Packets::default(),
            dir,
        };
        shared.adopt(false);
        shared
    }

    fn adopt(&mut self, in_use: bool) {
        let edition = self.editions.recv_timeout(Duration::from_secs(60));
        self.packets.adopt(edition.unwrap(), |_| in_use);
    }

    fn read(&mut self, number: u32) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        while let Some(fetch) = self.packets.read(self.track, number, &mut bytes)? {
            assert!(bytes.is_empty(), "nothing or all");
            let (track, packet, result) = self.packets.keep(fetch.run());
            assert_eq!((track, packet), (self.track, number));
            result?;
        }
        Ok(bytes)
    }

    fn kind(&mut self, number: u32) -> ErrorKind {
        self.read(number).unwrap_err().kind()
    }

    /// Puts another file in its place, as good programs do.
    fn replace(&self, bytes: &[u8]) {
        let new = self.dir.path().join("new");
        std::fs::write(&new, bytes).unwrap();
        std::fs::rename(new, &self.path).unwrap();
    }
}

fn write_into(path: &Path, at: u64, bytes: &[u8]) {
    use std::io::Write;
    let mut file = File::options().write(true).open(path).unwrap();
    file.seek(SeekFrom::Start(at)).unwrap();
    file.write_all(bytes).unwrap();
    // As if it had taken a while, whatever the clock of the file system is.
    let later = std::time::SystemTime::now() + Duration::from_secs(10);
    file.set_modified(later).unwrap();
}

#[test]
fn every_packet_is_whole_wherever_blocks_end() {
    let frames = frames(500, 1);
    let mut shared = Shared::new(&frames);
    for number in (0..500).rev() {
        let bytes = shared.read(number).unwrap();
        assert!(bytes == frames[number as usize], "packet {number}");
    }
    let blocks = shared.packets.caches.blocks.len();
    assert_eq!(blocks, 500 * 417 / BLOCK_BYTES as usize + 1);
    assert_eq!(shared.kind(500), ErrorKind::NotFound);
    shared.track = TrackId([0; 32]);
    assert_eq!(shared.kind(0), ErrorKind::NotFound);
}

#[test]
fn a_file_that_became_shorter_is_an_error_and_no_panic() {
    let mut shared = Shared::new(&frames(500, 1));
    shared.read(1).unwrap();
    let file = File::options().write(true).open(&shared.path).unwrap();
    file.set_len(1000).unwrap();
    shared.read(2).expect("still in the cache");
    assert_eq!(shared.kind(499), ErrorKind::InvalidData);
}

#[test]
fn a_file_that_was_replaced_is_read_to_its_end_while_it_is_open() {
    let old = frames(500, 1);
    let mut shared = Shared::new(&old);
    assert_eq!(shared.read(0).unwrap(), old[0]);
    shared.replace(&frames(500, 2).concat());
    for (number, frame) in old.iter().enumerate() {
        assert!(shared.read(number as u32).unwrap() == *frame);
    }
    // Whoever comes later does not get the new file's bytes for the old track.
    let number = shared.packets.files[&shared.track].number;
    shared.packets.caches.open.pop(&number);
    shared.packets.caches.blocks.clear();
    assert_eq!(shared.kind(0), ErrorKind::InvalidData);
}

#[test]
fn a_file_that_was_written_into_is_not_read_any_more() {
    let mut shared = Shared::new(&frames(500, 1));
    shared.read(0).unwrap();
    write_into(&shared.path, 0, &frames(500, 2).concat());
    assert_eq!(shared.kind(499), ErrorKind::InvalidData);
    let file = shared.packets.forget(shared.track).unwrap();
    assert_eq!(file.path.file_name(), shared.path.file_name());
    assert_eq!(shared.kind(0), ErrorKind::NotFound);
}

#[test]
fn a_track_whose_tags_changed_is_read_from_its_new_places() {
    let frames = frames(500, 1);
    let mut shared = Shared::new(&frames);
    shared.read(0).unwrap(); // a block of the old file is in the cache
    shared.replace(&[tag(100), frames.concat()].concat());
    let file = shared.packets.files[&shared.track].clone();
    shared.library.suspect(file);
    shared.adopt(true);
    if !shared.packets.files.contains_key(&shared.track) {
        shared.adopt(true); // the edition after the one without it
    }
    for (number, frame) in frames.iter().enumerate() {
        assert!(shared.read(number as u32).unwrap() == *frame);
    }
}

#[test]
fn a_track_that_is_removed_stays_for_those_who_listen() {
    let frames = frames(500, 1);
    let mut shared = Shared::new(&frames);
    shared.read(0).unwrap();
    let file = shared.packets.files[&shared.track].clone();
    std::fs::remove_file(&shared.path).unwrap();
    shared.library.suspect(file);
    shared.adopt(true);
    assert!(shared.packets.files.is_empty());
    assert_eq!(shared.read(499).unwrap(), frames[499]);
    assert_eq!(shared.packets.left_alone(|_| true), []);
    assert_eq!(shared.packets.left_alone(|_| false), [shared.track]);
    assert_eq!(shared.kind(499), ErrorKind::NotFound);
}

#[test]
fn a_file_that_left_while_nobody_listened_is_closed() {
    let mut shared = Shared::new(&frames(500, 1));
    shared.read(0).unwrap();
    let file = shared.packets.files[&shared.track].clone();
    std::fs::remove_file(&shared.path).unwrap();
    shared.library.suspect(file);
    shared.adopt(false);
    assert_eq!(shared.packets.caches.open.len(), 0);
}

#[test]
fn a_table_that_is_lost_is_made_again() {
    let frames = frames(500, 1);
    let mut shared = Shared::new(&frames);
    let cache = shared.dir.path().join("cache");
    for file in std::fs::read_dir(cache).unwrap() {
        std::fs::remove_file(file.unwrap().path()).unwrap();
    }
    assert_eq!(shared.kind(0), ErrorKind::InvalidData);
    let file = shared.packets.forget(shared.track).unwrap();
    shared.library.suspect(file);
    shared.adopt(true);
    if !shared.packets.files.contains_key(&shared.track) {
        shared.adopt(true);
    }
    assert_eq!(shared.read(0).unwrap(), frames[0]);
}
