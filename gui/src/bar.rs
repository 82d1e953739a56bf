//! The player at the bottom: what plays, how it stands, and what steers it.

mod seek;
mod words;

use iced::widget::{button, column, container, row, slider, text};
use iced::{Alignment, Element, Fill, Length};
use segue_core::listener::{Event, PacketPart};
use segue_core::time::Timestamp;
use segue_core::track::TrackInfo;
use segue_playout::{Progress, State as Playing};
use segue_stage::clock;
use segue_transport::SessionStatus;

use crate::desk::Desk;
use crate::icon::{Icon, icon, on_accent};
use crate::theme;

use seek::Seek;

/// Parts of the seek bar: as many as a wide window has room to tell apart.
const PARTS: u32 = 300;

/// What it shows, as of the last look.
#[derive(Debug, Default)]
pub struct State {
    /// What plays, or played last.
    pub track: Option<TrackInfo>,
    pub progress: Progress,
    pub session: Option<SessionStatus>,
    map: Vec<PacketPart>,
    is_local: bool,
}

#[derive(Clone, Debug)]
pub enum Message {
    Toggle,
    Next,
    Previous,
    /// To this share of the track.
    Seek(f32),
    Volume(f32),
    /// The slider was let go.
    VolumeMeant,
    Mute,
    /// Show or hide the queue.
    Queue,
}

impl State {
    /// Looks how it stands; answers what the session has to say.
    pub fn look(&mut self, desk: &Desk) -> Vec<(Timestamp, Event)> {
        self.progress = desk.jukebox.controls().progress();
        let Some(part) = desk.jukebox.playing() else {
            return Vec::new();
        };
        if self.track.as_ref() != Some(&part.track) {
            self.track = Some(part.track.clone());
            self.map.clear();
        }
        self.is_local = part.is_local;
        if part.is_local {
            self.session = None;
            self.map.clear();
            return Vec::new();
        }
        if let Some(map) = part.packet_map(PARTS) {
            self.map = map;
        }
        let Some((session, events)) = part.look() else {
            return Vec::new();
        };
        self.session = Some(session);
        events
    }

    pub fn update(&mut self, desk: &mut Desk, message: Message) {
        let controls = desk.jukebox.controls();
        match message {
            Message::Toggle => controls.toggle(),
            Message::Next => controls.next(),
            Message::Previous => controls.previous(),
            Message::Seek(share) => {
                if let Some(track) = &self.track {
                    controls.seek_to(f64::from(share) * track.duration_s());
                }
            }
            Message::Volume(volume) => {
                desk.settings.volume = volume.clamp(0.0, 1.0);
                desk.settings.muted = false;
                desk.hear();
            }
            Message::VolumeMeant => desk.save(),
            Message::Mute => {
                desk.settings.muted = !desk.settings.muted;
                desk.hear();
                desk.save();
            }
            Message::Queue => {} // the app's
        }
    }

    /// Whether something plays or is about to.
    pub fn is_on(&self) -> bool {
        self.progress.state != Playing::Ended
    }

    pub fn view<'a>(&'a self, desk: &'a Desk, width: f32) -> Element<'a, Message> {
        let narrow = width < 820.0;
        let plays = matches!(
            self.progress.state,
            Playing::Playing | Playing::Holding | Playing::Starting
        );
        let toggle = if plays { Icon::Pause } else { Icon::Play };
        let control = |sign, message| {
            button(icon(sign, 18.0))
                .padding(8)
                .style(theme::bare)
                .on_press(message)
        };
        let main = button(on_accent(toggle, 20.0))
            .padding(10)
            .style(theme::primary)
            .on_press(Message::Toggle);
        let controls = row![
            control(Icon::Previous, Message::Previous),
            main,
            control(Icon::Next, Message::Next)
        ]
        .spacing(4)
        .align_y(Alignment::Center);
        let sign = if desk.settings.muted {
            Icon::Mute
        } else {
            Icon::Sound
        };
        let volume = slider(0.0..=1.0, desk.settings.volume, Message::Volume)
            .step(0.01)
            .on_release(Message::VolumeMeant)
            .width(if narrow { 64 } else { 110 })
            .style(theme::range);
        let right = row![
            control(sign, Message::Mute),
            volume,
            control(Icon::Queue, Message::Queue)
        ]
        .spacing(4)
        .align_y(Alignment::Center);
        let middle = column![self.names(), self.seek()].spacing(4).width(Fill);
        let bar = row![controls, middle, right]
            .spacing(if narrow { 10 } else { 20 })
            .align_y(Alignment::Center);
        container(bar)
            .padding([0, 16])
            .width(Fill)
            .center_y(Fill)
            .style(theme::surface)
            .into()
    }

    fn names(&self) -> Element<'_, Message> {
        let line = |content| {
            text(content)
                .size(theme::BODY)
                .wrapping(text::Wrapping::None)
        };
        let Some(track) = &self.track else {
            return line("Nothing plays yet".to_owned())
                .style(theme::dim)
                .into();
        };
        let name = if track.artist.is_empty() {
            track.label().to_owned()
        } else {
            format!("{} – {}", track.artist, track.label())
        };
        let asked = self.map.iter().map(|part| part.asked).sum();
        let session = self.session.as_ref();
        let state = words::state(&self.progress, session, track, self.is_local, asked);
        let name = container(line(name).font(theme::BOLD))
            .width(Fill)
            .clip(true);
        let state = container(line(state).size(theme::SMALL).style(theme::dim));
        row![name, state]
            .spacing(12)
            .align_y(Alignment::Center)
            .into()
    }

    fn seek(&self) -> Element<'_, Message> {
        let all = self.track.as_ref().map_or(0.0, TrackInfo::duration_s);
        let at = self.progress.position_s.min(all);
        let share = if all > 0.0 { (at / all) as f32 } else { 0.0 };
        let time = |content: String| {
            text(content)
                .size(theme::SMALL)
                .style(theme::dim)
                .width(Length::Fixed(48.0))
        };
        let (elapsed, left) = if self.track.is_some() {
            (clock(at), format!("-{}", clock(all - at)))
        } else {
            (String::new(), String::new())
        };
        row![
            time(elapsed).align_x(Alignment::End),
            Seek::new(&self.map, share, self.track.is_some()).view(Message::Seek),
            time(left)
        ]
        .spacing(theme::GAP)
        .align_y(Alignment::Center)
        .into()
    }
}
