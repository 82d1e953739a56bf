//! The line that changes while something goes on. Shown on a terminal only.

use std::io::{self, Write};
use std::sync::LazyLock;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use segue_core::listener::SeederState;
use segue_core::track::TrackInfo;
use segue_playout::Progress;
use segue_stage::{latency, underruns};
use segue_transport::SessionStatus;

use crate::print::clock;

/// How often it changes.
pub const PERIOD: Duration = Duration::from_millis(100);

/// All lines there are, so that whoever writes between can move them away.
static LINES: LazyLock<MultiProgress> = LazyLock::new(MultiProgress::new);

/// Standard error for the log: what is written there does not tear the line.
pub struct Aside;

impl Write for Aside {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        LINES.suspend(|| io::stderr().write(text))
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

/// A bar of packets with a text behind it.
pub fn bar() -> ProgressBar {
    let bar = LINES.add(ProgressBar::no_length());
    // What does not fit is cut: a line that wraps would not be wiped away.
    let style = ProgressStyle::with_template("{bar:16} {wide_msg}");
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// A bar of runs of an experiment, with the scenario's name.
pub fn runs(all: u64) -> ProgressBar {
    let bar = LINES.add(ProgressBar::new(all));
    let style = ProgressStyle::with_template("{bar:24} {pos}/{len} runs, {eta} left  {msg}");
    bar.enable_steady_tick(PERIOD);
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// A spinner with a text behind it.
pub fn spinner(text: &str) -> ProgressBar {
    let spinner = LINES.add(ProgressBar::new_spinner().with_message(text.to_owned()));
    spinner.enable_steady_tick(PERIOD);
    spinner
}

/// What the line says of a track that plays, the weightiest first; `place` is its
/// own in the queue, and how many there are.
pub fn line(
    track: &TrackInfo,
    place: Option<(usize, usize)>,
    progress: &Progress,
    volume: f32,
    session: Option<&SessionStatus>,
) -> String {
    let mut parts = vec![format!(
        "{:8} {}/{}",
        progress.state.word(),
        clock(progress.position_s),
        clock(track.duration_s()),
    )];
    parts.extend(progress.trouble.clone());
    parts.extend((progress.underruns > 0).then(|| underruns(progress.underruns)));
    parts.extend(session.map(|now| of_session(track, now)));
    let percent = (volume * 100.0).round();
    parts.extend((percent != 100.0).then(|| format!("volume {percent} %")));
    parts.extend(place.map(|(number, all)| format!("{number}/{all} {}", track.label())));
    parts.extend(progress.latency_s.map(latency));
    parts.join("  ")
}

fn of_session(track: &TrackInfo, now: &SessionStatus) -> String {
    let status = &now.status;
    let buffer_s = f64::from(status.buffered) * track.packet_s();
    let living: Vec<&SeederState> = status.seeders.iter().filter(|s| s.alive).collect();
    let loss = living.iter().map(|s| s.loss).sum::<f64>() / living.len().max(1) as f64;
    let failed = match status.policy_failed {
        true => "policy failed  ",
        false => "",
    };
    format!(
        "{failed}buffer {buffer_s:.1} s  {}  loss {:.0} %  {}",
        peers(living.len(), status.seeders.len()),
        loss * 100.0,
        stalls(now.metrics.stalls, now.metrics.stall_s),
    )
}

/// How many there are; where some are lost, of how many.
fn peers(alive: usize, all: usize) -> String {
    match (alive, all) {
        (1, 1) => "1 peer".into(),
        (alive, all) if alive == all => format!("{all} peers"),
        (alive, all) => format!("{alive} of {all} peers"),
    }
}

/// In words.
pub fn stalls(count: u32, seconds: f64) -> String {
    match count {
        0 => "no stall".into(),
        1 => format!("1 stall ({seconds:.1} s)"),
        more => format!("{more} stalls ({seconds:.1} s)"),
    }
}
