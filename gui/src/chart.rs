//! Charts on a canvas: the pictures of `segue_lab::chart`, as they grow.

pub mod distribution;
pub mod level;
pub mod packets;

use std::cell::Cell;

use iced::widget::canvas::{
    self, Cache, Canvas, Frame, Geometry, LineCap, LineJoin, Path, Stroke, Text,
};
use iced::widget::{container, row, text};
use iced::{
    Alignment, Color, Element, Fill, Pixels, Point, Rectangle, Renderer, Size, Theme, alignment,
    mouse,
};
use segue_lab::chart::{Area, number};

use crate::theme::{self, tones};

/// What a canvas drew last, until it is cleared or the theme changes.
#[derive(Default)]
pub struct Drawn {
    cache: Cache,
    is_dark: Cell<bool>,
}

impl Drawn {
    /// There is more to show.
    pub fn clear(&self) {
        self.cache.clear();
    }
}

/// A chart that fills its place, and is drawn anew when `drawn` was cleared.
pub fn sheet<'a, Message: 'a>(
    drawn: &'a Drawn,
    draw: impl Fn(&mut Frame, &Theme) + 'a,
) -> Element<'a, Message> {
    let sheet = Sheet { drawn, draw };
    Canvas::new(sheet).width(Fill).height(Fill).into()
}

struct Sheet<'a, F> {
    drawn: &'a Drawn,
    draw: F,
}

impl<Message, F: Fn(&mut Frame, &Theme)> canvas::Program<Message> for Sheet<'_, F> {
    type State = ();

    fn draw(
        &self,
        (): &(),
        renderer: &Renderer,
        theme: &Theme,
        bounds: Rectangle,
        _: mouse::Cursor,
    ) -> Vec<Geometry> {
        let draw = |frame: &mut Frame| (self.draw)(frame, theme);
        let is_dark = theme.extended_palette().is_dark;
        if self.drawn.is_dark.replace(is_dark) != is_dark {
            self.drawn.clear();
        }
        vec![self.drawn.cache.draw(renderer, bounds.size(), draw)]
    }
}

/// A chart's axes, each from 0.
pub struct Axes {
    pub x_name: &'static str,
    pub x_end: f64,
    pub y_name: &'static str,
    pub y_end: f64,
}

/// Room for labels: left of the chart, beneath it, above and right of it.
const LEFT: f64 = 58.0;
const BELOW: f64 = 34.0;
const EDGE: f64 = 10.0;
/// Between two labels of an axis, at least, pixels.
const APART_X: f64 = 90.0;
const APART_Y: f64 = 34.0;

impl Axes {
    /// Draws grid, labels and names; answers where the points go.
    pub fn draw(&self, frame: &mut Frame, theme: &Theme) -> Area {
        let tones = tones(theme);
        let size = frame.size();
        let area = Area {
            left: LEFT,
            top: EDGE,
            width: (f64::from(size.width) - LEFT - EDGE).max(1.0),
            height: (f64::from(size.height) - BELOW - EDGE).max(1.0),
        };
        let (right, bottom) = (area.left + area.width, area.top + area.height);
        let line = |frame: &mut Frame, from: Point, to: Point| {
            let stroke = Stroke::default().with_color(tones.line).with_width(1.0);
            frame.stroke(&Path::line(from, to), stroke);
        };
        for tick in ticks(self.x_end, (area.width / APART_X) as usize) {
            let x = (area.left + tick / self.x_end * area.width).round() + 0.5;
            line(frame, point(x, area.top), point(x, bottom));
            label(
                frame,
                number(tick),
                point(x, bottom + 4.0),
                tones.dim,
                alignment::Horizontal::Center,
            );
        }
        for tick in ticks(self.y_end, (area.height / APART_Y) as usize) {
            let y = (bottom - tick / self.y_end * area.height).round() + 0.5;
            line(frame, point(area.left, y), point(right, y));
            let at = point(area.left - 7.0, y - 8.0);
            label(
                frame,
                number(tick),
                at,
                tones.dim,
                alignment::Horizontal::Right,
            );
        }
        label(
            frame,
            self.x_name.into(),
            point(right, bottom + 18.0),
            tones.dim,
            alignment::Horizontal::Right,
        );
        label(
            frame,
            self.y_name.into(),
            point(area.left + 6.0, area.top + 2.0),
            tones.dim,
            alignment::Horizontal::Left,
        );
        area
    }
}

fn label(
    frame: &mut Frame,
    content: String,
    position: Point,
    color: Color,
    align: alignment::Horizontal,
) {
    frame.fill_text(Text {
        content,
        position,
        color,
        size: Pixels(11.0),
        font: theme::FONT,
        align_x: align.into(),
        ..Text::default()
    });
}

/// Round numbers from 0 to `end`: at most so many steps.
fn ticks(end: f64, most: usize) -> impl Iterator<Item = f64> {
    let least = end / most.clamp(1, 12) as f64;
    let power = 10f64.powf(least.log10().floor());
    let steps = [1.0, 2.0, 5.0, 10.0].map(|step| step * power);
    let step = steps
        .into_iter()
        .find(|&step| step >= least * 0.999)
        .unwrap_or(end);
    (0..=(end / step + 1e-6) as usize).map(move |tick| tick as f64 * step)
}

/// The end of an axis on which this is to be seen. It moves in steps, so that a
/// chart that grows is seldom drawn anew.
pub fn stretch(most: f64) -> f64 {
    const STEPS: [f64; 9] = [1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 6.0, 8.0];
    let power = 10f64.powf(most.max(1e-9).log10().floor());
    let mut steps = STEPS.into_iter().chain([10.0]).map(|step| step * power);
    steps.find(|&step| step >= most).unwrap_or(most)
}

fn point(x: f64, y: f64) -> Point {
    Point::new(x as f32, y as f32)
}

/// Lines through points, with round ends.
fn strokes(
    frame: &mut Frame,
    lines: impl Iterator<Item = impl Iterator<Item = (f64, f64)>>,
    color: Color,
    width: f64,
) {
    let path = Path::new(|path| {
        for line in lines {
            let mut at = None;
            for (x, y) in line {
                match at.replace((x, y)) {
                    None => path.move_to(point(x, y)),
                    // A line without length has no ends to be round.
                    Some(same) if same == (x, y) => path.line_to(point(x + 0.05, y)),
                    Some(_) => path.line_to(point(x, y)),
                }
            }
        }
    });
    let stroke = Stroke::default()
        .with_color(color)
        .with_width(width as f32)
        .with_line_cap(LineCap::Round)
        .with_line_join(LineJoin::Round);
    frame.stroke(&path, stroke);
}

/// A colour of the laboratory's charts, which are drawn on white: what would
/// not be seen on this theme's ground takes the colour of its text.
fn ink(hex: &str, theme: &Theme) -> Color {
    let color = hex.parse().unwrap_or(Color::BLACK);
    let is_dark = theme.extended_palette().is_dark;
    if is_dark && color.relative_luminance() < 0.03 {
        return theme.palette().text;
    }
    color
}

/// What a colour stands for.
pub fn key<'a, Message: 'a>(hex: &str, name: String) -> Element<'a, Message> {
    let hex = hex.to_owned();
    let swatch = container("")
        .width(14)
        .height(4)
        .style(move |theme: &Theme| container::Style {
            background: Some(ink(&hex, theme).into()),
            border: iced::border::rounded(2),
            ..container::Style::default()
        });
    row![swatch, text(name).size(theme::SMALL).style(theme::dim)]
        .spacing(6)
        .align_y(Alignment::Center)
        .into()
}

/// Shades a part of the chart over its whole height.
fn band(frame: &mut Frame, area: &Area, from: f64, to: f64, theme: &Theme) {
    let size = Size::new((to - from).max(1.0) as f32, area.height as f32);
    let color = ink(segue_lab::chart::STALL, theme);
    let opacity = segue_lab::chart::STALL_OPACITY as f32;
    frame.fill_rectangle(
        point(from, area.top),
        size,
        color.scale_alpha(1.5 * opacity),
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_stand_at_round_numbers() {
        let all = |end, most| ticks(end, most).collect::<Vec<_>>();
        assert_eq!(all(10.0, 5), [0.0, 2.0, 4.0, 6.0, 8.0, 10.0]);
        assert_eq!(
            all(28_000.0, 6),
            [0.0, 5000.0, 10_000.0, 15_000.0, 20_000.0, 25_000.0]
        );
        assert_eq!(all(1.0, 1), [0.0, 1.0]);
    }

    #[test]
    fn an_axis_that_grows_moves_in_few_steps() {
        let mut ends: Vec<f64> = (1..600).map(|second| stretch(f64::from(second))).collect();
        assert!(
            ends.iter()
                .zip(1..)
                .all(|(&end, second)| end >= f64::from(second))
        );
        ends.dedup();
        assert!(ends.len() < 30, "{ends:?}");
    }
}
