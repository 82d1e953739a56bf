//! A scene in real time, between nodes of this machine that know nobody else.
//!
//! Each seeder and the listener is a whole [`Peer`] with a socket of its own on
//! the loopback interface: what is sent really passes the system. They neither
//! hear nor send beacons, so other programs do not find them. The listener's
//! datagrams pass the scene's network models, as with `segue play --network`.
//! Nothing is decoded: the output is a virtual device that keeps real time.

use std::collections::BTreeMap;
use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use segue_core::listener::{Event, Output};
use segue_core::playback::{FrameSource, Opening, Playback, Start};
use segue_core::scene::{Lapse, Played, Scene, Server, Turn};
use segue_core::session_log::{Line, ReplayError, SessionLog};
use segue_core::sim::{Sim, device::Device};
use segue_core::time::Timestamp;

use crate::path::{Link, NetworkModels};
use crate::peer::{Peer, PeerConfig, PeerError};
use crate::session::{Frames, PolicyLabel, Session, SessionOptions};
use crate::stock::Stock;

/// How often it is asked whether to stop.
const PERIOD: Duration = Duration::from_millis(100);

/// A scene was not played to its end.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SceneError {
    /// It was stopped from outside.
    #[error("stopped")]
    Stopped,
    /// A node could not run.
    #[error(transparent)]
    Peer(#[from] PeerError),
    /// The session's log cannot be read back.
    #[error("the session's log is broken: {0}; please report this")]
    Log(#[from] ReplayError),
}

/// Plays a scene, whose track is in `stock`, in as much time as it takes.
/// Blocks; whoever waits is asked now and then whether it `is_stopped`.
///
/// # Errors
/// When a node cannot run, or it was stopped.
pub fn perform(
    scene: Scene,
    stock: &Stock,
    is_stopped: &dyn Fn() -> bool,
) -> Result<Played, SceneError> {
    let turns = scene.turns();
    let mut links = BTreeMap::new();
    let mut seeders = Vec::new();
    for (number, server) in scene.seeders.into_iter().enumerate() {
        let Server {
            config, network, ..
        } = server;
        let seeder = Peer::start(PeerConfig {
            seeder: config,
            stock: Some(stock.clone()),
            ..alone()
        })?;
        let link = Link {
            number: Sim::link(LISTENER, LISTENER + 1 + number),
            models: network,
        };
        links.insert(seeder.address(), link);
        seeders.push(seeder);
    }
    let listener = Peer::start(PeerConfig {
        network: NetworkModels {
            models: scene.network,
            applies_to: scene.applies_to,
            links,
        },
        ..alone()
    })?;
    let written = Written::default();
    let opening = Opening {
        start: Start::BEGINNING,
        paced: true,
    };
    // A policy's reasons have their times in the log alone.
    let log = (scene.timeline || scene.log.is_some()).then(|| {
        let label = scene.log.clone().unwrap_or_else(PolicyLabel::unnamed);
        (Box::new(written.clone()) as Box<dyn Write + Send>, label)
    });
    let mut options = SessionOptions::new(stock.track().clone(), opening, scene.policy);
    options.timeline = scene.timeline;
    options.log = log;
    let tokens = seeders
        .iter()
        .map(|seeder| seeder.token_for(listener.address()))
        .collect::<Result<Vec<_>, _>>()?;
    let (session, frames) = listener.play(options)?;
    let take = |session: &Session, turn| match turn {
        Turn::Joins(seeder) => session.join(seeders[seeder].address(), tokens[seeder]),
        Turn::Dies(seeder) => seeders[seeder].fall_silent(),
    };
    let mut turns = turns.into_iter().peekable();
    // What happens at once reaches the node together with the session.
    while let Some((_, turn)) = turns.next_if(|(at, _)| *at == Timestamp::ZERO) {
        take(&session, turn);
    }
    // Its time runs from here: no other turn comes before its moment.
    session.status().ok_or(PeerError::Gone)?;
    let mut show = Show {
        began: Instant::now(),
        device: Device::new(Timestamp::ZERO, stock.track(), true),
        session,
        frames,
        latest: Duration::ZERO,
    };
    loop {
        while let Some((_, turn)) = turns.next_if(|(at, _)| *at <= show.now()) {
            take(&show.session, turn);
        }
        let next_turn = turns.peek().map_or(scene.timeout, |&(at, _)| at);
        if is_stopped() {
            return Err(SceneError::Stopped);
        }
        if show.run(next_turn.min(scene.timeout))? || show.now() >= scene.timeout {
            break;
        }
    }
    let began = show.began;
    let mut played = show.finish()?;
    let nodes = std::iter::once(&listener).chain(&seeders);
    played.lapses = nodes
        .enumerate()
        .flat_map(|(node, peer)| lapses(node, peer, began))
        .collect();
    played.faults.extend(listener.network()?.model_faults);
    if scene.timeline || scene.log.is_some() {
        let log = SessionLog::parse(&written.text())?;
        played.reasons = reasons(&log.lines);
        if scene.log.is_some() {
            played.log.push(Line::Begin(log.begin));
            played.log.extend(log.lines);
        }
    }
    Ok(played)
}

/// The listener's number among the nodes, as in the simulator; seeders follow.
const LISTENER: usize = 0;

/// A node that nobody finds, and that finds nobody.
fn alone() -> PeerConfig {
    PeerConfig {
        bind: SocketAddr::new(Ipv4Addr::LOCALHOST.into(), 0),
        discovery_port: None,
        note_lapses: true,
        ..PeerConfig::default()
    }
}

/// When a node ran late since the session began. One that fell silent tells nothing.
fn lapses(node: usize, peer: &Peer, began: Instant) -> impl Iterator<Item = Lapse> {
    let since = move |at: Instant| Timestamp::ZERO + at.saturating_duration_since(began);
    let noted = peer.lapses().unwrap_or_default().into_iter();
    noted
        .map(move |(from, until)| Lapse {
            node,
            from: since(from),
            until: since(until),
        })
        .filter(|lapse| lapse.from < lapse.until)
}

/// A session under way.
struct Show {
    began: Instant,
    device: Device,
    session: Session,
    frames: Frames,
    /// How late it asked at most.
    latest: Duration,
}

impl Show {
    fn now(&self) -> Timestamp {
        Timestamp::ZERO + self.began.elapsed()
    }

    /// Asks for frames and takes them, until then, but not for long; answers
    /// whether the track is over.
    fn run(&mut self, until: Timestamp) -> Result<bool, PeerError> {
        let until = until.min(self.now() + PERIOD);
        loop {
            let now = self.now();
            if self.device.next_ask() <= now {
                self.latest = self.latest.max(now.since(self.device.next_ask()));
                self.device.asked();
                self.frames.ask();
            }
            let next = self.device.next_ask().min(until);
            if next <= now {
                return Ok(false);
            }
            match self.frames.next(next.since(now)) {
                Ok(Some(Playback::Frame { .. } | Playback::Conceal { .. })) => {
                    self.device.play(self.now());
                }
                Ok(Some(Playback::Hold)) => self.device.hold(),
                Ok(Some(Playback::End)) => {
                    self.device.end();
                    return Ok(true);
                }
                Ok(Some(Playback::Skip { .. }) | None) => {}
                Err(_) => return Err(PeerError::Gone),
            }
        }
    }

    fn finish(mut self) -> Result<Played, PeerError> {
        let events = std::iter::from_fn(|| self.session.try_event());
        let faults = events.filter_map(|(_, event)| event.of_policy()).collect();
        let report = self.session.close().ok_or(PeerError::Gone)?;
        Ok(Played {
            metrics: report.metrics,
            timeline: report.timeline,
            end: report.ended,
            latest_s: self.latest.as_secs_f64(),
            faults,
            ..Played::default()
        })
    }
}

/// A session log in memory.
#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Written {
    fn text(&self) -> String {
        let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// What the policy said of its decisions, and when.
fn reasons(lines: &[Line]) -> Vec<(Timestamp, String)> {
    let reason = |line: &Line| match line {
        Line::Out(at, Output::Event(Event::Reason(reason))) => Some((*at, reason.clone())),
        _ => None,
    };
    lines.iter().filter_map(reason).collect()
}
