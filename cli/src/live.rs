//! The line that changes while something goes on. Shown on a terminal only.

use std::io::{self, Write};
use std::sync::LazyLock;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use segue_core::listener::{PlayState, SeederState, Status};
use segue_core::track::TrackInfo;
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
pub fn session(track: &TrackInfo) -> ProgressBar {
    let bar = LINES.add(ProgressBar::new(track.packets.into()));
    let style = ProgressStyle::with_template("{bar:24} {msg}");
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// A spinner with a text behind it.
pub fn spinner(text: &str) -> ProgressBar {
    let spinner = LINES.add(ProgressBar::new_spinner().with_message(text.to_owned()));
    spinner.enable_steady_tick(PERIOD);
    spinner
}

/// What the line says of a session.
pub fn line(track: &TrackInfo, now: &SessionStatus) -> String {
    let status = &now.status;
    let at_s = f64::from(status.playhead) * track.packet_s();
    let buffer_s = f64::from(status.buffered) * track.packet_s();
    let living: Vec<&SeederState> = status.seeders.iter().filter(|s| s.alive).collect();
    let loss = living.iter().map(|s| s.loss).sum::<f64>() / living.len().max(1) as f64;
    format!(
        "{:8} {}/{}  buffer {buffer_s:4.1} s  {} of {} peers  loss {:2.0} %  {}",
        state(status),
        clock(at_s),
        clock(track.duration_s()),
        living.len(),
        status.seeders.len(),
        loss * 100.0,
        stalls(now.metrics.stalls, now.metrics.stall_s),
    )
}

fn state(status: &Status) -> &'static str {
    match status.state {
        _ if status.ended => "ended",
        PlayState::Starting => "starting",
        PlayState::Playing => "playing",
        PlayState::Holding => "waiting",
    }
}

fn stalls(count: u32, seconds: f64) -> String {
    match count {
        0 => "no stall".into(),
        1 => format!("1 stall ({seconds:.1} s)"),
        more => format!("{more} stalls ({seconds:.1} s)"),
    }
}
