//! What a later start knows of an earlier one.

use super::*;

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
