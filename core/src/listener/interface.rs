//! What goes into a listener, what comes out, and how it tells of itself.

use std::net::SocketAddr;
use std::ops::Range;

use serde::{Deserialize, Serialize};

#[cfg(doc)]
use super::Listener;

use crate::ids::{PeerId, SessionId};
use crate::playback::Start;
use crate::time::Timestamp;
#[cfg(doc)]
use crate::timeline::Timeline;
use crate::token::Token;
use crate::track::TrackInfo;
use crate::wire::{MediaHeader, Message, Report, SeederStatus};

/// What a session is about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ListenerConfig {
    /// Its name on the wire.
    pub session: SessionId,
    /// What is played.
    pub track: TrackInfo,
    /// The output keeps time (a device), or takes frames at once (a file).
    pub paced: bool,
    /// Seeders may stream this many packets beyond the playhead: as many as the
    /// driver has memory for.
    pub ahead_packets: u32,
    /// Keep a [`Timeline`].
    pub timeline: bool,
    /// Where playing begins.
    #[serde(default)]
    pub start: Start,
    /// Packets that are here already, from `start` on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub have: Vec<Range<u32>>,
}

impl ListenerConfig {
    /// How many packets are yet to come.
    pub(super) fn to_fetch(&self) -> u32 {
        let here: u32 = self.have.iter().map(|range| range.len() as u32).sum();
        let all = self.track.packets.saturating_sub(self.start.first());
        all.saturating_sub(here)
    }
}

/// What goes into a [`Listener`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Input {
    /// A seeder joins, or is heard of again: with a newer token, or elsewhere.
    Seeder {
        /// Who it is, if that is known: a session has one path to each peer.
        #[serde(default)]
        peer: Option<PeerId>,
        /// Its address.
        address: SocketAddr,
        /// Where else it was heard: tried when it falls silent.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        others: Vec<SocketAddr>,
        /// Proof of our address for it.
        token: Token,
    },
    /// A media packet came.
    Media {
        /// From whom.
        from: SocketAddr,
        /// Its header.
        header: MediaHeader,
    },
    /// A report came.
    Report {
        /// From whom.
        from: SocketAddr,
        /// What it says.
        report: Report,
    },
    /// A seeder wants another token.
    Retry {
        /// Which.
        from: SocketAddr,
        /// The token.
        token: Token,
    },
    /// The device needs its next frame.
    FrameDue,
    /// The listener wants silence for a while: nothing is played, and no stall
    /// counted, while everything else goes on.
    Pause,
    /// The listener goes on.
    Resume,
    /// The policy takes long to decide, as whoever keeps real time has seen; the
    /// engine cannot know.
    PolicySlow {
        /// What was seen.
        why: String,
        /// It has gone on too long: the policy's part is over.
        ends: bool,
    },
    /// Time passed.
    Tick,
    /// End the session.
    Stop,
}

/// What comes out of a [`Listener`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Output {
    /// Send this.
    Transmit {
        /// Where to.
        to: SocketAddr,
        /// What.
        message: Message,
    },
    /// Keep the payload of the packet that was just fed: it is new.
    Keep {
        /// Which packet.
        packet: u32,
    },
    /// Play this packet now. It answers a [`Input::FrameDue`].
    Play {
        /// Which packet.
        packet: u32,
    },
    /// Fill the time of this packet with concealment. It answers a
    /// [`Input::FrameDue`].
    Conceal {
        /// Which packet.
        packet: u32,
    },
    /// These packets are left out.
    Skip {
        /// First of them.
        packet: u32,
        /// How many.
        count: u32,
    },
    /// Nothing to play: be silent until told.
    Hold,
    /// The track is over. It answers a [`Input::FrameDue`].
    End,
    /// Worth telling a person, or the log.
    Event(Event),
    /// Nothing more until then.
    WaitUntil(Timestamp),
}

/// Something worth telling.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// A line of the policy's decision log.
    Reason(String),
    /// The policy failed; a simple one goes on in its place.
    PolicyFailed(String),
    /// The policy does what makes no sense, or too much of it: that is refused, and
    /// it goes on. Each kind is told once in a session.
    PolicyCurbed(String),
    /// A seeder has been silent too long, or does not serve any more.
    SeederLost(SocketAddr),
    /// That was the last one: the session waits until one is back, or another
    /// peer that has the track comes.
    NoSeederLeft,
    /// A seeder that was lost is back.
    SeederBack(SocketAddr),
    /// None was left, and this one, new to the session, serves it.
    SeederFound(SocketAddr),
}

impl Event {
    /// What there is to say against the policy, if it is about that: half a
    /// sentence, the same in each session where the same happens.
    pub fn of_policy(&self) -> Option<String> {
        match self {
            Self::PolicyFailed(text) => Some(text.clone()),
            Self::PolicyCurbed(text) => Some(format!("the policy misbehaves: {text}")),
            _ => None,
        }
    }
}

/// How a session stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Status {
    /// Next packet to be played.
    pub playhead: u32,
    /// Packets of the track.
    pub packets: u32,
    /// Packets here.
    pub here: u32,
    /// Packets that can be played from the playhead on without a gap.
    pub buffered: u32,
    /// What it does.
    pub state: PlayState,
    /// It is over.
    pub ended: bool,
    /// The policy failed, and a simple one plays in its place.
    #[serde(default)]
    pub policy_failed: bool,
    /// Stalls so far.
    pub stalls: u32,
    /// Its seeders.
    pub seeders: Vec<SeederState>,
}

/// What a session does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PlayState {
    /// Nothing played yet.
    Starting,
    /// Frames go out.
    Playing,
    /// The device waits.
    Holding,
}

/// How a seeder of a session stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SeederState {
    /// Where it is.
    pub address: SocketAddr,
    /// Heard of lately.
    pub alive: bool,
    /// Why it does not serve, if it said so: it has the track no more, or has no
    /// room.
    pub refuses: Option<SeederStatus>,
    /// Smoothed round-trip time, seconds.
    pub rtt_s: f64,
    /// Share of datagrams lost lately.
    pub loss: f64,
    /// Packets per second lately.
    pub packets_per_s: f64,
}
