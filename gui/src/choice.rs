//! Policy and network: what is installed, what is chosen, and controls made from
//! what each plugin says of its parameters.

use std::collections::BTreeMap;
use std::fmt;

use iced::widget::{
    button, column, container, pick_list, row, scrollable, slider, text, text_input, toggler,
};
use iced::{Alignment, Element, Fill};
use segue_policy_host::{Kind, ParamInfo, ParamKind, Plugin, PluginSpec};

use crate::desk::Desk;
use crate::theme;

/// What is said where no network model is at work.
const AS_IT_IS: &str = "as it is";
/// Steps of a slider from its least to its greatest value.
const STEPS: f64 = 200.0;

/// What was typed and not taken over yet, and values of plugins that are not
/// chosen now.
#[derive(Debug, Default)]
pub struct State {
    /// By kind and plugin: values that differ from the defaults.
    values: BTreeMap<(Kind, String), BTreeMap<String, String>>,
    /// Being typed or dragged: whose, parameter, text.
    draft: Option<(Slot, String, String)>,
}

/// A place for a plugin: that of the policy, or one in the row of network models.
pub type Slot = (Kind, usize);

#[derive(Clone, Debug)]
pub enum Message {
    /// Another plugin.
    Pick(Slot, Name),
    /// A value that is not final: a slider moves, a text is typed.
    Draft(Slot, String, String),
    /// The draft is meant.
    Commit,
    /// A value that is final at once.
    Set(Slot, String, String),
    /// All values as the plugin has them.
    Reset(Slot),
}

/// A plugin in a dropdown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name(pub String);

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The plugins that are chosen, with their values: one policy, network models in
/// a row.
fn chain(desk: &Desk, kind: Kind) -> Vec<PluginSpec> {
    let text = match kind {
        Kind::Policy => &desk.settings.policy,
        Kind::Network => &desk.settings.network,
    };
    PluginSpec::parse_chain(text).unwrap_or_default()
}

fn chosen(desk: &Desk, (kind, place): Slot) -> Option<PluginSpec> {
    chain(desk, kind).into_iter().nth(place)
}

fn find(desk: &Desk, slot: Slot) -> Option<Plugin> {
    let name = chosen(desk, slot)?.name().to_owned();
    let plugins = desk.shelf.plugins(slot.0);
    plugins.into_iter().find(|plugin| plugin.name() == name)
}

impl State {
    pub fn update(&mut self, desk: &mut Desk, message: Message) {
        match message {
            Message::Pick(slot, Name(name)) => {
                self.remember(desk, slot);
                self.draft = None;
                let values = self.values.get(&(slot.0, name.clone()));
                let spec = spec(&name, values.cloned().unwrap_or_default());
                let none = slot.0 == Kind::Network && name == AS_IT_IS;
                take(desk, slot, (!none).then_some(spec));
            }
            Message::Draft(slot, param, value) => self.draft = Some((slot, param, value)),
            Message::Commit => {
                if let Some((slot, param, value)) = self.draft.take() {
                    set(desk, slot, &param, value);
                }
            }
            Message::Set(slot, param, value) => {
                self.draft = None;
                set(desk, slot, &param, value);
            }
            Message::Reset(slot) => {
                self.draft = None;
                if let Some(chosen) = chosen(desk, slot) {
                    take(desk, slot, Some(PluginSpec::new(chosen.name())));
                }
            }
        }
    }

    fn remember(&mut self, desk: &Desk, slot: Slot) {
        if let Some(spec) = chosen(desk, slot) {
            let values = spec.settings();
            let values = values.map(|(key, value)| (key.to_owned(), value.to_owned()));
            let key = (slot.0, spec.name().to_owned());
            self.values.insert(key, values.collect());
        }
    }

    /// The two dropdowns, with their names where there is room.
    pub fn dropdowns<'a>(&self, desk: &'a Desk, width: f32, named: bool) -> Element<'a, Message> {
        let name = |name| named.then(|| text(name).size(theme::SMALL).style(theme::dim));
        row![
            name("Policy"),
            dropdown(desk, (Kind::Policy, 0), true, width),
            name("Network"),
            dropdown(desk, (Kind::Network, 0), true, width)
        ]
        .spacing(theme::GAP)
        .align_y(Alignment::Center)
        .into()
    }

    /// All about both.
    pub fn panel<'a>(&'a self, desk: &'a Desk) -> Element<'a, Message> {
        let title = |title| text(title).size(theme::BODY).font(theme::BOLD);
        let models = chain(desk, Kind::Network).len();
        let mut all = column![
            title("Playout policy"),
            self.section(desk, (Kind::Policy, 0)),
            title("Network")
        ];
        for place in 0..models.max(1) {
            all = all.push(self.section(desk, (Kind::Network, place)));
        }
        if models > 0 {
            let more = (Kind::Network, models);
            all = all.push(dropdown(desk, more, false, f32::INFINITY));
        }
        all = all.spacing(12).padding(16);
        let refused = desk.shelf.refused();
        if !refused.is_empty() {
            let files = refused.into_iter().map(|file| {
                let name = file.path.file_name().unwrap_or_default().to_string_lossy();
                column![
                    text(name.into_owned()).size(theme::SMALL).font(theme::BOLD),
                    text(file.reason).size(theme::SMALL).style(text::danger)
                ]
                .spacing(2)
                .into()
            });
            all = all.push(text("Refused files").size(theme::BODY).font(theme::BOLD));
            all = all.push(column(files).spacing(theme::GAP));
        }
        let scrolled = scrollable(all).style(theme::scroll).height(Fill);
        container(scrolled).style(theme::surface).into()
    }

    fn section<'a>(&'a self, desk: &'a Desk, slot: Slot) -> Element<'a, Message> {
        let head = dropdown(desk, slot, false, f32::INFINITY);
        let mut section = column![head].spacing(theme::GAP);
        let Some(plugin) = find(desk, slot) else {
            let none = "Datagrams come as the network brings them.";
            return section
                .push(text(none).size(theme::SMALL).style(theme::dim))
                .into();
        };
        let origin = if plugin.is_bundled() {
            format!("Version {}, came with Segue", plugin.version())
        } else {
            format!("Version {}, {}", plugin.version(), plugin.path().display())
        };
        section = section
            .push(text(plugin.summary().to_owned()).size(theme::SMALL))
            .push(text(origin).size(theme::SMALL).style(theme::dim));
        let spec = chosen(desk, slot);
        let given = |name: &str| {
            let spec = spec.as_ref()?;
            let found = spec.settings().find(|(key, _)| *key == name);
            found.map(|(_, value)| value.to_owned())
        };
        for param in plugin.params() {
            let draft = self.draft.as_ref();
            let draft = draft.filter(|(of, name, _)| *of == slot && *name == param.name);
            let value = draft.map(|(.., text)| text.clone());
            let value = value.or_else(|| given(&param.name));
            let value = value.unwrap_or_else(|| default(&param.kind));
            section = section.push(control(slot, param, value));
        }
        if spec.is_some_and(|spec| spec.settings().next().is_some()) {
            let reset = button(text("Defaults").size(theme::SMALL))
                .style(theme::secondary)
                .on_press(Message::Reset(slot));
            section = section.push(reset);
        }
        section.into()
    }
}

/// Takes a plugin in this place, or none.
fn take(desk: &mut Desk, (kind, place): Slot, spec: Option<PluginSpec>) {
    let mut chain = chain(desk, kind);
    let end = (place + 1).min(chain.len());
    chain.splice(place.min(end)..end, spec);
    let text = PluginSpec::chain_to_string(&chain);
    let (policy, network) = (desk.settings.policy.clone(), desk.settings.network.clone());
    match kind {
        Kind::Policy => desk.choose(text, network),
        Kind::Network => desk.choose(policy, text),
    }
}

fn set(desk: &mut Desk, slot: Slot, param: &str, value: String) {
    let (Some(chosen), Some(plugin)) = (chosen(desk, slot), find(desk, slot)) else {
        return;
    };
    let settings = chosen.settings();
    let mut values: BTreeMap<_, _> = settings
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect();
    let mut params = plugin.params().iter();
    let of_plugin = params.find(|known| known.name == param);
    if of_plugin.is_some_and(|known| default(&known.kind) == value) {
        values.remove(param);
    } else {
        values.insert(param.to_owned(), value);
    }
    take(desk, slot, Some(spec(chosen.name(), values)));
}

fn spec(name: &str, values: BTreeMap<String, String>) -> PluginSpec {
    let spec = PluginSpec::new(name);
    let with = |spec: PluginSpec, (key, value)| spec.with(key, value);
    values.into_iter().fold(spec, with)
}

fn default(kind: &ParamKind) -> String {
    match kind {
        ParamKind::Number { default, .. } => default.to_string(),
        ParamKind::Integer { default, .. } => default.to_string(),
        ParamKind::Flag { default } => default.to_string(),
        ParamKind::Choice { default, .. } | ParamKind::Text { default } => default.clone(),
        ParamKind::File => String::new(),
    }
}

/// What can be in a place; `brief` stands for the whole row of models.
fn dropdown(desk: &Desk, slot: Slot, brief: bool, width: f32) -> Element<'_, Message> {
    let (kind, place) = slot;
    let chain = chain(desk, kind);
    let none = (kind == Kind::Network && place < chain.len().max(1)).then(|| AS_IT_IS.to_owned());
    let plugins = desk.shelf.plugins(kind).into_iter();
    // `none` is what the network is without a model.
    let names = plugins
        .map(|plugin| plugin.name().to_owned())
        .filter(|name| name != "none" || kind == Kind::Policy);
    let names = none
        .clone()
        .into_iter()
        .chain(names)
        .map(Name)
        .collect::<Vec<_>>();
    let now = chain.get(place).map(|spec| match chain.len() {
        several @ 2.. if brief => format!("{} +{}", spec.name(), several - 1),
        _ => spec.name().to_owned(),
    });
    let now = now.map(|name| cut(name, width));
    let tell = move |name| Message::Pick(slot, name);
    let list = pick_list(names, now.or(none).map(Name), tell)
        .placeholder("and then…")
        .text_size(theme::BODY)
        .padding([5, 10])
        .style(theme::choice)
        .menu_style(theme::menu);
    let list = if width.is_finite() {
        list.width(width)
    } else {
        list.width(Fill)
    };
    let id = match kind {
        Kind::Policy => "policy",
        Kind::Network => "network",
    };
    container(list).id(id).into()
}

/// As much of a name as a dropdown of this width has room for on one line.
fn cut(name: String, width: f32) -> String {
    /// Of most letters, and what is not there for them.
    const LETTER: f32 = 6.8;
    const AROUND: f32 = 40.0;
    let most = ((width - AROUND) / LETTER) as usize;
    match name.chars().count() > most {
        true => name
            .chars()
            .take(most.saturating_sub(1))
            .chain(['…'])
            .collect(),
        false => name,
    }
}

/// A control for one parameter.
fn control(slot: Slot, param: &ParamInfo, value: String) -> Element<'static, Message> {
    let name = param.name.clone();
    let shown = match (&param.kind, value.parse::<f64>()) {
        (ParamKind::Number { .. }, Ok(number)) => rounded(number),
        _ => value.clone(),
    };
    let shown = match &param.kind {
        ParamKind::Number { .. } | ParamKind::Integer { .. } => format!("{shown} {}", param.unit),
        _ => String::new(),
    };
    let head = row![
        text(param.name.clone()).size(theme::SMALL).width(Fill),
        text(shown).size(theme::SMALL).style(theme::accent)
    ];
    let tell = move |value: String| Message::Set(slot, name.clone(), value);
    let name = param.name.clone();
    let draft = move |value: String| Message::Draft(slot, name.clone(), value);
    let body: Element<'static, Message> = match &param.kind {
        &ParamKind::Number { min, max, .. } => {
            let now = value.parse().unwrap_or(min);
            let step = (max - min) / STEPS;
            slider(min..=max, now, move |value| draft(rounded(value)))
                .step(step)
                .on_release(Message::Commit)
                .style(theme::range)
                .into()
        }
        &ParamKind::Integer { min, max, .. } if max - min <= 10_000 => {
            let now = value.parse().unwrap_or(min as f64);
            slider(min as f64..=max as f64, now, move |value| {
                draft((value.round() as i64).to_string())
            })
            .step(1.0)
            .on_release(Message::Commit)
            .style(theme::range)
            .into()
        }
        ParamKind::Flag { .. } => toggler(value == "true")
            .on_toggle(move |on| tell(on.to_string()))
            .into(),
        ParamKind::Choice { choices, .. } => pick_list(choices.clone(), Some(value), tell)
            .text_size(theme::BODY)
            .width(Fill)
            .style(theme::choice)
            .menu_style(theme::menu)
            .into(),
        ParamKind::Integer { .. } | ParamKind::Text { .. } | ParamKind::File => {
            let wanted = match &param.kind {
                ParamKind::File => "path of a file",
                _ => "",
            };
            text_input(wanted, &value)
                .on_input(draft)
                .on_submit(Message::Commit)
                .size(theme::BODY)
                .style(theme::input)
                .into()
        }
    };
    let help = text(param.help.clone())
        .size(theme::SMALL)
        .style(theme::dim);
    column![head, body, help].spacing(4).into()
}

/// To as many digits as a slider can tell apart.
fn rounded(value: f64) -> String {
    let text = format!("{value:.4}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    text.to_owned()
}
