//! The seek bar: what is here, what is asked for, what is missing.

use iced::widget::canvas::{self, Action, Canvas, Event, Frame, Geometry, Path};
use iced::{Color, Element, Fill, Point, Rectangle, Renderer, Size, Theme, mouse};
use segue_core::listener::PacketPart;

use crate::theme::tones;

const HEIGHT: f32 = 18.0;
const RAIL: f32 = 6.0;
const KNOB: f32 = 6.0;

/// A track as a rail.
pub struct Seek<'a> {
    map: &'a [PacketPart],
    /// Where playing is: a share of the track.
    at: f32,
    is_on: bool,
}

/// With the message that it makes of a place.
struct Rail<'a, F> {
    seek: Seek<'a>,
    told: F,
}

impl<'a> Seek<'a> {
    pub fn new(map: &'a [PacketPart], at: f32, is_on: bool) -> Self {
        Self { map, at, is_on }
    }

    pub fn view<Message: 'a>(self, told: fn(f32) -> Message) -> Element<'a, Message> {
        Canvas::new(Rail { seek: self, told })
            .width(Fill)
            .height(HEIGHT)
            .into()
    }
}

/// Where the knob is dragged to.
type Drag = Option<f32>;

impl<Message, F: Fn(f32) -> Message> canvas::Program<Message> for Rail<'_, F> {
    type State = Drag;

    fn update(
        &self,
        drag: &mut Drag,
        event: &Event,
        bounds: Rectangle,
        cursor: mouse::Cursor,
    ) -> Option<Action<Message>> {
        if !self.seek.is_on {
            return None;
        }
        let share = |at: Point| ((at.x - bounds.x) / bounds.width.max(1.0)).clamp(0.0, 1.0);
        match event {
            Event::Mouse(mouse::Event::ButtonPressed(mouse::Button::Left)) => {
                *drag = Some(share(cursor.position_over(bounds)?));
                Some(Action::request_redraw().and_capture())
            }
            Event::Mouse(mouse::Event::CursorMoved { .. }) if drag.is_some() => {
                *drag = Some(share(cursor.position()?));
                Some(Action::request_redraw())
            }
            Event::Mouse(mouse::Event::ButtonReleased(mouse::Button::Left)) => {
                let to = drag.take()?;
                Some(Action::publish((self.told)(to)).and_capture())
            }
            _ => None,
        }
    }

    fn draw(
        &self,
        drag: &Drag,
        renderer: &Renderer,
        theme: &Theme,
        bounds: Rectangle,
        cursor: mouse::Cursor,
    ) -> Vec<Geometry> {
        let tones = tones(theme);
        let mut frame = Frame::new(renderer, bounds.size());
        let (width, top) = (bounds.width, (bounds.height - RAIL) / 2.0);
        let mut fill = |from: f32, to: f32, color: Color| {
            let size = Size::new((to - from) * width, RAIL);
            frame.fill_rectangle(Point::new(from * width, top), size, color);
        };
        fill(0.0, 1.0, tones.raised);
        let at = drag.unwrap_or(self.seek.at);
        for (from, to, kind) in runs(self.seek.map) {
            let color = match kind {
                Part::Here => tones.accent.scale_alpha(0.45),
                Part::Asked => tones.asked,
                Part::Missing => continue,
            };
            fill(from, to, color);
        }
        if self.seek.is_on {
            // What was played shows through where it never came.
            for (from, to, kind) in runs(self.seek.map) {
                if kind == Part::Here && from < at {
                    fill(from, to.min(at), tones.accent);
                }
            }
            if self.seek.map.is_empty() {
                fill(0.0, at, tones.accent);
            }
            let big = drag.is_some() || cursor.is_over(bounds);
            let knob = Point::new(
                (at * width).clamp(KNOB, (width - KNOB).max(KNOB)),
                bounds.height / 2.0,
            );
            let radius = if big { KNOB + 1.5 } else { KNOB - 1.0 };
            frame.fill(&Path::circle(knob, radius), tones.text);
        }
        vec![frame.into_geometry()]
    }

    fn mouse_interaction(
        &self,
        _: &Drag,
        bounds: Rectangle,
        cursor: mouse::Cursor,
    ) -> mouse::Interaction {
        if self.seek.is_on && cursor.is_over(bounds) {
            mouse::Interaction::Pointer
        } else {
            mouse::Interaction::None
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Here,
    Asked,
    Missing,
}

/// Neighbours of one kind, as shares of the track: a part counts as what most of
/// its packets are, and as asked for if one is.
fn runs(map: &[PacketPart]) -> Vec<(f32, f32, Part)> {
    let all = map.len().max(1) as f32;
    let mut runs: Vec<(f32, f32, Part)> = Vec::new();
    for (number, part) in map.iter().enumerate() {
        let kind = if part.asked > 0 {
            Part::Asked
        } else if part.here * 2 >= part.packets.max(1) {
            Part::Here
        } else {
            Part::Missing
        };
        let (from, to) = (number as f32 / all, (number + 1) as f32 / all);
        match runs.last_mut() {
            Some(last) if last.2 == kind => last.1 = to,
            _ => runs.push((from, to, kind)),
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(here: u32, asked: u32) -> PacketPart {
        PacketPart {
            packets: 10,
            here,
            asked,
        }
    }

    #[test]
    fn parts_of_one_kind_are_one_run() {
        let map = [part(10, 0), part(10, 0), part(4, 2), part(0, 0)];
        let kinds = [Part::Here, Part::Asked, Part::Missing];
        let runs = runs(&map);
        assert_eq!(runs.iter().map(|run| run.2).collect::<Vec<_>>(), kinds);
        assert_eq!((runs[0].0, runs[0].1), (0.0, 0.5));
        assert_eq!(runs[2].1, 1.0);
    }
}
