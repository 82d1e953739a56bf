//! What happened to each packet of a session on record.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use segue_core::listener::{Input, Output};
use segue_core::session_log::{Line, SessionLog};
use segue_core::time::Timestamp;
use segue_core::timeline::Timeline;

/// A session read from its log.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Recorded {
    /// What happened to each packet. When one was sent is known by the seeder's
    /// clock alone: here the quickest packet of a seeder took no time.
    pub timeline: Timeline,
    /// The time of the last line.
    pub end: Timestamp,
}

impl Recorded {
    /// Goes through a log.
    pub fn of(log: &SessionLog) -> Self {
        let clocks = clocks(log);
        let mut recorded = Self::default();
        let timeline = &mut recorded.timeline;
        // A packet that came is new if the next output says to keep it.
        let mut came = None;
        let mut holding = None;
        for line in &log.lines {
            let (Line::In(at, _) | Line::Out(at, _)) = line else {
                continue;
            };
            recorded.end = *at;
            match line {
                Line::In(_, input) => {
                    timeline.discarded.extend(came.take());
                    if let Input::Media { from, header } = input {
                        if let Some((seeder, ahead_us)) = clocks.get(from) {
                            let sent_us = header.sent_us.wrapping_add_signed(*ahead_us);
                            let sent = Timestamp(sent_us.saturating_mul(1000));
                            timeline.sent_by(*seeder, sent, header.packet);
                        }
                        came = Some((*at, header.packet));
                    }
                }
                Line::Out(_, Output::Keep { .. }) => timeline.received.extend(came.take()),
                Line::Out(_, Output::Play { packet }) => {
                    end_stall(timeline, &mut holding, *at);
                    timeline.played.push((*at, *packet));
                }
                Line::Out(_, Output::Conceal { .. } | Output::End) => {
                    end_stall(timeline, &mut holding, *at);
                }
                Line::Out(_, Output::Hold) if !timeline.played.is_empty() => {
                    holding.get_or_insert(*at);
                }
                _ => {}
            }
        }
        timeline.discarded.extend(came);
        recorded
    }
}

fn end_stall(timeline: &mut Timeline, holding: &mut Option<Timestamp>, at: Timestamp) {
    let since = holding.take().filter(|&since| since < at);
    timeline.stalls.extend(since.map(|since| (since, at)));
}

/// For each seeder its number, and how far the session's clock is ahead of its
/// own, in microseconds.
fn clocks(log: &SessionLog) -> BTreeMap<SocketAddr, (usize, i64)> {
    let mut clocks: BTreeMap<SocketAddr, (usize, i64)> = BTreeMap::new();
    for line in &log.lines {
        let Line::In(at, Input::Media { from, header }) = line else {
            continue;
        };
        let now_us = (at.as_nanos() / 1000) as i64;
        let ahead = now_us.wrapping_sub_unsigned(header.sent_us);
        let number = clocks.len();
        let (_, least) = clocks.entry(*from).or_insert((number, ahead));
        *least = ahead.min(*least);
    }
    clocks
}
