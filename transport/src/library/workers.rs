//! Threads that read files.

use std::fs::File;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use segue_core::index::{IndexError, IndexedTrack, index};

use super::keeper::Message;
use super::label;
use super::stamp::Stamp;

/// More readers make a disk slower, and the music that plays meanwhile stutter.
const MOST: usize = 4;

/// A file to read.
#[derive(Debug)]
pub(super) struct Job {
    pub path: PathBuf,
    /// As it was when it was found.
    pub stamp: Stamp,
    /// What the cache keeps of it is to be replaced.
    pub anew: bool,
}

/// What came of it.
#[derive(Debug)]
pub(super) enum Outcome {
    Track(Box<IndexedTrack>),
    /// For good.
    Refused(String),
    /// This time.
    Unreadable(String),
    /// It changed while it was read.
    Changed,
}

/// Threads that read files, one each at a time. They end when this is dropped.
pub(super) struct Workers {
    jobs: Sender<Job>,
    pub count: usize,
}

impl Workers {
    /// Half of the processors, for others have work to do, too.
    pub fn start(results: &Sender<Message>) -> Self {
        let processors = thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let (jobs, queue) = channel();
        let queue = Arc::new(Mutex::new(queue));
        let count = (1..=(processors / 2).clamp(1, MOST))
            .filter(|number| {
                let (queue, results) = (queue.clone(), results.clone());
                let thread = thread::Builder::new().name(format!("segue-index-{number}"));
                let started = thread.spawn(move || work(&queue, &results));
                started
                    .inspect_err(|error| tracing::warn!("cannot start a thread: {error}"))
                    .is_ok()
            })
            .count();
        Self { jobs, count }
    }

    pub fn give(&self, job: Job) {
        // They wait for jobs until this is dropped.
        let _ = self.jobs.send(job);
    }
}

fn work(queue: &Mutex<Receiver<Job>>, results: &Sender<Message>) {
    loop {
        let next = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = next else {
            return;
        };
        let outcome = read(&job);
        if results.send(Message::Read(job, outcome)).is_err() {
            return;
        }
    }
}

fn read(job: &Job) -> Outcome {
    let result = File::open(&job.path)
        .map_err(IndexError::from)
        .and_then(|file| {
            let before = Stamp::of(&file.metadata()?);
            if before != job.stamp {
                return Ok(None);
            }
            let track = index(&file, &label(&job.path))?;
            Ok((Stamp::of(&file.metadata()?) == before).then_some(track))
        });
    match result {
        Ok(Some(track)) => Outcome::Track(Box::new(track)),
        Ok(None) => Outcome::Changed,
        Err(IndexError::Io(error)) => Outcome::Unreadable(format!("cannot read it: {error}")),
        Err(error) => Outcome::Refused(error.to_string()),
    }
}
