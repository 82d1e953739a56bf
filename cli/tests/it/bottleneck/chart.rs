//! The chart of a run: what came of both, and the queue, against time.
//!
//! ```text
//! SEGUE_CHART=docs/bottleneck.svg cargo test -p segue-cli --test it -- \
//!     --ignored bottleneck::chart
//! ```

use std::error::Error;
use std::path::{Path, PathBuf};

use plotters::prelude::*;

use super::{MBIT_S, Run, Seen, mbit_s};

const SIZE: (u32, u32) = (960, 640);
const FONTS: &str = "Helvetica, Arial, sans-serif";
const DARK: RGBColor = RGBColor(0x22, 0x22, 0x22);
const GRID: RGBColor = RGBColor(0xe8, 0xe8, 0xe8);
const AXIS: RGBColor = RGBColor(0x9a, 0x9a, 0x9a);
const MUSIC: RGBColor = RGBColor(0x1f, 0x5f, 0xa8);
const DOWNLOAD: RGBColor = RGBColor(0xd9, 0x76, 0x1a);
const QUEUE: RGBColor = RGBColor(0x5c, 0x5c, 0x5c);
/// A point of the throughput is of so long.
const STEP_S: f64 = 0.5;

/// What it is called, its colour, its points.
type Line<'a> = (&'a str, RGBColor, Vec<(f64, f64)>);

/// One of the two pictures.
struct Panel<'a> {
    title: &'a str,
    /// Words at the vertical axis, and where it ends.
    unit: &'a str,
    most: f64,
    lines: Vec<Line<'a>>,
}

fn text(px: f64) -> TextStyle<'static> {
    (FONTS, px * 1.24).into_font().color(&DARK)
}

impl Panel<'_> {
    fn draw(
        &self,
        area: &DrawingArea<SVGBackend<'_>, plotters::coord::Shift>,
        seconds: f64,
    ) -> Result<(), Box<dyn Error>> {
        let mut chart = ChartBuilder::on(area)
            .caption(self.title, text(17.0))
            .margin(12)
            .margin_right(24)
            .x_label_area_size(40)
            .y_label_area_size(58)
            .build_cartesian_2d(0.0..seconds, 0.0..self.most)?;
        chart
            .configure_mesh()
            .light_line_style(TRANSPARENT)
            .bold_line_style(GRID)
            .axis_style(AXIS)
            .label_style(text(13.0))
            .x_desc("seconds")
            .y_desc(self.unit)
            .x_label_formatter(&|s| format!("{s:.0}"))
            .y_label_formatter(&|value| format!("{value:.0}"))
            .draw()?;
        for (name, colour, points) in &self.lines {
            let line = PathElement::new(points.clone(), colour.stroke_width(2));
            let series = chart.draw_series(std::iter::once(line))?;
            let colour = *colour;
            series.label(*name).legend(move |(x, y)| {
                PathElement::new([(x, y), (x + 20, y)], colour.stroke_width(3))
            });
        }
        if self.lines.len() == 1 {
            return Ok(()); // the title says what it is
        }
        chart
            .configure_series_labels()
            .position(SeriesLabelPosition::UpperRight)
            .background_style(WHITE.mix(0.85))
            .label_font(text(13.0))
            .draw()?;
        Ok(())
    }
}

fn throughput(bytes: &[(f64, f64)], seconds: f64) -> Vec<(f64, f64)> {
    let steps = 0..(seconds / STEP_S) as usize;
    let from_s = steps.map(|step| step as f64 * STEP_S);
    from_s
        .map(|from_s| {
            (
                from_s + STEP_S / 2.0,
                mbit_s(bytes, from_s, from_s + STEP_S),
            )
        })
        .collect()
}

fn draw(seen: &Seen, download_from_s: f64, path: &Path) -> Result<(), Box<dyn Error>> {
    let root = SVGBackend::new(path, SIZE).into_drawing_area();
    root.fill(&WHITE)?;
    let (above, below) = root.split_vertically(340);
    let least_s = seen.delays.iter().fold(f64::INFINITY, |s, d| s.min(d.1));
    let queue = seen.delays.iter().filter(|d| d.0 >= 0.0);
    let queue_ms = |&(at_s, s): &(f64, f64)| (at_s, (s - least_s) * 1e3);
    Panel {
        title: &format!(
            "Segue and a TCP download (CUBIC, from {download_from_s} s) on one link of {MBIT_S} Mbit/s"
        ),
        unit: "Mbit/s, in order",
        most: 25.0,
        lines: vec![
            ("Segue", MUSIC, throughput(&seen.music, seen.seconds)),
            ("TCP", DOWNLOAD, throughput(&seen.download, seen.seconds)),
        ],
    }
    .draw(&above, seen.seconds)?;
    Panel {
        title: "Queueing delay of a probe through the same link; the queue holds 250 kB: 100 ms",
        unit: "milliseconds",
        most: 140.0,
        lines: vec![("delay of a probe", QUEUE, queue.map(queue_ms).collect())],
    }
    .draw(&below, seen.seconds)?;
    root.present()?;
    Ok(())
}

#[test]
#[ignore = "draws a chart; takes 40 s"]
fn chart_of_a_session_that_a_download_joins() {
    let path = std::env::var_os("SEGUE_CHART").map(PathBuf::from);
    // The command names it as seen from the workspace, tests run in the crate.
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let path = root.join(path.expect("SEGUE_CHART names the file"));
    let download_from_s = 10.0;
    let run = Run {
        seconds: 40.0,
        download_from_s: Some(download_from_s),
        loss_percent: 0,
    };
    if let Some(seen) = run.run() {
        seen.shares();
        draw(&seen, download_from_s, &path).unwrap();
    }
}
