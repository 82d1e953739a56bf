//! Charts: the paper's, packet number against time; and cumulative distributions
//! ([`distribution`]). As SVG, as PNG ([`png`]), or as strokes to be drawn on a
//! screen ([`series`], [`Ink`]).
//!
//! plotters draws the frame: axes, grid, words. The points are written as
//! paths (`ink.rs`), because a session has a hundred thousand of them and one
//! SVG element for each would make a file of many megabytes.
//!
//! What lies beneath is drawn wider than what lies on top, so that lines in
//! the same place are all seen: sent, received, discarded, played.

pub mod distribution;
mod frame;
mod ink;
pub mod png;
#[cfg(test)]
mod tests;

use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};

use segue_core::time::Timestamp;
use segue_core::timeline::{Point, Timeline};
use segue_core::track::TrackInfo;

use frame::{Axis, Frame, Key};

pub use frame::{Area, number};
pub use ink::{Ink, Scale, Stroke};

/// What a chart shows.
#[derive(Clone, Copy, Debug)]
pub struct Chart<'a> {
    /// The headline, such as the name of the track.
    pub title: &'a str,
    /// One line beneath it, such as policy and network; may be empty.
    pub subtitle: &'a str,
    /// What happened to each packet.
    pub timeline: &'a Timeline,
    /// The track, for the duration of its packets.
    pub track: &'a TrackInfo,
    /// When the session began: the chart's second 0.
    pub began: Timestamp,
    /// Where the chart ends; what came later is left out. May be earlier than
    /// the session's end, to look at its first minutes closely.
    pub end: Timestamp,
}

/// Why there is no chart.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ChartError {
    /// The file could not be written.
    #[error("cannot write the chart to {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The frame could not be drawn.
    #[error("cannot draw the chart: {0}")]
    Draw(String),
}

/// Draws a chart into a file, which is replaced if it exists: as PNG if its name
/// ends so, else as SVG.
///
/// # Errors
///
/// If the file cannot be written.
pub fn draw(chart: &Chart<'_>, path: &Path) -> Result<(), ChartError> {
    let svg = to_svg(chart)?;
    let is_png = path
        .extension()
        .is_some_and(|end| end.eq_ignore_ascii_case("png"));
    let bytes = if is_png {
        png::from_svg(&svg)?
    } else {
        svg.into_bytes()
    };
    std::fs::write(path, bytes).map_err(|source| ChartError::Write {
        path: path.to_owned(),
        source,
    })
}

/// A chart as the text of an SVG file: 960 × 600, white background, less than
/// 400 kB for any track of the usual length.
///
/// # Errors
///
/// If the frame cannot be drawn, which should never be.
pub fn to_svg(chart: &Chart<'_>) -> Result<String, ChartError> {
    let series = series(chart.timeline);
    let seen = || {
        let points = series.iter().flat_map(|series| series.points);
        points.filter(|point| chart.shows(point))
    };
    let stalls = stalls(chart);
    // A little more than needed, so that nothing touches the edge.
    let seconds = chart.end.since(chart.began).as_secs_f64().max(0.1) * 1.01;
    let most = seen().map(|&(_, packet)| packet).max().unwrap_or(0);
    let packets = (f64::from(most) * 1.02).max(f64::from(most) + 1.0);
    let frame = Frame {
        size: frame::WIDE,
        title: chart.title,
        subtitle: chart.subtitle,
        notice: seen().next().is_none().then_some("nothing was sent"),
        x: Axis {
            name: "time (s)",
            end: seconds,
            labels: 12,
        },
        y: Axis {
            name: "packet number",
            end: packets,
            labels: (most as usize + 2).min(9), // no half packets
        },
        keys: keys(&series, !stalls.is_empty()),
    };
    let (mut svg, area) = frame.draw()?;
    let scale = Scale {
        area,
        began: chart.began,
        seconds_per_px: seconds / area.width,
        packets_per_px: packets / area.height,
        packet_s: chart.track.packet_s(),
    };

    let end_tag = svg.rfind("</svg>").unwrap_or(svg.len());
    svg.truncate(end_tag);
    bands(&mut svg, &scale, &stalls);
    let room = MOST_BYTES.saturating_sub(svg.len());
    let mut strokes = String::new();
    for grain in GRAINS {
        strokes.clear();
        for series in &series {
            let points = series.points.iter().filter(|point| chart.shows(point));
            Ink::new(&scale, grain, points.copied()).write(
                &mut strokes,
                series.colour,
                series.line_px,
                series.dot_px,
            );
        }
        if strokes.len() <= room {
            break;
        }
    }
    svg.push_str(&strokes);
    svg.push_str("</svg>\n");
    Ok(svg)
}

/// How large the file may become before the points are put on a coarser grid.
const MOST_BYTES: usize = 360_000;
/// Grids to put points on, in pixels.
const GRAINS: [f64; 7] = [1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0];

// Okabe and Ito's colours, which colour-blind people can tell apart, near the
// paper's: red, yellow, blue, green, black. Their yellow is too pale on white.
const SEEDERS: [&str; 5] = ["#D55E00", "#F2C200", "#CC79A7", "#56B4E9", "#8C6D46"];
/// All seeders after the fifth.
const MORE_SEEDERS: &str = "#A6A6A6";
const RECEIVED: &str = "#0072B2";
const DISCARDED: &str = "#000000";
const PLAYED: &str = "#009E73";
/// Of the bands that are stalls.
pub const STALL: &str = "#20204A";
/// So that the grid shows through.
pub const STALL_OPACITY: f64 = 0.11;

/// One kind of points.
pub struct Series<'a> {
    /// Its name in the legend.
    pub name: String,
    /// Its colour on white, as `#RRGGBB`.
    pub colour: &'static str,
    /// Width of lines.
    pub line_px: f64,
    /// Width of points that are not part of a line.
    pub dot_px: f64,
    /// The points, in order of time.
    pub points: &'a [Point],
}

/// All series, the lowest layer first.
pub fn series(timeline: &Timeline) -> Vec<Series<'_>> {
    let sent = timeline.sent.iter().enumerate().map(|(seeder, points)| {
        let colour = *SEEDERS.get(seeder).unwrap_or(&MORE_SEEDERS);
        Series {
            name: sent_by(seeder, timeline.sent.len()),
            colour,
            line_px: (7.0 - 1.5 * seeder as f64).max(4.0),
            dot_px: 2.4,
            points,
        }
    });
    let one = |name: &str, colour, line_px, dot_px, points| Series {
        name: name.to_owned(),
        colour,
        line_px,
        dot_px,
        points,
    };
    sent.chain([
        one("received", RECEIVED, 3.2, 1.7, &timeline.received[..]),
        one("discarded", DISCARDED, 1.2, 1.2, &timeline.discarded),
        one("played", PLAYED, 2.0, 2.0, &timeline.played),
    ])
    .collect()
}

/// The name of a seeder's series; those that share a colour share a name.
fn sent_by(seeder: usize, seeders: usize) -> String {
    if seeder < SEEDERS.len() {
        format!("sent by seeder {}", seeder + 1)
    } else if seeders == SEEDERS.len() + 1 {
        format!("sent by seeder {seeders}")
    } else {
        format!("sent by seeders {}–{seeders}", SEEDERS.len() + 1)
    }
}

/// The legend.
fn keys(series: &[Series<'_>], any_stall: bool) -> Vec<Key> {
    let mut keys: Vec<Key> = series
        .iter()
        .map(|series| Key {
            name: series.name.clone(),
            colour: series.colour,
            width_px: series.line_px,
            opacity: 1.0,
        })
        .collect();
    keys.dedup_by(|a, b| a.name == b.name);
    if any_stall {
        keys.push(Key {
            name: "stall".to_owned(),
            colour: STALL,
            width_px: 12.0,
            opacity: STALL_OPACITY,
        });
    }
    keys
}

impl Chart<'_> {
    fn shows(&self, (at, _): &Point) -> bool {
        (self.began..=self.end).contains(at)
    }
}

/// The stalls that the chart shows, cut at its end.
fn stalls(chart: &Chart<'_>) -> Vec<(Timestamp, Timestamp)> {
    let stalls = chart.timeline.stalls.iter();
    stalls
        .filter(|&&(from, _)| from < chart.end)
        .map(|&(from, to)| (from, to.min(chart.end)))
        .collect()
}

/// Writes the stalls as bands over the height of the chart.
fn bands(svg: &mut String, scale: &Scale, stalls: &[(Timestamp, Timestamp)]) {
    if stalls.is_empty() {
        return;
    }
    let (top, height) = (scale.area.top, scale.area.height);
    let _ = write!(
        svg,
        "<path fill=\"{STALL}\" fill-opacity=\"{STALL_OPACITY}\" d=\""
    );
    for &(from, to) in stalls {
        let (left, right) = (scale.x(from), scale.x(to));
        let width = right - left;
        let _ = write!(svg, "M{left:.1} {top}h{width:.1}v{height}h-{width:.1}z");
    }
    svg.push_str("\"/>\n");
}
