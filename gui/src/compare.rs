//! Comparing policies in scenarios.

use iced::widget::{center, text};
use iced::{Element, Subscription, Task};

use crate::desk::Desk;
use crate::theme;

/// The page's own.
#[derive(Debug, Default)]
pub struct State {}

/// What happens on it.
#[derive(Clone, Debug)]
pub enum Message {}

impl State {
    pub fn update(&mut self, _desk: &mut Desk, message: Message) -> Task<Message> {
        match message {}
    }

    /// What to listen to while an experiment runs.
    pub fn subscription(&self) -> Subscription<Message> {
        Subscription::none()
    }

    pub fn view<'a>(&'a self, _desk: &'a Desk) -> Element<'a, Message> {
        center(text("`segue compare` compares policies").style(theme::dim)).into()
    }
}
