//! An output that tells on standard error how it fares.

use std::io::Write;
use std::time::{Duration, Instant};

use segue_core::track::TrackInfo;
use segue_playout::output::{Media, Output, OutputError, Takes};

/// Tells when the device is lost and found, and at the end its latency.
pub struct Told {
    inner: Box<dyn Output>,
    began: Instant,
    trouble: Option<String>,
    latencies: Vec<Duration>,
}

impl Told {
    pub fn new(inner: Box<dyn Output>) -> Self {
        Self {
            inner,
            began: Instant::now(),
            trouble: None,
            latencies: Vec::new(),
        }
    }

    fn look(&mut self) {
        let trouble = self.inner.trouble().map(str::to_owned);
        if trouble != self.trouble {
            let at = self.began.elapsed().as_millis();
            let text = match &trouble {
                Some(text) => format!("lost {at} {text}"),
                None => format!("found {at} {}", self.inner.name()),
            };
            let _ = writeln!(std::io::stderr(), "{text}");
            self.trouble = trouble;
        }
    }
}

impl Drop for Told {
    fn drop(&mut self) {
        self.latencies.sort();
        if let Some(median) = self.latencies.get(self.latencies.len() / 2) {
            let _ = writeln!(std::io::stderr(), "latency {}", median.as_micros());
        }
    }
}

impl Output for Told {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn paced(&self) -> bool {
        self.inner.paced()
    }

    fn takes(&self) -> Takes {
        self.inner.takes()
    }

    fn due_in(&mut self) -> Result<Duration, OutputError> {
        let due = self.inner.due_in();
        self.look();
        due
    }

    fn hold(&mut self) {
        self.inner.hold();
    }

    fn write(&mut self, media: Media<'_>) -> Result<(), OutputError> {
        self.latencies.extend(self.inner.latency());
        self.inner.write(media)
    }

    fn begin(&mut self, track: &TrackInfo) -> Result<Duration, OutputError> {
        self.inner.begin(track)
    }

    fn finish_in(&mut self) -> Result<Duration, OutputError> {
        let left = self.inner.finish_in();
        self.look();
        left
    }

    fn underruns(&self) -> u64 {
        self.inner.underruns()
    }
}
