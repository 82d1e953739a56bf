//! When packets are due.

use segue_policy::{State, View};

/// Due times, seconds: equally spaced by the duration of a packet.
#[derive(Clone, Copy, Debug)]
pub struct Due {
    /// When packet 0 would be due.
    zero: f64,
    packet_s: f64,
}

impl Due {
    /// Music plays, or the output takes frames as fast as they come.
    pub fn of(view: &View<'_>) -> Option<Self> {
        let packet_s = view.packet_s();
        if !view.paced() {
            return Some(Self {
                zero: f64::INFINITY,
                packet_s,
            });
        }
        (view.state() == State::Playing)
            .then(|| Self::playing_from(view, seconds(view.next_due_ns())))
    }

    /// If the packet at the playhead is played at `at`.
    pub fn playing_from(view: &View<'_>, at: f64) -> Self {
        let packet_s = view.packet_s();
        Self {
            zero: at - f64::from(view.playhead()) * packet_s,
            packet_s,
        }
    }

    /// The earliest times that let none of these packets come late, if each
    /// comes when it is told: (packet, when).
    pub fn after(view: &View<'_>, comes: impl IntoIterator<Item = (u32, f64)>) -> Self {
        let packet_s = view.packet_s();
        let zero = comes
            .into_iter()
            .map(|(packet, at)| at - f64::from(packet) * packet_s)
            .fold(
                Self::playing_from(view, seconds(view.now_ns())).zero,
                f64::max,
            );
        Self { zero, packet_s }
    }

    /// When this packet is due.
    pub fn at(&self, packet: u32) -> f64 {
        self.zero + f64::from(packet) * self.packet_s
    }
}

/// The host's time in seconds.
pub fn seconds(ns: u64) -> f64 {
    ns as f64 / 1e9
}

/// Back; rounded up, so that a time that is waited for has come.
pub fn nanos(seconds: f64) -> u64 {
    (seconds * 1e9).ceil() as u64 // saturates
}
