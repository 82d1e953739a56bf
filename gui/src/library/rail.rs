//! The table's scroll bar. That of iced shrinks to two pixels where a list is
//! long; this one stays long enough to be taken hold of.

use iced::widget::canvas::{self, Action, Canvas, Event, Frame, Geometry, Path};
use iced::{Element, Fill, Point, Rectangle, Renderer, Size, Theme, mouse};

use crate::theme::{self, tones};

/// The handle's least length.
const LEAST: f32 = 36.0;
const RADIUS: f32 = 4.0;

/// A bar beside a list.
#[derive(Clone, Copy, Debug)]
pub struct Rail {
    /// The list's whole height.
    pub all: f32,
    /// How far it is scrolled.
    pub at: f32,
}

/// With the message that it makes of a place.
struct Told<F> {
    rail: Rail,
    tell: F,
}

/// What the pointer does with it.
#[derive(Debug, Default)]
struct Hand {
    /// Where the handle is held: so far below its top.
    held: Option<f32>,
    is_near: bool,
}

impl Rail {
    pub fn view<'a, Message: 'a>(self, tell: fn(f32) -> Message) -> Element<'a, Message> {
        Canvas::new(Told { rail: self, tell })
            .width(theme::BAR - theme::BAR_GAP)
            .height(Fill)
            .into()
    }

    /// Where the handle begins in a bar of this height, and how long it is; `None`
    /// where there is nothing to scroll.
    fn handle(self, height: f32) -> Option<(f32, f32)> {
        let beyond = self.all - height;
        if beyond <= 0.0 || height <= LEAST {
            return None;
        }
        let length = (height * height / self.all).max(LEAST);
        let share = (self.at / beyond).clamp(0.0, 1.0);
        Some((share * (height - length), length))
    }

    /// How far to scroll, so that the handle begins here.
    fn place(self, top: f32, height: f32) -> f32 {
        let Some((_, length)) = self.handle(height) else {
            return 0.0;
        };
        let share = (top / (height - length).max(1.0)).clamp(0.0, 1.0);
        share * (self.all - height)
    }
}

impl<Message, F: Fn(f32) -> Message> canvas::Program<Message> for Told<F> {
    type State = Hand;

    fn update(
        &self,
        hand: &mut Hand,
        event: &Event,
        bounds: Rectangle,
        cursor: mouse::Cursor,
    ) -> Option<Action<Message>> {
        let (top, length) = self.rail.handle(bounds.height)?;
        let to = |y: f32, below: f32| {
            let place = self.rail.place(y - bounds.y - below, bounds.height);
            Action::publish((self.tell)(place)).and_capture()
        };
        match event {
            Event::Mouse(mouse::Event::ButtonPressed(mouse::Button::Left)) => {
                let at = cursor.position_over(bounds)?;
                let below = at.y - bounds.y - top;
                if (0.0..length).contains(&below) {
                    hand.held = Some(below);
                    return Some(Action::request_redraw().and_capture());
                }
                // Beside the handle: it comes, and is held in its middle.
                hand.held = Some(length / 2.0);
                Some(to(at.y, length / 2.0))
            }
            Event::Mouse(mouse::Event::CursorMoved { .. }) => {
                let at = cursor.position()?;
                let was_near = std::mem::replace(&mut hand.is_near, bounds.contains(at));
                match hand.held {
                    Some(below) => Some(to(at.y, below)),
                    None if was_near != hand.is_near => Some(Action::request_redraw()),
                    None => None,
                }
            }
            Event::Mouse(mouse::Event::ButtonReleased(mouse::Button::Left)) => {
                hand.held.take().map(|_| Action::request_redraw())
            }
            _ => None,
        }
    }

    fn draw(
        &self,
        hand: &Hand,
        renderer: &Renderer,
        theme: &Theme,
        bounds: Rectangle,
        _: mouse::Cursor,
    ) -> Vec<Geometry> {
        let mut frame = Frame::new(renderer, bounds.size());
        if let Some((top, length)) = self.rail.handle(bounds.height) {
            let tones = tones(theme);
            let near = hand.held.is_some() || hand.is_near;
            let handle = Path::rounded_rectangle(
                Point::new(0.0, top),
                Size::new(bounds.width, length),
                RADIUS.into(),
            );
            frame.fill(&handle, if near { tones.dim } else { tones.line });
        }
        vec![frame.into_geometry()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_handle_of_a_long_list_can_be_taken_hold_of() {
        let rail = |at| Rail { all: 320_000.0, at };
        assert_eq!(rail(0.0).handle(500.0), Some((0.0, LEAST)));
        let (top, length) = rail(319_500.0).handle(500.0).expect("a handle");
        assert_eq!(top + length, 500.0);
    }

    #[test]
    fn a_list_that_fits_has_none() {
        let rail = Rail {
            all: 480.0,
            at: 0.0,
        };
        assert_eq!(rail.handle(500.0), None);
    }

    #[test]
    fn where_the_handle_is_let_go_the_list_is() {
        let rail = |at| Rail { all: 320_000.0, at };
        for at in [0.0, 1000.0, 160_000.0, 319_500.0] {
            let (top, _) = rail(at).handle(500.0).expect("a handle");
            let back = rail(0.0).place(top, 500.0);
            assert!((back - at).abs() < 1.0, "{at}: {back}");
        }
        assert_eq!(rail(0.0).place(-50.0, 500.0), 0.0);
        assert_eq!(rail(0.0).place(900.0, 500.0), 319_500.0);
    }
}
