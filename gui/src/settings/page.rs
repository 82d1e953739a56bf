//! The page of settings.

use iced::widget::{button, column, container, pick_list, row, scrollable, text, text_input};
use iced::{Alignment, Element, Fill};

use super::Look;
use crate::desk::Desk;
use crate::icon::{Icon, icon};
use crate::theme;

/// What is taken where no sound device is named.
const DEFAULT_DEVICE: &str = "Default device";
const WIDTH: f32 = 340.0;

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
                let id = self.devices.iter().find(|(known, _)| *known == name);
                desk.settings.device = id.map(|(_, id)| id.clone());
                desk.jukebox.set_device(desk.settings.device.clone());
                desk.notices
                    .tell("The next track that begins after a stop plays on that device.");
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
        let settings = &desk.settings;
        let look = pick_list(Look::ALL, Some(settings.look), Message::Look)
            .width(WIDTH)
            .text_size(theme::BODY)
            .style(theme::choice)
            .menu_style(theme::menu);
        let names = self.devices.iter().map(|(name, _)| name.clone());
        let default = DEFAULT_DEVICE.to_owned();
        let names: Vec<_> = std::iter::once(default.clone()).chain(names).collect();
        let chosen = settings.device.as_ref().map(|wanted| {
            let known = self.devices.iter().find(|(_, id)| id == wanted);
            known.map_or_else(|| wanted.clone(), |(name, _)| name.clone())
        });
        let device = pick_list(names, chosen.or(Some(default)), Message::Device)
            .width(WIDTH)
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
            .width(WIDTH)
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
            .width(WIDTH);
        let share = button(text("Choose what is shared…").size(theme::BODY))
            .padding([6, 14])
            .style(theme::secondary)
            .on_press(Message::Share);
        let address = desk.jukebox.peer().address();
        let now = format!("Others reach this machine on port {}.", address.port());
        let page = column![
            text("Settings").size(theme::TITLE).font(theme::BOLD),
            setting("Look", "", look),
            setting("Sound device", "", device),
            setting("Shared music", "", share),
            setting(
                "Peers by address",
                "Machines that are not found by themselves, such as those behind a router.",
                peers
            ),
            setting(
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
    name: &'a str,
    help: &'a str,
    control: impl Into<Element<'a, Message>>,
) -> Element<'a, Message> {
    let mut words = column![text(name).size(theme::BODY)].spacing(2).width(220);
    if !help.is_empty() {
        words = words.push(text(help).size(theme::SMALL).style(theme::dim));
    }
    row![words, control.into()].spacing(24).into()
}
