//! The few signs that the app needs, drawn.

use iced::widget::canvas::{self, Canvas, Frame, Geometry, Path, Stroke};
use iced::{Color, Element, Point, Rectangle, Renderer, Size, Theme, mouse};

use crate::theme::tones;

/// A sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Icon {
    Play,
    Pause,
    Next,
    Previous,
    Sound,
    Mute,
    Queue,
    Tune,
    Close,
    Up,
    Down,
}

struct Sign {
    icon: Icon,
    on_accent: bool,
}

/// A sign of this size, in the colour of text.
pub fn icon<'a, Message: 'a>(icon: Icon, size: f32) -> Element<'a, Message> {
    let on_accent = false;
    Canvas::new(Sign { icon, on_accent })
        .width(size)
        .height(size)
        .into()
}

/// The same on the accent.
pub fn on_accent<'a, Message: 'a>(icon: Icon, size: f32) -> Element<'a, Message> {
    let on_accent = true;
    Canvas::new(Sign { icon, on_accent })
        .width(size)
        .height(size)
        .into()
}

impl<Message> canvas::Program<Message> for Sign {
    type State = ();

    fn draw(
        &self,
        (): &(),
        renderer: &Renderer,
        theme: &Theme,
        bounds: Rectangle,
        _: mouse::Cursor,
    ) -> Vec<Geometry> {
        let tones = tones(theme);
        let color = if self.on_accent {
            tones.on_accent
        } else {
            tones.text
        };
        let mut frame = Frame::new(renderer, bounds.size());
        draw(&mut frame, self.icon, bounds.width, color);
        vec![frame.into_geometry()]
    }
}

/// Draws into a square of this side, on a grid of 16.
fn draw(frame: &mut Frame, icon: Icon, side: f32, color: Color) {
    let at = |x: f32, y: f32| Point::new(x * side / 16.0, y * side / 16.0);
    let shape = |points: &[(f32, f32)]| {
        Path::new(|path| {
            for (number, &(x, y)) in points.iter().enumerate() {
                if number == 0 {
                    path.move_to(at(x, y));
                } else {
                    path.line_to(at(x, y));
                }
            }
            path.close();
        })
    };
    let bar = |x: f32, y: f32, width: f32, height: f32| {
        let size = Size::new(width * side / 16.0, height * side / 16.0);
        Path::rectangle(at(x, y), size)
    };
    let stroke = Stroke::default()
        .with_color(color)
        .with_width(side / 11.0)
        .with_line_cap(canvas::LineCap::Round);
    let speaker = [
        (2.0, 6.0),
        (4.5, 6.0),
        (8.0, 3.0),
        (8.0, 13.0),
        (4.5, 10.0),
        (2.0, 10.0),
    ];
    match icon {
        Icon::Play => frame.fill(&shape(&[(4.5, 2.5), (13.5, 8.0), (4.5, 13.5)]), color),
        Icon::Pause => {
            frame.fill(&bar(4.0, 3.0, 3.0, 10.0), color);
            frame.fill(&bar(9.0, 3.0, 3.0, 10.0), color);
        }
        Icon::Next => {
            frame.fill(&shape(&[(3.0, 3.0), (11.0, 8.0), (3.0, 13.0)]), color);
            frame.fill(&bar(11.0, 3.0, 2.0, 10.0), color);
        }
        Icon::Previous => {
            frame.fill(&shape(&[(13.0, 3.0), (5.0, 8.0), (13.0, 13.0)]), color);
            frame.fill(&bar(3.0, 3.0, 2.0, 10.0), color);
        }
        Icon::Sound | Icon::Mute => {
            frame.fill(&shape(&speaker), color);
            if icon == Icon::Sound {
                for reach in [2.5, 5.0] {
                    let arc = Path::new(|path| {
                        path.arc(canvas::path::Arc {
                            center: at(8.5, 8.0),
                            radius: reach * side / 16.0,
                            start_angle: iced::Radians(-0.8),
                            end_angle: iced::Radians(0.8),
                        });
                    });
                    frame.stroke(&arc, stroke);
                }
            } else {
                frame.stroke(&Path::line(at(10.5, 6.0), at(14.5, 10.0)), stroke);
                frame.stroke(&Path::line(at(14.5, 6.0), at(10.5, 10.0)), stroke);
            }
        }
        Icon::Queue => {
            for y in [4.0, 8.0, 12.0] {
                frame.stroke(&Path::line(at(2.5, y), at(13.5, y)), stroke);
            }
        }
        Icon::Tune => {
            for (y, knob) in [(4.0, 10.5), (8.0, 5.5), (12.0, 9.0)] {
                frame.stroke(&Path::line(at(2.5, y), at(13.5, y)), stroke);
                frame.fill(&Path::circle(at(knob, y), side / 8.0), color);
            }
        }
        Icon::Close => {
            frame.stroke(&Path::line(at(4.0, 4.0), at(12.0, 12.0)), stroke);
            frame.stroke(&Path::line(at(12.0, 4.0), at(4.0, 12.0)), stroke);
        }
        Icon::Up => frame.fill(&shape(&[(8.0, 5.0), (12.0, 11.0), (4.0, 11.0)]), color),
        Icon::Down => frame.fill(&shape(&[(4.0, 5.0), (12.0, 5.0), (8.0, 11.0)]), color),
    }
}
