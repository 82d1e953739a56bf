//! What this machine shares.

use iced::widget::{button, column, container, progress_bar, row, scrollable, text, text_input};
use iced::{Alignment, Element, Fill};

use super::{Message, count};
use crate::desk::Desk;
use crate::icon::{Icon, icon};
use crate::theme;

pub fn view<'a>(desk: &'a Desk, path: &'a str) -> Element<'a, Message> {
    let status = desk.jukebox.library();
    let folders = desk.settings.folders.iter().enumerate();
    let folders = folders.map(|(number, folder)| {
        let remove = button(icon(Icon::Close, 12.0))
            .padding(5)
            .style(theme::bare)
            .on_press(Message::Remove(number));
        let name = text(folder.display().to_string()).size(theme::BODY);
        row![name.width(Fill), remove]
            .align_y(Alignment::Center)
            .into()
    });
    let input = text_input("Path of a folder with MP3s, or drop it here", path)
        .on_input(Message::Path)
        .on_submit(Message::AddPath)
        .size(theme::BODY)
        .padding([6, 10])
        .style(theme::input);
    let add = button(text("Share").size(theme::BODY))
        .padding([6, 14])
        .style(theme::primary)
        .on_press_maybe((!path.trim().is_empty()).then_some(Message::AddPath));
    let choose = button(text("Choose…").size(theme::BODY))
        .padding([6, 14])
        .style(theme::secondary)
        .on_press(Message::Choose);
    let mut all = column![
        text("Shared by this machine")
            .size(theme::BODY)
            .font(theme::BOLD),
        column(folders),
        row![input, choose, add]
            .spacing(theme::GAP)
            .align_y(Alignment::Center)
    ]
    .spacing(theme::GAP);
    if status.to_index > 0 {
        let (read, left) = (status.bytes_read as f32, status.bytes_to_read as f32);
        let done = read / (read + left).max(1.0);
        all = all.push(progress_bar(0.0..=1.0, done).girth(6.0));
        let words = format!(
            "Reading: {} of {} files left",
            status.to_index, status.found
        );
        all = all.push(text(words).size(theme::SMALL).style(theme::dim));
    } else if !desk.settings.folders.is_empty() {
        let words = format!("{} for everyone on this network.", count(status.tracks));
        all = all.push(text(words).size(theme::SMALL).style(theme::dim));
    }
    let refused = status
        .refused
        .iter()
        .map(|file| (&file.path, file.reason.clone()));
    let damaged = status
        .damaged
        .iter()
        .map(|file| (&file.path, file.notes.to_string()));
    let odd: Vec<_> = refused.chain(damaged).collect();
    if !odd.is_empty() {
        let files = odd.into_iter().take(100).map(|(path, why)| {
            let words = format!("{}: {why}", path.display());
            text(words).size(theme::SMALL).style(text::warning).into()
        });
        let list = scrollable(column(files).spacing(2)).style(theme::scroll);
        all = all.push(container(list).max_height(120));
    }
    container(all)
        .padding(14)
        .width(Fill)
        .style(theme::card)
        .into()
}
