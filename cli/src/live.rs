//! The line that changes while something goes on. Shown on a terminal only.

use std::io::{self, Write};
use std::sync::LazyLock;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use segue_core::listener::SeederState;
use segue_core::track::TrackInfo;
use segue_playout::Progress;
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
    let style = ProgressStyle::with_template("{bar:24} {msg}");
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

/// What the line says of a track that plays; `place` is its own in the queue, and
/// how many there are.
pub fn line(
    track: &TrackInfo,
    place: Option<(usize, usize)>,
    progress: &Progress,
    volume: f32,
    session: Option<&SessionStatus>,
) -> String {
    let place = place.map_or(String::new(), |(number, all)| {
        format!("{number}/{all} {}  ", track.label())
    });
    let volume = match (volume * 100.0).round() {
        100.0 => String::new(),
        percent => format!("  volume {percent} %"),
    };
    let trouble = progress.trouble.as_deref();
    let trouble = trouble.map_or(String::new(), |trouble| format!("  {trouble}"));
    format!(
        "{place}{:8} {}/{}{volume}{}{trouble}",
        progress.state.word(),
        clock(progress.position_s),
        clock(track.duration_s()),
        session.map_or(String::new(), |now| of_session(track, now)),
    )
}

fn of_session(track: &TrackInfo, now: &SessionStatus) -> String {
    let status = &now.status;
    let buffer_s = f64::from(status.buffered) * track.packet_s();
    let living: Vec<&SeederState> = status.seeders.iter().filter(|s| s.alive).collect();
    let loss = living.iter().map(|s| s.loss).sum::<f64>() / living.len().max(1) as f64;
    format!(
        "  buffer {buffer_s:4.1} s  {} of {} peers  loss {:2.0} %  {}",
        living.len(),
        status.seeders.len(),
        loss * 100.0,
        stalls(now.metrics.stalls, now.metrics.stall_s),
    )
}

/// In words.
pub fn stalls(count: u32, seconds: f64) -> String {
    match count {
        0 => "no stall".into(),
        1 => format!("1 stall ({seconds:.1} s)"),
        more => format!("{more} stalls ({seconds:.1} s)"),
    }
}
