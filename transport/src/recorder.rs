//! Session logs, written beside the network's thread: a slow disk must not keep
//! it from its datagrams, and lines are made of values there, too.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::{self, JoinHandle};

use segue_core::session_log::Line;

/// Lines that may wait for the disk: 64 MiB of them, which is minutes of a session
/// that plays, and seconds of one that fetches a track as fast as it can.
const MOST_WAITING: usize = (64 << 20) / size_of::<Line>();

/// A log at work. What is not written yet stays in memory, up to a bound; where a
/// disk is slower than that the log ends, for one with holes could not be played
/// again.
pub struct Recorder {
    /// `None` once it has ended.
    lines: Option<Sender<Vec<Line>>>,
    /// How many lines have been handed over, but not written.
    waiting: Arc<AtomicUsize>,
    most: usize,
    thread: Option<JoinHandle<()>>,
}

impl Recorder {
    pub fn start(log: Box<dyn Write + Send>) -> io::Result<Self> {
        Self::bounded(log, MOST_WAITING)
    }

    fn bounded(log: Box<dyn Write + Send>, most: usize) -> io::Result<Self> {
        let (lines, taken) = mpsc::channel();
        let waiting = Arc::<AtomicUsize>::default();
        let left = Arc::clone(&waiting);
        let thread = thread::Builder::new()
            .name("segue-log".to_owned())
            .spawn(move || {
                if let Err(error) = write(log, &taken, &left) {
                    tracing::error!("the session log ends here: {error}");
                }
            })?;
        Ok(Self {
            lines: Some(lines),
            waiting,
            most,
            thread: Some(thread),
        })
    }

    /// Hands lines over. After a failure, which was told, nobody takes them.
    pub fn write(&mut self, lines: Vec<Line>) {
        let Some(sender) = self.lines.as_ref().filter(|_| !lines.is_empty()) else {
            return;
        };
        let count = lines.len();
        if self.waiting.fetch_add(count, Ordering::Relaxed) + count > self.most {
            tracing::error!(
                "the session log ends here: the disk takes it too slowly, and {} lines wait \
                 for it; what was recorded until now is kept",
                self.most
            );
            self.lines = None;
        } else if sender.send(lines).is_err() {
            self.lines = None;
        }
    }

    /// No more is to come; answers what to wait for until all is written.
    pub fn finish(mut self) -> Option<JoinHandle<()>> {
        self.thread.take()
    }
}

fn write(
    mut log: Box<dyn Write + Send>,
    taken: &Receiver<Vec<Line>>,
    waiting: &AtomicUsize,
) -> io::Result<()> {
    for lines in taken {
        for line in &lines {
            serde_json::to_writer(&mut log, line)?;
            log.write_all(b"\n")?;
        }
        waiting.fetch_sub(lines.len(), Ordering::Relaxed);
    }
    log.flush()
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use segue_core::listener::{Input, Output};
    use segue_core::time::Timestamp;

    use super::*;

    /// Nothing is written before the gate opens.
    struct Slow(Receiver<()>, Arc<Mutex<Vec<u8>>>);

    impl Write for Slow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let _ = self.0.recv();
            self.1.lock().unwrap().extend(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn line(packet: u32) -> Line {
        Line::Out(Timestamp::ZERO, Output::Play { packet })
    }

    /// What is in a log of 2,000 lines whose disk stands still until the last one,
    /// when so many may wait.
    fn written(most: usize) -> Vec<Line> {
        let (open, gate) = mpsc::channel();
        let written = Arc::<Mutex<Vec<u8>>>::default();
        let disk = Box::new(Slow(gate, written.clone()));
        let mut recorder = Recorder::bounded(disk, most).unwrap();
        for packet in 0..1000 {
            recorder.write(vec![
                Line::In(Timestamp::ZERO, Input::FrameDue),
                line(packet),
            ]);
        }
        assert!(written.lock().unwrap().is_empty());
        let end = recorder.finish().unwrap();
        drop(open);
        end.join().unwrap();
        let text = String::from_utf8(written.lock().unwrap().clone()).unwrap();
        let lines = text.lines().map(serde_json::from_str);
        lines.collect::<Result<_, _>>().unwrap()
    }

    #[test]
    fn a_slow_disk_keeps_nobody_waiting_and_gets_all_lines() {
        let lines = written(MOST_WAITING);
        assert_eq!(lines.len(), 2000);
        assert_eq!(lines[1999], line(999));
    }

    #[test]
    fn a_disk_that_is_too_slow_gets_the_beginning_and_no_holes() {
        let lines = written(100);
        assert_eq!(lines.len(), 100);
        assert_eq!(lines[99], line(49));
    }
}
