//! The desktop app of Segue.
#![forbid(unsafe_code)]

use iced::Element;
use iced::widget::text;

fn main() -> iced::Result {
    iced::run(update, view)
}

fn update(_: &mut (), (): ()) {}

fn view(_: &()) -> Element<'_, ()> {
    text("Segue").into()
}
