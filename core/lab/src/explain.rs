//! A recorded session told again: what was decided when, why, and what was known
//! then.

mod asks;

use std::fmt;
use std::net::SocketAddr;

use segue_core::listener::{Event, Listener, Output, PlayState, SeederState};
use segue_core::session_log::{Line, SessionLog};
use segue_core::time::Timestamp;
use segue_core::wire::Message;
use segue_policy::host::Policy;
use serde::Serialize;

pub use asks::Asked;
use asks::Asks;

/// Something that was decided, or that happened to the session.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Moment {
    /// When, seconds from the session's begin.
    pub at_s: f64,
    /// What.
    #[serde(flatten)]
    pub what: What,
    /// How things stood then.
    pub known: Option<Known>,
}

/// How a session stood.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Known {
    /// Starting, playing or holding.
    pub state: PlayState,
    /// Next packet to be played.
    pub playhead: u32,
    /// Where that is in the track, seconds.
    pub position_s: f64,
    /// What can be played from there without a gap, seconds.
    pub buffered_s: f64,
    /// Packets here, of all.
    pub here: u32,
    /// What the policy was told about the seeders.
    pub seeders: Vec<SeederState>,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
pub enum What {
    /// The policy's own words.
    Reason {
        /// The words.
        text: String,
    },
    /// A seeder was asked to stream.
    Stream {
        /// Which seeder.
        of: SocketAddr,
        /// From which packet on.
        from: u32,
    },
    /// Packets were asked for.
    Ask(Asked),
    /// The first frame went out.
    Start,
    /// There was nothing to play, or the policy held.
    Hold,
    /// Frames go out again.
    GoOn {
        /// For how long they did not, seconds.
        held_s: f64,
    },
    /// Packets were left out.
    Skip {
        /// The first of them.
        packet: u32,
        /// How many.
        count: u32,
    },
    /// A packet's time was filled with concealment.
    Conceal {
        /// Which packet.
        packet: u32,
    },
    /// The policy failed, and a simple one took over.
    PolicyFailed {
        /// How.
        text: String,
    },
    /// The policy did what made no sense, or too much of it, and was refused.
    PolicyCurbed {
        /// How.
        text: String,
    },
    /// A seeder, or the last one, was lost, or one came back.
    Seeders {
        /// What there is to say.
        text: String,
    },
    /// The track was over.
    End,
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reason { text } => write!(f, "“{text}”"),
            Self::Stream { of, from } => write!(f, "asks {of} to stream from packet {from}"),
            Self::Ask(asked) => asked.fmt(f),
            Self::Start => f.write_str("plays the first frame"),
            Self::Hold => f.write_str("holds"),
            Self::GoOn { held_s } => write!(f, "goes on after {held_s:.3} s"),
            Self::Skip { packet, count: 1 } => write!(f, "leaves out packet {packet}"),
            Self::Skip { packet, count } => {
                let last = packet.saturating_add(*count).saturating_sub(1);
                write!(f, "leaves out {count} packets, {packet} to {last}")
            }
            Self::Conceal { packet } => write!(f, "conceals packet {packet}"),
            Self::PolicyFailed { text } => f.write_str(text),
            Self::PolicyCurbed { text } => write!(f, "the policy is curbed: {text}"),
            Self::Seeders { text } => f.write_str(text),
            Self::End => f.write_str("ends"),
        }
    }
}

/// Tells a session. What was known is told only if `policy` is the recorded one,
/// with its parameters and seed, since it takes the engine to know it: without,
/// the log alone is read.
pub fn explain(log: &SessionLog, policy: Option<Box<dyn Policy>>) -> Vec<Moment> {
    let mut story = Story::default();
    match policy {
        Some(policy) => {
            log.relive(policy, |listener, at, output| {
                story.hear(at, output, Some(listener));
            });
        }
        None => {
            for line in &log.lines {
                if let Line::Out(at, output) = line {
                    story.hear(*at, output, None);
                }
            }
        }
    }
    story.end();
    story.moments
}

#[derive(Default)]
struct Story {
    moments: Vec<Moment>,
    asks: Asks,
    started: bool,
    holding_since: Option<Timestamp>,
}

impl Story {
    fn hear(&mut self, at: Timestamp, output: &Output, listener: Option<&Listener>) {
        let what = match output {
            Output::Transmit { to, message } => match message {
                Message::RequestTrack(wish) if self.asks.is_new_stream(*to, wish.sequence) => {
                    What::Stream {
                        of: *to,
                        from: wish.first,
                    }
                }
                Message::RequestPackets(list) => {
                    if self.asks.is_due(at) {
                        self.tell_asks();
                    }
                    let known = || listener.map(Known::of);
                    self.asks.hear(at, *to, list, known);
                    return;
                }
                _ => return,
            },
            Output::Play { .. } if !self.started => {
                self.started = true;
                self.holding_since = None;
                What::Start
            }
            Output::Play { .. } => match self.holding_since.take() {
                Some(since) => What::GoOn {
                    held_s: at.since(since).as_secs_f64(),
                },
                None => return,
            },
            Output::Hold if self.started && self.holding_since.is_none() => {
                self.holding_since = Some(at);
                What::Hold
            }
            Output::Skip { packet, count } => What::Skip {
                packet: *packet,
                count: *count,
            },
            Output::Conceal { packet } => What::Conceal { packet: *packet },
            Output::End => What::End,
            Output::Event(event) => of_event(event),
            Output::Hold | Output::Keep { .. } | Output::WaitUntil(_) => return,
        };
        self.tell_asks();
        self.moments.push(Moment {
            at_s: at.as_secs_f64(),
            what,
            known: listener.map(Known::of),
        });
    }

    fn tell_asks(&mut self) {
        self.moments.extend(self.asks.take());
    }

    fn end(&mut self) {
        self.tell_asks();
    }
}

fn of_event(event: &Event) -> What {
    let text = match event {
        Event::Reason(text) => return What::Reason { text: text.clone() },
        Event::PolicyFailed(text) => return What::PolicyFailed { text: text.clone() },
        Event::PolicyCurbed(text) => return What::PolicyCurbed { text: text.clone() },
        Event::SeederLost(seeder) => format!("{seeder} is lost"),
        Event::NoSeederLeft => "no seeder is left".to_owned(),
        Event::SeederBack(seeder) => format!("{seeder} is back"),
        Event::SeederFound(seeder) => format!("{seeder} was found"),
    };
    What::Seeders { text }
}

impl Known {
    fn of(listener: &Listener) -> Self {
        let status = listener.status();
        let packet_s = listener.config().track.packet_s();
        Self {
            state: status.state,
            playhead: status.playhead,
            position_s: f64::from(status.playhead) * packet_s,
            buffered_s: f64::from(status.buffered) * packet_s,
            here: status.here,
            seeders: status.seeders,
        }
    }
}
