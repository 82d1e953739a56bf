//! The paper's chart: what happened to each packet, and when.

use iced::widget::canvas::Frame;
use iced::{Element, Theme};
use segue_core::time::Timestamp;
use segue_core::timeline::Timeline;
use segue_core::track::TrackInfo;
use segue_lab::chart::{Ink, Scale, series};

use super::{Axes, Drawn, band, ink, key, sheet, stretch, strokes};

/// What it shows.
#[derive(Clone, Copy)]
pub struct Packets<'a> {
    pub timeline: &'a Timeline,
    pub track: &'a TrackInfo,
    /// What came later is not shown.
    pub end: Timestamp,
    /// To be cleared when there is more to show.
    pub drawn: &'a Drawn,
}

/// Scattered points fall on a grid of this size, in pixels.
const GRAIN: f64 = 2.0;

impl<'a> Packets<'a> {
    /// It fills its place.
    pub fn view<Message: 'a>(self) -> Element<'a, Message> {
        sheet(self.drawn, move |frame, theme| self.draw(frame, theme))
    }

    fn draw(&self, frame: &mut Frame, theme: &Theme) {
        let series = series(self.timeline);
        let numbers = series.iter().flat_map(|series| series.points);
        let most = numbers.map(|&(_, packet)| packet).max().unwrap_or(0);
        let axes = Axes {
            x_name: "seconds",
            x_end: stretch(self.end.as_secs_f64().max(0.2)),
            y_name: "packet number",
            y_end: stretch(f64::from(most).max(100.0)),
        };
        let area = axes.draw(frame, theme);
        let scale = Scale {
            area,
            began: Timestamp::ZERO,
            seconds_per_px: axes.x_end / area.width,
            packets_per_px: axes.y_end / area.height,
            packet_s: self.track.packet_s(),
        };
        let shown = Timestamp::from_secs_f64(axes.x_end);
        for &(from, to) in self.timeline.stalls.iter().filter(|stall| stall.0 < shown) {
            let to = to.min(shown);
            band(frame, &area, scale.x(from), scale.x(to), theme);
        }
        for series in series {
            let points = series.points.iter().copied();
            let drawing = Ink::new(&scale, GRAIN, points.filter(|&(at, _)| at <= shown));
            let color = ink(series.colour, theme);
            for stroke in drawing.strokes(series.line_px, series.dot_px) {
                strokes(frame, stroke.lines(), color, stroke.width_px);
            }
        }
    }
}

/// What its colours stand for.
pub fn keys<'a, Message: 'a>(timeline: &Timeline) -> Vec<Element<'a, Message>> {
    let mut series = series(timeline);
    series.dedup_by(|a, b| a.name == b.name);
    let series = series.into_iter();
    let mut keys: Vec<_> = series
        .map(|series| key(series.colour, series.name))
        .collect();
    if !timeline.stalls.is_empty() {
        keys.push(key("#8A8AA8", "stall".into()));
    }
    keys
}
