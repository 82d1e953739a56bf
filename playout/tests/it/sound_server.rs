//! A sound server of the test's own: PulseAudio with a sink that plays to nobody,
//! and a recorder on it. Nothing of the machine's own sound is touched.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// A child process that never outlives the test.
struct Guarded(Child);

impl Drop for Guarded {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub struct SoundServer {
    daemon: Guarded,
    dir: TempDir,
    sink: Sink,
}

/// What the silent sink takes: everything else the server converts.
#[derive(Debug, Clone, Copy)]
pub struct Sink {
    pub rate: u32,
    /// Two, or six: 5.1.
    pub channels: usize,
}

impl Sink {
    /// Front left and front right come first.
    fn channel_map(self) -> &'static str {
        match self.channels {
            2 => "front-left,front-right",
            6 => "front-left,front-right,rear-left,rear-right,front-center,lfe",
            other => panic!("no sink of {other} channels"),
        }
    }
}

impl SoundServer {
    /// `None`, and a word about it, where PulseAudio is not installed. `device` is
    /// the ALSA definition of the default device.
    pub fn start(rate: u32, device: &str) -> Option<Self> {
        Self::with(Sink { rate, channels: 2 }, device)
    }

    /// [`SoundServer::start`] with a sink of any shape.
    pub fn with(sink: Sink, device: &str) -> Option<Self> {
        for (tool, package) in [("pulseaudio", "pulseaudio"), ("parec", "pulseaudio-utils")] {
            if Command::new(tool)
                .arg("--version")
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status()
                .is_err()
            {
                skipped(&format!("{tool} is missing (Debian package `{package}`)"));
                return None;
            }
        }
        let dir = tempfile::tempdir().unwrap();
        configure_alsa(dir.path(), device);
        let daemon = daemon(dir.path(), sink);
        let server = Self { daemon, dir, sink };
        server.open_door();
        Some(server)
    }

    /// Gives the server an order, as `pactl` takes it; answers what it says.
    pub fn order(&self, arguments: &[&str]) -> String {
        order(self.dir.path(), arguments)
    }

    /// A second silent sink, the default from now on: it plays 15 ms at a time and
    /// takes nothing back, where the first may be two seconds ahead.
    #[allow(dead_code, reason = "not for all who share this kit")]
    pub fn add_prompt_sink(&self) {
        let sink = "sink_name=prompt";
        self.order(&["load-module", "module-null-sink", sink, "norewinds=1"]);
        self.order(&["set-default-sink", "prompt"]);
    }

    /// Lets players in.
    fn open_door(&self) {
        let socket = format!("socket={}", self.dir.path().join("native").display());
        let door = [
            "load-module",
            "module-native-protocol-unix",
            "auth-anonymous=1",
        ];
        self.order(&[&door[..], &[&socket]].concat());
    }

    /// Runs a program with this server as its default device. Gives what it wrote
    /// and what was heard: the left channel, at the sink's rate.
    pub fn record(
        &self,
        program: &Path,
        arguments: &[&str],
        limit: Duration,
    ) -> (Output, Vec<f32>) {
        let (output, recorder) = self.record_all(program, arguments, limit);
        (output, recorder.stop())
    }

    /// [`SoundServer::record`], all channels.
    #[allow(dead_code, reason = "for the tests of segue-playout")]
    pub fn record_channels(
        &self,
        program: &Path,
        arguments: &[&str],
        limit: Duration,
    ) -> (Output, Vec<Vec<f32>>) {
        let (output, recorder) = self.record_all(program, arguments, limit);
        (output, recorder.stop_all())
    }

    fn record_all(
        &self,
        program: &Path,
        arguments: &[&str],
        limit: Duration,
    ) -> (Output, Recorder) {
        let recorder = Recorder::start(self.dir.path(), "out", self.sink);
        let output = run_bounded(command(program, self.dir.path()).args(arguments), limit);
        thread::sleep(Duration::from_millis(300));
        (output, recorder)
    }

    /// Starts a program with this server as its default device.
    pub fn start_program(&self, program: &Path, arguments: &[&str]) -> Running {
        Running::start(command(program, self.dir.path()).args(arguments))
    }

    /// A program with this server as its default device, to be started.
    #[allow(dead_code, reason = "for the tests of segue-gui")]
    pub fn command(&self, program: &Path) -> Command {
        command(program, self.dir.path())
    }

    /// What a sink plays from now on.
    pub fn recorder(&self, sink: &str) -> Recorder {
        Recorder::start(self.dir.path(), sink, self.sink)
    }

    /// Ends the server as `kill -9` does.
    pub fn kill(&mut self) {
        let _ = self.daemon.0.kill();
        let _ = self.daemon.0.wait();
        // What a killed server leaves behind.
        let _ = fs::remove_file(self.dir.path().join("native"));
        let _ = fs::remove_file(self.dir.path().join("control"));
    }

    /// A new server in its place. Nothing played to it escapes the recorder.
    pub fn restart(&mut self) -> Recorder {
        self.daemon = daemon(self.dir.path(), self.sink);
        let recorder = self.recorder("out");
        self.open_door();
        recorder
    }
}

/// A server that only the test can reach, with a silent sink of that shape.
fn daemon(dir: &Path, sink: Sink) -> Guarded {
    let mut daemon = command("pulseaudio", dir);
    daemon
        .args(["-n", "--daemonize=no", "--exit-idle-time=-1"])
        .args(["--disallow-exit", "--use-pid-file=no"])
        .arg("-L")
        .arg(format!(
            "module-native-protocol-unix auth-anonymous=1 socket={}",
            dir.join("control").display()
        ))
        .arg("-L")
        .arg(format!(
            "module-null-sink sink_name=out rate={} channels={} channel_map={}",
            sink.rate,
            sink.channels,
            sink.channel_map()
        ))
        .stdout(Stdio::null())
        .stderr(File::create(dir.join("log")).unwrap());
    let daemon = Guarded(daemon.spawn().unwrap());
    let begun = Instant::now();
    while !control("pactl", dir)
        .arg("info")
        .output()
        .is_ok_and(|output| output.status.success())
    {
        assert!(
            begun.elapsed() < Duration::from_secs(15),
            "PulseAudio does not start: {}",
            fs::read_to_string(dir.join("log")).unwrap_or_default()
        );
        thread::sleep(Duration::from_millis(50));
    }
    daemon
}

fn order(dir: &Path, arguments: &[&str]) -> String {
    let output = control("pactl", dir).args(arguments).output().unwrap();
    assert!(
        output.status.success(),
        "{arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Writes down what a sink plays.
pub struct Recorder {
    child: Guarded,
    raw: PathBuf,
    channels: usize,
}

impl Recorder {
    fn start(dir: &Path, sink: &str, shape: Sink) -> Self {
        let Sink { rate, channels } = shape;
        let raw = dir.join(format!("{sink}.raw"));
        let child = Guarded(
            control("parec", dir)
                .args(["--latency-msec=20", "-d", &format!("{sink}.monitor")])
                .args(["--format=s16le", &format!("--rate={rate}")])
                .arg(format!("--channels={channels}"))
                .arg(format!("--channel-map={}", shape.channel_map()))
                .stdout(File::create(&raw).unwrap())
                .stderr(Stdio::null())
                .spawn()
                .unwrap(),
        );
        // It drops samples at first.
        thread::sleep(Duration::from_millis(2500));
        Self {
            child,
            raw,
            channels,
        }
    }

    /// What was heard: the left channel.
    pub fn stop(self) -> Vec<f32> {
        self.stop_all().swap_remove(0)
    }

    /// What was heard, channel by channel.
    pub fn stop_all(mut self) -> Vec<Vec<f32>> {
        let _ = self.child.0.kill();
        let _ = self.child.0.wait();
        self.channels()
    }

    /// What was heard until now: the left channel.
    #[allow(dead_code, reason = "for the tests of segue-gui")]
    pub fn heard(&self) -> Vec<f32> {
        self.channels().swap_remove(0)
    }

    fn channels(&self) -> Vec<Vec<f32>> {
        let bytes = fs::read(&self.raw).unwrap();
        let samples = bytes.as_chunks::<2>().0;
        let channel = |number: usize| {
            samples[..samples.len() / self.channels * self.channels]
                .iter()
                .skip(number)
                .step_by(self.channels)
                .map(|sample| f32::from(i16::from_le_bytes(*sample)) / 32_768.0)
                .collect()
        };
        (0..self.channels).map(channel).collect()
    }
}

/// Runs a program with an ALSA configuration and no sound server.
pub fn run_without_server(program: &Path, arguments: &[&str], device: &str) -> Output {
    let dir = tempfile::tempdir().unwrap();
    configure_alsa(dir.path(), device);
    run_bounded(
        command(program, dir.path()).args(arguments),
        Duration::from_secs(20),
    )
}

fn configure_alsa(dir: &Path, default: &str) {
    fs::write(
        dir.join("alsa.conf"),
        format!("</usr/share/alsa/alsa.conf>\npcm.!default {{ {default} }}\nctl.!default {{ type pulse }}\n"),
    )
    .unwrap();
}

/// Examples lie next to the test's own folder.
pub fn example(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let path = test.parent().unwrap().with_file_name("examples").join(name);
    assert!(
        path.exists(),
        "{} is missing: build it with `cargo build -p segue-playout --examples`",
        path.display()
    );
    path
}

pub fn skipped(why: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stderr(), "SKIPPED: {why}");
}

fn command(program: impl AsRef<std::ffi::OsStr>, dir: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .env("HOME", dir)
        .env("XDG_RUNTIME_DIR", dir)
        .env("PULSE_RUNTIME_PATH", dir)
        .env("PULSE_SERVER", format!("unix:{}/native", dir.display()))
        .env("ALSA_CONFIG_PATH", dir.join("alsa.conf"))
        .stdin(Stdio::null());
    command
}

/// A command for the test itself, past the door.
fn control(program: &str, dir: &Path) -> Command {
    let mut command = command(program, dir);
    command.env("PULSE_SERVER", format!("unix:{}/control", dir.display()));
    command
}

fn run_bounded(command: &mut Command, limit: Duration) -> Output {
    Running::start(command).wait(limit)
}

/// A program that runs; what it says is gathered.
pub struct Running {
    child: Guarded,
    stdout: thread::JoinHandle<Vec<u8>>,
    stderr: thread::JoinHandle<Vec<u8>>,
}

fn gather(mut pipe: impl Read + Send + 'static) -> thread::JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut all = Vec::new();
        let _ = pipe.read_to_end(&mut all);
        all
    })
}

impl Running {
    pub fn start(command: &mut Command) -> Self {
        let child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn();
        let mut child = Guarded(child.unwrap());
        Self {
            stdout: gather(child.0.stdout.take().unwrap()),
            stderr: gather(child.0.stderr.take().unwrap()),
            child,
        }
    }

    /// Any signal, by name.
    #[allow(dead_code, reason = "for the tests of segue-cli")]
    pub fn signal(&self, name: &str) {
        let status = Command::new("kill")
            .args([&format!("-{name}"), &self.child.0.id().to_string()])
            .status();
        assert!(status.is_ok_and(|status| status.success()), "kill -{name}");
    }

    /// Ends it, and tells what it said aside.
    #[allow(dead_code, reason = "for the tests of segue-gui")]
    pub fn kill(mut self) -> String {
        let _ = self.child.0.kill();
        let _ = self.child.0.wait();
        String::from_utf8_lossy(&self.stderr.join().unwrap()).into_owned()
    }

    /// Waits for its end.
    pub fn wait(mut self, limit: Duration) -> Output {
        let begun = Instant::now();
        let status = loop {
            if let Some(status) = self.child.0.try_wait().unwrap() {
                break status;
            }
            if begun.elapsed() > limit {
                let _ = self.child.0.kill();
                let stderr = self.stderr.join().unwrap();
                let told = String::from_utf8_lossy(&stderr);
                panic!("still running after {limit:?}: {told}");
            }
            thread::sleep(Duration::from_millis(10));
        };
        Output {
            status,
            stdout: self.stdout.join().unwrap(),
            stderr: self.stderr.join().unwrap(),
        }
    }
}

/// Tries a test of recorded sound up to three times: on a host that stands still for
/// longer than a sound server bridges, a recording has holes that the program did not
/// make. The price: a fault that shows itself only at times is seen less often; so the
/// log of the tests says when one was tried again.
pub fn up_to_three_times(test: impl Fn()) {
    use std::io::Write;
    use std::panic::{AssertUnwindSafe, catch_unwind};
    for attempt in 1..=2 {
        if catch_unwind(AssertUnwindSafe(&test)).is_ok() {
            return;
        }
        let test = thread::current();
        let test = test.name().unwrap_or("a test");
        let _ = writeln!(std::io::stdout(), "{test}: tried again after try {attempt}");
    }
    test();
}
