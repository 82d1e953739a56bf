//! Cumulative distributions: how many of the runs had at most so much.

use std::fmt::Write as _;

use super::ChartError;
use super::frame::{Area, Axis, Frame, Key};

/// Lines that tell several samples apart, also without colours: Okabe and Ito's
/// palette, then the same dashed.
pub const COLOURS: [&str; 7] = [
    "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000",
];
const LINE_PX: f64 = 2.2;

/// One line.
pub struct Sample<'a> {
    /// What it is of.
    pub name: &'a str,
    /// Its values; infinite ones (runs that never got there) keep the line from
    /// reaching the top.
    pub values: Vec<f64>,
}

/// Draws the distributions of several samples as the text of an SVG file.
/// `axis` names what is counted, with its unit.
///
/// # Errors
///
/// If the frame cannot be drawn, which should never be.
pub fn to_svg(title: &str, axis: &str, samples: &[Sample<'_>]) -> Result<String, ChartError> {
    let finite = samples.iter().flat_map(|sample| &sample.values);
    let most = finite
        .copied()
        .filter(|value| value.is_finite())
        .fold(0.0, f64::max);
    let key = |(number, sample): (usize, &Sample<'_>)| Key {
        name: sample.name.to_owned(),
        colour: COLOURS[number % COLOURS.len()],
        width_px: LINE_PX,
        opacity: 1.0,
    };
    let frame = Frame {
        size: (640, 420),
        title,
        subtitle: "",
        notice: samples
            .iter()
            .all(|s| s.values.is_empty())
            .then_some("no run"),
        x: Axis {
            name: axis,
            end: if most > 0.0 { most * 1.05 } else { 1.0 },
            labels: 7,
        },
        y: Axis {
            name: "share of runs with at most so much",
            end: 1.03,
            labels: 6,
        },
        keys: samples.iter().enumerate().map(key).collect(),
    };
    let (mut svg, area) = frame.draw()?;
    let end_tag = svg.rfind("</svg>").unwrap_or(svg.len());
    svg.truncate(end_tag);
    for (number, sample) in samples.iter().enumerate() {
        let path = steps(&sample.values, &area, &frame);
        let colour = COLOURS[number % COLOURS.len()];
        let dashes = ["", "7 4", "2 3"][(number / COLOURS.len()).min(2)];
        let _ = writeln!(
            svg,
            "<path fill=\"none\" stroke=\"{colour}\" stroke-width=\"{LINE_PX}\" \
             stroke-dasharray=\"{dashes}\" stroke-linejoin=\"round\" d=\"{path}\"/>"
        );
    }
    svg.push_str("</svg>\n");
    Ok(svg)
}

/// The steps of a distribution, in order: a value, and the share of the sample
/// that is at most so much.
pub fn shares(values: &[f64]) -> Vec<(f64, f64)> {
    let mut sorted: Vec<f64> = values.iter().copied().filter(|v| v.is_finite()).collect();
    sorted.sort_by(f64::total_cmp);
    let share = |rank: usize| (rank + 1) as f64 / values.len() as f64;
    let ranked = sorted.into_iter().enumerate();
    ranked.map(|(rank, value)| (value, share(rank))).collect()
}

/// The steps as the data of a path.
fn steps(values: &[f64], area: &Area, frame: &Frame<'_>) -> String {
    let x = |value: f64| area.left + value / frame.x.end * area.width;
    let y = |share: f64| area.top + area.height * (1.0 - share / frame.y.end);
    let mut path = format!("M{:.1} {:.1}", x(0.0), y(0.0));
    let shares = shares(values);
    for &(value, share) in &shares {
        let _ = write!(path, "H{:.1}V{:.1}", x(value), y(share));
    }
    if !shares.is_empty() {
        let _ = write!(path, "H{:.1}", area.left + area.width);
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path_of(values: &[f64]) -> String {
        let sample = Sample {
            name: "a <policy>",
            values: values.to_vec(),
        };
        let svg = to_svg("startup", "seconds", &[sample]).expect("a chart");
        assert!(svg.contains("a &lt;policy&gt;"), "names are escaped");
        let path = svg.rsplit(" d=\"").next().expect("a path");
        path.split('"').next().expect("its data").to_owned()
    }

    #[test]
    fn each_run_is_a_step() {
        assert_eq!(path_of(&[1.0, 2.0, 2.5]).matches('V').count(), 3);
    }

    #[test]
    fn runs_that_never_got_there_keep_the_line_from_the_top() {
        let top = |path: &str| {
            let last = path.rsplit('V').next().expect("a step");
            let y = last.split('H').next().expect("its height");
            y.parse::<f64>().expect("a number")
        };
        assert!(top(&path_of(&[1.0, f64::INFINITY])) > top(&path_of(&[1.0, 1.0])));
    }
}
