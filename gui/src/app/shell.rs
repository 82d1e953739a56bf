//! How the parts of the window lie.

use iced::widget::{button, center, column, container, row, space, stack, text};
use iced::{Alignment, Element, Fill, Padding, Shrink};

use super::{App, Message, Page, Side, queue};
use crate::desk::Desk;
use crate::icon::{Icon, icon};
use crate::theme;

/// Narrower, dropdowns stand below the pages.
const NARROW: f32 = 860.0;
/// What stands beside them there: their names, a button, and gaps.
const BESIDE: f32 = 160.0;
/// From this width on, dropdowns have their names beside them.
const NAMED: f32 = 1000.0;
const SIDE: f32 = 300.0;
/// Heights of the head and of the player. Both lie above the page: the software
/// renderer (iced_tiny_skia 0.14) does not cut the labels of dropdowns where what
/// scrolls ends.
const ONE_ROW: f32 = 46.0;
const TWO_ROWS: f32 = 82.0;
const BAR: f32 = 60.0;

pub fn view(app: &App) -> Element<'_, Message> {
    let desk = match &app.desk {
        Ok(desk) => desk,
        Err(why) => return failed(why),
    };
    let page: Element<'_, Message> = match app.page {
        Page::Library => {
            let width = app.width - app.side.map_or(0.0, |_| SIDE);
            let page = app.library.view(desk, app.playing(), width);
            page.map(Message::Library)
        }
        Page::Now => app.now.view(desk).map(Message::Now),
        Page::Compare => app.compare.view(desk).map(Message::Compare),
        Page::Settings => app.settings.view(desk).map(Message::Settings),
    };
    let page = container(page).width(Fill).height(Fill);
    let side: Option<Element<'_, Message>> = app.side.map(|side| match side {
        Side::Queue => queue::view(desk),
        Side::Plugins => app.choice.panel(desk).map(Message::Choice),
    });
    let side = side.map(|side| container(side).width(SIDE).height(Fill));
    let middle = row![page].push(side).height(Fill);
    let hung = app.hung.as_deref().map(hung);
    let notices = desk.notices.view(Message::Dismiss);
    let notices = (hung.is_some() || notices.is_some()).then(|| {
        let all = column![].push(notices).push(hung).spacing(6);
        let at = container(all).max_width(640);
        container(at).center_x(Fill).align_bottom(Fill).padding(16)
    });
    let middle = stack![middle].push(notices).height(Fill);
    let bar = app.bar.view(desk, app.width).map(Message::Bar);
    let narrow = app.width < NARROW;
    let (above, below) = (if narrow { TWO_ROWS } else { ONE_ROW }, BAR);
    let page = column![space().height(above), middle, space().height(below)];
    let frame = column![
        container(head(app, desk)).height(above),
        space::vertical(),
        container(bar).height(below)
    ];
    stack![page, frame].into()
}

/// Name and pages; policy and network beside them, or below where both would not
/// fit: their names are to be read whole.
fn head<'a>(app: &'a App, desk: &'a Desk) -> Element<'a, Message> {
    const EDGE: f32 = 16.0;
    let narrow = app.width < NARROW;
    let tabs = Page::ALL.iter().map(|&(page, name)| {
        button(text(name).size(theme::BODY))
            .padding([5, 12])
            .style(theme::tab(app.page == page))
            .on_press(Message::Go(page))
            .into()
    });
    let name = text("Segue")
        .size(18)
        .font(theme::BOLD)
        .style(theme::accent);
    let name = container(name).padding(Padding::default().right(8));
    let pages = row![name, row(tabs).spacing(2)]
        .spacing(theme::GAP)
        .align_y(Alignment::Center);
    let width = match narrow {
        true => (app.width - 2.0 * EDGE - BESIDE) / 2.0,
        false => 170.0,
    };
    let named = narrow || app.width >= NAMED;
    let dropdowns = app.choice.dropdowns(desk, width, named);
    let tune = button(icon(Icon::Tune, 16.0))
        .padding(7)
        .style(theme::tab(app.side == Some(Side::Plugins)))
        .on_press(Message::Side(Side::Plugins));
    let choices = row![
        dropdowns.map(Message::Choice),
        space::horizontal().width(if narrow { Fill } else { Shrink }),
        tune
    ]
    .spacing(theme::GAP)
    .align_y(Alignment::Center);
    let head: Element<'_, Message> = match narrow {
        true => column![pages, choices].spacing(6).into(),
        false => row![pages, space::horizontal(), choices]
            .align_y(Alignment::Center)
            .into(),
    };
    container(head)
        .padding([0.0, EDGE])
        .width(Fill)
        .center_y(Fill)
        .style(theme::surface)
        .into()
}

/// What is to be done about a policy that does not come back. It cannot be
/// dismissed: nothing of peers goes on without its thread.
fn hung(policy: &str) -> Element<'_, Message> {
    let words = format!(
        "The policy {policy} has not come back from a decision for 5 s, and nothing can make it. \
         Choose another one, then start again."
    );
    let again = button(text("Start again").size(theme::BODY))
        .padding([6, 12])
        .style(theme::primary)
        .on_press(Message::Again);
    let line = row![text(words).size(theme::BODY).width(Fill), again]
        .spacing(12)
        .align_y(Alignment::Center);
    container(line)
        .padding([8, 12])
        .style(theme::notice(true))
        .into()
}

/// The whole window, where there is nothing else to show.
fn failed(why: &str) -> Element<'_, Message> {
    let close = button(text("Close").size(theme::BODY))
        .padding([8, 16])
        .style(theme::secondary)
        .on_press(Message::Close);
    let words = column![
        text("Segue cannot start")
            .size(theme::TITLE)
            .font(theme::BOLD),
        text(why),
        close
    ];
    center(words.spacing(16).max_width(520)).padding(24).into()
}
