//! Messages that stay until they are dismissed.

use iced::widget::{button, column, container, row, text};
use iced::{Alignment, Element, Fill};

use crate::icon::{Icon, icon};
use crate::theme;

/// Messages shown at once; older ones make room.
const MOST: usize = 3;

/// What the listener should know.
#[derive(Debug, Default)]
pub struct Notices(Vec<Notice>);

#[derive(Debug)]
struct Notice {
    text: String,
    is_error: bool,
}

impl Notices {
    /// Something went wrong: the text says what to do.
    pub fn error(&mut self, error: impl ToString) {
        self.add(error.to_string(), true);
    }

    /// Something worth telling happened.
    pub fn tell(&mut self, text: impl Into<String>) {
        self.add(text.into(), false);
    }

    fn add(&mut self, text: String, is_error: bool) {
        self.0.retain(|notice| notice.text != text);
        self.0.push(Notice { text, is_error });
        let extra = self.0.len().saturating_sub(MOST);
        self.0.drain(..extra);
    }

    /// Takes back what is not so any more; answers whether it was still shown.
    pub fn withdraw(&mut self, text: &str) -> bool {
        let before = self.len();
        self.0.retain(|notice| notice.text != text);
        self.len() < before
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Takes one away.
    pub fn dismiss(&mut self, number: usize) {
        if number < self.0.len() {
            self.0.remove(number);
        }
    }

    /// What they say, the oldest first.
    #[cfg(test)]
    pub fn texts(&self) -> Vec<&str> {
        self.0.iter().map(|notice| notice.text.as_str()).collect()
    }

    /// All of them; `dismiss` makes the message for taking one away.
    pub fn view<'a, Message: Clone + 'a>(
        &'a self,
        dismiss: impl Fn(usize) -> Message + 'a,
    ) -> Option<Element<'a, Message>> {
        if self.0.is_empty() {
            return None;
        }
        let cards = self.0.iter().enumerate().map(|(number, notice)| {
            let close = button(icon(Icon::Close, 14.0))
                .padding(6)
                .style(theme::bare)
                .on_press(dismiss(number));
            let line = row![text(&notice.text).size(theme::BODY).width(Fill), close]
                .spacing(theme::GAP)
                .align_y(Alignment::Center);
            container(line)
                .padding([6, 12])
                .style(theme::notice(notice.is_error))
                .into()
        });
        Some(column(cards).spacing(6).into())
    }
}
