//! An open session, as programs see it.

use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::Duration;

use segue_core::ids::SessionId;
use segue_core::listener::{Event, PacketPart, Status};
use segue_core::metrics::Metrics;
use segue_core::playback::{FrameSource, Gone, OpenError, Opening, Playback, Start};
pub use segue_core::session_log::PolicyLabel;
use segue_core::time::Timestamp;
use segue_core::timeline::{Extent, Timeline};
use segue_core::token::Token;
use segue_core::track::TrackInfo;
use segue_policy::host::Policy;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::driver::{Command, Play};
use crate::line::Line;
use crate::peer::{PeerError, random};

/// How to play. See [`SessionOptions::new`].
pub struct SessionOptions {
    /// The track, as discovery told it.
    pub track: TrackInfo,
    /// The policy at work.
    pub policy: Box<dyn Policy>,
    /// The output keeps time.
    pub paced: bool,
    /// Where to begin.
    pub start: Start,
    /// Keep a timeline for the chart.
    pub timeline: bool,
    /// Seeders to use besides those that discovery finds.
    pub seeders: Vec<SocketAddr>,
    /// Where to write the session log, and what its first line says of the
    /// policy (name with parameters, version, seed).
    pub log: Option<SessionLog>,
}

impl SessionOptions {
    /// Plays a track as the opening says, with the seeders that discovery finds;
    /// keeps neither timeline nor log.
    pub fn new(track: TrackInfo, opening: Opening, policy: Box<dyn Policy>) -> Self {
        Self {
            track,
            policy,
            paced: opening.paced,
            start: opening.start,
            timeline: false,
            seeders: Vec::new(),
            log: None,
        }
    }
}

/// Where a session log goes, and what it says of the policy.
pub type SessionLog = (Box<dyn Write + Send>, PolicyLabel);

/// Watches a session, and ends it. Dropping it ends the session too.
pub struct Session {
    pub(crate) id: SessionId,
    pub(crate) line: Line,
    pub(crate) events: UnboundedReceiver<(Timestamp, Event)>,
}

/// How a session stands.
#[derive(Clone, Debug)]
pub struct SessionStatus {
    /// The engine's own.
    pub status: Status,
    /// Metrics so far.
    pub metrics: Metrics,
    /// The time of its last input.
    pub now: Timestamp,
}

/// How a session went.
#[derive(Clone, Debug)]
pub struct SessionReport {
    /// The metrics.
    pub metrics: Metrics,
    /// What happened when; empty unless asked for.
    pub timeline: Timeline,
    /// The last state.
    pub status: Status,
    /// How long it lasted: the last moment of the timeline.
    pub ended: Timestamp,
}

impl Session {
    /// How it stands now.
    ///
    /// # Errors
    /// When the peer is gone, or a policy keeps it for longer than the peer's
    /// patience lasts.
    pub fn state(&self) -> Result<SessionStatus, PeerError> {
        let session = self.id;
        self.line.ask(|reply| Command::Status { session, reply })
    }

    /// The same; `None` where it cannot be told.
    pub fn status(&self) -> Option<SessionStatus> {
        self.state().ok()
    }

    /// What is new in its timeline since that had this extent, and the time of
    /// the session's last input; `None` where it cannot be told. Empty unless a
    /// timeline was asked for.
    pub fn timeline_since(&self, known: Extent) -> Option<(Timeline, Timestamp)> {
        let session = self.id;
        let asked = self.line.ask(|reply| Command::Timeline {
            session,
            known,
            reply,
        });
        asked.ok()
    }

    /// Which packets are here and which are asked for, of so many equal parts of
    /// the track (at most as many as it has packets); `None` where it cannot be
    /// told.
    pub fn packet_map(&self, parts: u32) -> Option<Vec<PacketPart>> {
        let session = self.id;
        let asked = self.line.ask(|reply| Command::PacketMap {
            session,
            parts,
            reply,
        });
        asked.ok()
    }

    /// Brings in a seeder beside those that discovery finds, with a token of
    /// its own ([`crate::Peer::token_for`]).
    pub fn join(&self, address: SocketAddr, token: Token) {
        // A peer that is gone shows in `status`.
        let _ = self.line.send(Command::Join {
            session: self.id,
            address,
            token,
        });
    }

    /// The next thing worth telling, if there is one, and when in the session it
    /// happened.
    pub fn try_event(&mut self) -> Option<(Timestamp, Event)> {
        self.events.try_recv().ok()
    }

    /// Ends it: [`Frames::next`] answers `None` soon. Harmless when it is over.
    pub fn stop(&self) {
        // A peer that is gone has stopped already.
        let _ = self.line.send(Command::Stop { session: self.id });
    }

    /// Ends it and tells how it went, once its log is written; `None` where it
    /// cannot be told.
    pub fn close(self) -> Option<SessionReport> {
        let session = self.id;
        let asked = self.line.ask(|reply| Command::Close { session, reply });
        let (report, log) = asked.ok()?;
        if let Some(log) = log {
            // It told of its own failure.
            let _ = log.join();
        }
        Some(report)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // Nobody waits for the report; after `close` there is none.
        let (reply, _) = mpsc::sync_channel(1);
        let _ = self.line.send(Command::Close {
            session: self.id,
            reply,
        });
    }
}

/// The frames of a session, to be played by one thread.
pub struct Frames {
    pub(crate) id: SessionId,
    pub(crate) track: TrackInfo,
    pub(crate) commands: UnboundedSender<Command>,
    pub(crate) steps: Receiver<Playback>,
    /// How many frames to ask for at once.
    pub(crate) batch: u32,
    /// Frames asked for, of which the player does not know yet.
    pub(crate) ahead: u32,
    /// Set by the driver when nothing more is to be fetched.
    pub(crate) fetched: Arc<AtomicBool>,
}

/// Frames asked for at once where the output does not keep time: it would ask
/// for the next at once anyway, and each ask costs two changes of threads. A
/// reader that is slow to take them is at most this far behind the engine.
pub(crate) const UNPACED_BATCH: u32 = 32;

/// Opens a session, perhaps in the place of another one.
pub(crate) fn open(
    line: &Line,
    options: SessionOptions,
    instead_of: Option<SessionId>,
) -> Result<(Session, Frames), PeerError> {
    let (steps_in, steps) = mpsc::channel();
    let (events_in, events) = unbounded_channel();
    let id = SessionId(random()?);
    let fetched = Arc::new(AtomicBool::new(false));
    let track = options.track.clone();
    let batch = if options.paced { 1 } else { UNPACED_BATCH };
    let play = Play {
        session: id,
        options,
        steps: steps_in,
        events: events_in,
        fetched: Arc::clone(&fetched),
        instead_of,
    };
    line.send(Command::Play(Box::new(play)))?;
    let frames = Frames {
        id,
        track,
        commands: line.commands.clone(),
        steps,
        batch,
        ahead: 0,
        fetched,
    };
    let session = Session {
        id,
        line: line.clone(),
        events,
    };
    Ok((session, frames))
}

impl FrameSource for Frames {
    fn track(&self) -> &TrackInfo {
        &self.track
    }

    fn ask(&mut self) {
        if self.ahead > 0 {
            self.ahead -= 1;
            return;
        }
        self.ahead = self.batch - 1;
        // A peer that is gone shows in `next`.
        let _ = self.commands.send(Command::FramesDue {
            session: self.id,
            count: self.batch,
        });
    }

    fn next(&mut self, patience: Duration) -> Result<Option<Playback>, Gone> {
        match self.steps.recv_timeout(patience) {
            Ok(step) => Ok(Some(step)),
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(RecvTimeoutError::Disconnected) if self.commands.is_closed() => {
                Err(Gone::because(PeerError::Gone.to_string()))
            }
            Err(RecvTimeoutError::Disconnected) => Err(Gone::because("its session was stopped")),
        }
    }

    fn is_fetched(&self) -> bool {
        self.fetched.load(Ordering::Relaxed)
    }

    fn pause(&mut self, paused: bool) {
        let _ = self.commands.send(Command::Pause {
            session: self.id,
            paused,
        });
    }

    /// A session has one policy, which sees the music go forwards only: another
    /// place takes another session (see [`crate::Remote`]).
    fn seek(&mut self, _: Start) -> Result<(), OpenError> {
        Err(OpenError::new(&self.track, "this session only plays on"))
    }
}

impl Drop for Frames {
    /// Nobody plays it any more: its seeders are told. The report stays until
    /// [`Session`] goes, too.
    fn drop(&mut self) {
        let _ = self.commands.send(Command::Stop { session: self.id });
    }
}
