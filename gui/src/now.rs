//! What plays now, as the laboratory sees it: the paper's chart as it grows, how
//! much music is ready, each peer, and what the policy said of its decisions.

mod save;
#[cfg(test)]
mod tests;
mod view;

use std::collections::VecDeque;

use iced::{Element, Task};
use segue_core::listener::{Event, SeederState};
use segue_core::metrics::Metrics;
use segue_core::time::Timestamp;
use segue_core::timeline::Timeline;
use segue_core::track::{TrackId, TrackInfo};
use segue_playout::Progress;
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
    metrics: Metrics,
    device: Device,
    /// Moments, and seconds of music that were ready then.
    levels: Vec<(Timestamp, f64)>,
    /// The last first: when, and what.
    reasons: VecDeque<(Timestamp, String)>,
    /// What `reasons` and `levels` are about.
    heard_of: Option<TrackId>,
    /// As it was chosen.
    span: Option<Span>,
    packets: Drawn,
    level: Drawn,
}

/// How the sound device fares.
#[derive(Clone, Copy, Debug, Default)]
struct Device {
    latency_s: Option<f64>,
    /// How often it ran empty, of all sessions, and before this one.
    underruns: u64,
    before: u64,
}

/// How much time the chart shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Span {
    /// Until the last packet came.
    Arrivals,
    /// All of it.
    Session,
}

/// What happens on the page.
#[derive(Clone, Debug)]
pub enum Message {
    /// Show so much time.
    Span(Span),
    /// Save the chart, or the session's log.
    Save(As),
    /// It was saved, or not.
    Saved(Result<String, String>),
}

impl State {
    /// What the session that plays had to say, and how it stands; called whether
    /// the page is shown or not.
    pub fn hear(
        &mut self,
        track: &TrackInfo,
        session: &SessionStatus,
        events: &[(Timestamp, Event)],
        progress: &Progress,
    ) {
        let last = self.levels.last().map(|&(at, _)| at);
        // Time went back to zero: what was said before is another session's.
        if self.heard_of != Some(track.id) || last.is_some_and(|last| last > session.now) {
            self.heard_of = Some(track.id);
            self.reasons.clear();
            self.levels.clear();
            self.device.before = progress.underruns;
        }
        self.device.latency_s = progress.mean_latency_s;
        self.device.underruns = progress.underruns;
        for (at, event) in events {
            if let Event::Reason(reason) = event {
                self.reasons.push_front((*at, reason.clone()));
            }
        }
        self.reasons.truncate(REASONS);
        self.seeders.clone_from(&session.status.seeders);
        self.metrics.clone_from(&session.metrics);
        if last == Some(session.now) {
            return; // a pause
        }
        if self.levels.len() >= LEVELS {
            let mut place = 0;
            self.levels.retain(|_| {
                place += 1;
                place % 2 == 0
            });
        }
        let ready_s = f64::from(session.status.buffered) * track.packet_s();
        self.levels.push((session.now, ready_s));
        self.level.clear();
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
        self.take(news.timeline, news.now);
    }

    /// Another session.
    fn begin(&mut self, track: TrackInfo, session: usize) {
        *self = Self {
            track: Some(track),
            session: Some(session),
            // What was heard before the page knew of it is its own.
            heard_of: self.heard_of,
            reasons: std::mem::take(&mut self.reasons),
            levels: std::mem::take(&mut self.levels),
            seeders: std::mem::take(&mut self.seeders),
            metrics: std::mem::take(&mut self.metrics),
            device: self.device,
            span: self.span,
            ..Self::default()
        };
    }

    fn take(&mut self, news: Timeline, now: Timestamp) {
        if now == self.end && news.is_empty() {
            return;
        }
        self.end = now;
        self.timeline.append(news);
        self.packets.clear();
    }

    /// What the chart shows: what was chosen, or else the arrivals where the
    /// whole session would make a narrow band of them.
    fn span(&self) -> Span {
        const BAND: f64 = 0.2;
        let narrow = self.arrived().as_secs_f64() < BAND * self.end.as_secs_f64();
        self.span.unwrap_or(match narrow {
            true => Span::Arrivals,
            false => Span::Session,
        })
    }

    /// How the sound device fares, in words; empty where nobody hears it.
    fn sound(&self) -> String {
        let Device {
            latency_s,
            underruns,
            before,
        } = self.device;
        // Another device counts anew.
        let empty = Some(underruns.saturating_sub(before)).filter(|&count| count > 0);
        let empty = empty.map(segue_stage::underruns);
        let parts = latency_s.map(segue_stage::latency).into_iter().chain(empty);
        parts.collect::<Vec<_>>().join(", ")
    }

    /// How many lines of text there are.
    pub fn lines(&self) -> usize {
        let timeline = &self.timeline;
        let keys = timeline.sent.len() + usize::from(!timeline.stalls.is_empty());
        self.reasons.len() + self.seeders.len() + keys
    }

    /// Which share of what lies behind was not played.
    fn left_out(&self) -> f64 {
        let played = &self.timeline.played;
        let (Some(&(_, first)), Some(&(_, last))) = (played.first(), played.last()) else {
            return 0.0;
        };
        let behind = f64::from(last.saturating_sub(first) + 1);
        1.0 - played.len() as f64 / behind
    }

    /// When the last packet came.
    fn arrived(&self) -> Timestamp {
        let timeline = &self.timeline;
        let last = |points: &[(Timestamp, u32)]| points.last().map(|&(at, _)| at);
        let came = last(&timeline.received).max(last(&timeline.discarded));
        came.unwrap_or(self.end)
    }

    pub fn update(&mut self, desk: &mut Desk, message: Message) -> Task<Message> {
        match message {
            Message::Span(span) => {
                self.span = Some(span);
                self.packets.clear();
            }
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
