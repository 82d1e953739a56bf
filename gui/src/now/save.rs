//! Saving the chart and the session's log.

use std::path::{Path, PathBuf};

use iced::Task;
use iced::futures::channel::oneshot;
use segue_core::time::Timestamp;
use segue_core::timeline::Timeline;
use segue_core::track::TrackInfo;
use segue_lab::chart::{self, Chart};

use super::{Message, State};
use crate::desk::Desk;

/// What is saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum As {
    Png,
    Svg,
    Log,
}

/// All that saving needs: it is done elsewhere, as it may take a second.
pub struct Order {
    folder: PathBuf,
    what: What,
}

enum What {
    Chart {
        ending: &'static str,
        track: TrackInfo,
        subtitle: String,
        timeline: Timeline,
        end: Timestamp,
    },
    Log {
        track: TrackInfo,
        recorded: PathBuf,
    },
}

impl State {
    /// `None`: there is nothing to save.
    pub(super) fn order(&self, desk: &Desk, kind: As) -> Option<Order> {
        let track = self.track.clone()?;
        let chart = |ending| What::Chart {
            ending,
            track: track.clone(),
            subtitle: subtitle(desk),
            timeline: self.timeline.clone(),
            end: self.end,
        };
        let what = match kind {
            As::Png => chart("png"),
            As::Svg => chart("svg"),
            As::Log => What::Log {
                recorded: desk.jukebox.stage().log_of(self.session?)?,
                track: track.clone(),
            },
        };
        let folder = desk.place.documents.clone();
        Some(Order { folder, what })
    }
}

/// Policy and network in words.
pub fn subtitle(desk: &Desk) -> String {
    let stage = desk.jukebox.stage();
    format!("{} through {}", stage.policy(), stage.network())
}

impl Order {
    /// Does it in a thread of its own.
    pub fn perform(self) -> Task<Message> {
        let (tell, told) = oneshot::channel();
        std::thread::spawn(move || tell.send(self.save()));
        Task::perform(told, |saved| {
            Message::Saved(saved.unwrap_or_else(|_| Err("It could not be saved.".into())))
        })
    }

    fn save(&self) -> Result<String, String> {
        let path = match &self.what {
            What::Chart {
                ending,
                track,
                subtitle,
                timeline,
                end,
            } => {
                let path = free(&self.folder, track, ending);
                let chart = Chart {
                    title: track.label(),
                    subtitle,
                    timeline,
                    track,
                    began: Timestamp::ZERO,
                    end: *end,
                };
                chart::draw(&chart, &path).map_err(|error| error.to_string())?;
                path
            }
            What::Log { track, recorded } => {
                let path = free(&self.folder, track, "jsonl");
                let log = std::fs::read(recorded);
                let saved = log.and_then(|log| std::fs::write(&path, whole_lines(&log)));
                saved.map_err(|error| format!("Cannot write {}: {error}", path.display()))?;
                path
            }
        };
        Ok(path.display().to_string())
    }
}

/// A session that goes on may be in the middle of a line.
fn whole_lines(log: &[u8]) -> &[u8] {
    let end = log.iter().rposition(|&byte| byte == b'\n');
    &log[..end.map_or(0, |end| end + 1)]
}

/// A file that is not there yet.
fn free(folder: &Path, track: &TrackInfo, ending: &str) -> PathBuf {
    // What no file system of today takes in a name.
    let fits = |c: char| match c {
        '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|' => '_',
        c if c.is_control() => '_',
        c => c,
    };
    let name: String = track.label().chars().map(fits).take(80).collect();
    let numbers = std::iter::once(String::new()).chain((2..).map(|number| format!(" {number}")));
    let mut paths = numbers.map(|number| folder.join(format!("Segue {name}{number}.{ending}")));
    paths.find(|path| !path.exists()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_that_is_being_written_is_cut_after_its_last_line() {
        assert_eq!(whole_lines(b"one\ntwo\nthr"), b"one\ntwo\n");
        assert_eq!(whole_lines(b"one\n"), b"one\n");
        assert_eq!(whole_lines(b"on"), b"");
    }

    #[test]
    fn what_was_saved_before_stays() {
        let folder = tempfile::tempdir().expect("a folder");
        let track = crate::now::tests::track();
        let first = free(folder.path(), &track, "svg");
        std::fs::write(&first, "").expect("a file");
        let second = free(folder.path(), &track, "svg");
        assert_ne!(first, second);
        assert!(second.to_string_lossy().ends_with(" 2.svg"), "{second:?}");
    }
}
