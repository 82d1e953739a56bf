//! Cumulative distributions: in how many of the runs it was at most so much.

use iced::widget::canvas::Frame;
use iced::{Element, Theme};
use segue_lab::chart::distribution::{COLOURS, shares};

use super::{Axes, Drawn, ink, sheet, stretch, strokes};

/// What it shows: a line for each sample.
pub struct Distribution<'a> {
    pub samples: &'a [Vec<f64>],
    /// What is counted, with its unit.
    pub axis: &'static str,
    pub drawn: &'a Drawn,
}

/// The colour of a sample.
pub fn colour(number: usize) -> &'static str {
    COLOURS[number % COLOURS.len()]
}

impl<'a> Distribution<'a> {
    /// It fills its place.
    pub fn view<Message: 'a>(self) -> Element<'a, Message> {
        sheet(self.drawn, move |frame, theme| self.draw(frame, theme))
    }

    fn draw(&self, frame: &mut Frame, theme: &Theme) {
        let all = self.samples.iter().flatten().copied();
        let most = all.filter(|value| value.is_finite()).fold(0.0, f64::max);
        let axes = Axes {
            x_name: self.axis,
            x_end: if most > 0.0 {
                stretch(most * 1.02)
            } else {
                1.0
            },
            y_name: "share of runs with at most so much",
            y_end: 1.1,
        };
        let area = axes.draw(frame, theme);
        let x = |value: f64| area.left + value / axes.x_end * area.width;
        let y = |share: f64| area.top + area.height * (1.0 - share / axes.y_end);
        for (number, sample) in self.samples.iter().enumerate() {
            let mut corners = vec![(x(0.0), y(0.0))];
            let mut below = 0.0;
            for (value, share) in shares(sample) {
                corners.extend([(x(value), y(below)), (x(value), y(share))]);
                below = share;
            }
            corners.push((area.left + area.width, y(below)));
            let color = ink(colour(number), theme);
            strokes(frame, std::iter::once(corners.into_iter()), color, 2.2);
        }
    }
}
