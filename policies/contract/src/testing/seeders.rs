//! The seeders of a session, and what comes of them.

use super::session::{Event, PACKET_NS, PATIENCE_NS, Running, SERVE_NS};
use crate::abi::{self, RawAsk};

impl Running {
    pub(super) fn stream(&mut self, seeder: u32, first: u32) {
        let index = seeder as usize;
        self.seeders[index].stream += 1;
        let stream = self.seeders[index].stream;
        self.scene.seeders[index].set(abi::SEEDER_STREAMING, true);
        self.scene.seeders[index].set(abi::SEEDER_STREAM_ENDED, false);
        let next = Event::Stream {
            seeder,
            stream,
            packet: first,
        };
        self.at(self.scene.now_ns + self.session.rtt_ns / 2, next);
    }

    pub(super) fn request(&mut self, id: u64, seeder: u32, packets: &[u32]) {
        self.cancel(id);
        let decision = self.heard.decisions;
        let now_ns = self.scene.now_ns;
        let missing: Vec<u32> = {
            let view = self.scene.view();
            let missing = |packet: &u32| !view.is_here(*packet);
            packets.iter().copied().filter(missing).collect()
        };
        if missing.is_empty() {
            return;
        }
        self.heard.requests += 1;
        for &packet in &missing {
            self.asked_in[packet as usize] = decision;
            let place = packet as usize % self.scene.asks.len();
            let ask = &mut self.scene.asks[place];
            let before = if ask.packet == packet { ask.times } else { 0 };
            *ask = RawAsk {
                packet,
                times: before + 1,
                last_ns: now_ns,
                seeder,
                reserved: 0,
                id,
            };
        }
        self.scene.seeders[seeder as usize].outstanding += missing.len() as u32;
        let wants = missing.into_iter().map(|packet| (packet, decision));
        let peer = &mut self.seeders[seeder as usize];
        peer.wants.insert(id, wants.collect());
        if !peer.serving {
            peer.serving = true;
            self.at(now_ns + self.session.rtt_ns / 2, Event::Serve { seeder });
        }
    }

    pub(super) fn cancel(&mut self, id: u64) {
        for (peer, raw) in self.seeders.iter_mut().zip(&mut self.scene.seeders) {
            let open = peer.wants.remove(&id).map_or(0, |open| open.len() as u32);
            raw.outstanding -= open;
        }
    }

    /// Lets the next thing happen; answers whether the policy is to be asked.
    pub(super) fn next_event(&mut self) -> bool {
        let limit_ns = u64::from(self.session.packets) * PACKET_NS + PATIENCE_NS;
        // Nothing will happen any more, or nothing of use.
        let Some((ns, event)) = self.pop().filter(|&(ns, _)| ns <= limit_ns) else {
            self.over = true;
            return false;
        };
        self.scene.now_ns = ns;
        match event {
            Event::Due if self.scene.playhead >= self.session.packets => {
                self.end();
                false
            }
            Event::Due => {
                self.scene.due = true;
                true
            }
            Event::Wake => {
                let asked = self.wake_ns == Some(ns);
                if asked {
                    self.wake_ns = None;
                }
                asked
            }
            Event::Stream {
                seeder,
                stream,
                packet,
            } => {
                if self.seeders[seeder as usize].stream == stream {
                    self.on_stream(seeder, stream, packet);
                }
                false
            }
            Event::StreamOver { seeder, stream } => {
                let over = self.seeders[seeder as usize].stream == stream;
                if over {
                    self.scene.seeders[seeder as usize].set(abi::SEEDER_STREAM_ENDED, true);
                }
                over
            }
            Event::Serve { seeder } => {
                self.on_serve(seeder);
                false
            }
            Event::Arrive {
                seeder,
                packet,
                by_stream,
            } => {
                self.on_arrival(seeder, packet, by_stream);
                true
            }
            Event::Miss { seeder } => {
                let raw = &mut self.scene.seeders[seeder as usize];
                raw.outstanding = raw.outstanding.saturating_sub(1);
                true
            }
        }
    }

    fn on_stream(&mut self, seeder: u32, stream: u32, packet: u32) {
        let now_ns = self.scene.now_ns;
        if packet >= self.session.packets {
            let over = Event::StreamOver { seeder, stream };
            self.at(now_ns + self.session.rtt_ns, over);
            return;
        }
        if !self.loses(seeder) {
            let arrival = Event::Arrive {
                seeder,
                packet,
                by_stream: true,
            };
            self.at(now_ns + self.session.rtt_ns / 2, arrival);
        }
        let gap_ns = (1e9 / self.session.packets_per_s) as u64;
        let next = Event::Stream {
            seeder,
            stream,
            packet: packet + 1,
        };
        self.at(now_ns + gap_ns, next);
    }

    fn on_serve(&mut self, seeder: u32) {
        let now_ns = self.scene.now_ns;
        let peer = &mut self.seeders[seeder as usize];
        let Some(mut first) = peer.wants.first_entry() else {
            peer.serving = false;
            return;
        };
        let wanted = first.get_mut().pop_front();
        if first.get().is_empty() {
            first.remove();
        }
        let arrives_ns = now_ns + self.session.rtt_ns / 2;
        if let Some((packet, decision)) = wanted {
            // Asked for again since: no longer wanted from before.
            let stale = self.asked_in[packet as usize] > decision;
            let event = match stale || self.loses(seeder) {
                true => Event::Miss { seeder },
                false => Event::Arrive {
                    seeder,
                    packet,
                    by_stream: false,
                },
            };
            self.at(arrives_ns, event);
        }
        self.at(now_ns + SERVE_NS, Event::Serve { seeder });
    }

    fn loses(&mut self, seeder: u32) -> bool {
        let loss = self.session.loss;
        let peer = &mut self.seeders[seeder as usize];
        let lost = peer.draws.unit() < loss;
        peer.sent += 1;
        peer.lost += u64::from(lost);
        lost
    }

    fn on_arrival(&mut self, seeder: u32, packet: u32, by_stream: bool) {
        let now_ns = self.scene.now_ns;
        let duplicate = self.scene.view().is_here(packet);
        let late = packet < self.scene.playhead;
        self.scene.come(seeder, packet, by_stream);
        let flag = |on: bool, bit: u32| if on { bit } else { 0 };
        if let Some(arrival) = self.scene.arrivals.last_mut() {
            arrival.flags |= flag(duplicate, abi::ARRIVAL_DUPLICATE);
            arrival.flags |= flag(late && !duplicate, abi::ARRIVAL_LATE);
        }
        let peer = &self.seeders[seeder as usize];
        let raw = &mut self.scene.seeders[seeder as usize];
        raw.last_heard_ns = now_ns;
        raw.rtt_ns = self.session.rtt_ns;
        raw.rtt_var_ns = self.session.rtt_ns / 8;
        raw.loss = peer.lost as f64 / peer.sent.max(1) as f64;
        raw.delivery_rate = self.session.packets_per_s * (1.0 - raw.loss);
        if !by_stream {
            raw.outstanding = raw.outstanding.saturating_sub(1);
        }
    }

    fn pop(&mut self) -> Option<(u64, Event)> {
        self.events.pop().map(|event| (event.0.0, event.0.2))
    }
}
