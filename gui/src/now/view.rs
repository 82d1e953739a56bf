//! How the page looks.

use iced::widget::{button, center, column, container, responsive, row, scrollable, space, text};
use iced::{Alignment, Element, Fill, FillPortion, Length, Size};
use segue_core::metrics::Metrics;

use super::{As, Message, Span, State, save};
use crate::chart::key;
use crate::chart::level::Level;
use crate::chart::packets::{Packets, keys};
use crate::desk::Desk;
use crate::theme;

/// Narrower, buttons stand below words.
const SLIM: f32 = 480.0;
/// From this size on all is seen at once; else one scrolls.
const WIDE: f32 = 900.0;
const HIGH: f32 = 460.0;

pub fn view<'a>(state: &'a State, desk: &'a Desk) -> Element<'a, Message> {
    let Some(track) = &state.track else {
        let (head, more) = match desk.jukebox.playing() {
            Some(part) if part.is_local => (
                "This track is in a file of this machine",
                "Its packets pass no network, so there is nothing to see. Play a track that a peer \
                 has.",
            ),
            _ => (
                "Nothing plays yet",
                "Play a track of a peer: here you see each of its packets come, and what the \
                 policy makes of them.",
            ),
        };
        return center(
            column![
                text(head).size(theme::TITLE).font(theme::BOLD),
                text(more).size(theme::BODY).style(theme::dim).center()
            ]
            .max_width(460)
            .spacing(theme::GAP)
            .align_x(Alignment::Center),
        )
        .padding(24)
        .into();
    };
    let packets = move || Packets {
        timeline: &state.timeline,
        track,
        end: match state.span() {
            Span::Arrivals => state.arrived(),
            Span::Session => state.end,
        },
        drawn: &state.packets,
    };
    let level = move || Level {
        points: &state.levels,
        stalls: &state.timeline.stalls,
        end: state.end,
        drawn: &state.level,
    };
    responsive(move |size: Size| {
        let slim = size.width < SLIM;
        let head = head(state, desk, track.label(), slim);
        let keys = row(keys(&state.timeline)).spacing(14).wrap();
        let keys = container(keys).width(Fill);
        let legend: Element<'_, Message> = match slim {
            true => column![keys, spans(state.span())].spacing(6).into(),
            false => row![keys, spans(state.span())]
                .spacing(14)
                .align_y(Alignment::Center)
                .into(),
        };
        let wide = size.width >= WIDE;
        let page = |chart: Length, below: Element<'a, Message>| {
            column![
                head,
                legend,
                container(packets().view()).height(chart).width(Fill),
                below
            ]
            .spacing(theme::GAP)
            .padding([12, 16])
        };
        let sound = state.sound();
        let sound = (!sound.is_empty()).then(|| text(sound).size(theme::SMALL).style(theme::dim));
        let level = column![level().view()].push(sound).spacing(4);
        let level = card("Ready to be played", level.into());
        let peers = card("Peers", peers(state, slim));
        let reasons = card("What the policy said", reasons(state));
        if wide && size.height >= HIGH {
            let below = row![
                container(level).width(FillPortion(3)),
                container(peers).width(FillPortion(4)),
                container(reasons).width(FillPortion(3))
            ]
            .spacing(12)
            .height(180);
            return page(Fill, below.into()).into();
        }
        let below = column![
            container(level).height(170),
            container(peers).height(150),
            container(reasons).height(190)
        ]
        .spacing(12);
        scrollable(page(Length::Fixed(280.0), below.into()))
            .style(theme::scroll)
            .into()
    })
    .into()
}

/// Startup, stalls and what is missing, always together: each can be bought with
/// the others.
fn quality(metrics: &Metrics, left_out: f64) -> String {
    let startup = match metrics.startup_s {
        Some(seconds) => format!("started after {seconds:.1} s"),
        None => "not started yet".to_owned(),
    };
    let stalls = match metrics.stalls {
        0 => "no stall".to_owned(),
        1 => format!("1 stall of {:.1} s", metrics.stall_s),
        more => format!("{more} stalls of {:.1} s in all", metrics.stall_s),
    };
    let missing = match left_out {
        0.0 => "nothing left out".to_owned(),
        share => format!("{:.1} % left out", 100.0 * share),
    };
    format!("{startup}, {stalls}, {missing}")
}

fn head<'a>(state: &'a State, desk: &'a Desk, title: &'a str, slim: bool) -> Element<'a, Message> {
    let save = |name, kind| {
        button(text(name).size(theme::SMALL))
            .padding([5, 10])
            .style(theme::secondary)
            .on_press(Message::Save(kind))
    };
    let words = column![
        text(title)
            .size(theme::TITLE)
            .font(theme::BOLD)
            .wrapping(text::Wrapping::None),
        text(format!(
            "{}: {}",
            save::subtitle(desk),
            quality(&state.metrics, state.left_out())
        ))
        .size(theme::SMALL)
        .style(theme::dim)
    ]
    .spacing(2)
    .width(Fill)
    .clip(true);
    let saves = row![
        save("Save PNG", As::Png),
        save("Save SVG", As::Svg),
        save("Save log", As::Log)
    ]
    .spacing(theme::GAP);
    match slim {
        true => column![words, saves].spacing(theme::GAP).into(),
        false => row![words, saves]
            .spacing(theme::GAP)
            .align_y(Alignment::Center)
            .into(),
    }
}

/// How much time the chart shows.
fn spans<'a>(now: Span) -> Element<'a, Message> {
    let tab = |name, span| {
        button(text(name).size(theme::SMALL))
            .padding([3, 8])
            .style(theme::tab(span == now))
            .on_press(Message::Span(span))
    };
    row![
        tab("Arrivals", Span::Arrivals),
        tab("Whole session", Span::Session)
    ]
    .spacing(2)
    .into()
}

fn card<'a>(title: &'a str, content: Element<'a, Message>) -> Element<'a, Message> {
    let head = text(title).size(theme::SMALL).font(theme::BOLD);
    container(column![head, content].spacing(6))
        .padding([8, 12])
        .width(Fill)
        .height(Fill)
        .style(theme::card)
        .into()
}

/// A line for each peer: its colour in the chart, and how its path is; two lines
/// where it is slim.
fn peers(state: &State, slim: bool) -> Element<'_, Message> {
    const WIDTHS: [u16; 4] = [3, 2, 3, 2];
    let line = |[name, figures @ ..]: [Element<'static, Message>; 5]| {
        let figures = figures.into_iter().zip(WIDTHS);
        let figures =
            figures.map(|(cell, width)| container(cell).align_right(FillPortion(width)).into());
        let figures = row(figures).spacing(6);
        Element::from(match slim {
            true => column![name, figures].into(),
            false => Element::from(
                row![
                    container(name).width(FillPortion(6)),
                    figures.width(FillPortion(10))
                ]
                .spacing(6),
            ),
        })
    };
    let dim = |name: &'static str| text(name).size(theme::SMALL).style(theme::dim).into();
    let head = line(["", "RTT", "loss", "packets/s", "share"].map(dim));
    let all: usize = state.timeline.sent.iter().map(Vec::len).sum();
    let series = segue_lab::chart::series(&state.timeline);
    let rows = state.seeders.iter().enumerate().map(|(number, seeder)| {
        let sent = state.timeline.sent.get(number).map_or(0, Vec::len);
        let share = 100.0 * sent as f64 / all.max(1) as f64;
        let value = |text: String| Element::from(figure(text));
        let colour = series
            .get(number)
            .filter(|_| number < state.timeline.sent.len());
        let address = match seeder.alive {
            true => seeder.address.to_string(),
            false => format!("{} (silent)", seeder.address),
        };
        line([
            key(colour.map_or("#A6A6A6", |series| series.colour), address),
            value(format!("{:.0} ms", seeder.rtt_s * 1e3)),
            value(format!("{:.0} %", seeder.loss * 1e2)),
            value(format!("{:.0}", seeder.packets_per_s)),
            value(format!("{share:.0} %")),
        ])
    });
    let rows = std::iter::once(head).chain(rows);
    scrollable(column(rows).spacing(4))
        .spacing(theme::BAR_GAP)
        .style(theme::scroll)
        .height(Fill)
        .into()
}

fn figure(content: String) -> iced::widget::Text<'static> {
    text(content).size(theme::SMALL)
}

fn reasons(state: &State) -> Element<'_, Message> {
    if state.reasons.is_empty() {
        let none = "Nothing yet. A policy may tell why it holds, skips or asks.";
        return text(none).size(theme::SMALL).style(theme::dim).into();
    }
    let lines = state.reasons.iter().map(|(at, reason)| {
        let when = format!("{:.1} s", at.as_secs_f64());
        let when = text(when).size(theme::SMALL).style(theme::dim).width(48);
        row![when, text(reason).size(theme::SMALL).width(Fill)]
            .spacing(6)
            .into()
    });
    let lines = column(lines).push(space::vertical().height(2)).spacing(4);
    scrollable(lines)
        .spacing(theme::BAR_GAP)
        .style(theme::scroll)
        .height(Fill)
        .into()
}
