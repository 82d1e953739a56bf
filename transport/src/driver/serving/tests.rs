use std::fs::{self, File};
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

use segue_core::playback::{FrameSource, Opening, Playback, Start};
use segue_core::track::TrackInfo;
use segue_policy::{Actions, Decision, Info, PlayoutPolicy, Values, View};

use crate::files::tests::frames;
use crate::{Library, LibraryConfig, Peer, PeerConfig, SessionOptions};

/// Longer than anything takes that works.
const LIMIT: Duration = Duration::from_secs(60);

/// Asks everybody for everything, and plays what comes.
struct Simple;

impl PlayoutPolicy for Simple {
    const INFO: Info = Info::new("simple", "1.0.0", "streams from all");

    fn new(_: &Values<'_>, _: u64) -> Self {
        Self
    }

    fn decide(&mut self, view: &View<'_>, actions: &mut Actions<'_>) -> Decision {
        actions.stream_from_all(view);
        match view.is_here(view.playhead()) {
            true => Decision::Play,
            false => Decision::Hold,
        }
    }
}

fn peer(library: Library) -> Peer {
    Peer::start(PeerConfig {
        bind: SocketAddr::from(([127, 0, 0, 1], 0)),
        discovery_port: None,
        library,
        ..PeerConfig::default()
    })
    .unwrap()
}

fn options(track: &TrackInfo) -> SessionOptions {
    let opening = Opening {
        start: Start::default(),
        paced: false,
    };
    SessionOptions::new(track.clone(), opening, Box::new(Simple))
}

/// A pipe in a file's place: whoever opens it waits until somebody writes.
fn block(path: &Path) {
    fs::remove_file(path).unwrap();
    let made = Command::new("mkfifo").arg(path).status().unwrap();
    assert!(made.success());
}

#[test]
fn a_file_that_cannot_be_read_now_keeps_no_other_session_waiting() {
    const PACKETS: u32 = 1000;
    let dir = tempfile::tempdir().unwrap();
    let [stuck, well] = ["stuck", "well"].map(|name| dir.path().join(name).with_extension("mp3"));
    fs::write(&stuck, frames(PACKETS, 1).concat()).unwrap();
    fs::write(&well, frames(PACKETS, 2).concat()).unwrap();
    let library = Library::start(LibraryConfig {
        paths: vec![dir.path().to_owned()],
        ..LibraryConfig::default()
    })
    .unwrap();
    assert!(library.wait(LIMIT));
    let tracks = library.tracks();
    let track = |name: &str| tracks.iter().find(|track| track.name == name).unwrap();
    block(&stuck);

    let (seeder, listener) = (peer(library.clone()), peer(Library::default()));
    listener.add_peer(seeder.address()).unwrap();
    let (waiting, _its_frames) = listener.play(options(track("stuck"))).unwrap();
    let (_session, mut frames) = listener.play(options(track("well"))).unwrap();

    let begun = Instant::now();
    let mut played = 0;
    frames.ask();
    while played < PACKETS {
        assert!(begun.elapsed() < LIMIT, "{played} packets came");
        let next = frames.next(Duration::from_millis(100)).unwrap();
        if let Some(Playback::Frame { .. } | Playback::Conceal { .. }) = next {
            played += 1;
            frames.ask();
        }
    }

    // The other was being read all the time.
    assert_eq!(waiting.status().unwrap().status.here, 0);
    let (tell, opened) = channel();
    thread::spawn(move || tell.send(File::options().write(true).open(stuck)));
    opened.recv_timeout(LIMIT).expect("a reader").unwrap();
    assert!(seeder.seeding().is_ok());
}
