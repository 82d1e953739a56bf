//! The queue beside the page.

use iced::widget::{button, column, container, mouse_area, row, scrollable, text};
use iced::{Alignment, Element, Fill};

use super::Message;
use crate::desk::Desk;
use crate::icon::{Icon, icon};
use crate::theme;

pub fn view(desk: &Desk) -> Element<'_, Message> {
    let controls = desk.jukebox.controls();
    let current = controls.progress().item;
    let entries = controls.queue().into_iter().map(|item| {
        let track = item.playable.track();
        let playing = current == Some(item.id);
        let artist = text(track.artist.clone()).size(theme::SMALL);
        let names = column![
            text(track.label().to_owned())
                .size(theme::BODY)
                .wrapping(text::Wrapping::None),
            artist.style(theme::dim).wrapping(text::Wrapping::None)
        ];
        let remove = button(icon(Icon::Close, 12.0))
            .padding(6)
            .style(theme::bare)
            .on_press(Message::Remove(item.id));
        let line = row![container(names).width(Fill).clip(true), remove]
            .spacing(4)
            .align_y(Alignment::Center);
        let line = container(line)
            .padding([4, 8])
            .style(theme::row(false, playing));
        mouse_area(line)
            .on_double_click(Message::Jump(item.id))
            .into()
    });
    let title = text("Queue").size(theme::BODY).font(theme::BOLD);
    let mut all = column![container(title).padding([0, 8])]
        .spacing(2)
        .padding([16, 8]);
    if controls.queue().is_empty() {
        let empty = "Double-click a track to play it. “Next” and “Queue” beside a selected track put \
                     it in here.";
        let empty = text(empty).size(theme::SMALL).style(theme::dim);
        all = all.push(container(empty).padding([4, 8]));
    }
    let all = all.extend(entries);
    let scrolled = scrollable(all).style(theme::scroll).height(Fill);
    container(scrolled).style(theme::surface).into()
}
