//! What a node wants done: its parts are asked in turn.
//!
//! Outputs are made where they are wanted, and not moved through the parts: for a
//! packet that costs little else, moving it about would be the most.

use crate::discovery::DiscoveryOutput;
use crate::ids::SessionId;
use crate::listener::Output;
use crate::seeder::SeederOutput;
use crate::session_log::Line;
use crate::time::Timestamp;

use super::{Node, NodeOutput};

impl Node {
    /// What to do next. To be called until it answers `WaitUntil`.
    #[inline]
    pub fn poll(&mut self, now: Timestamp) -> NodeOutput {
        if self.talking.is_some() || !self.outputs.is_empty() {
            return self.next_word_or_part(now);
        }
        self.next_of_parts(now)
    }

    #[inline(never)]
    fn next_word_or_part(&mut self, now: Timestamp) -> NodeOutput {
        if let Some(output) = self.outputs.pop_front() {
            return output;
        }
        match self.next_word() {
            Some(output) => output,
            None => self.next_of_parts(now),
        }
    }

    /// What discovery or seeder want, if one of them wants anything.
    #[inline(always)]
    fn next_of_parts(&mut self, now: Timestamp) -> NodeOutput {
        let Some(wake) = self.discovery.idle_until(now) else {
            return self.next_of_discovery(now);
        };
        let wake = wake.min(self.wake);
        match self.seeder.idle_until(now) {
            Some(time) => NodeOutput::WaitUntil(time.min(wake)),
            None => self.next_of_seeder(now, wake),
        }
    }

    #[inline(never)]
    fn next_of_discovery(&mut self, now: Timestamp) -> NodeOutput {
        match self.discovery.poll(now) {
            DiscoveryOutput::Transmit { to, message } => NodeOutput::Transmit { to, message },
            DiscoveryOutput::Broadcast(message) => NodeOutput::Broadcast(message),
            DiscoveryOutput::Changed => {
                let sessions: Vec<_> = self.sessions.iter().map(|(id, _)| id).collect();
                for id in sessions {
                    self.join_sources(now, id);
                }
                NodeOutput::PeersChanged
            }
            DiscoveryOutput::WaitUntil(time) => self.next_of_seeder(now, time.min(self.wake)),
        }
    }

    /// All else may wait until `wake`.
    #[inline(never)]
    fn next_of_seeder(&mut self, now: Timestamp, wake: Timestamp) -> NodeOutput {
        match self.seeder.poll(now) {
            SeederOutput::Transmit { to, message } => NodeOutput::Transmit { to, message },
            SeederOutput::Media { to, header, track } => NodeOutput::Media { to, header, track },
            SeederOutput::WaitUntil(time) => NodeOutput::WaitUntil(time.min(wake)),
        }
    }

    /// What a session wants, ahead of everything else that waits: a driver that
    /// just fed a media datagram has its payload at hand now.
    pub fn next_session_output(&mut self) -> Option<(SessionId, Output)> {
        self.hear_out();
        let at = self
            .outputs
            .iter()
            .position(|output| matches!(output, NodeOutput::Session(..)))?;
        match self.outputs.remove(at) {
            Some(NodeOutput::Session(id, output)) => Some((id, output)),
            _ => None,
        }
    }

    /// Takes up all that the session that was fed last has to say: before it, or
    /// another, is fed again.
    #[inline]
    pub(super) fn hear_out(&mut self) {
        if self.talking.is_some() {
            self.hear_all();
        }
    }

    #[inline(never)]
    fn hear_all(&mut self) {
        while self.talking.is_some() {
            if let Some(output) = self.next_word() {
                self.outputs.push_back(output);
            }
        }
    }

    /// What the session that was fed last says next.
    #[inline(always)]
    fn next_word(&mut self) -> Option<NodeOutput> {
        let Some((id, session)) = self.sessions.in_place(self.talking?) else {
            self.talking = None;
            return None;
        };
        // Nobody else is to see it: what is ready becomes the node's where it is wanted.
        if session.log.is_none()
            && let Some(output) = session.listener.take_ready()
        {
            if let Some(wake) = session.listener.quiet_until() {
                let wakes_anew = session.note_wake(wake);
                self.fall_silent(wakes_anew);
            }
            return Some(word(id, output));
        }
        let output = session.listener.poll();
        if let Output::WaitUntil(wake) = output {
            let wakes_anew = session.note_wake(wake);
            self.fall_silent(wakes_anew);
            return None;
        }
        if let Some(log) = &mut session.log {
            log.push(Line::Out(session.listener.now(), output.clone()));
        }
        Some(word(id, output))
    }

    /// The session has said everything; `wakes_anew`: it wants to be fed at another
    /// time than before.
    #[inline(always)]
    fn fall_silent(&mut self, wakes_anew: bool) {
        self.talking = None;
        if wakes_anew {
            self.find_wake();
        }
    }

    pub(super) fn find_wake(&mut self) {
        let wakes = self.sessions.iter().map(|(_, session)| session.wake);
        self.wake = wakes.min().unwrap_or(Timestamp::NEVER);
    }
}

#[inline(always)]
fn word(id: SessionId, output: Output) -> NodeOutput {
    match output {
        Output::Transmit { to, message } => NodeOutput::Transmit { to, message },
        output => NodeOutput::Session(id, output),
    }
}
