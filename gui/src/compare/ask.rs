//! What is asked: scenario, policies, runs.

use iced::widget::{
    button, center, checkbox, column, container, pick_list, progress_bar, responsive, row,
    scrollable, text, text_input,
};
use iced::{Alignment, Element, Fill, Size};
use segue_lab::scenario::builtin;
use segue_policy_host::Kind;

use super::{FILE, Message, Music, State, scenarios};
use crate::desk::Desk;
use crate::theme;

/// Below this width what was found comes below what is asked.
const WIDE: f32 = 820.0;

pub fn view<'a>(state: &'a State, desk: &'a Desk) -> Element<'a, Message> {
    responsive(move |size: Size| {
        let narrow = size.width < WIDE;
        let ask = ask(state, desk);
        let answer = answer(state, size.width < 1000.0);
        if narrow {
            // Below all that is asked, nobody needs to be told what it is for.
            let answer = (!is_empty(state)).then_some(answer);
            let both = column![ask].push(answer).spacing(16).padding(16);
            return scrollable(both).style(theme::scroll).into();
        }
        let side = scrollable(container(ask).padding(16)).style(theme::scroll);
        let side = container(side)
            .width(270)
            .height(Fill)
            .style(theme::surface);
        let answer: Element<'_, Message> = match is_empty(state) {
            true => center(answer).padding(24).into(),
            false => scrollable(container(answer).padding(16))
                .style(theme::scroll)
                .width(Fill)
                .height(Fill)
                .into(),
        };
        row![side, answer].into()
    })
    .into()
}

/// There is nothing to show yet.
fn is_empty(state: &State) -> bool {
    state.found.is_none() && state.error.is_none()
}

fn ask<'a>(state: &'a State, desk: &'a Desk) -> Element<'a, Message> {
    let title = |name| text(name).size(theme::SMALL).font(theme::BOLD);
    let picked = pick_list(scenarios(), Some(state.scenario.clone()), Message::Scenario)
        .text_size(theme::BODY)
        .padding([5, 10])
        .width(Fill)
        .style(theme::choice)
        .menu_style(theme::menu);
    let mut scenario = column![title("Scenario"), container(picked).id("scenario")].spacing(6);
    if state.scenario == FILE {
        scenario = scenario.push(input("path of a .toml file", &state.file, Message::File));
    } else if let Some(Ok(about)) = builtin(&state.scenario).map(|builtin| builtin.scenario()) {
        scenario = scenario.push(text(about.about).size(theme::SMALL).style(theme::dim));
    }
    let policies = desk.shelf.plugins(Kind::Policy).into_iter().map(|plugin| {
        let name = plugin.name().to_owned();
        checkbox(!state.out.contains(&name))
            .label(name.clone())
            .text_size(theme::BODY)
            .size(16)
            .on_toggle(move |on| Message::Toggle(name.clone(), on))
            .into()
    });
    let policies = column![
        title("Policies"),
        column(policies).spacing(6),
        input("buffered:buffer=0.02|0.05 …", &state.more, Message::More),
        text("More, with parameters; several values make several rows.")
            .size(theme::SMALL)
            .style(theme::dim)
    ]
    .spacing(6);
    let music = pick_list(state.musics(), Some(state.music.clone()), Message::Music)
        .text_size(theme::BODY)
        .padding([5, 10])
        .width(Fill)
        .style(theme::choice)
        .menu_style(theme::menu);
    let mut track = column![title("Track"), container(music).id("music")].spacing(6);
    track = match state.music {
        Music::File => track.push(input(
            "path of an .mp3 file",
            &state.music_file,
            Message::MusicFile,
        )),
        Music::Unheard => track.push(
            text("With music in its place you can hear each policy's first run.")
                .size(theme::SMALL)
                .style(theme::dim),
        ),
        _ => track,
    };
    let numbers = row![
        column![title("Runs of each"), input("", &state.runs, Message::Runs)].spacing(6),
        column![
            title("Seed"),
            input("the scenario's", &state.seed, Message::Seed)
        ]
        .spacing(6)
    ]
    .spacing(theme::GAP);
    column![scenario, policies, track, numbers, action(state)]
        .spacing(18)
        .into()
}

fn action(state: &State) -> Element<'_, Message> {
    let wide = |label, style: fn(&iced::Theme, button::Status) -> button::Style| {
        button(text(label).size(theme::BODY).width(Fill).center())
            .padding([7, 12])
            .width(Fill)
            .style(style)
    };
    let Some(job) = &state.job else {
        let start = wide("Compare", theme::primary).on_press(Message::Start);
        return container(start).id("compare").into();
    };
    let all = job.all();
    let told = match (job.is_stopped(), all) {
        (true, _) => "ending…".to_owned(),
        (false, 0) => "starting…".to_owned(),
        (false, all) => format!("{} of {all} runs", job.over),
    };
    let bar = progress_bar(0.0..=all.max(1) as f32, job.over as f32).girth(6);
    let cancel = wide("Cancel", theme::secondary);
    let cancel = cancel.on_press_maybe((!job.is_stopped()).then_some(Message::Cancel));
    column![bar, text(told).size(theme::SMALL).style(theme::dim), cancel]
        .spacing(6)
        .into()
}

fn answer(state: &State, narrow: bool) -> Element<'_, Message> {
    let mut all = column![].spacing(12).width(Fill);
    if let Some(error) = &state.error {
        let words = text(error).size(theme::BODY).width(Fill);
        all = all.push(
            container(words)
                .padding([8, 12])
                .width(Fill)
                .style(theme::notice(true)),
        );
    }
    if let Some(found) = &state.found {
        return all.push(found.view(narrow)).into();
    }
    let (title, words) = match &state.job {
        None => (
            "Which policy on this network?",
            "Every policy plays in virtual time, many times, each time with other losses, and the \
             same ones for all. Choose a scenario and press Compare.",
        ),
        Some(_) => ("Comparing…", "What is found will be here in a moment."),
    };
    let hint = column![
        text(title).size(theme::TITLE).font(theme::BOLD),
        text(words).size(theme::BODY).style(theme::dim)
    ]
    .spacing(theme::GAP)
    .max_width(460);
    all.push(container(hint).center_x(Fill)).into()
}

fn input<'a>(
    hint: &'a str,
    value: &'a str,
    tell: impl Fn(String) -> Message + 'a,
) -> Element<'a, Message> {
    text_input(hint, value)
        .on_input(tell)
        .on_submit(Message::Start)
        .size(theme::BODY)
        .padding([5, 8])
        .style(theme::input)
        .align_x(Alignment::Start)
        .into()
}
