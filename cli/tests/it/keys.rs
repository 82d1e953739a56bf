//! Keys while playing, on a real pseudo-terminal.

use std::io::{Read, Write};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread;

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

use crate::support::{LIMIT, named_song, segue, wait_until};
use crate::tools;

/// `segue play` of two tracks on a terminal of its own.
struct Seat {
    master: Box<dyn MasterPty + Send>,
    keys: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    shown: Arc<Mutex<String>>,
}

impl Seat {
    fn take(folder: &Path) -> Self {
        let size = PtySize {
            rows: 24,
            cols: 200,
            ..PtySize::default()
        };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(segue().get_program());
        command.args(["play", folder.to_str().unwrap(), "-o", "null"]);
        command.env("TERM", "xterm");
        let child = pair.slave.spawn_command(command).unwrap();
        let mut reader = pair.master.try_clone_reader().unwrap();
        let shown = Arc::new(Mutex::new(String::new()));
        let kept = Arc::clone(&shown);
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(bytes @ 1..) = reader.read(&mut buffer) {
                let text = String::from_utf8_lossy(&buffer[..bytes]);
                kept.lock().unwrap().push_str(&text);
            }
        });
        let seat = Self {
            keys: pair.master.take_writer().unwrap(),
            master: pair.master,
            child,
            shown,
        };
        wait_until("keys", LIMIT, || !seat.echoes());
        seat
    }

    fn echoes(&self) -> bool {
        let modes = self.master.get_termios().unwrap();
        let debug = format!("{:?}", modes.local_flags);
        debug.contains("ECHO") && debug.contains("ICANON")
    }

    fn press(&mut self, keys: &str) {
        self.shown.lock().unwrap().clear();
        self.keys.write_all(keys.as_bytes()).unwrap();
    }

    fn shows(&self, text: &str) {
        wait_until(text, LIMIT, || self.shown.lock().unwrap().contains(text));
    }

    fn ends(&mut self) -> u32 {
        let mut status = None;
        wait_until("the end", LIMIT, || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        assert!(self.echoes(), "the terminal is as it was");
        status.unwrap().exit_code()
    }

    fn signal(&self, name: &str) {
        let id = self.child.process_id().unwrap().to_string();
        tools::run("kill", "procps", &[name, &id]);
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn two_songs() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    named_song(dir.path(), "one", 60.0, 44_100, 2, &["-b", "64"]);
    named_song(dir.path(), "two", 50.0, 44_100, 2, &["-b", "64"]);
    dir
}

#[test]
fn keys_pause_seek_and_go_on_and_the_terminal_is_left_as_it_was() {
    let dir = two_songs();
    let mut seat = Seat::take(dir.path());
    seat.shows("1/2 one");
    seat.press(" ");
    seat.shows("paused");
    seat.press("\x1b[C\x1b[C");
    seat.shows("0:2");
    seat.press("\x1b[D");
    seat.shows("0:1");
    seat.press(" ");
    seat.shows("playing");
    seat.press("--");
    seat.shows("volume 90 %");
    seat.press("+");
    seat.shows("volume 95 %");
    seat.press("?");
    seat.shows("space pause");
    seat.press("n");
    seat.shows("2/2 two");
    seat.press("p");
    seat.shows("1/2 one");
    seat.press("q");
    assert_eq!(seat.ends(), 0);
}

#[test]
fn ctrl_c_and_a_polite_kill_leave_the_terminal_as_it_was() {
    let dir = two_songs();
    let mut seat = Seat::take(dir.path());
    seat.shows("1/2 one");
    seat.press("\x03");
    assert_eq!(seat.ends(), 1);
    let mut seat = Seat::take(dir.path());
    seat.signal("-TERM");
    assert_eq!(seat.ends(), 1);
}

#[cfg(target_os = "linux")]
#[test]
fn ctrl_z_gives_the_terminal_back_until_it_goes_on() {
    let dir = two_songs();
    let mut seat = Seat::take(dir.path());
    seat.shows("1/2 one");
    seat.signal("-TSTP");
    let stat = format!("/proc/{}/stat", seat.child.process_id().unwrap());
    wait_until("stop", LIMIT, || {
        let stat = std::fs::read_to_string(&stat).unwrap();
        stat.rsplit(") ").next().unwrap().starts_with('T')
    });
    assert!(seat.echoes());
    seat.signal("-CONT");
    wait_until("keys", LIMIT, || !seat.echoes());
    seat.press("q");
    assert_eq!(seat.ends(), 0);
}
