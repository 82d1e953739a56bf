//! The table itself. Only rows that are seen are built: ten thousand are as
//! quick as ten.

use iced::widget::scrollable::{Direction, Scrollbar};
use iced::widget::{
    button, column, container, mouse_area, responsive, row, scrollable, space, stack, text,
};
use iced::{Alignment, Element, Fill, Length, Padding, Size};
use segue_core::track::TrackId;
use segue_stage::clock;
use segue_transport::TrackEntry;

use super::rail::Rail;
use super::rows::{Column, Rows};
use super::{Message, TABLE};
use crate::icon::{Icon, icon};
use crate::theme;

/// Height of a row.
pub const ROW: f32 = 32.0;

/// Columns for which there is room, with their names and widths.
fn columns(width: f32) -> Vec<(Column, &'static str, Length)> {
    let all = [
        (Column::Title, "Title", Length::FillPortion(4), 0.0),
        (Column::Artist, "Artist", Length::FillPortion(3), 420.0),
        (Column::Album, "Album", Length::FillPortion(3), 760.0),
        (Column::Length, "Length", Length::Fixed(72.0), 0.0),
        (Column::Size, "Size", Length::Fixed(88.0), 880.0),
        (Column::Peers, "Peers", Length::Fixed(64.0), 0.0),
    ];
    let fits = all.into_iter().filter(|&(.., least)| width >= least);
    fits.map(|(column, name, wide, _)| (column, name, wide))
        .collect()
}

fn is_number(column: Column) -> bool {
    matches!(column, Column::Length | Column::Size | Column::Peers)
}

pub fn view(
    rows: &Rows,
    selected: Option<TrackId>,
    playing: Option<TrackId>,
    scrolled: f32,
) -> Element<'_, Message> {
    responsive(move |size| sized(rows, selected, playing, scrolled, size)).into()
}

fn sized(
    rows: &Rows,
    selected: Option<TrackId>,
    playing: Option<TrackId>,
    scrolled: f32,
    size: Size,
) -> Element<'_, Message> {
    let columns = columns(size.width);
    let first = (scrolled / ROW) as usize;
    let first = first.min(rows.shown().saturating_sub(1));
    let last = (first + (size.height / ROW) as usize + 2).min(rows.shown());
    let above = first as f32 * ROW;
    let below = (rows.shown() - last) as f32 * ROW;
    let seen = (first..last)
        .filter_map(|place| rows.at(place))
        .map(|entry| {
            let id = entry.track.id;
            line(entry, &columns, selected == Some(id), playing == Some(id))
        });
    let body = column![space().height(above)]
        .extend(seen)
        .push(space().height(below));
    // Room for the bar, whether it shows or not: rows stay below their heads.
    let body = body.padding(beside_bar()).width(Fill);
    let body = scrollable(body)
        .id(TABLE)
        .direction(Direction::Vertical(Scrollbar::hidden()))
        .on_scroll(Message::Scrolled)
        .height(Fill);
    let rail = Rail {
        all: rows.shown() as f32 * ROW,
        at: scrolled,
    };
    let rail = container(rail.view(Message::ScrollTo)).align_right(Fill);
    column![head(rows, &columns), stack![body, rail]]
        .spacing(2)
        .into()
}

fn head<'a>(rows: &Rows, columns: &[(Column, &'a str, Length)]) -> Element<'a, Message> {
    let (sorted, backwards) = rows.sorting();
    let cells = columns.iter().map(|&(column, name, width)| {
        let name = text(name).size(theme::SMALL);
        let mut label = row![].spacing(2).align_y(Alignment::Center);
        if is_number(column) {
            label = label.push(space::horizontal());
        }
        label = label.push(name);
        if sorted == column {
            let sign = if backwards { Icon::Down } else { Icon::Up };
            label = label.push(icon(sign, 10.0));
        }
        button(label)
            .padding([4, 8])
            .width(width)
            .style(theme::bare)
            .on_press(Message::Sort(column))
            .into()
    });
    container(row(cells)).padding(beside_bar()).into()
}

fn beside_bar() -> Padding {
    Padding::ZERO.right(theme::BAR)
}

fn line<'a>(
    entry: &'a TrackEntry,
    columns: &[(Column, &str, Length)],
    selected: bool,
    playing: bool,
) -> Element<'a, Message> {
    let track = &entry.track;
    let cells = columns.iter().map(|&(column, _, width)| {
        let content = match column {
            Column::Title => track.label().to_owned(),
            Column::Artist => track.artist.clone(),
            Column::Album => track.album.clone(),
            Column::Length => clock(track.duration_s()),
            Column::Size => format!("{:.1} MB", track.bytes as f64 / 1e6),
            Column::Peers if entry.peers.is_empty() => "here".to_owned(),
            Column::Peers => entry.peers.len().to_string(),
        };
        let mut words = text(content)
            .size(theme::BODY)
            .wrapping(text::Wrapping::None);
        if column != Column::Title && !playing {
            words = words.style(theme::dim);
        }
        let cell = container(words).padding([0, 8]).clip(true);
        let cell = match column {
            Column::Title if selected => {
                container(row![cell.width(Fill), acts(track.id)].align_y(Alignment::Center))
            }
            _ => cell,
        };
        let cell = cell.width(width);
        let cell = cell.center_y(ROW);
        if is_number(column) {
            cell.align_x(Alignment::End).into()
        } else {
            cell.into()
        }
    });
    let line = row(cells).align_y(Alignment::Center);
    let line = container(line)
        .height(ROW)
        .style(theme::row(selected, playing));
    mouse_area(line)
        .on_press(Message::Select(track.id))
        .on_double_click(Message::Play(track.id))
        .into()
}

/// What can be done with the selected track beside playing it.
fn acts<'a>(track: TrackId) -> Element<'a, Message> {
    let act = |name, message| {
        button(text(name).size(theme::SMALL))
            .padding([3, 8])
            .style(theme::bare)
            .on_press(message)
    };
    row![
        act("Next", Message::PlayNext(track)),
        act("Queue", Message::Append(track))
    ]
    .into()
}
