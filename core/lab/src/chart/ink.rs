//! Points turned into few and short paths, to be written as SVG or drawn.
//!
//! Points that follow each other closely become *strands*, which are drawn as
//! lines with as few corners as their shape needs. All others are put on a grid
//! of pixels, where many fall together, and neighbours are merged.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use segue_core::time::Timestamp;
use segue_core::timeline::Point;

use super::frame::Area;

/// How points become pixels.
#[derive(Clone, Copy)]
pub struct Scale {
    /// Where they go.
    pub area: Area,
    /// The time at the left edge.
    pub began: Timestamp,
    /// What is a pixel wide.
    pub seconds_per_px: f64,
    /// What is a pixel high.
    pub packets_per_px: f64,
    /// Duration of a packet, seconds.
    pub packet_s: f64,
}

impl Scale {
    /// Pixels from the left.
    pub fn x(&self, at: Timestamp) -> f64 {
        self.area.left + at.since(self.began).as_secs_f64() / self.seconds_per_px
    }

    /// Pixels from the top.
    pub fn y(&self, packet: u32) -> f64 {
        self.area.top + self.area.height - f64::from(packet) / self.packets_per_px
    }
}

/// In units of a tenth of a pixel, or of the grid.
type Spot = (i32, i32);

/// Points that follow each other.
struct Strand {
    spots: Vec<Spot>,
}

/// What one series leaves on the paper.
pub struct Ink {
    lines: Vec<Strand>,
    /// Lines too short to be drawn as wide as the others: they would be blobs.
    bits: Vec<Strand>,
    /// Cells of the grid, by column.
    dots: BTreeSet<(i32, i32)>,
    /// The grid, in pixels.
    grain: f64,
    /// So few packets that each is seen: all is drawn at full width.
    few: bool,
}

/// Strands from this length on are lines rather than dots, in pixels. In a
/// cloud of random points many are near each other by chance.
const BIT_PX: f64 = 8.0;
/// Strands from this length on are drawn at full width.
const LINE_PX: f64 = 24.0;

impl Ink {
    /// From points in order of time, on a grid of `grain` pixels.
    pub fn new(scale: &Scale, grain: f64, points: impl Iterator<Item = Point>) -> Self {
        let mut ink = Self {
            lines: Vec::new(),
            bits: Vec::new(),
            dots: BTreeSet::new(),
            grain,
            few: scale.packets_per_px < 0.3,
        };
        for mut strand in strands(scale, points) {
            let length = strand.length_px();
            if length < BIT_PX.max(3.0 * grain) {
                let cell = |tenths: i32| (f64::from(tenths) / 10.0 / grain).round() as i32;
                let cells = strand.spots.iter().map(|&(x, y)| (cell(x), cell(y)));
                ink.dots.extend(cells);
                continue;
            }
            strand.simplify(3.0 * grain);
            if length < LINE_PX.max(4.0 * grain) {
                ink.bits.push(strand);
            } else {
                ink.lines.push(strand);
            }
        }
        ink
    }

    /// What to draw, the lowest first: dots, and lines of two widths.
    pub fn strokes(&self, line_px: f64, dot_px: f64) -> impl Iterator<Item = Stroke<'_>> {
        let (dot_px, bit_px) = if self.few {
            (line_px, line_px)
        } else {
            (dot_px.max(self.grain), dot_px.max(0.6 * line_px))
        };
        let stroke = |paths, width_px, unit_px| Stroke {
            width_px,
            unit_px,
            paths,
        };
        [
            stroke(columns(&self.dots), dot_px, self.grain),
            stroke(corners(&self.bits), bit_px, 0.1),
            stroke(corners(&self.lines), line_px, 0.1),
        ]
        .into_iter()
        .filter(|stroke| !stroke.paths.is_empty())
    }

    /// Writes it as SVG.
    pub(super) fn write(&self, svg: &mut String, colour: &str, line_px: f64, dot_px: f64) {
        for stroke in self.strokes(line_px, dot_px) {
            begin(svg, colour, &stroke);
            let mut at = (0, 0);
            for path in &stroke.paths {
                for (index, &spot) in path.iter().enumerate() {
                    let (x, y) = (spot.0 - at.0, spot.1 - at.1);
                    match index {
                        0 => pair(svg, "m", (x, y)),
                        _ if x == 0 && path.len() == 2 => drop(write!(svg, "v{y}")),
                        // Further pairs after `m` are lines: `l` need not be said.
                        _ => pair(svg, " ", (x, y)),
                    }
                    at = spot;
                }
            }
            svg.push_str("\"/>\n");
        }
    }
}

/// Lines and dots of one width, with round ends.
pub struct Stroke<'a> {
    /// How wide it is, in pixels.
    pub width_px: f64,
    unit_px: f64,
    paths: Vec<Cow<'a, [Spot]>>,
}

impl Stroke<'_> {
    /// Each line's corners, in pixels; both ends of a dot are in one place.
    pub fn lines(&self) -> impl Iterator<Item = impl Iterator<Item = (f64, f64)>> {
        let px = |tick: i32| f64::from(tick) * self.unit_px;
        let lines = self.paths.iter();
        lines.map(move |path| path.iter().map(move |&(x, y)| (px(x), px(y))))
    }
}

/// Opens the path of a stroke.
fn begin(svg: &mut String, colour: &str, stroke: &Stroke<'_>) {
    let _ = write!(
        svg,
        "<path fill=\"none\" stroke=\"{colour}\" stroke-width=\"{:.2}\" \
         stroke-linecap=\"round\" stroke-linejoin=\"round\" transform=\"scale({})\" d=\"",
        stroke.width_px / stroke.unit_px,
        stroke.unit_px
    );
}

/// Writes two numbers after a letter or a space, in as few characters as do.
fn pair(svg: &mut String, verb: &str, (x, y): Spot) {
    if verb != " " || x >= 0 {
        svg.push_str(verb);
    }
    let space = if y < 0 { "" } else { " " };
    let _ = write!(svg, "{x}{space}{y}");
}

fn corners(strands: &[Strand]) -> Vec<Cow<'_, [Spot]>> {
    let spots = strands.iter().map(|strand| &strand.spots[..]);
    spots.map(Cow::Borrowed).collect()
}

/// Cells as dots, and neighbours in a column as short lines.
fn columns(cells: &BTreeSet<Spot>) -> Vec<Cow<'_, [Spot]>> {
    let mut columns = Vec::new();
    let mut cells = cells.iter().copied().peekable();
    while let Some((x, top)) = cells.next() {
        let mut bottom = top;
        while cells.next_if_eq(&(x, bottom + 1)).is_some() {
            bottom += 1;
        }
        columns.push(Cow::Owned(vec![(x, top), (x, bottom)]));
    }
    columns
}

/// Joins points that are near in both time and number, several strands at a
/// time: a seeder may send its stream and some repeats at once.
fn strands(scale: &Scale, points: impl Iterator<Item = Point>) -> Vec<Strand> {
    let most_s = (1.5 * scale.seconds_per_px).max(1.5 * scale.packet_s);
    let most_packets = (1.5 * scale.packets_per_px).max(1.5) as u32;
    let mut strands: Vec<Strand> = Vec::new();
    // Strands by the packet they end with, and when.
    let mut ends: BTreeMap<u32, (Timestamp, usize)> = BTreeMap::new();
    for (at, packet) in points {
        let x = (scale.x(at) * 10.0).round() as i32;
        let spot = (x, (scale.y(packet) * 10.0).round() as i32);
        let index = loop {
            let near = packet.saturating_sub(most_packets)..=packet;
            let Some((&end, &(last, index))) = ends.range(near).next_back() else {
                strands.push(Strand { spots: vec![spot] });
                break strands.len() - 1;
            };
            ends.remove(&end);
            // One that ended too long ago will find no continuation any more.
            if at.since(last).as_secs_f64() <= most_s {
                strands[index].push(spot);
                break index;
            }
        };
        ends.insert(packet, (at, index));
    }
    strands
}

impl Strand {
    fn push(&mut self, spot: Spot) {
        if self.spots.last() != Some(&spot) {
            self.spots.push(spot);
        }
    }

    /// The longer side of the box around it.
    fn length_px(&self) -> f64 {
        let extent = |of: fn(&Spot) -> i32| {
            let (low, high) = self
                .spots
                .iter()
                .map(of)
                .fold((i32::MAX, i32::MIN), |a, b| (a.0.min(b), a.1.max(b)));
            f64::from(high - low) / 10.0
        };
        extent(|spot| spot.0).max(extent(|spot| spot.1))
    }

    /// Leaves out spots that are no further than `tolerance` (in spots' units)
    /// from the line without them (Douglas and Peucker's way).
    fn simplify(&mut self, tolerance: f64) {
        let spots = &self.spots;
        let mut keep = vec![false; spots.len()];
        let last = spots.len() - 1;
        (keep[0], keep[last]) = (true, true);
        let mut parts = vec![(0, last)];
        while let Some((from, to)) = parts.pop() {
            let between = (from + 1..to).map(|i| (distance(spots[i], spots[from], spots[to]), i));
            let furthest = between.max_by(|a, b| a.0.total_cmp(&b.0));
            if let Some((far, middle)) = furthest.filter(|&(far, _)| far > tolerance) {
                debug_assert!(far.is_finite());
                keep[middle] = true;
                parts.extend([(from, middle), (middle, to)]);
            }
        }
        let mut keep = keep.into_iter();
        self.spots.retain(|_| keep.next().unwrap_or(true));
    }
}

/// How far `p` is from the line through `a` and `b`.
fn distance(p: Spot, a: Spot, b: Spot) -> f64 {
    let minus = |p: Spot, q: Spot| (f64::from(p.0 - q.0), f64::from(p.1 - q.1));
    let (line, to) = (minus(b, a), minus(p, a));
    let length = line.0.hypot(line.1);
    if length == 0.0 {
        return to.0.hypot(to.1);
    }
    (line.0 * to.1 - line.1 * to.0).abs() / length
}
