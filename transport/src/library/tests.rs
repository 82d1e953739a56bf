use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::*;
use crate::files::tests::{frames, tag};

/// Longer than anything takes that works.
const LIMIT: Duration = Duration::from_secs(60);

/// A folder to share, and one for the cache.
struct World {
    music: TempDir,
    cache: TempDir,
}

impl World {
    fn new(files: u32) -> Self {
        let [music, cache] = [0, 1].map(|_| tempfile::tempdir().unwrap());
        let world = Self { music, cache };
        for number in 0..files {
            world.write(&format!("{number}.mp3"), &song(number));
        }
        world
    }

    fn path(&self, name: &str) -> PathBuf {
        self.music.path().join(name)
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    fn start(&self, watch: bool) -> Library {
        let library = Library::start(LibraryConfig {
            paths: vec![self.music.path().to_owned()],
            cache: Some(self.cache.path().to_owned()),
            watch,
        })
        .unwrap();
        assert!(library.wait(LIMIT));
        library
    }

    fn database(&self) -> PathBuf {
        let version = segue_core::index::VERSION;
        self.cache.path().join(format!("library-{version}.sqlite"))
    }
}

fn song(seed: u32) -> Vec<u8> {
    frames(20, seed).concat()
}

fn names(library: &Library) -> BTreeSet<String> {
    let tracks = library.tracks().into_iter();
    tracks.map(|track| track.name).collect()
}

#[track_caller]
fn until(library: &Library, what: &str, is_so: impl Fn(&Library) -> bool) {
    let begun = Instant::now();
    while !is_so(library) {
        assert!(
            begun.elapsed() < LIMIT,
            "{what}: {:?} {:?}",
            names(library),
            library.status()
        );
        thread::sleep(Duration::from_millis(5));
    }
}

#[track_caller]
fn until_named(library: &Library, expected: &[&str]) {
    let expected: BTreeSet<String> = expected.iter().map(|&name| name.into()).collect();
    until(library, "names", |library| names(library) == expected);
}

// -- the cache ---------------------------------------------------------------------

#[test]
fn a_second_start_reads_no_file() {
    let world = World::new(30);
    world.write("none.mp3", b"words");
    world.write("junk.mp3", &[song(77), vec![1; 5000], song(78)].concat());
    let first = world.start(false);
    let status = first.status();
    assert_eq!((status.found, status.indexed, status.tracks), (32, 32, 31));
    let tracks = first.tracks();
    drop(first);
    let second = world.start(false);
    let again = second.status();
    assert_eq!((again.found, again.indexed, again.from_cache), (32, 0, 32));
    assert_eq!(again.bytes_read, 0);
    assert_eq!(second.tracks(), tracks);
    assert_eq!(again.refused, status.refused);
    assert_eq!(again.damaged, status.damaged);
}

/// Puts other bytes in a file's place, and leaves it its time.
fn write_unseen(path: &Path, bytes: &[u8], anew: bool) {
    let modified = path.metadata().unwrap().modified().unwrap();
    if anew {
        // While the old one is there, so that they do not share a number.
        let new = path.with_extension("new");
        std::fs::write(&new, bytes).unwrap();
        std::fs::rename(new, path).unwrap();
    } else {
        std::fs::write(path, bytes).unwrap();
    }
    let file = std::fs::File::options().write(true).open(path).unwrap();
    file.set_modified(modified).unwrap();
}

#[test]
fn a_second_start_reads_no_file_where_files_get_other_numbers() {
    let world = World::new(5);
    let tracks = world.start(false).tracks();
    for number in 0..5 {
        let path = world.path(&format!("{number}.mp3"));
        write_unseen(&path, &song(number), true);
    }
    let again = world.start(false);
    let status = again.status();
    assert_eq!((status.indexed, status.from_cache), (0, 5));
    assert_eq!(again.tracks(), tracks);
}

#[test]
fn another_file_of_a_known_number_size_and_time_is_not_taken_for_a_move() {
    let world = World::new(2);
    drop(world.start(false));
    write_unseen(&world.path("0.mp3"), &song(9), false);
    for number in 0..2 {
        let [from, to] = [format!("{number}.mp3"), format!("moved-{number}.mp3")];
        std::fs::rename(world.path(&from), world.path(&to)).unwrap();
    }
    let again = world.start(false);
    let fresh = Library::open(&[world.music.path().to_owned()]).unwrap();
    assert_eq!(again.tracks(), fresh.tracks());
    let read = if cfg!(unix) { 1 } else { 2 };
    assert_eq!(again.status().indexed, read);
}

#[test]
fn a_file_that_changed_between_two_starts_is_read_again() {
    let world = World::new(3);
    let before = world.start(false).tracks();
    world.write("1.mp3", &song(9));
    let after = world.start(false);
    assert_eq!(after.status().indexed, 1);
    let same = |track: &&TrackInfo| before.iter().any(|old| old.id == track.id);
    assert_eq!(after.tracks().iter().filter(same).count(), 2);
}

#[test]
fn a_cache_that_is_damaged_is_made_again() {
    let world = World::new(20);
    let tracks = world.start(false).tracks();
    let whole = std::fs::read(world.database()).unwrap();
    let page = 4096;
    let mut scribbled = whole.clone();
    for at in (page..whole.len()).step_by(page) {
        scribbled[at..at + 200].fill(0xa5);
    }
    let mut flipped = whole.clone();
    for at in (200..whole.len()).step_by(97) {
        flipped[at] ^= 0x40;
    }
    let versions: [(&str, Vec<u8>); 6] = [
        ("empty", Vec::new()),
        ("garbage", vec![0x5a; 50_000]),
        ("cut short", whole[..whole.len() / 2].to_vec()),
        ("cut in a page", whole[..page + 100].to_vec()),
        ("scribbled over", scribbled),
        ("full of flipped bits", flipped),
    ];
    for (what, bytes) in versions {
        std::fs::write(world.database(), bytes).unwrap();
        let library = world.start(false);
        assert_eq!(library.tracks(), tracks, "{what}");
        drop(library);
        // Once is enough.
        let again = world.start(false);
        assert_eq!(again.tracks(), tracks, "{what}");
        let indexed = again.status().indexed;
        if indexed > 0 {
            drop(again);
            assert_eq!(world.start(false).status().indexed, 0, "{what}");
        }
    }
}

#[test]
fn a_database_of_somebody_else_is_replaced() {
    let world = World::new(2);
    let other = rusqlite::Connection::open(world.database()).unwrap();
    other
        .execute_batch("CREATE TABLE files (name TEXT); INSERT INTO files VALUES ('x')")
        .unwrap();
    drop(other);
    assert_eq!(world.start(false).status().tracks, 2);
    assert_eq!(world.start(false).status().indexed, 0);
}

#[test]
fn two_programs_use_one_cache_at_once() {
    let world = World::new(200);
    let libraries = [0, 1].map(|_| {
        Library::start(LibraryConfig {
            paths: vec![world.music.path().to_owned()],
            cache: Some(world.cache.path().to_owned()),
            watch: false,
        })
        .unwrap()
    });
    for library in &libraries {
        assert!(library.wait(LIMIT));
        assert_eq!(library.status().tracks, 200);
    }
    drop(libraries);
    assert_eq!(world.start(false).status().indexed, 0);
}

#[test]
fn without_a_place_for_the_cache_all_is_shared_all_the_same() {
    let world = World::new(2);
    let file = world.path("0.mp3");
    let library = Library::start(LibraryConfig {
        paths: vec![world.music.path().to_owned()],
        cache: Some(file),
        watch: false,
    })
    .unwrap();
    assert!(library.wait(LIMIT));
    assert_eq!(library.status().tracks, 2);
}

// -- changes -----------------------------------------------------------------------

#[test]
fn files_that_come_change_move_and_go_are_noticed() {
    let world = World::new(2);
    let library = world.start(true);
    until_named(&library, &["0", "1"]);

    world.write("new.mp3", &song(10));
    world.write("album/deep/inside.MP3", &song(11));
    world.write("album/cover.jpg", b"no music");
    until_named(&library, &["0", "1", "new", "inside"]);
    assert_eq!(library.status().indexed, 4);

    std::fs::rename(world.path("new.mp3"), world.path("old.mp3")).unwrap();
    until_named(&library, &["0", "1", "old", "inside"]);
    std::fs::rename(world.path("album"), world.path("record")).unwrap();
    until(&library, "moved folder", |library| {
        let status = library.status();
        status.tracks == 4 && status.from_cache == 2
    });
    assert_eq!(library.status().indexed, 4, "what moves is not read");

    let before = library.tracks();
    world.write("0.mp3", &song(12));
    until(&library, "other music", |library| {
        let tracks = library.tracks();
        tracks.len() == 4 && tracks != before
    });
    std::fs::remove_file(world.path("1.mp3")).unwrap();
    std::fs::remove_dir_all(world.path("record")).unwrap();
    until_named(&library, &["0", "old"]);
    assert!(library.status().unwatched.is_none());
}

#[test]
fn new_tags_leave_a_track_what_it_is() {
    let world = World::new(1);
    let library = world.start(true);
    let before = library.tracks();
    world.write("0.mp3", &[tag(50), song(0)].concat());
    until(&library, "read again", |library| {
        library.status().indexed == 2
    });
    until(&library, "track", |library| library.tracks() == before);
}

#[test]
fn a_file_is_not_read_before_it_is_whole() {
    let world = World::new(0);
    let library = world.start(true);
    let whole = frames(400, 5);
    let path = world.path("slow.mp3");
    let begun = Instant::now();
    for part in 1..=20 {
        std::fs::write(&path, whole[..part * 20].concat()).unwrap();
        assert_eq!(library.tracks(), [], "after {:?}", begun.elapsed());
        thread::sleep(Duration::from_millis(60));
    }
    until_named(&library, &["slow"]);
    assert_eq!(library.tracks()[0].packets, 400);
    assert_eq!(library.status().indexed, 1);
}

#[test]
fn equal_music_in_two_files_is_one_track_until_both_are_gone() {
    let world = World::new(1);
    world.write("copy.mp3", &song(0));
    let library = world.start(true);
    until_named(&library, &["0"]);
    std::fs::remove_file(world.path("0.mp3")).unwrap();
    until_named(&library, &["copy"]);
    std::fs::remove_file(world.path("copy.mp3")).unwrap();
    until_named(&library, &[]);
}

#[test]
fn a_folder_that_comes_back_is_shared_again() {
    let world = World::new(0);
    world.write("disk/a.mp3", &song(1));
    let library = Library::start(LibraryConfig {
        paths: vec![world.path("disk")],
        cache: Some(world.cache.path().to_owned()),
        watch: true,
    })
    .unwrap();
    until_named(&library, &["a"]);
    std::fs::rename(world.path("disk"), world.path("away")).unwrap();
    let running = library.running.as_ref().unwrap();
    running.messages.send(Message::Rescan).unwrap();
    until_named(&library, &[]);
    std::fs::rename(world.path("away"), world.path("disk")).unwrap();
    running.messages.send(Message::Rescan).unwrap();
    until_named(&library, &["a"]);
    // And it is watched again.
    world.write("disk/b.mp3", &song(2));
    until_named(&library, &["a", "b"]);
}

// -- what can be shared --------------------------------------------------------------

#[test]
fn a_damaged_file_is_shared_and_said_to_be_so() {
    let world = World::new(0);
    world.write("junk.mp3", &[song(1), vec![1; 5000], song(2)].concat());
    let status = world.start(false).status();
    assert_eq!((status.tracks, status.refused.len()), (1, 0));
    assert_eq!(status.damaged[0].path, world.path("junk.mp3"));
    let words = status.damaged[0].notes.to_string();
    assert_eq!(words, "5 kB of garbage skipped");
}

#[test]
fn an_empty_folder_is_no_error_and_a_missing_one_is() {
    let world = World::new(0);
    assert_eq!(world.start(false).status().found, 0);
    let missing = world.path("missing");
    let config = |paths| LibraryConfig {
        paths,
        ..LibraryConfig::default()
    };
    let error = Library::start(config(vec![missing])).unwrap_err();
    assert!(matches!(error, LibraryError::Missing { .. }), "{error}");
    let error = Library::open(&[world.music.path().to_owned()]).unwrap_err();
    assert!(matches!(error, LibraryError::Empty { .. }), "{error}");
}

#[test]
fn a_file_named_by_hand_is_shared_whatever_its_name_is() {
    let world = World::new(1);
    world.write("music.dat", &song(3));
    let library = Library::start(LibraryConfig {
        paths: vec![world.path("music.dat")],
        cache: None,
        watch: true,
    })
    .unwrap();
    until_named(&library, &["music"]);
    world.write("other.mp3", &song(4));
    world.write("music.dat", &song(5));
    until(&library, "change", |library| library.status().indexed == 2);
    until_named(&library, &["music"]);
    assert_eq!(library.status().found, 1);
}

#[test]
fn it_stops_at_once_with_much_to_do() {
    let world = World::new(500);
    let begun = Instant::now();
    let library = Library::start(LibraryConfig {
        paths: vec![world.music.path().to_owned()],
        ..LibraryConfig::default()
    })
    .unwrap();
    drop(library);
    assert!(begun.elapsed() < LIMIT / 2);
}

#[test]
fn what_cannot_be_watched_is_said() {
    let world = World::new(1);
    let library = world.start(true);
    let failed = Message::WatchFailed("the limit is reached".into());
    library.send(failed);
    until(&library, "trouble", |library| {
        library.status().unwatched.is_some()
    });
}

#[test]
fn links_that_go_round_are_told() {
    let world = World::new(1);
    let link = world.path("round");
    #[cfg(unix)]
    std::os::unix::fs::symlink(world.music.path(), &link).unwrap();
    if !Path::new(&link).exists() {
        return;
    }
    let status = world.start(false).status();
    assert_eq!(status.tracks, 1);
    assert_eq!(status.refused[0].path, link);
}

#[test]
#[cfg(unix)]
fn of_links_to_nowhere_only_music_is_told() {
    let world = World::new(1);
    for name in ["cover.jpg", "album", "song.mp3"] {
        std::os::unix::fs::symlink("/nowhere/at/all", world.path(name)).unwrap();
    }
    let refused = world.start(false).status().refused;
    let told: Vec<_> = refused.iter().map(|one| &one.path).collect();
    assert_eq!(told, [&world.path("song.mp3")]);
}

#[test]
fn changes_missed_all_the_time_do_not_put_off_the_look() {
    let world = World::new(1);
    let library = world.start(false); // nothing but a look tells of changes
    world.write("new.mp3", &song(6));
    until(&library, "look", |library| {
        library.send(Message::Rescan);
        library.tracks().len() == 2
    });
}
