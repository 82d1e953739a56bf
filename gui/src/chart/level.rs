//! How much music was ready to be played, over time.

use iced::widget::canvas::{Frame, Path};
use iced::{Element, Point, Theme};
use segue_core::time::Timestamp;

use super::{Axes, Drawn, band, sheet, stretch, strokes};
use crate::theme::tones;

/// What it shows.
#[derive(Clone, Copy)]
pub struct Level<'a> {
    /// Moments, and seconds of music that were ready then.
    pub points: &'a [(Timestamp, f64)],
    pub stalls: &'a [(Timestamp, Timestamp)],
    pub end: Timestamp,
    /// To be cleared when there is more to show.
    pub drawn: &'a Drawn,
}

impl<'a> Level<'a> {
    /// It fills its place.
    pub fn view<Message: 'a>(self) -> Element<'a, Message> {
        sheet(self.drawn, move |frame, theme| self.draw(frame, theme))
    }

    fn draw(&self, frame: &mut Frame, theme: &Theme) {
        let most = self.points.iter().map(|&(_, level)| level);
        let axes = Axes {
            x_name: "seconds",
            x_end: stretch(self.end.as_secs_f64().max(1.0)),
            y_name: "seconds ready",
            // Room for the axis' name above the curve.
            y_end: stretch(most.fold(1.0, f64::max) * 1.2),
        };
        let area = axes.draw(frame, theme);
        let bottom = area.top + area.height;
        let x = |at: Timestamp| area.left + at.as_secs_f64() / axes.x_end * area.width;
        let y = |level: f64| bottom - level / axes.y_end * area.height;
        for &(from, to) in self.stalls {
            band(frame, &area, x(from), x(to), theme);
        }
        let (Some(&first), Some(&last)) = (self.points.first(), self.points.last()) else {
            return;
        };
        let accent = tones(theme).accent;
        let point = |x: f64, y: f64| Point::new(x as f32, y as f32);
        let under = Path::new(|path| {
            path.move_to(point(x(first.0), bottom));
            for &(at, level) in self.points {
                path.line_to(point(x(at), y(level)));
            }
            path.line_to(point(x(last.0), bottom));
            path.close();
        });
        frame.fill(&under, accent.scale_alpha(0.18));
        let line = self.points.iter().map(|&(at, level)| (x(at), y(level)));
        strokes(frame, std::iter::once(line), accent, 1.8);
    }
}
