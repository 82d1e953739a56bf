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
}
