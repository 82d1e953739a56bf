use super::*;
use std::sync::mpsc::channel;

#[test]
fn a_file_that_comes_during_a_round_does_not_wait_for_its_end() {
    let dir = tempfile::tempdir().unwrap();
    for number in 0..2000 {
        std::fs::write(dir.path().join(format!("{number}.mp3")), "words").unwrap();
    }
    let (messages, inbox) = channel();
    let config = LibraryConfig {
        watch: true,
        ..LibraryConfig::default()
    };
    let places = vec![Place::new(dir.path()).unwrap()];
    let path = places[0].path.join("new.mp3");
    let mut keeper = Keeper::new(places, config, Arc::default(), messages, inbox);
    let now = Instant::now();
    keeper.on_time(now);
    assert!(keeper.rounds.is_whole() && keeper.census.found() < 2000);

    // First in no order of names.
    std::fs::write(&path, "words").unwrap();
    keeper.on_message(Message::Touched(vec![path.clone()]));
    // Missed changes do not begin the round anew.
    keeper.on_message(Message::Rescan);
    let found = keeper.census.found();
    keeper.on_time(now + SETTLE * 2);
    assert!(keeper.rounds.is_whole());
    assert!(keeper.census.knows(&path));
    assert!(keeper.census.found() > found + 1, "and the round goes on");

    while keeper.rounds.is_whole() {
        keeper.on_time(now);
    }
    assert_eq!(keeper.census.found(), 2001);
    let again = keeper.rescan_at.unwrap();
    assert!(again < now + Duration::from_secs(20), "wanted meanwhile");
}
