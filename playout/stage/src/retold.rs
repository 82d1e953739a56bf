//! A session on record, played again as it was heard: packets, concealment, and
//! silence where it held.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use segue_core::index::IndexError;
use segue_core::listener::Output as Step;
use segue_core::playback::{FrameSource, Gone, OpenError, Opening, Playable, Playback, Start};
use segue_core::time::Timestamp;
use segue_core::track::TrackInfo;
use segue_transport::LocalFile;

/// What a session did, with the file that its frames are in.
pub struct Retold {
    /// Under the name of the session.
    track: TrackInfo,
    file: LocalFile,
    steps: Arc<[(Timestamp, Step)]>,
}

impl Retold {
    /// The session's outputs in order, the first at the time since it began;
    /// `title` is what it is called.
    ///
    /// # Errors
    /// When the file cannot be read, or is none that Segue plays.
    pub fn new<'a>(
        path: &Path,
        title: String,
        steps: impl IntoIterator<Item = (Timestamp, &'a Step)>,
    ) -> Result<Self, RetoldError> {
        let file = LocalFile::read(path).map_err(|source| RetoldError {
            path: path.to_owned(),
            source,
        })?;
        let is_heard = |step: &Step| {
            matches!(
                step,
                Step::Play { .. } | Step::Conceal { .. } | Step::Skip { .. } | Step::End
            )
        };
        let steps = steps.into_iter().filter(|(_, step)| is_heard(step));
        Ok(Self {
            track: TrackInfo {
                title,
                ..file.track().clone()
            },
            file,
            steps: steps.map(|(at, step)| (at, step.clone())).collect(),
        })
    }
}

/// The file of a session on record cannot be had.
#[derive(Debug, thiserror::Error)]
#[error("{}: {source}", path.display())]
pub struct RetoldError {
    path: PathBuf,
    source: IndexError,
}

impl Playable for Retold {
    fn track(&self) -> &TrackInfo {
        &self.track
    }

    fn open(&self, opening: Opening) -> Result<Box<dyn FrameSource>, OpenError> {
        let from_its_start = Opening {
            start: Start::BEGINNING,
            ..opening
        };
        let mut frames = RetoldFrames {
            track: self.track.clone(),
            packet: Duration::from_secs_f64(self.track.packet_s()),
            frames: self.file.open(from_its_start)?,
            in_frames: 0,
            steps: Arc::clone(&self.steps),
            next: 0,
            until: Timestamp::ZERO,
            asked: 0,
            silence: None,
            paused: false,
        };
        frames.seek(opening.start)?;
        Ok(Box::new(frames))
    }
}

struct RetoldFrames {
    track: TrackInfo,
    /// How long a packet sounds.
    packet: Duration,
    frames: Box<dyn FrameSource>,
    /// The packet that `frames` brings next.
    in_frames: u32,
    steps: Arc<[(Timestamp, Step)]>,
    /// The step that is next.
    next: usize,
    /// When the last packet was over, in the session.
    until: Timestamp,
    asked: u32,
    /// What is left of a silence, and since when it runs.
    silence: Option<(Duration, Instant)>,
    paused: bool,
}

impl RetoldFrames {
    fn frame(&mut self, packet: u32) -> Result<Playback, Gone> {
        if self.in_frames != packet {
            let start = Start { packet, preroll: 0 };
            let sought = self.frames.seek(start);
            sought.map_err(|error| Gone::because(error.to_string()))?;
        }
        self.in_frames = packet + 1;
        self.frames.ask();
        let frame = self.frames.next(Duration::ZERO)?;
        Ok(frame.unwrap_or(Playback::End))
    }

    /// The silence before a packet that was played at this time; what is shorter
    /// than half a packet is a clock's unevenness.
    fn silence_before(&self, at: Timestamp) -> Option<Duration> {
        let silence = at.since(self.until);
        (silence > self.packet / 2).then_some(silence)
    }
}

impl FrameSource for RetoldFrames {
    fn track(&self) -> &TrackInfo {
        &self.track
    }

    fn ask(&mut self) {
        self.asked += 1;
    }

    fn next(&mut self, patience: Duration) -> Result<Option<Playback>, Gone> {
        if self.asked == 0 || self.paused {
            std::thread::sleep(patience);
            return Ok(None);
        }
        let Some((at, step)) = self.steps.get(self.next).cloned() else {
            self.asked -= 1;
            return Ok(Some(Playback::End));
        };
        if let Step::Skip { packet, count } = step {
            self.next += 1;
            return Ok(Some(Playback::Skip { packet, count }));
        }
        match self.silence {
            None if step == Step::End => {}
            None => {
                if let Some(silence) = self.silence_before(at) {
                    self.silence = Some((silence, Instant::now()));
                    return Ok(Some(Playback::Hold));
                }
            }
            Some((silence, since)) => {
                let left = silence.saturating_sub(since.elapsed());
                std::thread::sleep(left.min(patience));
                if left > patience {
                    return Ok(None);
                }
                self.silence = None;
            }
        }
        self.until = at + self.packet;
        self.next += 1;
        self.asked -= 1;
        match step {
            Step::Play { packet } => self.frame(packet).map(Some),
            Step::Conceal { packet } => Ok(Some(Playback::Conceal { packet, count: 1 })),
            _ => Ok(Some(Playback::End)),
        }
    }

    fn pause(&mut self, paused: bool) {
        self.paused = paused;
        self.silence = self.silence.map(|(left, since)| match paused {
            true => (left.saturating_sub(since.elapsed()), since),
            false => (left, Instant::now()),
        });
    }

    /// From its beginning on it is heard with what came before: the start.
    fn seek(&mut self, start: Start) -> Result<(), OpenError> {
        let first = start.first();
        let place = self.steps.iter().position(|(_, step)| match *step {
            Step::Play { packet } | Step::Conceal { packet } => packet >= first,
            Step::Skip { packet, count } => packet + count > first,
            _ => true,
        });
        self.next = place.unwrap_or(self.steps.len());
        self.until = match self.steps.get(self.next) {
            Some((at, _)) if first > 0 => *at,
            _ => Timestamp::ZERO,
        };
        (self.asked, self.silence) = (0, None);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two packets, a hold of two more, one that is concealed, one left out.
    fn steps(packet_s: f64) -> Vec<(Timestamp, Step)> {
        let at = |packets: f64| Timestamp::from_secs_f64(packets * packet_s);
        vec![
            (at(0.0), Step::Play { packet: 0 }),
            (at(1.0), Step::Play { packet: 1 }),
            (at(2.0), Step::Hold),
            (at(4.0), Step::Conceal { packet: 2 }),
            (
                at(5.0),
                Step::Skip {
                    packet: 3,
                    count: 1,
                },
            ),
            (at(5.0), Step::Play { packet: 4 }),
            (at(6.0), Step::End),
        ]
    }

    fn open(start: Start) -> (Box<dyn FrameSource>, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("prelude.mp3");
        std::fs::write(&path, crate::demo::TRACK).unwrap();
        let packet_s = LocalFile::read(&path).unwrap().track().packet_s();
        let steps = steps(packet_s);
        let steps = steps.iter().map(|(at, step)| (*at, step));
        let retold = Retold::new(&path, "stop-1s in wifi-bad".into(), steps).unwrap();
        assert_eq!(retold.track().title, "stop-1s in wifi-bad");
        let paced = true;
        (retold.open(Opening { start, paced }).unwrap(), folder)
    }

    /// All that comes, as short words.
    fn told(frames: &mut dyn FrameSource) -> Vec<String> {
        let mut told = Vec::new();
        frames.ask();
        while told.last().is_none_or(|last| last != "end") {
            let Some(step) = frames.next(Duration::from_millis(1)).unwrap() else {
                continue;
            };
            let answers = !matches!(step, Playback::Hold | Playback::Skip { .. });
            told.push(match step {
                Playback::Frame { packet, .. } => format!("frame {packet}"),
                Playback::Conceal { packet, .. } => format!("conceal {packet}"),
                Playback::Skip { packet, .. } => format!("skip {packet}"),
                Playback::Hold => "hold".into(),
                Playback::End => "end".into(),
            });
            if answers {
                frames.ask();
            }
        }
        told
    }

    #[test]
    fn what_happened_happens_again_and_takes_its_time() {
        let (mut frames, _folder) = open(Start::BEGINNING);
        let begun = Instant::now();
        let told = told(&mut *frames);
        let silence = 2.0 * frames.track().packet_s();
        assert!(begun.elapsed().as_secs_f64() >= silence);
        let expected = [
            "frame 0",
            "frame 1",
            "hold",
            "conceal 2",
            "skip 3",
            "frame 4",
            "end",
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn it_can_be_heard_from_any_place_on() {
        let start = Start {
            packet: 4,
            preroll: 0,
        };
        let (mut frames, _folder) = open(start);
        assert_eq!(told(&mut *frames), ["frame 4", "end"]);
    }
}
