//! The page of settings.

use iced::widget::{
    button, column, container, pick_list, responsive, row, scrollable, text, text_input,
};
use iced::{Alignment, Element, Fill, Length, Padding};

use segue_playout::OutputSpec;

use super::Look;
use crate::desk::Desk;
use crate::icon::{Icon, icon};
use crate::theme;

/// What is taken where no sound device is named.
const DEFAULT_DEVICE: &str = "Default device";
/// No sound device: music passes in its time, and nobody hears it.
const NO_DEVICE: &str = "None: play unheard";
const WIDTH: f32 = 340.0;
/// Narrower, controls stand below their names.
const NARROW: f32 = 620.0;

/// What is typed and not taken over yet.
#[derive(Debug, Default)]
pub struct State {
    peer: String,
    port: Option<String>,
    /// Names and ids of sound devices; looked up when the page is opened.
    devices: Vec<(String, String)>,
}

#[derive(Clone, Debug)]
pub enum Message {
    Look(Look),
    Device(String),
    Peer(String),
    AddPeer,
    RemovePeer(usize),
    Port(String),
    PortMeant,
    Share,
}

impl State {
    /// The page is opened: looks for sound devices.
    pub fn open(&mut self, desk: &mut Desk) {
        match segue_playout::devices() {
            Ok(devices) => {
                let names = devices.into_iter().map(|device| (device.name, device.id));
                self.devices = names.collect();
            }
            Err(error) => desk.notices.error(error),
        }
    }

    pub fn update(&mut self, desk: &mut Desk, message: Message) {
        match message {
            Message::Look(look) => desk.settings.look = look,
            Message::Device(name) => {
                let output = match name == NO_DEVICE {
                    true => OutputSpec::Null,
                    false => OutputSpec::Speaker,
                };
                desk.settings.output = output.to_string();
                let id = self.devices.iter().find(|(known, _)| *known == name);
                desk.settings.device = id.map(|(_, id)| id.clone());
                desk.jukebox
                    .set_output(output, desk.settings.device.clone());
                desk.notices
                    .tell("It is used from the next track on that begins after a stop.");
            }
            Message::Peer(text) => self.peer = text,
            Message::AddPeer => {
                let peer = self.peer.trim().to_owned();
                if peer.is_empty() || !desk.ask_peer(&peer) {
                    return;
                }
                self.peer.clear();
                if !desk.settings.peers.contains(&peer) {
                    desk.settings.peers.push(peer);
                }
            }
            Message::RemovePeer(number) => {
                if number < desk.settings.peers.len() {
                    desk.settings.peers.remove(number);
                    desk.notices
                        .tell("That peer is not asked any more from the next start on.");
                }
            }
            Message::Port(text) => return self.port = Some(text),
            Message::PortMeant => match self.port.take().map(|text| text.trim().parse()) {
                Some(Ok(port)) => {
                    desk.settings.port = port;
                    desk.notices.tell("The port is taken at the next start.");
                }
                Some(Err(_)) => desk
                    .notices
                    .error("A port is a number from 0 (any) to 65535."),
                None => return,
            },
            Message::Share => return, // the app's
        }
        desk.save();
    }

    pub fn view<'a>(&'a self, desk: &'a Desk) -> Element<'a, Message> {
        responsive(move |size| self.sized(desk, size.width < NARROW)).into()
    }

    fn sized<'a>(&'a self, desk: &'a Desk, narrow: bool) -> Element<'a, Message> {
        let width = match narrow {
            true => Fill,
            false => Length::Fixed(WIDTH),
        };
        let settings = &desk.settings;
        let look = pick_list(Look::ALL, Some(settings.look), Message::Look)
            .width(width)
            .text_size(theme::BODY)
            .style(theme::choice)
            .menu_style(theme::menu);
        let names = self.devices.iter().map(|(name, _)| name.clone());
        let default = DEFAULT_DEVICE.to_owned();
        let none = NO_DEVICE.to_owned();
        let names: Vec<_> = std::iter::once(default.clone())
            .chain(names)
            .chain([none.clone()])
            .collect();
        let chosen = settings.device.as_ref().map(|wanted| {
            let known = self.devices.iter().find(|(_, id)| id == wanted);
            known.map_or_else(|| wanted.clone(), |(name, _)| name.clone())
        });
        let chosen = match settings.output == OutputSpec::Null.to_string() {
            true => none,
            false => chosen.unwrap_or(default),
        };
        let device = pick_list(names, Some(chosen), Message::Device)
            .width(width)
            .text_size(theme::BODY)
            .style(theme::choice)
            .menu_style(theme::menu);
        let port = self
            .port
            .clone()
            .unwrap_or_else(|| settings.port.to_string());
        let port = text_input("0", &port)
            .on_input(Message::Port)
            .on_submit(Message::PortMeant)
            .size(theme::BODY)
            .padding([6, 10])
            .width(width)
            .style(theme::input);
        let peers = settings.peers.iter().enumerate().map(|(number, peer)| {
            let remove = button(icon(Icon::Close, 12.0))
                .padding(5)
                .style(theme::bare)
                .on_press(Message::RemovePeer(number));
            row![text(peer).size(theme::BODY).width(Fill), remove]
                .align_y(Alignment::Center)
                .into()
        });
        let peer = text_input("HOST:PORT", &self.peer)
            .on_input(Message::Peer)
            .on_submit(Message::AddPeer)
            .size(theme::BODY)
            .padding([6, 10])
            .style(theme::input);
        let add = button(text("Add").size(theme::BODY))
            .padding([6, 14])
            .style(theme::secondary)
            .on_press(Message::AddPeer);
        let peers = column(peers)
            .push(row![peer, add].spacing(theme::GAP))
            .spacing(4)
            .width(width);
        let share = button(text("Choose what is shared…").size(theme::BODY))
            .padding([6, 14])
            .style(theme::secondary)
            .on_press(Message::Share);
        let address = desk.jukebox.peer().address();
        let now = format!("Others reach this machine on port {}.", address.port());
        let page = column![
            text("Settings").size(theme::TITLE).font(theme::BOLD),
            setting(narrow, "Look", "", look),
            setting(narrow, "Sound device", "", device),
            setting(narrow, "Shared music", "", share),
            setting(
                narrow,
                "Peers by address",
                "Machines that are not found by themselves, such as those behind a router.",
                peers
            ),
            setting(
                narrow,
                "Port",
                "For a firewall that lets only one through; 0 takes any.",
                port
            ),
            text(now).size(theme::SMALL).style(theme::dim)
        ]
        .spacing(20)
        .padding(24)
        .max_width(760);
        scrollable(container(page).width(Fill))
            .style(theme::scroll)
            .height(Fill)
            .into()
    }
}

fn setting<'a>(
    narrow: bool,
    name: &'a str,
    help: &'a str,
    control: impl Into<Element<'a, Message>>,
) -> Element<'a, Message> {
    let mut words = column![text(name).size(theme::BODY)].spacing(2);
    if !help.is_empty() {
        words = words.push(text(help).size(theme::SMALL).style(theme::dim));
    }
    if narrow {
        return column![words, control.into()].spacing(6).into();
    }
    // Its first line stands level with what is written in the control.
    let words = words.padding(Padding::ZERO.top(5)).width(220);
    row![words, control.into()].spacing(24).into()
}
