//! The policy's turn: it is shown the session, and what it asks for is done.

use segue_policy::abi::STATE_PLAYING;
use segue_policy::host::{Fault, ViewParts, with_actions};

use super::commands::{Command, Limits};
use super::conduct::{Conduct, Misdeed};
use super::fallback::Fallback;
use super::path::MAX_REQUESTS;
use super::{Event, Listener};
use crate::time::Timestamp;

/// Packets wait to be shown until there are so many, if the policy lets them.
const ARRIVALS_WAIT: usize = 64;

impl Listener {
    /// Whether the policy is to be called because a packet came. A device that
    /// waits with no wake-up set would wait for ever.
    #[inline]
    pub(super) fn shows_arrivals(&self) -> bool {
        !self.commands.arrivals_wait
            || self.arrivals.len() >= ARRIVALS_WAIT
            || (self.plays() && self.wake == Timestamp::NEVER)
    }

    /// Whether the frame that is due is played without asking: the policy lets it. A
    /// wake-up that is due as well comes first.
    #[inline]
    pub(super) fn plays_on(&self) -> bool {
        self.commands.frames_play
            && self.state == STATE_PLAYING
            && self.wake > self.now
            && self.plays()
            && self.here.contains(self.playhead)
    }

    pub(super) fn consult(&mut self) {
        // Packets that are here stay: it only ever grows.
        let from = self.first_missing.max(self.playhead);
        self.first_missing = self.here.next_missing(from);
        let first = self.first_missing;
        let packets = self.config.track.packets;
        let limits = Limits {
            seeders: self.seeders.len() as u32,
            packets,
            first,
            end: first
                .saturating_add(self.asks.span())
                .min(self.common().credit)
                .min(packets)
                .max(first),
            now_ns: self.now.as_nanos(),
        };
        let arrivals = self.arrivals.len();
        let left = self
            .conduct
            .begin_turn(self.now, arrivals, self.seeders.len());
        self.commands.begin(limits, left);
        let view = ViewParts {
            frame_due: self.plays(),
            paced: self.config.paced,
            now_ns: self.now.as_nanos(),
            next_due_ns: self.next_due.max(self.now).as_nanos(),
            state_since_ns: self.state_since.as_nanos(),
            state: self.state,
            playhead: self.playhead,
            packets,
            here_count: self.here.count(),
            samples_per_packet: self.config.track.samples_per_packet.into(),
            sample_rate: self.config.track.sample_rate,
            here: self.here.words(),
            seeders: &self.seeders,
            asks: self.asks.ring(),
            ask_end: self.common().credit,
            arrivals: &self.arrivals,
        }
        .view();
        let policy = &mut self.policy;
        let decision = with_actions(&mut self.commands, |actions| policy.decide(&view, actions));
        self.arrivals.clear();
        self.conduct.end_turn(left, self.commands.left);
        if let Some(senseless) = self.commands.take_senseless() {
            self.event(Event::Reason(format!(
                "{senseless} wishes made no sense: refused"
            )));
            self.curb(Misdeed::Wishes);
        }
        let floods = self.commands.floods;
        if floods.requests {
            self.curb(Misdeed::Requests);
        }
        if floods.lines {
            self.curb(Misdeed::Lines);
        }
        if let Some(wake_ns) = self.commands.wake_ns {
            if Conduct::wakes_too_often(left) {
                self.curb(Misdeed::Wakes);
            }
            self.set_wake(Timestamp(wake_ns));
        }
        match decision {
            Ok(decision) => {
                if !self.commands.list.is_empty() {
                    self.obey();
                }
                self.on_decision(decision);
                self.look_for_standstill();
            }
            Err(fault) => self.on_fault(fault),
        }
    }

    /// What it asked for before it failed is done yet.
    #[cold]
    fn on_fault(&mut self, fault: Fault) {
        let said = match fault {
            // The SDK has the last word of one that panicked.
            Fault::Panicked => self.commands.last_line().map(str::to_owned),
            _ => None,
        };
        self.obey();
        self.replace(&said.unwrap_or_else(|| fault.to_string()));
    }

    /// Something was refused. It is told when it happens first.
    pub(super) fn curb(&mut self, misdeed: Misdeed) {
        if self.conduct.is_new(misdeed) {
            self.event(Event::PolicyCurbed(misdeed.text()));
        }
    }

    /// The driver says that it takes too long to decide.
    pub(super) fn on_slow(&mut self, why: &str, ends: bool) -> bool {
        if self.replaced {
            return false;
        }
        self.event(Event::Reason(why.to_owned()));
        match ends {
            true => self.replace(why),
            false => self.curb(Misdeed::Slow),
        }
        false
    }

    /// The policy's part is over, for this reason.
    pub(super) fn replace(&mut self, why: &str) {
        self.event(Event::PolicyFailed(format!(
            "the policy failed: {why}; a simple one goes on in its place"
        )));
        self.due = None;
        self.replaced = true;
        self.conduct.note_still(self.now, None);
        for index in 0..self.paths.len() {
            self.void(index);
        }
        self.policy = Box::new(Fallback::default());
        self.consult();
    }

    /// The policy is asked again then, at the latest.
    pub(super) fn set_wake(&mut self, wake: Timestamp) {
        if self.wake != wake {
            self.wake = wake;
            self.due = None;
        }
    }

    /// Does what the policy asked for.
    pub(super) fn obey(&mut self) {
        let decision = self.serial + 1;
        self.due = None;
        let mut list = std::mem::take(&mut self.commands.list);
        for command in list.drain(..) {
            match command {
                Command::Stream {
                    seeder,
                    first,
                    rate,
                } => {
                    let raw = &mut self.seeders[seeder as usize];
                    self.paths[seeder as usize].stream(self.now, first, rate, raw);
                }
                Command::Request {
                    id,
                    seeder,
                    rate,
                    packets,
                } => {
                    self.request(id, seeder, rate, packets, decision);
                }
                Command::Cancel { id } => self.cancel(id),
                Command::Log(line) => self.event(Event::Reason(line)),
            }
        }
        self.commands.list = list; // its memory is used again
    }

    /// `decision` is the first serial of the decision that asks.
    pub(super) fn request(
        &mut self,
        id: u64,
        seeder: u32,
        rate: u32,
        mut packets: Vec<u32>,
        decision: u32,
    ) {
        self.cancel(id);
        packets.retain(|&packet| !self.here.contains(packet));
        let path = &mut self.paths[seeder as usize];
        if packets.is_empty() {
            return;
        }
        if path.prune(&self.asks) >= MAX_REQUESTS {
            let oldest = path.oldest_request();
            self.event(Event::Reason(format!(
                "{MAX_REQUESTS} requests are open at seeder {}: the oldest is given up",
                seeder + 1
            )));
            self.cancel(oldest);
        }
        self.serial += 1;
        self.quality.requests += 1;
        self.quality.packets_asked += packets.len() as u64;
        let now_ns = self.now.as_nanos();
        for &packet in &packets {
            let serials = (self.serial, decision);
            let withdrawn = self.asks.ask(packet, seeder, id, serials, now_ns);
            self.settle(withdrawn);
            self.seeders[seeder as usize].outstanding += 1;
        }
        self.paths[seeder as usize].request(id, self.serial, rate, packets);
    }

    pub(super) fn cancel(&mut self, id: u64) {
        for index in 0..self.paths.len() {
            let open = self.paths[index].cancel(id, &self.asks);
            self.close_at(open, index);
        }
    }
}
