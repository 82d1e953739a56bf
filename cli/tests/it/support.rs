//! Starting `segue`, and never leaving one behind.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::net::{SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, mpsc};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use segue_core::index::{IndexedTrack, index};
use serde_json::Value;
use tempfile::TempDir;

use crate::tools;

/// Longer than anything takes that works.
pub const LIMIT: Duration = Duration::from_secs(60);

/// The program, with nothing of the user's own around it.
pub fn segue() -> Command {
    let program = Path::new(env!("CARGO_BIN_EXE_segue"));
    let plugin = program.with_file_name(format!(
        "{}segue_playout_random_recovery{}",
        std::env::consts::DLL_PREFIX,
        std::env::consts::DLL_SUFFIX
    ));
    assert!(
        plugin.exists(),
        "{} is missing: run `cargo build --workspace` first",
        plugin.display()
    );
    let mut command = Command::new(program);
    command
        .env_remove("SEGUE_PLUGIN_PATH")
        .env_remove("RUST_LOG")
        .env_remove("RUST_BACKTRACE")
        .env("SEGUE_CONFIG", "")
        .env("XDG_DATA_HOME", "/nonexistent")
        .env("XDG_CACHE_HOME", env!("CARGO_TARGET_TMPDIR"))
        .stdin(Stdio::null());
    command
}

/// A port that nobody else uses for beacons.
pub fn free_port() -> u16 {
    let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
    socket.local_addr().unwrap().port()
}

/// A process that ends with the test.
pub struct Guarded(pub Child);

impl Guarded {
    /// SIGKILL: no goodbye.
    pub fn kill(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }

    /// SIGTERM: with a goodbye.
    pub fn terminate(&mut self) {
        self.signal("TERM");
    }

    /// Any signal, by name: STOP and CONT are a machine's sleep.
    pub fn signal(&self, name: &str) {
        let signal = format!("-{name}");
        tools::run("kill", "procps", &[&signal, &self.0.id().to_string()]);
    }

    pub fn wait(&mut self, limit: Duration) -> ExitStatus {
        let mut status = None;
        wait_until("the end of the process", limit, || {
            status = self.0.try_wait().unwrap();
            status.is_some()
        });
        status.unwrap()
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        self.kill();
    }
}

/// What a process left behind.
pub struct Done {
    pub code: Option<i32>,
    pub stdout: Vec<u8>,
    pub stderr: String,
}

impl Done {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    /// Standard output is one JSON value and nothing else.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.stdout)
            .unwrap_or_else(|error| panic!("{error} in:\n{}\n{}", self.text(), self.stderr))
    }

    #[track_caller]
    pub fn succeeded(self) -> Self {
        assert_eq!(self.code, Some(0), "{}\n{}", self.text(), self.stderr);
        self
    }

    /// Failed with this code, and the message has all these words.
    #[track_caller]
    pub fn failed(self, code: i32, words: &[&str]) -> Self {
        assert_eq!(self.code, Some(code), "{}\n{}", self.text(), self.stderr);
        for word in words {
            assert!(
                self.stderr.contains(word),
                "`{word}` is not in: {}",
                self.stderr
            );
        }
        assert!(!self.stderr.contains("panicked"), "{}", self.stderr);
        self
    }
}

fn gather(mut pipe: impl Read + Send + 'static) -> JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut all = Vec::new();
        let _ = pipe.read_to_end(&mut all);
        all
    })
}

/// What a process has written so far.
#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Written {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }

    /// All of it, when the thread is over.
    fn read(&self, mut pipe: impl Read + Send + 'static) -> JoinHandle<()> {
        let written = self.clone();
        thread::spawn(move || {
            let mut some = [0; 4096];
            while let Ok(length @ 1..) = pipe.read(&mut some) {
                written.0.lock().unwrap().extend_from_slice(&some[..length]);
            }
        })
    }
}

/// A process whose output is gathered.
pub struct Running {
    pub child: Guarded,
    stdout: JoinHandle<Vec<u8>>,
    stderr: (Written, JoinHandle<()>),
}

impl Running {
    /// Waits until it has written this aside.
    #[track_caller]
    pub fn says(&self, words: &str, limit: Duration) {
        let begun = Instant::now();
        while !self.stderr.0.text().contains(words) {
            let said = self.stderr.0.text();
            assert!(
                begun.elapsed() < limit,
                "no `{words}` within {limit:?} in: {said}"
            );
            thread::sleep(Duration::from_millis(5));
        }
    }

    pub fn done(mut self, limit: Duration) -> Done {
        let status = self.child.wait(limit);
        Done {
            code: status.code(),
            stdout: self.stdout.join().unwrap(),
            stderr: {
                self.stderr.1.join().unwrap();
                self.stderr.0.text()
            },
        }
    }
}

pub fn start(command: &mut Command) -> Running {
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = Guarded(command.spawn().unwrap());
    let written = Written::default();
    let reader = written.read(child.0.stderr.take().unwrap());
    Running {
        stdout: gather(child.0.stdout.take().unwrap()),
        stderr: (written, reader),
        child,
    }
}

pub fn run(arguments: &[&str]) -> Done {
    start(segue().args(arguments)).done(LIMIT)
}

#[track_caller]
pub fn wait_until(what: &str, limit: Duration, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < limit, "no {what} within {limit:?}");
        thread::sleep(Duration::from_millis(5));
    }
}

/// `segue share` at work.
pub struct Sharer {
    pub process: Guarded,
    pub address: SocketAddr,
    /// Port of its beacons.
    pub discovery: u16,
    pub said: Value,
    stderr: JoinHandle<Vec<u8>>,
}

impl Sharer {
    /// What it said aside, once it has ended.
    pub fn stderr(self) -> String {
        let Self {
            process, stderr, ..
        } = self;
        drop(process);
        String::from_utf8_lossy(&stderr.join().unwrap()).into_owned()
    }

    pub fn start(path: &Path) -> Self {
        Self::with(path, free_port(), &[])
    }

    pub fn with(path: &Path, discovery: u16, more: &[&str]) -> Self {
        let mut command = segue();
        command
            .arg("share")
            .arg(path)
            .args(["--json", "--bind", "127.0.0.1", "--discovery-port"])
            .arg(discovery.to_string())
            .args(more);
        Self::of(command, discovery)
    }

    /// What this `segue share --json` shares, once it says so.
    pub fn of(mut command: Command, discovery: u16) -> Self {
        let mut process = Guarded(
            command
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap(),
        );
        let stderr = gather(process.0.stderr.take().unwrap());
        let stdout = BufReader::new(process.0.stdout.take().unwrap());
        let (tell, told) = mpsc::channel();
        thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                let _ = tell.send(line);
            }
        });
        let mut text = String::new();
        let said: Value = loop {
            let Ok(line) = told.recv_timeout(LIMIT) else {
                process.kill();
                let stderr = stderr.join().unwrap();
                panic!("no sharing: {text}{}", String::from_utf8_lossy(&stderr));
            };
            text.push_str(&line);
            if let Ok(value) = serde_json::from_str(&text) {
                break value;
            }
        };
        Self {
            process,
            address: said["address"].as_str().unwrap().parse().unwrap(),
            discovery,
            said,
            stderr,
        }
    }

    /// `segue play TRACK` from this peer, told by address.
    pub fn play(&self, track: &str, more: &[&str]) -> Command {
        play_from(&[self], track, more)
    }
}

/// `segue play TRACK` from these peers, told by address.
pub fn play_from(sharers: &[&Sharer], track: &str, more: &[&str]) -> Command {
    let mut command = segue();
    command.args(["play", track, "--discovery-port"]);
    command.arg(free_port().to_string());
    for sharer in sharers {
        command.arg("--peer").arg(sharer.address.to_string());
    }
    command.args(more);
    command
}

/// A folder with one MP3, `song.mp3`.
pub fn song(seconds: f64) -> (TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let mp3 = named_song(dir.path(), "song", seconds, 44_100, 2, &["-b", "128"]);
    (dir, mp3)
}

/// An MP3 of this name, and nothing beside it.
pub fn named_song(
    dir: &Path,
    name: &str,
    seconds: f64,
    rate: u32,
    channels: u16,
    lame: &[&str],
) -> PathBuf {
    let wav = dir.join(name).with_extension("wav");
    tools::music(&wav, rate, channels, seconds);
    let mp3 = tools::lame(&wav, lame);
    std::fs::remove_file(wav).unwrap();
    mp3
}

/// The audio frames of a file, without tags and headers.
pub fn frames(mp3: &Path) -> Vec<u8> {
    let IndexedTrack { table, .. } = index(File::open(mp3).unwrap(), "").unwrap();
    let bytes = std::fs::read(mp3).unwrap();
    (0..table.len())
        .map(|number| table.get(number).unwrap())
        .flat_map(|range| bytes[range.start as usize..range.end as usize].iter())
        .copied()
        .collect()
}

/// Said with `--nocapture`.
pub fn report(text: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stdout(), "{text}");
}
