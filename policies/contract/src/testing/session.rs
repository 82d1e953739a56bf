//! A small network and a sound device in virtual time.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};
use std::fmt;

use super::scene::{S, Scene};
use super::wishes::{Deed, Wishes};
use crate::abi;
use crate::host::{Fault, Policy, with_actions};
use crate::{Decision, Rng};

/// As in the scene: 882 samples of 44,100 a second.
pub(super) const PACKET_NS: u64 = 20_000_000;
/// A seeder's time from one packet to the next that was requested.
pub(super) const SERVE_NS: u64 = 1_000_000;
/// A wake-up is at least this far away, as in the engine.
const SOONEST_WAKE_NS: u64 = 1_000_000;
/// A session is given up so long after the track could have ended.
pub(super) const PATIENCE_NS: u64 = 60 * S;
/// As in the engine: packets that are kept books of.
const SPAN: usize = 1024;

/// A network to play over: its seeders have the whole track and stream it in
/// order, twice as fast as it plays.
#[derive(Clone, Copy, Debug)]
pub struct Session {
    pub(super) packets: u32,
    seeders: u32,
    pub(super) loss: f64,
    pub(super) rtt_ns: u64,
    pub(super) packets_per_s: f64,
    seed: u64,
}

/// What came of a session.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Heard {
    /// It came to the end of the track.
    pub finished: bool,
    /// Packets played.
    pub played: u32,
    /// Packets left out or concealed.
    pub missing: u32,
    /// Request to first packet, seconds.
    pub startup_s: Option<f64>,
    /// Silence after the first packet, seconds.
    pub stall_s: f64,
    /// How often it fell silent.
    pub stalls: u32,
    /// How often the policy was asked.
    pub decisions: u64,
    /// Requests for packets.
    pub requests: u64,
    /// How long it took in virtual time, seconds.
    pub length_s: f64,
    /// The policy failed, which ended the session.
    pub fault: Option<Fault>,
    /// Wishes and decisions that made no sense, the first hundred.
    pub refused: Vec<String>,
    /// Everything that the policy did, with its time in nanoseconds.
    pub deeds: Vec<(u64, Deed)>,
}

impl fmt::Display for Heard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            played,
            missing,
            stalls,
            stall_s,
            length_s,
            ..
        } = self;
        write!(f, "{played} packets played, {missing} missing, ")?;
        match self.startup_s {
            Some(startup_s) => write!(f, "startup {startup_s:.2} s, ")?,
            None => write!(f, "never started, ")?,
        }
        write!(
            f,
            "{stalls} stalls of {stall_s:.2} s, {length_s:.2} s in all"
        )?;
        match self.fault {
            Some(Fault::Panicked) => {
                let last = self.deeds.iter().rev().find_map(|(_, deed)| match deed {
                    Deed::Log(line) => Some(line.as_str()),
                    _ => None,
                });
                write!(f, "; it {}", last.unwrap_or("panicked"))
            }
            Some(fault) => write!(f, "; {fault}"),
            None if !self.finished => write!(f, "; it never ended"),
            None => Ok(()),
        }
    }
}

impl Session {
    /// A track of so many packets of 20 ms, one seeder, no loss, 20 ms there
    /// and back.
    pub const fn new(packets: u32) -> Self {
        Self {
            packets,
            seeders: 1,
            loss: 0.0,
            rtt_ns: 20_000_000,
            packets_per_s: 100.0,
            seed: 1,
        }
    }

    /// So many seeders.
    pub const fn seeders(mut self, seeders: u32) -> Self {
        self.seeders = seeders;
        self
    }

    /// This share of the packets is lost, 0 to 1.
    pub const fn loss(mut self, loss: f64) -> Self {
        self.loss = loss;
        self
    }

    /// Other losses.
    pub const fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Plays the track to its end, or until it is clear that it never ends.
    pub fn play(self, policy: &mut dyn Policy) -> Heard {
        let mut running = self.begin();
        while running.step(policy) {}
        running.heard()
    }

    /// A session to go through decision by decision.
    pub fn begin(self) -> Running {
        let mut scene = Scene::new(self.packets, self.seeders as usize);
        scene.state = abi::STATE_STARTING;
        scene.asks = vec![NO_ASK; SPAN];
        let seeder = |number: u32| Seeder {
            stream: 0,
            wants: BTreeMap::new(),
            serving: false,
            draws: Rng::new(self.seed.wrapping_add(u64::from(number) << 32)),
            sent: 0,
            lost: 0,
        };
        Running {
            session: self,
            scene,
            events: BinaryHeap::new(),
            serial: 0,
            seeders: (0..self.seeders).map(seeder).collect(),
            asked_in: vec![0; self.packets as usize],
            wake_ns: None,
            silent_since: None,
            heard: Heard::default(),
            over: self.packets == 0,
        }
    }
}

const NO_ASK: abi::RawAsk = abi::RawAsk {
    packet: 0,
    times: 0,
    last_ns: 0,
    seeder: 0,
    reserved: 0,
    id: 0,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Event {
    /// The device wants a frame.
    Due,
    /// The policy asked to be called.
    Wake,
    /// A seeder sends the next packet of its stream of this number.
    Stream {
        seeder: u32,
        stream: u32,
        packet: u32,
    },
    StreamOver {
        seeder: u32,
        stream: u32,
    },
    /// A seeder sends the next packet that was requested.
    Serve {
        seeder: u32,
    },
    Arrive {
        seeder: u32,
        packet: u32,
        by_stream: bool,
    },
    /// A requested packet would have come now.
    Miss {
        seeder: u32,
    },
}

pub(super) struct Seeder {
    /// Number of its stream.
    pub stream: u32,
    /// By request: packets, and the decision that asked for them.
    pub wants: BTreeMap<u64, VecDeque<(u32, u64)>>,
    pub serving: bool,
    pub draws: Rng,
    pub sent: u64,
    pub lost: u64,
}

/// A session under way.
pub struct Running {
    pub(super) session: Session,
    pub(super) scene: Scene,
    pub(super) events: BinaryHeap<Reverse<(u64, u64, Event)>>,
    serial: u64,
    pub(super) seeders: Vec<Seeder>,
    /// For each packet the decision that asked for it last.
    pub(super) asked_in: Vec<u64>,
    pub(super) wake_ns: Option<u64>,
    silent_since: Option<u64>,
    pub(super) heard: Heard,
    pub(super) over: bool,
}

impl Running {
    /// Asks the policy, and goes on until it is to be asked again. Answers
    /// whether it is.
    pub fn step(&mut self, policy: &mut dyn Policy) -> bool {
        if self.over {
            return false;
        }
        self.consult(policy);
        while !self.over && !self.next_event() {}
        !self.over
    }

    /// What came of it so far.
    pub fn heard(mut self) -> Heard {
        self.heard.length_s = self.scene.now_ns as f64 / 1e9;
        self.heard
    }

    fn consult(&mut self, policy: &mut dyn Policy) {
        self.heard.decisions += 1;
        let now_ns = self.scene.now_ns;
        let (wishes, answer) = {
            let view = self.scene.view();
            let askable = view.askable();
            let mut wishes = Wishes {
                deeds: Vec::new(),
                refused: Vec::new(),
                seeders: self.session.seeders,
                packets: self.session.packets,
                ask_end: askable.end,
                span: SPAN as u32,
            };
            let answer = with_actions(&mut wishes, |actions| policy.decide(&view, actions));
            (wishes, answer)
        };
        self.scene.arrivals.clear();
        for what in wishes.refused {
            self.complain(what);
        }
        let mut wake_ns: Option<u64> = None;
        for deed in wishes.deeds {
            match &deed {
                Deed::Stream {
                    seeder,
                    first,
                    rate: _,
                } => self.stream(*seeder, *first),
                Deed::Request {
                    id,
                    seeder,
                    packets,
                    rate: _,
                } => self.request(*id, *seeder, packets),
                Deed::Cancel(id) => self.cancel(*id),
                Deed::Wake(at_ns) => {
                    let at_ns = (*at_ns).max(now_ns + SOONEST_WAKE_NS);
                    wake_ns = Some(wake_ns.map_or(at_ns, |other| other.min(at_ns)));
                }
                Deed::Decided(_) | Deed::Log(_) => {}
            }
            self.heard.deeds.push((now_ns, deed));
        }
        if wake_ns.is_some() && wake_ns != self.wake_ns {
            self.wake_ns = wake_ns;
            self.at(wake_ns.unwrap_or_default(), Event::Wake);
        }
        match answer {
            Ok(decision) => self.obey(decision),
            Err(fault) => {
                self.heard.fault = Some(fault);
                self.over = true;
            }
        }
    }

    fn obey(&mut self, decision: Decision) {
        let now_ns = self.scene.now_ns;
        self.heard.deeds.push((now_ns, Deed::Decided(decision)));
        if !self.scene.due {
            return; // nobody waits for it
        }
        let (playhead, packets) = (self.scene.playhead, self.session.packets);
        let here = |n: u32| self.scene.view().is_here(n);
        match decision {
            Decision::Play if here(playhead) => self.frame(playhead, true),
            Decision::Conceal => self.frame(playhead, false),
            Decision::SkipTo(to) if to == packets => {
                self.heard.missing += to - playhead;
                self.end();
            }
            Decision::SkipTo(to) if to >= playhead && to < packets && here(to) => {
                self.heard.missing += to - playhead;
                self.frame(to, true);
            }
            Decision::Hold => self.hold(),
            Decision::Play | Decision::SkipTo(_) => {
                self.complain(format!(
                    "it decides {decision:?} at packet {playhead}, which is not possible"
                ));
                self.hold();
            }
        }
    }

    /// A frame goes out: the packet, or its concealment.
    fn frame(&mut self, packet: u32, played: bool) {
        let now_ns = self.scene.now_ns;
        if let Some(since) = self.silent_since.take() {
            self.heard.stall_s += (now_ns - since) as f64 / 1e9;
        }
        self.heard.startup_s.get_or_insert(now_ns as f64 / 1e9);
        match played {
            true => self.heard.played += 1,
            false => self.heard.missing += 1,
        }
        self.enter(abi::STATE_PLAYING);
        self.scene.due = false;
        self.scene.playhead = packet + 1;
        self.scene.next_due_ns = now_ns + PACKET_NS;
        self.at(now_ns + PACKET_NS, Event::Due);
    }

    fn hold(&mut self) {
        if self.scene.state == abi::STATE_PLAYING {
            self.heard.stalls += 1;
            self.silent_since = Some(self.scene.now_ns);
            self.enter(abi::STATE_HOLDING);
        }
    }

    fn enter(&mut self, state: u32) {
        if self.scene.state != state {
            self.scene.state = state;
            self.scene.state_since_ns = self.scene.now_ns;
        }
    }

    pub(super) fn end(&mut self) {
        self.scene.playhead = self.session.packets;
        self.heard.finished = true;
        self.over = true;
    }

    fn complain(&mut self, what: String) {
        if self.heard.refused.len() < 100 {
            let now_s = self.scene.now_ns as f64 / 1e9;
            self.heard.refused.push(format!("{now_s:.3} s: {what}"));
        }
    }

    pub(super) fn at(&mut self, ns: u64, event: Event) {
        self.serial += 1;
        self.events.push(Reverse((ns, self.serial, event)));
    }
}
