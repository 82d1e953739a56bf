//! What happened to each packet, and when: the paper's chart in numbers.

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// A moment and the packet it was about.
pub type Point = (Timestamp, u32);

/// The five kinds of points in the paper's chart.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timeline {
    /// For each seeder: packets as they entered the (modelled) network. In a
    /// live session that is when the datagram reached this machine, before a
    /// network model lost or delayed it.
    pub sent: Vec<Vec<Point>>,
    /// Packets that came and were new.
    pub received: Vec<Point>,
    /// Packets played.
    pub played: Vec<Point>,
    /// Packets that came late or twice.
    pub discarded: Vec<Point>,
    /// From when to when nothing was played after the first frame.
    pub stalls: Vec<(Timestamp, Timestamp)>,
}

impl Timeline {
    /// Notes a packet that seeder number `seeder` sent.
    pub fn sent_by(&mut self, seeder: usize, at: Timestamp, packet: u32) {
        if self.sent.len() <= seeder {
            self.sent.resize_with(seeder + 1, Vec::new);
        }
        self.sent[seeder].push((at, packet));
    }

    /// Whether nothing happened.
    pub fn is_empty(&self) -> bool {
        let sent = self.sent.iter().all(Vec::is_empty);
        sent && [&self.received, &self.played, &self.discarded]
            .into_iter()
            .all(Vec::is_empty)
            && self.stalls.is_empty()
    }

    /// How much there is of it.
    pub fn extent(&self) -> Extent {
        Extent {
            sent: self.sent.iter().map(Vec::len).collect(),
            received: self.received.len(),
            played: self.played.len(),
            discarded: self.discarded.len(),
            stalls: self.stalls.len(),
        }
    }

    /// What is new since it had this extent. A timeline only grows, so whoever
    /// watches it takes each point once.
    pub fn since(&self, known: &Extent) -> Self {
        let new = |points: &[Point], known: usize| points[known.min(points.len())..].to_vec();
        let sent = self.sent.iter().enumerate();
        Self {
            sent: sent
                .map(|(seeder, points)| new(points, known.sent.get(seeder).copied().unwrap_or(0)))
                .collect(),
            received: new(&self.received, known.received),
            played: new(&self.played, known.played),
            discarded: new(&self.discarded, known.discarded),
            stalls: self.stalls[known.stalls.min(self.stalls.len())..].to_vec(),
        }
    }

    /// Appends what [`Timeline::since`] answered.
    pub fn append(&mut self, news: Self) {
        if self.sent.len() < news.sent.len() {
            self.sent.resize_with(news.sent.len(), Vec::new);
        }
        for (points, new) in self.sent.iter_mut().zip(news.sent) {
            points.extend(new);
        }
        self.received.extend(news.received);
        self.played.extend(news.played);
        self.discarded.extend(news.discarded);
        self.stalls.extend(news.stalls);
    }
}

/// How much of a timeline there is: the number of its points of each kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Extent {
    sent: Vec<usize>,
    received: usize,
    played: usize,
    discarded: usize,
    stalls: usize,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As it is after so many packets of two seeders, the second of which joins
    /// later.
    fn after(packets: u32) -> Timeline {
        let mut timeline = Timeline::default();
        for packet in 0..packets {
            let at = Timestamp::from_secs_f64(f64::from(packet));
            timeline.sent_by(usize::from(packet > 5), at, packet);
            timeline.received.push((at, packet));
            if packet % 3 == 0 {
                timeline.played.push((at, packet / 3));
                timeline.discarded.push((at, packet));
                timeline.stalls.push((at, at));
            }
        }
        timeline
    }

    #[test]
    fn who_takes_what_is_new_now_and_then_has_it_all() {
        let mut watched = Timeline::default();
        for packets in [0, 1, 4, 4, 9, 20] {
            let now = after(packets);
            watched.append(now.since(&watched.extent()));
            assert_eq!(watched, now);
        }
        let none = after(20).since(&watched.extent());
        assert_eq!(
            none.extent(),
            Extent {
                sent: vec![0, 0],
                ..Extent::default()
            }
        );
    }

    #[test]
    fn a_longer_extent_than_there_is_finds_nothing_new() {
        let none = after(3).since(&after(20).extent());
        assert!(none.received.is_empty() && none.stalls.is_empty());
    }
}
