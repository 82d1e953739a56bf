//! What comes in from seeders and device, and what time brings.

use std::net::SocketAddr;
use std::time::Duration;

use segue_policy::abi::{
    ARRIVAL_DUPLICATE, ARRIVAL_LATE, ARRIVAL_STREAM, RawArrival, RawSeeder, SEEDER_ALIVE,
};

use super::{Event, Listener, Output};
use crate::time::Timestamp;
use crate::token::Token;
use crate::wire::{Cancel, FORMAT_FRAME, MediaHeader, Message, Report, SeederStatus};

impl Listener {
    pub(super) fn on_media(&mut self, from: &SocketAddr, header: &MediaHeader) -> bool {
        let packet = header.packet;
        let Some(index) = self.path_at(from) else {
            return false;
        };
        // What lies beyond the credit was not allowed: it would fill our memory.
        let end = self.config.track.packets.min(self.common().credit);
        if packet >= end || header.format != FORMAT_FRAME {
            return false;
        }
        let (path, raw) = (&mut self.paths[index], &mut self.seeders[index]);
        let was_alive = raw.flags & SEEDER_ALIVE != 0;
        let hurries = path.follow(self.now, from, raw);
        let by_stream = path.on_media(self.now, header, raw);
        let is_alive = raw.flags & SEEDER_ALIVE != 0;
        // Most packets only put off what is to be done.
        if hurries || path.take_hurry() || is_alive != was_alive {
            self.due = None;
        }
        if is_alive {
            self.serves(from, was_alive);
        }
        self.quality.received += 1;
        self.close(packet);
        let duplicate = self.here.contains(packet);
        let late = !duplicate && packet < self.playhead;
        let mut flags = if by_stream { ARRIVAL_STREAM } else { 0 };
        if duplicate {
            self.quality.duplicate += 1;
            flags |= ARRIVAL_DUPLICATE;
        } else if late {
            self.quality.late += 1;
            flags |= ARRIVAL_LATE;
        } else {
            self.here.insert(packet);
            self.outputs.push(Output::Keep { packet });
        }
        if self.config.timeline {
            let points = if duplicate || late {
                &mut self.timeline.discarded
            } else {
                &mut self.timeline.received
            };
            points.push((self.now, packet));
        }
        self.arrivals.push(RawArrival {
            packet,
            seeder: index as u32,
            at_ns: self.now.as_nanos(),
            flags,
            reserved: 0,
        });
        true
    }

    pub(super) fn on_report(&mut self, from: &SocketAddr, report: &Report) -> bool {
        let Some(index) = self.path_at(from) else {
            return false;
        };
        let raw = &mut self.seeders[index];
        self.paths[index].follow(self.now, from, raw);
        let before = raw.flags & SEEDER_ALIVE;
        let void = self.paths[index].on_report(self.now, report, raw);
        let after = raw.flags & SEEDER_ALIVE;
        if void {
            self.void(index);
        }
        if before != 0 && after == 0 {
            self.lost(*from);
        } else if report.status == SeederStatus::Serving && after != 0 {
            self.serves(from, before != 0);
        }
        void || before != after
    }

    pub(super) fn on_retry(&mut self, from: &SocketAddr, token: Token) {
        let Some(index) = self.path_at(from) else {
            return;
        };
        let (path, raw) = (&mut self.paths[index], &self.seeders[index]);
        // Our address may be another from there: the one in use knows better.
        if path.address == *from || path.is_doubtful(self.now, raw) {
            path.on_retry(self.now, token);
        }
    }

    /// A seeder serves; it may have been lost before.
    #[inline]
    fn serves(&mut self, seeder: &SocketAddr, was_alive: bool) {
        if !was_alive {
            self.event(Event::SeederBack(*seeder));
        } else if self.alone {
            self.event(Event::SeederFound(*seeder));
        }
        self.alone = false;
    }

    /// A seeder is lost, perhaps the last.
    fn lost(&mut self, seeder: SocketAddr) {
        self.event(Event::SeederLost(seeder));
        let alive = |raw: &RawSeeder| raw.flags & SEEDER_ALIVE != 0;
        if !self.alone && !self.seeders.iter().any(alive) {
            self.alone = true;
            self.event(Event::NoSeederLeft);
        }
    }

    /// While this machine sleeps nothing comes in: nobody dies of that.
    pub(super) fn excuse_sleep(&mut self, now: Timestamp) {
        const OVERSLEPT: Duration = Duration::from_millis(500);
        let awaited = self.awaited.max(self.now);
        if now > awaited + OVERSLEPT {
            let slept = now.since(awaited);
            self.due = None;
            self.conduct.note_still(now, None);
            for path in &mut self.paths {
                path.excuse(now, slept);
            }
        }
    }

    pub(super) fn on_frame_due(&mut self) -> bool {
        if self.playhead == self.config.track.packets {
            self.end();
            return false;
        }
        self.quality.on_ask(self.now);
        self.frame_due.get_or_insert(self.now);
        if self.plays_on() {
            self.play();
            return false;
        }
        true
    }

    pub(super) fn stop(&mut self) {
        self.say_goodbye();
        self.ended = true;
    }

    pub(super) fn end(&mut self) {
        self.quality.on_end(self.now);
        self.say_goodbye();
        self.outputs.push(Output::End);
        self.ended = true;
    }

    pub(super) fn say_goodbye(&mut self) {
        let session = self.config.session;
        for path in self.paths.iter().filter(|path| !path.is_merged()) {
            let message = Message::Cancel(Cancel {
                session,
                token: path.token,
            });
            self.outputs.push(Output::Transmit {
                to: path.address,
                message,
            });
        }
    }

    /// When something is to be done though nothing comes.
    pub fn next_timer(&self) -> Timestamp {
        if self.ended {
            return Timestamp::NEVER;
        }
        let paths = self.paths.iter().zip(&self.seeders);
        paths
            .map(|(path, raw)| path.next_timer(raw))
            .fold(self.wake.min(self.conduct.still_until()), Timestamp::min)
    }

    /// Does what is due. Answers whether the policy must know.
    pub(super) fn on_timers(&mut self) -> bool {
        let mut consult = self.wake <= self.now;
        if consult {
            self.conduct.on_wake();
            self.set_wake(Timestamp::NEVER);
        }
        // Before it is judged it is asked once more.
        consult |= self.conduct.still_until() <= self.now;
        for index in 0..self.paths.len() {
            let raw = &mut self.seeders[index];
            if self.paths[index].stream_ends(self.now, raw) {
                self.due = None;
                consult = true;
            }
            if self.paths[index].dies(self.now, raw) {
                self.void(index);
                self.lost(self.paths[index].address);
                self.due = None;
                consult = true;
            }
        }
        consult
    }

    /// What was asked of this seeder will not come.
    pub(super) fn void(&mut self, index: usize) {
        let open = self.paths[index].reset(&self.asks, &mut self.seeders[index]);
        self.close_at(open, index);
    }

    /// Nothing more is wanted of these packets at one seeder.
    pub(super) fn close_at(&mut self, packets: Vec<u32>, index: usize) {
        for packet in packets {
            if self.asks.close_at(packet, index as u32) {
                self.seeders[index].outstanding -= 1;
            }
        }
    }

    /// Nothing more is wanted of a packet.
    pub(super) fn close(&mut self, packet: u32) {
        let closed = self.asks.close(packet);
        self.settle(closed);
    }

    /// At these seeders (a bit each) one packet less is outstanding.
    pub(super) fn settle(&mut self, mut seeders: u64) {
        while seeders != 0 {
            self.seeders[seeders.trailing_zeros() as usize].outstanding -= 1;
            seeders &= seeders - 1;
        }
    }
}
