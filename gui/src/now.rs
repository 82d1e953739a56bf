//! The view of what plays now.

use iced::widget::{center, column, text};
use iced::{Element, Task};

use crate::desk::Desk;
use crate::theme;

/// The page's own.
#[derive(Debug, Default)]
pub struct State {}

/// What happens on it.
#[derive(Clone, Debug)]
pub enum Message {}

impl State {
    /// Something changed, some times a second while music plays; called while the
    /// page is shown.
    pub fn look(&mut self, _desk: &mut Desk) {}

    pub fn update(&mut self, _desk: &mut Desk, message: Message) -> Task<Message> {
        match message {}
    }

    pub fn view<'a>(&'a self, desk: &'a Desk) -> Element<'a, Message> {
        let Some(part) = desk.jukebox.playing() else {
            return center(text("Nothing plays yet").style(theme::dim)).into();
        };
        let track = &part.track;
        center(
            column![
                text(track.label()).size(theme::TITLE).font(theme::BOLD),
                text(&track.artist).style(theme::dim)
            ]
            .spacing(theme::GAP),
        )
        .into()
    }
}
