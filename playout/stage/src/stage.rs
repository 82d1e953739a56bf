//! What the sessions of a program have in common, and who keeps them.

use std::fs::File;
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use segue_core::listener::{Event, PacketPart};
use segue_core::playback::Opening;
use segue_core::time::Timestamp;
use segue_core::timeline::{Extent, Timeline};
use segue_core::track::TrackInfo;
use segue_playout::ItemId;
use segue_transport::{
    NetworkModels, PeerError, PolicyLabel, Session, SessionHost, SessionLog, SessionOptions,
    SessionReport, SessionStatus,
};

use crate::plugins::{ChooseError, Chosen};

/// A session cannot be recorded.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {}: {source}", path.display())]
pub struct StageError {
    path: PathBuf,
    source: io::Error,
}

/// How all tracks are played.
pub struct Stage {
    chosen: Mutex<Arc<Chosen>>,
    /// The node still has the network models of the choice before.
    network_waits: AtomicBool,
    log: Option<PathBuf>,
    timeline: bool,
    /// Logs of so many sessions are kept; 0: all.
    kept: usize,
    /// Sessions opened so far.
    opened: AtomicUsize,
}

impl Stage {
    /// With these plugins; sessions are recorded in files named after `log`, and
    /// keep a timeline for the chart, if that is wished.
    pub fn new(chosen: Chosen, log: Option<PathBuf>, timeline: bool) -> Self {
        Self {
            chosen: Mutex::new(Arc::new(chosen)),
            network_waits: AtomicBool::new(false),
            log,
            timeline,
            kept: 0,
            opened: AtomicUsize::new(0),
        }
    }

    /// Keeps the logs of the last so many sessions only.
    pub fn keeping(self, kept: usize) -> Self {
        Self { kept, ..self }
    }

    /// The file that a session is recorded in, by its number.
    pub fn log_of(&self, number: usize) -> Option<PathBuf> {
        self.log.as_deref().map(|path| numbered(path, number))
    }

    /// Takes other plugins for the sessions that are opened from now on; whose node
    /// it is takes the network models itself.
    pub fn choose(&self, chosen: Chosen) {
        self.network_waits.store(false, Ordering::Relaxed);
        *self.lock() = Arc::new(chosen);
    }

    /// Takes other versions of the same plugins, from the next track on; answers
    /// which choice was before. See [`Stage::network_of_next`].
    pub fn renew(&self, chosen: Chosen) -> Arc<Chosen> {
        let chosen = Arc::new(chosen);
        let before = std::mem::replace(&mut *self.lock(), Arc::clone(&chosen));
        if chosen.networks != before.networks {
            self.network_waits.store(true, Ordering::Relaxed);
        }
        before
    }

    /// Another track begins: the network models that waited for it, if some did.
    ///
    /// # Errors
    /// When one does not start.
    pub fn network_of_next(&self) -> Result<Option<NetworkModels>, ChooseError> {
        match self.network_waits.swap(false, Ordering::Relaxed) {
            true => self.chosen().network().map(Some),
            false => Ok(None),
        }
    }

    /// The plugins of the sessions that are opened now.
    pub fn chosen(&self) -> Arc<Chosen> {
        Arc::clone(&self.lock())
    }

    fn lock(&self) -> MutexGuard<'_, Arc<Chosen>> {
        self.chosen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The policy with its parameters.
    pub fn policy(&self) -> String {
        self.chosen().policy.spec().to_string()
    }

    /// The network models with their parameters.
    pub fn network(&self) -> String {
        let chosen = self.chosen();
        let models = chosen.networks.iter();
        let names: Vec<_> = models.map(|model| model.spec().to_string()).collect();
        if names.is_empty() {
            "the network as it is".into()
        } else {
            names.join("+")
        }
    }

    /// Of policy and network models.
    pub fn seed(&self) -> u64 {
        self.chosen().seed
    }

    fn log(&self, chosen: &Chosen, number: usize) -> Result<Option<SessionLog>, StageError> {
        let Some(path) = self.log_of(number) else {
            return Ok(None);
        };
        if let Some(old) = number.checked_sub(self.kept).filter(|_| self.kept > 0)
            && let Some(old) = self.log_of(old)
        {
            // There may have been none.
            let _ = std::fs::remove_file(old);
        }
        let file = File::create(&path).map_err(|source| StageError { path, source })?;
        let label = PolicyLabel {
            policy: chosen.policy.spec().to_string(),
            version: chosen.policy.plugin().version().to_owned(),
            seed: chosen.seed,
        };
        Ok(Some((Box::new(BufWriter::new(file)), label)))
    }
}

/// `FILE.svg` for the first session, `FILE-2.svg` for the second one.
pub fn numbered(path: &Path, number: usize) -> PathBuf {
    if number == 1 {
        return path.to_owned();
    }
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let name = match path.extension() {
        Some(extension) => format!("{stem}-{number}.{}", extension.to_string_lossy()),
        None => format!("{stem}-{number}"),
    };
    path.with_file_name(name)
}

/// A track that is played, or was.
pub struct Part {
    /// What it is.
    pub track: TrackInfo,
    /// In a file of this machine.
    pub is_local: bool,
    sessions: Arc<Sessions>,
    /// Its name in the queue.
    pub item: Option<ItemId>,
}

/// What is new in a session.
pub struct News {
    /// Its number.
    pub session: usize,
    /// What happened to packets.
    pub timeline: Timeline,
    /// The time of its last input.
    pub now: Timestamp,
    /// Packets that can be played on without a gap.
    pub buffered: u32,
}

/// The sessions of one track: one, and one more for each seek.
pub struct Sessions {
    stage: Arc<Stage>,
    /// The number of the one that is about to be opened. Those of one track are
    /// opened one after the other, those of several are not.
    coming: AtomicUsize,
    open: Mutex<Vec<(usize, Session)>>,
}

impl Part {
    /// Of a track that is played so.
    pub fn new(track: TrackInfo, is_local: bool, stage: Arc<Stage>) -> Self {
        let sessions = Sessions {
            stage,
            coming: AtomicUsize::new(0),
            open: Mutex::default(),
        };
        Self {
            track,
            is_local,
            sessions: Arc::new(sessions),
            item: None,
        }
    }

    /// Under this name in the queue.
    pub fn queued(self, item: ItemId) -> Self {
        Self {
            item: Some(item),
            ..self
        }
    }

    /// Those that its sessions are opened for.
    pub fn sessions(&self) -> Arc<Sessions> {
        Arc::clone(&self.sessions)
    }

    /// How the session that plays stands, or else the last one, and what happened
    /// in it since the last look, and when in the session.
    pub fn look(&self) -> Option<(SessionStatus, Vec<(Timestamp, Event)>)> {
        let mut open = self.sessions.open();
        let statuses: Vec<_> = open
            .iter()
            .map(|(_, session)| session.status())
            .collect::<Option<_>>()?;
        let plays = |now: &SessionStatus| !now.status.ended;
        let at = statuses.iter().rposition(plays);
        let at = at.or(statuses.len().checked_sub(1))?;
        let session = &mut open[at].1;
        let events = std::iter::from_fn(|| session.try_event()).collect();
        Some((statuses.into_iter().nth(at)?, events))
    }

    /// Which packets of the track are here, in so many parts; see
    /// [`Session::packet_map`].
    pub fn packet_map(&self, parts: u32) -> Option<Vec<PacketPart>> {
        self.sessions.open().last()?.1.packet_map(parts)
    }

    /// What is new in the timeline of the session that plays, or else of the last
    /// one, since that had this extent; all of it, if `known` is about another
    /// session. `None` before there is one.
    pub fn timeline_since(&self, known: Option<(usize, Extent)>) -> Option<News> {
        let mut open = self.sessions.open();
        let plays =
            |(_, session): &(usize, Session)| session.status().is_some_and(|now| !now.status.ended);
        let at = open.iter().rposition(plays);
        let at = at.or(open.len().checked_sub(1))?;
        let (number, session) = &mut open[at];
        let known = known.filter(|(of, _)| of == number);
        let (timeline, now) =
            session.timeline_since(known.map(|(_, extent)| extent).unwrap_or_default())?;
        Some(News {
            session: *number,
            timeline,
            now,
            buffered: session.status()?.status.buffered,
        })
    }

    /// Closes all sessions that are over; tells how each went, by number. One
    /// that is not was begun since: the listener went back to this track.
    pub fn close_over(&self) -> Vec<(usize, SessionReport)> {
        let over = self.sessions.open().extract_if(.., is_over).collect();
        close(over)
    }

    /// Closes those that are over but for the newest: a long evening of going to
    /// and fro in a track is not to be kept in memory.
    pub fn close_left(&self) -> Vec<(usize, SessionReport)> {
        let mut open = self.sessions.open();
        let newest = open.pop();
        let over = open.extract_if(.., is_over).collect();
        open.extend(newest);
        drop(open);
        close(over)
    }
}

fn is_over((_, session): &mut (usize, Session)) -> bool {
    match session.state() {
        Ok(now) => now.status.ended,
        Err(PeerError::Busy) => false,
        Err(_) => true,
    }
}

fn close(sessions: Vec<(usize, Session)>) -> Vec<(usize, SessionReport)> {
    let close = |(number, session): (usize, Session)| Some((number, session.close()?));
    sessions.into_iter().filter_map(close).collect()
}

impl Sessions {
    fn open(&self) -> MutexGuard<'_, Vec<(usize, Session)>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl SessionHost for Sessions {
    fn options(
        &self,
        track: &TrackInfo,
        opening: Opening,
    ) -> Result<SessionOptions, Box<dyn std::error::Error + Send + Sync>> {
        let stage = &self.stage;
        let chosen = stage.chosen();
        let number = stage.opened.fetch_add(1, Ordering::Relaxed) + 1;
        self.coming.store(number, Ordering::Relaxed);
        Ok(SessionOptions {
            timeline: stage.timeline,
            log: stage.log(&chosen, number)?,
            ..SessionOptions::new(track.clone(), opening, chosen.policy()?)
        })
    }

    fn opened(&self, _: &TrackInfo, session: Session) {
        let number = self.coming.load(Ordering::Relaxed);
        self.open().push((number, session));
    }
}
