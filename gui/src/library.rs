//! The library: all tracks of the network in a table, and what this machine
//! shares.

mod rail;
mod rows;
mod share;
mod table;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use iced::widget::operation::{focus, scroll_to};
use iced::widget::scrollable::{AbsoluteOffset, Viewport};
use iced::widget::{button, center, column, container, row, text, text_input};
use iced::{Alignment, Element, Fill, Task};
use segue_core::track::TrackId;
use segue_playout::State as Playing;
use segue_stage::grouped;
use segue_transport::{PeerError, TrackEntry};

use crate::desk::{Desk, at_home};
use crate::theme;

pub use rows::Column;
use rows::Rows;

/// Ids of widgets that are steered.
const FILTER: &str = "filter";
const TABLE: &str = "tracks";

/// A page that is narrower has no room for long words.
const NARROW: f32 = 560.0;

/// What is said where the system has no dialog to choose a folder with.
const NO_DIALOG: &str = "No dialog for folders opens here: write the folder's path, or drop the \
                         folder onto this window.";

/// Nobody chooses so fast: who answers before could not ask.
const AT_ONCE: Duration = Duration::from_millis(500);

/// The page's own.
#[derive(Default)]
pub struct State {
    rows: Rows,
    /// As of this count of changes.
    seen: Option<(u64, usize, u64)>,
    filter: String,
    selected: Option<TrackId>,
    /// How far the table is scrolled, and how high it is.
    scrolled: f32,
    height: f32,
    sharing: bool,
    path: String,
    /// The demo was asked for: its track is on its way.
    demo: bool,
}

#[derive(Clone, Debug)]
pub enum Message {
    Filter(String),
    Sort(Column),
    Scrolled(Viewport),
    ScrollTo(f32),
    Select(TrackId),
    Play(TrackId),
    PlayNext(TrackId),
    Append(TrackId),
    Demo,
    /// Show or hide what is shared.
    Sharing,
    Path(String),
    AddPath,
    /// Let the system ask for a folder.
    Choose,
    /// What it answered, and whether that took as long as a person takes.
    Chosen(Option<PathBuf>, bool),
    Remove(usize),
}

impl State {
    /// Looks whether tracks came or went; answers whether they did.
    pub fn look(&mut self, desk: &mut Desk, playing: Option<TrackId>) -> bool {
        let peers = desk.jukebox.peer().changes();
        let seen = (peers, desk.jukebox.library().tracks, desk.shared);
        if self.seen == Some(seen) {
            return false;
        }
        match desk.jukebox.tracks() {
            Ok(tracks) => {
                self.seen = Some(seen);
                self.rows.set(tracks);
                self.rows.filter(&self.filter);
            }
            // A policy keeps the network: the window tells of it when it hangs.
            Err(PeerError::Busy) => {}
            Err(error) => desk.notices.error(error),
        }
        // The demo's track has come: that is what was asked for.
        if let (true, Some(entry)) = (self.demo, self.rows.at(0)) {
            self.demo = false;
            if playing.is_none() {
                desk.jukebox.play(entry);
            }
        }
        true
    }

    pub fn update(&mut self, desk: &mut Desk, message: Message) -> Task<Message> {
        match message {
            Message::Filter(text) => {
                self.rows.filter(&text);
                self.filter = text;
                self.scrolled = 0.0;
                return scroll_to(TABLE, AbsoluteOffset { x: 0.0, y: 0.0 });
            }
            Message::Sort(column) => self.rows.sort_by(column),
            Message::Scrolled(viewport) => {
                self.scrolled = viewport.absolute_offset().y;
                self.height = viewport.bounds().height;
            }
            Message::ScrollTo(y) => {
                self.scrolled = y;
                return scroll_to(TABLE, AbsoluteOffset { x: 0.0, y });
            }
            Message::Select(track) => self.selected = Some(track),
            Message::Play(track) => {
                self.selected = Some(track);
                self.with(track, |entry| desk.jukebox.play(entry));
            }
            Message::PlayNext(track) => {
                self.with(track, |entry| _ = desk.jukebox.play_next(entry));
                start_if_idle(desk);
            }
            Message::Append(track) => {
                self.with(track, |entry| _ = desk.jukebox.append(entry));
                start_if_idle(desk);
            }
            Message::Demo => match desk.jukebox.start_demo() {
                Ok(()) => self.demo = true,
                Err(error) => desk.notices.error(error),
            },
            Message::Sharing => self.sharing = !self.sharing,
            Message::Path(path) => self.path = path,
            Message::AddPath => {
                let path = self.path.trim();
                if !path.is_empty() {
                    desk.add_folder(at_home(path));
                    self.path.clear();
                }
            }
            Message::Choose => return choose(),
            Message::Chosen(Some(folder), _) => desk.add_folder(folder),
            Message::Chosen(None, true) => {} // a person meant none
            Message::Chosen(None, false) => desk.notices.error(NO_DIALOG),
            Message::Remove(number) => desk.remove_folder(number),
        }
        Task::none()
    }

    fn with(&self, track: TrackId, mut act: impl FnMut(&TrackEntry)) {
        if let Some(entry) = self.rows.find(track) {
            act(entry);
        }
    }

    /// Selects the row above or below.
    pub fn move_by(&mut self, steps: isize) -> Task<Message> {
        let Some(place) = self.rows.step(self.selected, steps) else {
            return Task::none();
        };
        self.selected = self.rows.at(place).map(|entry| entry.track.id);
        let (top, height) = (place as f32 * table::ROW, self.height.max(table::ROW));
        let y = if top < self.scrolled {
            top
        } else if top + table::ROW > self.scrolled + height {
            top + table::ROW - height
        } else {
            return Task::none();
        };
        scroll_to(TABLE, AbsoluteOffset { x: 0.0, y })
    }

    /// Plays what is selected.
    pub fn enter(&mut self, desk: &mut Desk) -> Task<Message> {
        match self.selected {
            Some(track) => self.update(desk, Message::Play(track)),
            None => Task::none(),
        }
    }

    /// What is selected, if it is in a file of this machine: its name and path.
    pub fn selected_file(&self, desk: &Desk) -> Option<(String, PathBuf)> {
        let track = &self.rows.find(self.selected?)?.track;
        let path = desk.jukebox.path_of(track.id)?;
        Some((track.label().to_owned(), path))
    }

    /// Lets the listener type.
    pub fn find(&self) -> Task<Message> {
        focus(FILTER)
    }

    /// Shows all tracks again.
    pub fn escape(&mut self, desk: &mut Desk) -> Task<Message> {
        self.update(desk, Message::Filter(String::new()))
    }

    pub fn view<'a>(
        &'a self,
        desk: &'a Desk,
        playing: Option<TrackId>,
        width: f32,
    ) -> Element<'a, Message> {
        let hint = match width < NARROW {
            true => "Filter",
            false => "Filter by title, artist, album",
        };
        let filter = text_input(hint, &self.filter)
            .id(FILTER)
            .on_input(Message::Filter)
            .size(theme::BODY)
            .padding([6, 10])
            .style(theme::input);
        let shares = match desk.settings.folders.len() {
            0 => "Share music…".to_owned(),
            _ => format!("Shared: {}", count(desk.jukebox.library().tracks)),
        };
        let shares = button(text(shares).size(theme::BODY))
            .padding([6, 12])
            .style(theme::secondary)
            .on_press(Message::Sharing);
        let found = row![
            container(filter).max_width(420).width(Fill),
            text(self.rows.summary())
                .size(theme::SMALL)
                .style(theme::dim)
        ]
        .spacing(12)
        .align_y(Alignment::Center);
        let head = row![container(found).width(Fill), shares]
            .spacing(12)
            .align_y(Alignment::Center);
        let body: Element<'_, Message> = if self.rows.is_empty() {
            self.empty(desk)
        } else if self.rows.shown() == 0 {
            let none = format!("Nothing fits “{}”.", self.filter);
            center(text(none).style(theme::dim)).into()
        } else {
            table::view(&self.rows, self.selected, playing, self.scrolled)
        };
        let mut page = column![head].spacing(12).padding([12, 16]);
        if self.sharing {
            page = page.push(share::view(desk, &self.path));
        }
        page.push(body).height(Fill).into()
    }

    /// What to do where there is nothing yet.
    fn empty<'a>(&'a self, desk: &'a Desk) -> Element<'a, Message> {
        let (title, lines) = if self.demo {
            ("Starting the demo…", "Its two peers are on this machine.")
        } else if desk.jukebox.library().to_index > 0 {
            (
                "Reading your music…",
                "Tracks appear here as they are read.",
            )
        } else {
            (
                "No music yet",
                "Tracks that others on this network share appear here by themselves. Share a \
                 folder of MP3s yourself: drop it onto this window, or name it.",
            )
        };
        let mut card = column![
            text(title).size(theme::TITLE).font(theme::BOLD),
            text(lines).style(theme::dim)
        ]
        .spacing(12)
        .max_width(460);
        if !self.demo {
            let demo = button(text("Play the demo").size(theme::BODY))
                .padding([8, 16])
                .style(theme::primary)
                .on_press(Message::Demo);
            let share = button(text("Share a folder…").size(theme::BODY))
                .padding([8, 16])
                .style(theme::secondary)
                .on_press_maybe((!self.sharing).then_some(Message::Sharing));
            card = card.push(row![demo, share].spacing(theme::GAP));
            let about = "The demo is Bach's Prelude in C from two peers of this machine. Choose a \
                         network model above to hear it through a bad network.";
            card = card.push(text(about).size(theme::SMALL).style(theme::dim));
        }
        center(card).into()
    }
}

/// Asks for a folder as the system does it.
fn choose() -> Task<Message> {
    let asked = Instant::now();
    let dialog = rfd::AsyncFileDialog::new().set_title("Share a folder of music");
    Task::perform(dialog.pick_folder(), move |folder| {
        let folder = folder.map(|folder| folder.path().to_owned());
        Message::Chosen(folder, asked.elapsed() > AT_ONCE)
    })
}

/// A queue that is over begins again with what was added.
fn start_if_idle(desk: &Desk) {
    if desk.jukebox.controls().progress().state == Playing::Ended {
        desk.jukebox.controls().play();
    }
}

fn count(tracks: usize) -> String {
    match tracks {
        1 => "1 track".to_owned(),
        more => format!("{} tracks", grouped(more)),
    }
}
