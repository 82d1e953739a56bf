//! What plays now, as the laboratory sees it: the paper's chart as it grows, how
//! much music is ready, each peer, and what the policy said of its decisions.

mod save;
#[cfg(test)]
mod tests;
mod view;

use std::collections::VecDeque;

use iced::{Element, Task};
use segue_core::listener::{Event, SeederState};
use segue_core::time::Timestamp;
use segue_core::timeline::Timeline;
use segue_core::track::TrackInfo;
use segue_transport::SessionStatus;

use crate::chart::Drawn;
use crate::desk::Desk;

pub use save::As;

/// Decisions that are remembered.
const REASONS: usize = 100;

/// Points of the buffer's curve, at most: more than there are pixels.
const LEVELS: usize = 4000;

/// What is known of the session that plays, or of the last one.
#[derive(Default)]
pub struct State {
    track: Option<TrackInfo>,
    /// The number of the session.
    session: Option<usize>,
    timeline: Timeline,
    /// Up to when it is known.
    end: Timestamp,
    seeders: Vec<SeederState>,
    stalls: u32,
    /// Moments, and seconds of music that were ready then.
    levels: Vec<(Timestamp, f64)>,
    /// The last first: when, and what.
    reasons: VecDeque<(Timestamp, String)>,
    packets: Drawn,
    level: Drawn,
}

/// What happens on the page.
#[derive(Clone, Debug)]
pub enum Message {
    /// Save the chart, or the session's log.
    Save(As),
    /// It was saved, or not.
    Saved(Result<String, String>),
}

impl State {
    /// What the session that plays had to say, and how it stands; called whether
    /// the page is shown or not.
    pub fn hear(&mut self, session: &SessionStatus, events: &[(Timestamp, Event)]) {
        for (at, event) in events {
            let Event::Reason(reason) = event else {
                continue;
            };
            // Time went back to zero: what was said before is another session's.
            if self.reasons.front().is_some_and(|(last, _)| last > at) {
                self.reasons.clear();
            }
            self.reasons.push_front((*at, reason.clone()));
        }
        self.reasons.truncate(REASONS);
        self.seeders.clone_from(&session.status.seeders);
        self.stalls = session.status.stalls;
    }

    /// Something changed, some times a second while music plays; called while the
    /// page is shown.
    pub fn look(&mut self, desk: &mut Desk) {
        let Some(part) = desk.jukebox.playing() else {
            return;
        };
        let known = self.session.map(|number| (number, self.timeline.extent()));
        let known = known.filter(|_| self.track.as_ref() == Some(&part.track));
        let Some(news) = part.timeline_since(known) else {
            return;
        };
        if self.session != Some(news.session) || self.track.as_ref() != Some(&part.track) {
            self.begin(part.track.clone(), news.session);
        }
        self.take(news.timeline, news.now, news.buffered);
    }

    /// Another session.
    fn begin(&mut self, track: TrackInfo, session: usize) {
        *self = Self {
            track: Some(track),
            session: Some(session),
            // What was said before the page knew of it is its own.
            reasons: std::mem::take(&mut self.reasons),
            seeders: std::mem::take(&mut self.seeders),
            ..Self::default()
        };
    }

    fn take(&mut self, news: Timeline, now: Timestamp, buffered: u32) {
        let Some(track) = &self.track else {
            return;
        };
        if now == self.end && news.is_empty() {
            return;
        }
        self.end = now;
        self.timeline.append(news);
        let ready_s = f64::from(buffered) * track.packet_s();
        if self.levels.len() >= LEVELS {
            let mut place = 0;
            self.levels.retain(|_| {
                place += 1;
                place % 2 == 0
            });
        }
        self.levels.push((now, ready_s));
        self.packets.clear();
        self.level.clear();
    }

    pub fn update(&mut self, desk: &mut Desk, message: Message) -> Task<Message> {
        match message {
            Message::Save(kind) => match self.order(desk, kind) {
                Some(order) => return order.perform(),
                None => desk
                    .notices
                    .error("There is nothing to save yet: play a track of a peer."),
            },
            Message::Saved(Ok(path)) => desk.notices.tell(format!("Saved: {path}")),
            Message::Saved(Err(error)) => desk.notices.error(error),
        }
        Task::none()
    }

    pub fn view<'a>(&'a self, desk: &'a Desk) -> Element<'a, Message> {
        view::view(self, desk)
    }
}
