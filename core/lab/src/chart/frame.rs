//! All of a chart but its points: title, legend, axes and grid.

use std::error::Error;

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::ChartError;

/// The size of a chart over the whole width of a page.
pub const WIDE: (u32, u32) = (960, 600);
const FONTS: &str = "Helvetica, Arial, sans-serif";
const LEFT: i32 = 24;
const TITLE_PX: f64 = 20.0;
const TEXT_PX: f64 = 13.0;
const DARK: RGBColor = RGBColor(0x22, 0x22, 0x22);
const GREY: RGBColor = RGBColor(0x5c, 0x5c, 0x5c);
const GRID: RGBColor = RGBColor(0xe8, 0xe8, 0xe8);
const AXIS: RGBColor = RGBColor(0x9a, 0x9a, 0x9a);

/// What the frame is drawn from.
pub struct Frame<'a> {
    /// Width and height, in pixels.
    pub size: (u32, u32),
    pub title: &'a str,
    pub subtitle: &'a str,
    /// Words in the middle, for a chart without points.
    pub notice: Option<&'a str>,
    pub x: Axis<'a>,
    pub y: Axis<'a>,
    pub keys: Vec<Key>,
}

/// One axis, from 0.
pub struct Axis<'a> {
    pub name: &'a str,
    /// Where it ends.
    pub end: f64,
    /// About how many labels it has at most.
    pub labels: usize,
}

/// One entry of the legend.
pub struct Key {
    pub name: String,
    pub colour: &'static str,
    /// How wide its sample line is.
    pub width_px: f64,
    pub opacity: f64,
}

/// Where points go, in pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Area {
    /// Its left edge.
    pub left: f64,
    /// Its upper edge.
    pub top: f64,
    /// How wide it is.
    pub width: f64,
    /// How high it is.
    pub height: f64,
}

impl Frame<'_> {
    /// Draws it; answers the SVG and where the points go.
    pub fn draw(&self) -> Result<(String, Area), ChartError> {
        let mut svg = String::new();
        let area = self
            .draw_into(&mut svg)
            .map_err(|error| ChartError::Draw(error.to_string()))?;
        Ok((svg, area))
    }

    fn draw_into(&self, svg: &mut String) -> Result<Area, Box<dyn Error>> {
        let root = SVGBackend::with_string(svg, self.size).into_drawing_area();
        root.fill(&WHITE)?;
        let mut y = 18;
        root.draw_text(
            &shorten(self.title, TITLE_PX * 1.2, self.size.0),
            &text(TITLE_PX, FontStyle::Bold, DARK),
            (LEFT, y),
        )?;
        y += 28;
        if !self.subtitle.is_empty() {
            let subtitle = shorten(self.subtitle, TEXT_PX, self.size.0);
            root.draw_text(
                &subtitle,
                &text(TEXT_PX, FontStyle::Normal, GREY),
                (LEFT, y),
            )?;
            y += 22;
        }
        y = self.draw_legend(&root, y + 4)?;

        let mut chart = ChartBuilder::on(&root)
            .margin_top(y + 14)
            .margin_right(24)
            .margin_bottom(12)
            .margin_left(14)
            .x_label_area_size(46)
            .y_label_area_size(72)
            .build_cartesian_2d(0.0..self.x.end, 0.0..self.y.end)?;
        chart
            .configure_mesh()
            .light_line_style(TRANSPARENT)
            .bold_line_style(GRID)
            .axis_style(AXIS)
            .label_style(text(TEXT_PX, FontStyle::Normal, GREY))
            .axis_desc_style(text(TEXT_PX + 1.0, FontStyle::Normal, DARK))
            .x_desc(self.x.name)
            .y_desc(self.y.name)
            .x_labels(self.x.labels)
            .y_labels(self.y.labels)
            .x_label_formatter(&|&x| number(x))
            .y_label_formatter(&|&y| number(y))
            .draw()?;
        let (xs, ys) = chart.plotting_area().get_pixel_range();
        if let Some(notice) = self.notice {
            let middle = Pos::new(HPos::Center, VPos::Center);
            let at = ((xs.start + xs.end) / 2, (ys.start + ys.end) / 2);
            root.draw_text(
                notice,
                &text(TITLE_PX, FontStyle::Normal, GREY).pos(middle),
                at,
            )?;
        }
        drop(chart);
        root.present()?;
        Ok(Area {
            left: xs.start.into(),
            top: ys.start.into(),
            width: (xs.end - xs.start).into(),
            height: (ys.end - ys.start).into(),
        })
    }
}

type Root<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;

impl Frame<'_> {
    /// Draws the legend in as many rows as it needs; answers where it ends.
    fn draw_legend(&self, root: &Root<'_>, top: i32) -> Result<i32, Box<dyn Error>> {
        const SAMPLE: i32 = 22;
        const ROW: i32 = 20;
        let (mut x, mut y) = (LEFT, top);
        for key in &self.keys {
            let width = SAMPLE + 7 + width_px(&key.name, TEXT_PX) as i32;
            if x > LEFT && x + width > self.size.0 as i32 - LEFT {
                (x, y) = (LEFT, y + ROW);
            }
            let middle = y + ROW / 2;
            let half = (key.width_px / 2.0).round().max(1.0) as i32;
            root.draw(&Rectangle::new(
                [(x, middle - half), (x + SAMPLE, middle + half)],
                colour(key.colour).mix(key.opacity).filled(),
            ))?;
            let style = text(TEXT_PX, FontStyle::Normal, DARK);
            let style = style.pos(Pos::new(HPos::Left, VPos::Center));
            root.draw_text(&key.name, &style, (x + SAMPLE + 7, middle))?;
            x += width + 20;
        }
        Ok(y + ROW)
    }
}

/// Text of this size in CSS pixels. plotters makes all fonts smaller by 1.24.
fn text(px: f64, style: FontStyle, colour: RGBColor) -> TextStyle<'static> {
    (FONTS, px * 1.24, style).into_font().color(&colour)
}

/// About how wide a text is, in a wide font.
fn width_px(text: &str, px: f64) -> f64 {
    let em = |letter| match letter {
        ' ' | 'f' | 'i' | 'j' | 'l' | 'r' | 't' | '.' | ',' | '·' => 0.38,
        'm' | 'w' | 'A'..='Z' => 0.8,
        '\u{2e80}'.. => 1.0, // Chinese, Japanese, Korean
        _ => 0.62,
    };
    text.chars().map(em).sum::<f64>() * px
}

/// The text, or as much of its beginning as fits into the chart's width. Tags
/// hold anything, XML does not: what it forbids becomes a space.
fn shorten(text: &str, px: f64, width: u32) -> String {
    let room = f64::from(width) - 2.0 * f64::from(LEFT);
    let forbidden = |c: char| c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}');
    let mut start = text.replace(forbidden, " ");
    if width_px(&start, px) <= room {
        return start;
    }
    while width_px(&start, px) + px > room {
        start.pop();
    }
    format!("{}…", start.trim_end())
}

/// `#RRGGBB`.
fn colour(hex: &str) -> RGBColor {
    let rgb = u32::from_str_radix(&hex[1..], 16).unwrap_or(0);
    RGBColor((rgb >> 16) as u8, (rgb >> 8) as u8, rgb as u8)
}

/// A number as people read it: `28,000`, `0.25`.
pub fn number(value: f64) -> String {
    let whole = value.trunc() as i64;
    if (value - whole as f64).abs() > 1e-9 {
        let short = format!("{value:.3}");
        return short.trim_end_matches('0').to_owned();
    }
    let digits = whole.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}
