//! Session logs, written beside the network's thread: a slow disk must not keep
//! it from its datagrams, and lines are made of values there, too.

use std::io::{self, Write};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::{self, JoinHandle};

use segue_core::session_log::Line;

/// A log at work. What is not written yet stays in memory: a log with holes
/// could not be played again.
pub struct Recorder {
    lines: Sender<Vec<Line>>,
    thread: Option<JoinHandle<()>>,
}

impl Recorder {
    pub fn start(log: Box<dyn Write + Send>) -> io::Result<Self> {
        let (lines, taken) = mpsc::channel();
        let thread = thread::Builder::new()
            .name("segue-log".to_owned())
            .spawn(move || {
                if let Err(error) = write(log, &taken) {
                    tracing::error!("the session log ends here: {error}");
                }
            })?;
        Ok(Self {
            lines,
            thread: Some(thread),
        })
    }

    /// Hands lines over. After a failure, which was told, nobody takes them.
    pub fn write(&self, lines: Vec<Line>) {
        if !lines.is_empty() {
            let _ = self.lines.send(lines);
        }
    }

    /// No more is to come; answers what to wait for until all is written.
    pub fn finish(mut self) -> Option<JoinHandle<()>> {
        self.thread.take()
    }
}

fn write(mut log: Box<dyn Write + Send>, taken: &Receiver<Vec<Line>>) -> io::Result<()> {
    for lines in taken {
        for line in &lines {
            serde_json::to_writer(&mut log, line)?;
            log.write_all(b"\n")?;
        }
    }
    log.flush()
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

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

    #[test]
    fn a_slow_disk_keeps_nobody_waiting_and_gets_all_lines() {
        let (open, gate) = mpsc::channel();
        let written = Arc::<Mutex<Vec<u8>>>::default();
        let recorder = Recorder::start(Box::new(Slow(gate, written.clone()))).unwrap();
        let line = |packet| Line::Out(Timestamp::ZERO, Output::Play { packet });
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
        assert_eq!(text.lines().count(), 2000);
        let last: Line = serde_json::from_str(text.lines().last().unwrap()).unwrap();
        assert_eq!(last, line(999));
    }
}
