//! The quality metrics: one definition for simulator, live sessions, command
//! line and desktop.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// How a session went. Every ratio is 0 when there is nothing to divide by.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Metrics {
    /// The device's first ask (the listener's request) to the first frame,
    /// seconds; `None` if nothing was ever played.
    pub startup_s: Option<f64>,
    /// Holds after the first frame; consecutive ones are one.
    pub stalls: u32,
    /// Their total, seconds.
    pub stall_s: f64,
    /// The longest, seconds.
    pub longest_stall_s: f64,
    /// `stall_s / (stall_s + played_s)`.
    pub stall_ratio: f64,
    /// Packets never played (left out or concealed) over packets of the track,
    /// from where playing began.
    pub missing_ratio: f64,
    /// Audio played, seconds. `ahead_s`, startup, stalls, this, `concealed_s` and
    /// `paused_s` add up to the session's length.
    pub played_s: f64,
    /// Time filled with concealment, seconds.
    pub concealed_s: f64,
    /// The listener paused, or had no sound device, seconds.
    #[serde(default)]
    pub paused_s: f64,
    /// Open before the device's first ask, seconds: fetched ahead.
    #[serde(default)]
    pub ahead_s: f64,
    /// Media packets that came after their moment, over packets received.
    pub late_ratio: f64,
    /// Media packets that were here already, over packets received.
    pub duplicate_ratio: f64,
    /// Media bytes sent by all seeders over bytes of the track that were to be
    /// fetched. Packets count as the track's mean packet.
    pub overhead_ratio: f64,
    /// Recovery requests sent.
    pub requests: u64,
    /// Packets asked for by them.
    pub packets_asked: u64,
    /// Most packets queued at a seeder.
    pub seeder_peak_queue: u32,
    /// The stalling part of ITU-T P.1203.3, P.1203-style, 1 to 5.
    pub stall_score: f64,
    /// Audio not heard because of decoding after gaps, seconds; `None` where
    /// nothing was decoded.
    pub muted_s: Option<f64>,
    /// It never started, never ended, or was ended early.
    pub unfinished: bool,
    /// Packets played.
    pub packets_played: u32,
    /// Media packets received.
    pub packets_received: u64,
    /// Media packets late.
    pub packets_late: u64,
    /// Media packets twice here.
    pub packets_duplicate: u64,
}

/// Counts that metrics are made of. The listener feeds it.
#[derive(Clone, Debug)]
pub struct Quality {
    packets: u32,
    to_fetch: u32,
    packet_s: f64,
    began: Timestamp,
    first_ask: Option<Timestamp>,
    startup: Option<Duration>,
    paused_since: Option<Timestamp>,
    paused: Duration,
    /// Where in the media (seconds) each stall was, and how long.
    stalls: Vec<(f64, Duration)>,
    holding_since: Option<Timestamp>,
    ended: bool,
    played: u32,
    concealed: u32,
    pub(crate) received: u64,
    pub(crate) late: u64,
    pub(crate) duplicate: u64,
    pub(crate) requests: u64,
    pub(crate) packets_asked: u64,
}

impl Quality {
    /// A session of so many packets of this length began, `to_fetch` of which
    /// (and of those that only the decoder needs) were to be fetched.
    pub fn new(began: Timestamp, packets: u32, packet_s: f64, to_fetch: u32) -> Self {
        Self {
            packets,
            to_fetch,
            packet_s,
            began,
            first_ask: None,
            startup: None,
            paused_since: None,
            paused: Duration::ZERO,
            stalls: Vec::new(),
            holding_since: None,
            ended: false,
            played: 0,
            concealed: 0,
            received: 0,
            late: 0,
            duplicate: 0,
            requests: 0,
            packets_asked: 0,
        }
    }

    /// The device wants a frame.
    pub fn on_ask(&mut self, now: Timestamp) {
        if self.first_ask.is_none() {
            self.first_ask = Some(now);
            // Before, the pause was no time of the session.
            self.paused_since = self.paused_since.map(|_| now);
        }
    }

    /// The listener pauses.
    pub fn on_pause(&mut self, now: Timestamp) {
        self.paused_since.get_or_insert(now);
    }

    /// The listener goes on. A hold that the pause fell into is shorter by it.
    pub fn on_resume(&mut self, now: Timestamp) {
        if let (Some(since), Some(_)) = (self.paused_since.take(), self.first_ask) {
            let pause = now.since(since);
            self.paused += pause;
            self.holding_since = self.holding_since.map(|held| held + pause);
        }
    }

    /// The device wants a frame and gets none.
    pub fn on_hold(&mut self, now: Timestamp) {
        self.holding_since.get_or_insert(now);
    }

    /// A frame, real or concealed, goes out. Answers the stall that it ends, if
    /// it ends one: from when to when.
    pub fn on_frame(&mut self, now: Timestamp, concealed: bool) -> Option<(Timestamp, Timestamp)> {
        let held = self.holding_since.take();
        let stall = if self.startup.is_none() {
            let asked = *self.first_ask.get_or_insert(now);
            self.startup = Some(now.since(asked).saturating_sub(self.paused));
            None
        } else {
            self.end_stall(held, now)
        };
        if concealed {
            self.concealed += 1;
        } else {
            self.played += 1;
        }
        stall
    }

    /// The track is over.
    pub fn on_end(&mut self, now: Timestamp) {
        let held = self.holding_since.take();
        if self.startup.is_some() {
            self.end_stall(held, now);
        }
        self.ended = true;
    }

    fn end_stall(
        &mut self,
        held: Option<Timestamp>,
        now: Timestamp,
    ) -> Option<(Timestamp, Timestamp)> {
        let since = held.filter(|&since| since < now)?;
        self.stalls.push((self.media_s(), now.since(since)));
        Some((since, now))
    }

    fn media_s(&self) -> f64 {
        f64::from(self.played + self.concealed) * self.packet_s
    }

    /// Stalls until now.
    pub fn stalls(&self) -> usize {
        self.stalls.len()
    }

    /// The metrics as of `now`; `sent` and `peak_queue` are the seeders'.
    pub fn metrics(&self, now: Timestamp, sent: u64, peak_queue: u32) -> Metrics {
        let mut stalls = self.stalls.clone();
        let paused = self
            .paused_since
            .filter(|_| self.first_ask.is_some())
            .map_or(Duration::ZERO, |since| now.since(since));
        let held_until = self.paused_since.unwrap_or(now);
        if let (Some(since), Some(_)) = (self.holding_since, self.startup)
            && since < held_until
        {
            stalls.push((self.media_s(), held_until.since(since)));
        }
        let longer = |total: Duration, &(_, stall): &(f64, Duration)| total + stall;
        let stall_s = stalls.iter().fold(Duration::ZERO, longer).as_secs_f64();
        let played_s = f64::from(self.played) * self.packet_s;
        let startup_s = self.startup.map(|startup| startup.as_secs_f64());
        let ahead = self.first_ask.unwrap_or(now).since(self.began);
        let over = |part: f64, whole: f64| if whole > 0.0 { part / whole } else { 0.0 };
        let track = f64::from(self.packets);
        let received = self.received as f64;
        Metrics {
            startup_s,
            stalls: stalls.len() as u32,
            stall_s,
            longest_stall_s: stalls
                .iter()
                .map(|(_, s)| s.as_secs_f64())
                .fold(0.0, f64::max),
            stall_ratio: over(stall_s, stall_s + played_s),
            missing_ratio: over(track - f64::from(self.played), track),
            played_s,
            concealed_s: f64::from(self.concealed) * self.packet_s,
            paused_s: (self.paused + paused).as_secs_f64(),
            ahead_s: ahead.as_secs_f64(),
            late_ratio: over(self.late as f64, received),
            duplicate_ratio: over(self.duplicate as f64, received),
            overhead_ratio: over(sent as f64, f64::from(self.to_fetch)),
            requests: self.requests,
            packets_asked: self.packets_asked,
            seeder_peak_queue: peak_queue,
            stall_score: stall_score(startup_s.unwrap_or(0.0), &stalls, track * self.packet_s),
            muted_s: None,
            unfinished: !self.ended,
            packets_played: self.played,
            packets_received: self.received,
            packets_late: self.late,
            packets_duplicate: self.duplicate,
        }
    }
}

/// The stalling part of ITU-T P.1203.3 (2017): 1 + 4·SI, the initial wait
/// counted as a stall at media time 0. `media_s` is the track's length.
fn stall_score(startup_s: f64, stalls: &[(f64, Duration)], media_s: f64) -> f64 {
    let initial = (startup_s > 0.0).then_some((0.0, startup_s));
    let later = stalls.iter().map(|&(at, stall)| (at, stall.as_secs_f64()));
    let events: Vec<(f64, f64)> = initial.into_iter().chain(later).collect();
    if events.is_empty() || media_s <= 0.0 {
        return 5.0;
    }
    let weight = |age_s: f64| 0.484_128_79 + 0.515_871_21 * (-age_s / 10.0).exp2();
    let weighted: f64 = events
        .iter()
        .map(|&(at, length)| length * weight(media_s - at))
        .sum();
    let count = events.len() as f64;
    let gap = match events.len() {
        0 | 1 => 0.0,
        n => (events[n - 1].0 - events[0].0) / (count - 1.0),
    };
    let index =
        (-count / 9.351_586_84 - weighted / media_s / 0.918_908_15 - gap / media_s / 11.056_755_8)
            .exp();
    1.0 + 4.0 * index
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: f64) -> Timestamp {
        Timestamp::from_secs_f64(seconds)
    }

    /// Stalls of `length` seconds spread evenly over 180 s of media.
    fn score(count: usize, length: f64) -> f64 {
        let spaced = |i: usize| 180.0 * (i as f64 + 1.0) / (count as f64 + 1.0);
        let stalls: Vec<_> = (0..count)
            .map(|i| (spaced(i), Duration::from_secs_f64(length)))
            .collect();
        stall_score(0.0, &stalls, 180.0)
    }

    #[test]
    fn stall_score_agrees_with_the_published_examples() {
        assert_eq!(score(0, 0.0), 5.0);
        assert!((score(1, 10.0) - 4.5).abs() < 0.02);
        assert!((score(5, 1.0) - 3.27).abs() < 0.01);
        assert!((score(10, 1.0) - 2.32).abs() < 0.01);
    }

    #[test]
    fn startup_stalls_and_played_time_add_up_to_the_session() {
        let mut quality = Quality::new(at(1.0), 3, 0.5, 3);
        quality.on_ask(at(1.0));
        quality.on_hold(at(1.0));
        quality.on_frame(at(3.0), false); // startup 2 s
        quality.on_frame(at(3.5), false);
        quality.on_hold(at(4.0));
        quality.on_hold(at(4.5)); // the same stall
        quality.on_frame(at(5.0), false);
        quality.on_end(at(5.5));
        let metrics = quality.metrics(at(9.0), 6, 4);
        assert_eq!(metrics.startup_s, Some(2.0));
        assert_eq!(
            (metrics.stalls, metrics.stall_s, metrics.longest_stall_s),
            (1, 1.0, 1.0)
        );
        assert_eq!(metrics.played_s, 1.5);
        assert_eq!(metrics.overhead_ratio, 2.0);
        assert_eq!(metrics.missing_ratio, 0.0);
        assert!(!metrics.unfinished);
    }

    #[test]
    fn a_run_that_never_ends_says_so_and_counts_its_open_stall() {
        let mut quality = Quality::new(at(0.0), 10, 0.5, 10);
        assert!(quality.metrics(at(5.0), 0, 0).startup_s.is_none());
        quality.on_frame(at(0.0), false);
        quality.on_hold(at(0.5));
        let metrics = quality.metrics(at(2.5), 0, 0);
        assert!(metrics.unfinished);
        assert_eq!((metrics.stalls, metrics.stall_s), (1, 2.0));
    }

    #[test]
    fn neither_a_pause_nor_being_early_is_a_stall() {
        let mut quality = Quality::new(at(0.0), 3, 0.5, 3);
        quality.on_pause(at(1.0)); // nobody asked yet
        quality.on_resume(at(2.0));
        quality.on_ask(at(60.0)); // fetched a minute ahead
        quality.on_hold(at(60.0));
        quality.on_pause(at(61.0));
        quality.on_resume(at(71.0));
        quality.on_frame(at(72.0), false); // startup 2 s
        quality.on_hold(at(72.5));
        quality.on_pause(at(73.5));
        let paused = quality.metrics(at(80.0), 0, 0);
        assert_eq!((paused.stall_s, paused.paused_s), (1.0, 16.5));
        quality.on_resume(at(373.5));
        quality.on_frame(at(374.0), false); // a stall of 1.5 s
        quality.on_frame(at(374.5), true);
        quality.on_end(at(375.0));
        let metrics = quality.metrics(at(375.0), 0, 0);
        assert_eq!(metrics.startup_s, Some(2.0));
        assert_eq!((metrics.stalls, metrics.stall_s), (1, 1.5));
        assert_eq!((metrics.paused_s, metrics.ahead_s), (310.0, 60.0));
        let parts = [60.0, 2.0, 1.5, 310.0, metrics.played_s, metrics.concealed_s];
        assert_eq!(parts.iter().sum::<f64>(), 375.0);
    }
}
