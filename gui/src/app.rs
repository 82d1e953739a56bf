//! The app: pages, the player below them, and what goes between them.

mod queue;
mod shell;
#[cfg(test)]
mod tests;
mod told;

use iced::{
    Element, Event, Subscription, Task, Theme, event, keyboard, mouse, system, theme::Mode, window,
};
use segue_core::track::TrackId;
use segue_playout::Event as Played;

use crate::desk::Desk;
use crate::keys::{self, Wish};
use crate::settings::{Look, Place, Settings};
use crate::{bar, choice, compare, library, now, pulse, settings, theme};
use told::{sentence, tell_choice, tell_session};

/// What is said where there is nothing to hear with.
const NO_DEVICE: &str = "The sound device does not open, so nothing can be heard. Choose another \
                         one in the settings, or to play unheard.";

/// What is shown above the player.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Page {
    #[default]
    Library,
    Now,
    Compare,
    Settings,
}

impl Page {
    const ALL: [(Self, &'static str); 4] = [
        (Self::Library, "Library"),
        (Self::Now, "Now playing"),
        (Self::Compare, "Compare"),
        (Self::Settings, "Settings"),
    ];
}

/// What lies beside the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Queue,
    Plugins,
}

/// The whole app.
pub struct App {
    /// Or why there is nothing to show.
    desk: Result<Desk, String>,
    page: Page,
    side: Option<Side>,
    /// What the system likes.
    mode: Mode,
    width: f32,
    /// Changes when the whole window is to be drawn again.
    odd: bool,
    /// How much there is of what comes by itself.
    shape: [usize; 4],
    /// A policy that does not come back from a decision: its name.
    hung: Option<String>,
    library: library::State,
    now: now::State,
    compare: compare::State,
    settings: settings::State,
    choice: choice::State,
    bar: bar::State,
}

#[derive(Clone, Debug)]
pub enum Message {
    Go(Page),
    Side(Side),
    Library(library::Message),
    Now(now::Message),
    Compare(compare::Message),
    Settings(settings::Message),
    Choice(choice::Message),
    Bar(bar::Message),
    /// An entry of the queue: play it, or take it out.
    Jump(segue_playout::ItemId),
    Remove(segue_playout::ItemId),
    Dismiss(usize),
    /// Something changed.
    Pulse,
    Key(Wish),
    Dropped(std::path::PathBuf),
    Resized(iced::Size),
    /// Something was scrolled, perhaps.
    Scrolled,
    Mode(Mode),
    /// End, and start once more.
    Again,
    Close,
}

impl App {
    /// Starts it, as the settings say.
    pub fn new(
        (settings, place, trouble): (Settings, Place, Option<String>),
    ) -> (Self, Task<Message>) {
        let mut desk = Desk::start(settings, place);
        if let (Ok(desk), Some(trouble)) = (&mut desk, trouble) {
            desk.notices.error(trouble);
        }
        (Self::with(desk), system::theme().map(Message::Mode))
    }

    fn with(desk: Result<Desk, String>) -> Self {
        let width = desk.as_ref().map_or(0.0, |desk| desk.settings.width);
        let mut app = Self {
            desk,
            page: Page::default(),
            side: None,
            mode: Mode::None,
            width,
            odd: false,
            shape: [0; 4],
            hung: None,
            library: library::State::default(),
            now: now::State::default(),
            compare: compare::State::default(),
            settings: settings::State::default(),
            choice: choice::State::default(),
            bar: bar::State::default(),
        };
        app.look();
        app
    }

    pub fn theme(&self) -> Theme {
        let look = self.desk.as_ref().map(|desk| desk.settings.look);
        match (look, self.mode) {
            (Ok(Look::Light), _) => theme::light(),
            (Ok(Look::Dark), _) => theme::dark(),
            (_, Mode::Light) => theme::light(),
            // Where the system says nothing, as for music at night.
            _ => theme::dark(),
        }
    }

    pub fn style(&self, theme: &Theme) -> iced::theme::Style {
        theme::app(theme, self.odd)
    }

    pub fn subscription(&self) -> Subscription<Message> {
        let Ok(desk) = &self.desk else {
            return window::close_requests().map(|_| Message::Close);
        };
        let pulse = pulse::changes(desk.jukebox.pulse(), desk.shelf.clone(), desk.shared);
        Subscription::batch([
            pulse.map(|()| Message::Pulse),
            event::listen_with(heard),
            system::theme_changes().map(Message::Mode),
            self.compare.subscription().map(Message::Compare),
        ])
    }

    /// What plays, or played last.
    fn playing(&self) -> Option<TrackId> {
        let is_on = self.bar.is_on();
        self.bar
            .track
            .as_ref()
            .filter(|_| is_on)
            .map(|track| track.id)
    }

    pub fn update(&mut self, message: Message) -> Task<Message> {
        self.odd ^= !matches!(message, Message::Pulse | Message::Bar(_));
        let Ok(desk) = &mut self.desk else {
            return match message {
                Message::Close => iced::exit(),
                _ => Task::none(),
            };
        };
        match message {
            Message::Go(page) => {
                self.page = page;
                match page {
                    Page::Settings => self.settings.open(desk),
                    Page::Compare => self.compare.offer(self.library.selected_file(desk)),
                    Page::Library | Page::Now => {}
                }
                self.look();
            }
            Message::Side(side) => {
                self.side = (self.side != Some(side)).then_some(side);
            }
            Message::Library(message) => {
                let task = self.library.update(desk, message);
                self.look();
                return task.map(Message::Library);
            }
            Message::Now(message) => return self.now.update(desk, message).map(Message::Now),
            Message::Compare(message) => {
                return self.compare.update(desk, message).map(Message::Compare);
            }
            Message::Settings(settings::Message::Share) => {
                self.page = Page::Library;
                return Task::done(Message::Library(library::Message::Sharing));
            }
            Message::Settings(message) => self.settings.update(desk, message),
            Message::Choice(message) => {
                let before = desk.settings.clone();
                self.choice.update(desk, message);
                if self.bar.is_on() && self.hung.is_none() {
                    tell_choice(desk, &before);
                }
            }
            Message::Bar(bar::Message::Queue) => {
                self.side = (self.side != Some(Side::Queue)).then_some(Side::Queue);
            }
            Message::Bar(bar::Message::Toggle) if desk.jukebox.controls().queue().is_empty() => {
                // There is nothing to go on with but what is selected.
                let task = self.library.enter(desk);
                self.look();
                return task.map(Message::Library);
            }
            Message::Bar(message) => {
                self.bar.update(desk, message);
                self.look();
            }
            Message::Jump(item) => desk.jukebox.controls().jump(item),
            Message::Remove(item) => desk.jukebox.remove(item),
            Message::Dismiss(number) => desk.notices.dismiss(number),
            Message::Pulse => self.look(),
            Message::Key(wish) => return self.on_key(wish),
            Message::Dropped(path) => desk.add_folder(path),
            Message::Resized(size) => {
                self.width = size.width;
                (desk.settings.width, desk.settings.height) = (size.width, size.height);
            }
            Message::Scrolled => {} // all is drawn again, see `theme::app`
            Message::Mode(mode) => self.mode = mode,
            Message::Again => {
                desk.save();
                crate::start_again();
                return iced::exit();
            }
            Message::Close => {
                desk.save();
                return iced::exit();
            }
        }
        Task::none()
    }

    fn on_key(&mut self, wish: Wish) -> Task<Message> {
        let Ok(desk) = &mut self.desk else {
            return Task::none();
        };
        let in_library = self.page == Page::Library;
        let bar = |message| Task::done(Message::Bar(message));
        match wish {
            Wish::Toggle => return bar(bar::Message::Toggle),
            Wish::Next => return bar(bar::Message::Next),
            Wish::Previous => return bar(bar::Message::Previous),
            Wish::Mute => return bar(bar::Message::Mute),
            Wish::Louder(more) => {
                let volume = desk.settings.volume + more;
                return bar(bar::Message::Volume(volume));
            }
            Wish::Seek(seconds) => desk.jukebox.controls().seek_by(seconds),
            Wish::Find => {
                self.page = Page::Library;
                return self.library.find().map(Message::Library);
            }
            Wish::Move(steps) if in_library => {
                return self.library.move_by(steps).map(Message::Library);
            }
            Wish::Enter if in_library => {
                let task = self.library.enter(desk);
                self.look();
                return task.map(Message::Library);
            }
            Wish::Escape if in_library => {
                return self.library.escape(desk).map(Message::Library);
            }
            Wish::Move(_) | Wish::Enter | Wish::Escape => {}
            Wish::Page(number) => {
                let (page, _) = Page::ALL[(number - 1).min(Page::ALL.len() - 1)];
                return Task::done(Message::Go(page));
            }
        }
        Task::none()
    }

    /// Looks at everything that is shown.
    fn look(&mut self) {
        let Ok(desk) = &mut self.desk else {
            return;
        };
        let events = self.bar.look(desk);
        if let (Some(track), Some(session)) = (&self.bar.track, &self.bar.session) {
            self.now.hear(track, session, &events, &self.bar.progress);
        }
        for (_, event) in &events {
            tell_session(desk, event);
        }
        let mut silent = None;
        while let Some(event) = desk.jukebox.controls().try_event() {
            match event {
                Played::Started(_) => desk.begin_track(),
                // Of an output that failed, its own event tells.
                Played::Ended(_, Err(error)) if silent.as_ref() == Some(&error) => {}
                Played::Ended(_, Err(error)) => desk.notices.error(error),
                Played::OutputFailed { why, no_device } => {
                    desk.notices.error(match no_device {
                        true => NO_DEVICE,
                        false => &why,
                    });
                    silent = Some(why);
                }
                _ => {}
            }
        }
        for change in desk.shelf.take_news() {
            match segue_stage::news(&change) {
                Some((text, true)) => desk.notices.error(sentence(&text)),
                Some((text, false)) => desk.notices.tell(sentence(&text)),
                None => {}
            }
            desk.renew();
        }
        let is_on = self.bar.is_on();
        let playing = self.bar.track.as_ref().filter(|_| is_on);
        let playing = playing.map(|track| track.id);
        self.odd ^= self.library.look(desk, playing);
        if self.page == Page::Now {
            self.now.look(desk);
        }
        let policy = || desk.settings.policy.clone();
        let hangs = desk.jukebox.hangs();
        self.hung = hangs.then(|| self.hung.take().unwrap_or_else(policy));
        let shape = [
            usize::from(hangs),
            desk.notices.len(),
            desk.jukebox.controls().queue().len(),
            self.now.lines(),
        ];
        self.odd ^= std::mem::replace(&mut self.shape, shape) != shape;
    }

    pub fn view(&self) -> Element<'_, Message> {
        shell::view(self)
    }
}

/// Keys that no widget wanted, the window, and files that are dropped.
fn heard(event: Event, status: event::Status, _: window::Id) -> Option<Message> {
    match event {
        Event::Keyboard(keyboard::Event::KeyPressed {
            key: keyboard::Key::Named(keyboard::key::Named::Escape),
            ..
        }) => Some(Message::Key(Wish::Escape)),
        Event::Keyboard(event) if status == event::Status::Ignored => {
            keys::wish(&event).map(Message::Key)
        }
        Event::Mouse(mouse::Event::WheelScrolled { .. } | mouse::Event::ButtonReleased(_)) => {
            Some(Message::Scrolled)
        }
        Event::Window(window::Event::FileDropped(path)) => Some(Message::Dropped(path)),
        Event::Window(window::Event::Resized(size)) => Some(Message::Resized(size)),
        Event::Window(window::Event::CloseRequested) => Some(Message::Close),
        _ => None,
    }
}
