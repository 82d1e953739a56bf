//! What sessions want: steps to their players, lines to their logs.

use std::sync::atomic::Ordering;

use segue_core::ids::SessionId;
use segue_core::listener::{Event, Listener, Output};
use segue_core::playback::Playback;
use segue_core::time::Timestamp;

use super::Driver;
use crate::frames::FrameStore;
use crate::stopwatch::TooSlow;

impl Driver {
    /// Hands sessions what they played or kept while the datagram that it is
    /// about is at hand; everything else waits for [`Driver::drain`].
    pub(super) fn drain_sessions(&mut self, now: Timestamp) {
        while let Some((session, output)) = self.node.next_session_output() {
            self.on_session(now, session, output);
        }
    }

    pub(super) fn on_session(&mut self, now: Timestamp, session: SessionId, output: Output) {
        let Some(open) = self.sessions.get_mut(&session) else {
            return;
        };
        let step = match output {
            Output::Keep { packet } => {
                open.store.keep(packet, self.payload.clone());
                return self.note_fetched(session);
            }
            Output::Play { packet } => match open.store.take(packet) {
                Some(bytes) => Playback::Frame { packet, bytes },
                None => Playback::Conceal { packet, count: 1 },
            },
            Output::Conceal { packet } => Playback::Conceal { packet, count: 1 },
            Output::Skip { packet, count } => Playback::Skip { packet, count },
            Output::Hold => Playback::Hold,
            Output::End => Playback::End,
            Output::Event(event) => {
                match &event {
                    // A policy may give one for each packet.
                    Event::Reason(_) => tracing::debug!("session {session}: {event:?}"),
                    Event::PolicyFailed(_) | Event::PolicyCurbed(_) => {
                        tracing::warn!("session {session}: {event:?}");
                    }
                    _ => tracing::info!("session {session}: {event:?}"),
                }
                let at = self.node.session(session).map(Listener::now);
                let _ = open.events.send((at.unwrap_or_default(), event));
                return;
            }
            Output::Transmit { .. } | Output::WaitUntil(_) => return,
        };
        let over = step == Playback::End;
        let is_gap = matches!(step, Playback::Skip { .. } | Playback::Conceal { .. });
        let answers = matches!(step, Playback::Frame { .. } | Playback::Conceal { .. });
        // The player may have ended first.
        let _ = open.steps.as_ref().map(|steps| steps.send(step));
        if over {
            open.steps = None;
            open.store = FrameStore::default();
        }
        if is_gap {
            self.note_fetched(session);
        }
        if answers {
            self.answer_due(now, session);
        }
    }

    /// The player is told once nothing more is to come: the last packet came, or
    /// what was still missing is left out.
    pub(super) fn note_fetched(&mut self, session: SessionId) {
        if let Some(open) = self.sessions.get(&session)
            && !open.fetched.load(Ordering::Relaxed)
            && self.node.session(session).is_some_and(Listener::is_fetched)
        {
            open.fetched.store(true, Ordering::Relaxed);
        }
    }

    fn answer_due(&mut self, now: Timestamp, session: SessionId) {
        if let Some(open) = self.sessions.get_mut(&session) {
            open.due = open.due.saturating_sub(1);
            if open.due > 0 {
                self.node.frame_due(now, session);
            }
        }
    }

    /// The engine is told of policies that take long.
    pub(super) fn judge_policies(&mut self) {
        let now = self.clock.now();
        for (&session, open) in &mut self.sessions {
            let late = open.stopwatch.take_late();
            if late.is_empty() {
                continue;
            }
            if let Some(TooSlow { why, ends }) = open.patience.judge(now, late) {
                self.node.policy_slow(now, session, why, ends);
            }
        }
    }

    pub(super) fn write_logs(&mut self) {
        let sessions: Vec<_> = self.sessions.keys().copied().collect();
        for session in sessions {
            self.write_log(session);
        }
    }

    pub(super) fn write_log(&mut self, session: SessionId) {
        let lines = self.node.take_log(session);
        let open = self.sessions.get_mut(&session);
        if let Some(log) = open.and_then(|open| open.log.as_mut()) {
            log.write(lines);
        }
    }

    /// Waits until all that was recorded is written: the last thing to be done.
    pub(super) fn finish_logs(&mut self) {
        self.write_logs();
        let sessions = std::mem::take(&mut self.sessions).into_values();
        let open = sessions.filter_map(|open| open.log?.finish());
        for log in std::mem::take(&mut self.written_late)
            .into_iter()
            .chain(open)
        {
            // It told of its own failure.
            let _ = log.join();
        }
    }
}
