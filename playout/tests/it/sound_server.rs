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
    rate: u32,
}

impl SoundServer {
    /// `None`, and a word about it, where PulseAudio is not installed. `device` is
    /// the ALSA definition of the default device.
    pub fn start(rate: u32, device: &str) -> Option<Self> {
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
        fs::write(
            dir.path().join("alsa.conf"),
            format!("</usr/share/alsa/alsa.conf>\npcm.!default {{ {device} }}\nctl.!default {{ type pulse }}\n"),
        )
        .unwrap();
        let socket = dir.path().join("native");
        let mut daemon = command("pulseaudio", dir.path());
        daemon
            .args(["-n", "--daemonize=no", "--exit-idle-time=-1"])
            .args(["--disallow-exit", "--use-pid-file=no"])
            .arg("-L")
            .arg(format!(
                "module-native-protocol-unix auth-anonymous=1 socket={}",
                socket.display()
            ))
            .arg("-L")
            .arg(format!(
                "module-null-sink sink_name=out rate={rate} channels=2"
            ))
            .stdout(Stdio::null())
            .stderr(File::create(dir.path().join("log")).unwrap());
        let daemon = Guarded(daemon.spawn().unwrap());
        let server = Self { daemon, dir, rate };
        let begun = Instant::now();
        while !command("pactl", server.dir.path())
            .arg("info")
            .output()
            .is_ok_and(|output| output.status.success())
        {
            assert!(
                begun.elapsed() < Duration::from_secs(15),
                "PulseAudio does not start: {}",
                fs::read_to_string(server.dir.path().join("log")).unwrap_or_default()
            );
            thread::sleep(Duration::from_millis(50));
        }
        Some(server)
    }

    /// Runs a program with this server as its default device. Gives what it wrote
    /// and what was heard: the left channel, at the sink's rate.
    pub fn record(
        &self,
        program: &Path,
        arguments: &[&str],
        limit: Duration,
    ) -> (Output, Vec<f32>) {
        let raw = self.dir.path().join("heard.raw");
        let recorder = Guarded(
            command("parec", self.dir.path())
                .args(["--latency-msec=20", "-d", "out.monitor", "--format=s16le"])
                .args([&format!("--rate={}", self.rate), "--channels=2"])
                .stdout(File::create(&raw).unwrap())
                .stderr(Stdio::null())
                .spawn()
                .unwrap(),
        );
        // The recorder drops samples at first.
        thread::sleep(Duration::from_millis(2500));
        let output = run_bounded(command(program, self.dir.path()).args(arguments), limit);
        thread::sleep(Duration::from_millis(300));
        drop(recorder);
        let left = fs::read(raw)
            .unwrap()
            .as_chunks::<4>()
            .0
            .iter()
            .map(|frame| f32::from(i16::from_le_bytes([frame[0], frame[1]])) / 32_768.0)
            .collect();
        (output, left)
    }

    /// Runs a program and kills the server under it after a while.
    pub fn die_under(&mut self, program: &Path, arguments: &[&str], after: Duration) -> Output {
        let mut child = command(program, self.dir.path());
        child.args(arguments);
        thread::scope(|scope| {
            let child = scope.spawn(move || run_bounded(&mut child, Duration::from_secs(20)));
            thread::sleep(after);
            let _ = self.daemon.0.kill();
            child.join().unwrap()
        })
    }
}

/// Runs a program with an ALSA configuration and no sound server.
pub fn run_without_server(program: &Path, arguments: &[&str], device: &str) -> Output {
    let dir = tempfile::tempdir().unwrap();
    fs::write(
        dir.path().join("alsa.conf"),
        format!("</usr/share/alsa/alsa.conf>\npcm.!default {{ {device} }}\n"),
    )
    .unwrap();
    run_bounded(
        command(program, dir.path()).args(arguments),
        Duration::from_secs(20),
    )
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

fn run_bounded(command: &mut Command, limit: Duration) -> Output {
    let mut child = Guarded(
        command
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap(),
    );
    let mut pipe = child.0.stderr.take().unwrap();
    let reader = thread::spawn(move || {
        let mut stderr = Vec::new();
        let _ = pipe.read_to_end(&mut stderr);
        stderr
    });
    let begun = Instant::now();
    let status = loop {
        if let Some(status) = child.0.try_wait().unwrap() {
            break status;
        }
        assert!(begun.elapsed() < limit, "still running after {limit:?}");
        thread::sleep(Duration::from_millis(10));
    };
    Output {
        status,
        stdout: Vec::new(),
        stderr: reader.join().unwrap(),
    }
}
