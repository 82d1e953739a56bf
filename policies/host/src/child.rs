//! A process of its own for what may crash or hang.

use std::fmt;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

/// How a child process ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// By itself; what it wrote to standard output.
    Well(String),
    /// By itself, with an error; the last line that it wrote to standard error.
    Failed(String),
    /// By a signal or an exception.
    Crashed(String),
    /// It was ended after this time.
    Hung(Duration),
    /// It was ended because nobody wants it any more.
    Stopped,
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Well(_) => f.write_str("it ended well"),
            Self::Failed(why) if why.is_empty() => f.write_str("it ended the process"),
            Self::Failed(why) => write!(f, "it ended the process: {why}"),
            Self::Crashed(how) => write!(f, "it crashed: {how}"),
            Self::Stopped => f.write_str("it was stopped"),
            Self::Hung(limit) => write!(f, "it did not come back within {} s", limit.as_secs_f64()),
        }
    }
}

/// How often to look whether it has ended.
const LOOK: Duration = Duration::from_millis(2);
/// How often to look whether it is still wanted.
const GLANCE: Duration = Duration::from_millis(50);

/// Runs it, for at most `limit`.
///
/// # Errors
/// When the process cannot be started or watched.
pub fn run(command: &mut Command, limit: Duration) -> io::Result<Ended> {
    let begun = Instant::now();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let stdout = gather(child.stdout.take());
    let stderr = gather(child.stderr.take());
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if begun.elapsed() >= limit {
            child.kill()?;
            child.wait()?;
            return Ok(Ended::Hung(limit));
        }
        thread::sleep(LOOK);
    };
    let text = |reader: thread::JoinHandle<String>| reader.join().unwrap_or_default();
    Ok(match crash(status) {
        Some(how) => Ended::Crashed(how),
        None if status.success() => Ended::Well(text(stdout)),
        None => Ended::Failed(text(stderr).lines().last().unwrap_or_default().to_owned()),
    })
}

/// Who follows a child process.
pub trait Follower {
    /// It wrote a line.
    fn on_line(&mut self, line: &str);

    /// Whether it is wanted no more.
    fn is_stopped(&self) -> bool {
        false
    }
}

/// Runs it with this on its standard input, and tells each line that it writes; it
/// hangs when it writes nothing for `quiet`. What it wrote is told, so
/// [`Ended::Well`] is empty.
///
/// # Errors
/// When the process cannot be started or watched.
pub fn follow(
    command: &mut Command,
    input: Vec<u8>,
    quiet: Duration,
    follower: &mut dyn Follower,
) -> io::Result<Ended> {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        // One that does not read it is found out by what it does not say.
        thread::spawn(move || stdin.write_all(&input));
    }
    let stderr = gather(child.stderr.take());
    let (tell, told) = mpsc::channel();
    if let Some(stdout) = child.stdout.take() {
        thread::spawn(move || {
            let lines = BufReader::new(stdout).lines();
            // Nobody listens once it was ended.
            lines
                .map_while(Result::ok)
                .all(|line| tell.send(line).is_ok())
        });
    }
    let mut heard = Instant::now();
    let ended = loop {
        match told.recv_timeout(quiet.min(GLANCE)) {
            Ok(line) => {
                heard = Instant::now();
                follower.on_line(&line);
            }
            Err(RecvTimeoutError::Disconnected) => break true,
            Err(RecvTimeoutError::Timeout) if follower.is_stopped() => {
                child.kill()?;
                child.wait()?;
                return Ok(Ended::Stopped);
            }
            Err(RecvTimeoutError::Timeout) if heard.elapsed() < quiet => {}
            Err(RecvTimeoutError::Timeout) => break false,
        }
    };
    let closed = Instant::now();
    let status = loop {
        match child.try_wait()? {
            Some(status) => break status,
            None if ended && closed.elapsed() < quiet => thread::sleep(LOOK),
            None => {
                child.kill()?;
                child.wait()?;
                return Ok(Ended::Hung(quiet));
            }
        }
    };
    Ok(match crash(status) {
        Some(how) => Ended::Crashed(how),
        None if status.success() => Ended::Well(String::new()),
        None => {
            let said = stderr.join().unwrap_or_default();
            Ended::Failed(said.lines().last().unwrap_or_default().to_owned())
        }
    })
}

/// Most of what a child writes that is kept; the rest is read and forgotten.
const KEPT: u64 = 1 << 20;

fn gather(pipe: Option<impl Read + Send + 'static>) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            // What was written before an error counts.
            let _ = pipe.by_ref().take(KEPT).read_to_end(&mut bytes);
            let _ = io::copy(&mut pipe, &mut io::sink());
        }
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

#[cfg(unix)]
fn crash(status: ExitStatus) -> Option<String> {
    use std::os::unix::process::ExitStatusExt;
    // The same number on all Unix systems that Segue runs on.
    let signal = status.signal()?;
    Some(match signal {
        4 => "signal 4, an illegal instruction".into(),
        6 => "signal 6, an abort".into(),
        8 => "signal 8, an arithmetic error".into(),
        9 => "signal 9, killed".into(),
        11 => "signal 11, a segmentation fault".into(),
        other => format!("signal {other}"),
    })
}

#[cfg(not(unix))]
fn crash(status: ExitStatus) -> Option<String> {
    // An exception leaves its code, which is that of an error.
    let code = status.code()? as u32;
    (code >= 0xC000_0000).then(|| format!("exception {code:#x}"))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn shell(script: &str, limit_s: f64) -> Ended {
        let limit = Duration::from_secs_f64(limit_s);
        run(Command::new("sh").args(["-c", script]), limit).unwrap()
    }

    #[test]
    fn what_it_said_is_known() {
        assert_eq!(shell("echo hello", 20.0), Ended::Well("hello\n".into()));
        let failed = shell("echo a >&2; echo why >&2; exit 3", 20.0);
        assert_eq!(failed, Ended::Failed("why".into()));
    }

    #[test]
    fn a_crash_and_a_hang_are_results() {
        let crashed = shell("kill -SEGV $$", 20.0).to_string();
        assert!(crashed.contains("segmentation fault"), "{crashed}");
        let hung = shell("exec sleep 60", 0.2);
        assert_eq!(hung, Ended::Hung(Duration::from_millis(200)));
    }

    #[test]
    fn lines_are_told_as_they_come() {
        let follow = |script: &str, quiet_s: f64| followed(script, quiet_s, usize::MAX);
        let (ended, lines) = follow("echo 1; echo 2", 20.0);
        assert_eq!((ended, lines.len()), (Ended::Well(String::new()), 2));
        let (ended, lines) = follow("echo 1; kill -SEGV $$", 20.0);
        assert!(matches!(ended, Ended::Crashed(_)), "{ended:?}");
        assert_eq!(lines, ["1"]);
        let (ended, _) = follow("echo 1; exec sleep 60", 0.3);
        assert!(matches!(ended, Ended::Hung(_)), "{ended:?}");
    }

    #[test]
    fn it_reads_what_it_is_given_and_ends_when_it_is_wanted_no_more() {
        let (ended, lines) = followed("cat", 20.0, usize::MAX);
        assert_eq!(
            (ended, lines.concat()),
            (Ended::Well(String::new()), "given".into())
        );
        let (ended, _) = followed("echo 1; exec sleep 60", 60.0, 1);
        assert_eq!(ended, Ended::Stopped);
    }

    /// Wants so many lines.
    struct Lines(Vec<String>, usize);

    impl Follower for Lines {
        fn on_line(&mut self, line: &str) {
            self.0.push(line.to_owned());
        }

        fn is_stopped(&self) -> bool {
            self.0.len() >= self.1
        }
    }

    fn followed(script: &str, quiet_s: f64, wanted: usize) -> (Ended, Vec<String>) {
        let quiet = Duration::from_secs_f64(quiet_s);
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        let mut lines = Lines(Vec::new(), wanted);
        let ended = follow(&mut command, b"given".to_vec(), quiet, &mut lines);
        (ended.unwrap(), lines.0)
    }

    #[test]
    fn much_output_blocks_nobody() {
        let flood = shell("head -c 3000000 /dev/zero", 20.0);
        assert!(matches!(flood, Ended::Well(text) if text.len() == 1 << 20));
    }
}
