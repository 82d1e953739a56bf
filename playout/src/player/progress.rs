//! How it goes, and how it went.

use std::time::Duration;

use segue_core::playback::Gone;

use super::ItemId;
use crate::output::Output;

/// What a player is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum State {
    /// Nothing of this track played yet.
    #[default]
    Starting,
    /// Playing.
    Playing,
    /// Silent until the session has the next packet.
    Holding,
    /// Silent until the listener wants to go on.
    Paused,
    /// The last track is over, the output plays its last samples.
    Draining,
    /// Nothing to play, or over.
    Ended,
}

impl State {
    /// In one word, for people.
    pub fn word(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Playing => "playing",
            Self::Holding => "holding",
            Self::Paused => "paused",
            Self::Draining => "draining",
            Self::Ended => "ended",
        }
    }
}

/// A player's state at one moment. Counts are of the current track.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct Progress {
    /// What it is doing.
    pub state: State,
    /// The entry of the queue that it plays.
    pub item: Option<ItemId>,
    /// How far in the track it is, in seconds. A device is some hundredths of a
    /// second behind.
    pub position_s: f64,
    /// Samples per channel handed to the output. Stays 0 where frames are written.
    pub samples: u64,
    /// Samples per second of the track.
    pub sample_rate: u32,
    /// Packets played.
    pub played: u32,
    /// Packets replaced by concealment.
    pub concealed: u32,
    /// Packets left out.
    pub skipped: u32,
    /// Seconds that came but stayed silent because of a gap before (`muted_s`).
    pub muted_s: f64,
    /// How often the output ran empty although no one held, of all tracks.
    pub underruns: u64,
    /// How long the packet that was written last takes from there to the ear, in
    /// seconds, as the device tells; `None` where nobody hears it.
    pub latency_s: Option<f64>,
    /// The same, the mean over the track.
    pub mean_latency_s: Option<f64>,
    /// What is wrong with the output at the moment, while it mends it by itself.
    pub trouble: Option<String>,
    /// The output's name; empty before it starts.
    pub output: String,
    /// Whether the output plays at the speed of time.
    pub paced: bool,
}

impl Progress {
    /// Notes how the output fares.
    pub(super) fn see(&mut self, output: &dyn Output) {
        self.underruns = output.underruns();
        self.paced = output.paced();
        if self.trouble.as_deref() != output.trouble() {
            self.trouble = output.trouble().map(str::to_owned);
        }
        if self.output != output.name() {
            output.name().clone_into(&mut self.output);
        }
    }

    /// Notes the output's latency after a packet was written to it. Its first sample
    /// counts, so that the length of packets, `packet_s`, does not.
    pub(super) fn time(&mut self, latency: Option<Duration>, packet_s: f64) {
        self.latency_s = latency.map(|latency| (latency.as_secs_f64() - packet_s).max(0.0));
        if let Some(latency_s) = self.latency_s {
            let packets = f64::from(self.played + self.concealed).max(1.0);
            let mean = self.mean_latency_s.get_or_insert(latency_s);
            *mean += (latency_s - *mean) / packets;
        }
    }
}

/// Why a track ended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ending {
    /// It was played to its end.
    Finished,
    /// The listener went on to another one.
    Left,
    /// The listener stopped.
    Stopped,
    /// What brought the frames went away in the middle, for this reason.
    SessionGone(Gone),
    /// Whoever read our output closed it.
    ReaderClosed,
}

/// How a track went.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// Why it ended.
    pub ending: Ending,
    /// The last progress.
    pub progress: Progress,
}

/// Worth telling of a queue.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Event {
    /// An entry's turn has come.
    Started(ItemId),
    /// An entry's turn is over: how it went, or why it could not be played.
    Ended(ItemId, Result<Outcome, String>),
    /// The last entry is over, and all of it was heard.
    QueueEnded,
    /// The output failed; nothing plays until the listener wants it again.
    OutputFailed {
        /// Why, and what to do on the command line.
        why: String,
        /// There is no sound device, or it does not open.
        no_device: bool,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latency_is_that_of_the_first_sample_and_the_mean_that_of_all_packets() {
        let mut progress = Progress::default();
        for (latency_ms, first_ms, mean_ms) in [(120, 100, 100), (80, 60, 80), (70, 50, 70)] {
            progress.played += 1;
            progress.time(Some(Duration::from_millis(latency_ms)), 0.020);
            let told = [progress.latency_s, progress.mean_latency_s];
            let told = told.map(|seconds| (seconds.unwrap() * 1e3).round());
            assert_eq!(told, [first_ms, mean_ms].map(f64::from));
        }
        // The device is away: what was, stays, what is, is unknown.
        progress.played += 1;
        progress.time(None, 0.020);
        assert_eq!(progress.latency_s, None);
        assert!(progress.mean_latency_s.is_some());
    }
}
