//! Music on its way to an output: a queue of tracks, watched and steered.

mod device;
mod drawing;
mod installed;
mod played;
mod programme;
mod watch;

use std::collections::BTreeSet;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::Receiver;

use segue_playout::{Controls, Ending, Outcome, Output, Player};
use segue_stage::{Chosen, Shelf, Stage};
use segue_transport::Peer;

use crate::error::Error;
use crate::find::Found;
use crate::{print, report};

use installed::Installed;
pub use played::{Played, Telling};
use programme::Programme;
use watch::{Early, Watch};

/// What to play, and how.
pub struct Performance {
    /// In this order.
    pub tracks: Vec<Found>,
    pub chosen: Chosen,
    /// Where other versions of what is chosen turn up, if that is to be looked at.
    pub shelf: Option<Shelf>,
    /// Where the sessions are recorded. What belongs to the second session and
    /// those after it gets a number.
    pub log: Option<PathBuf>,
    /// Where the sessions are drawn, likewise.
    pub plot: Option<PathBuf>,
    /// Begin so far into the first track, seconds.
    pub start_s: f64,
    /// 0 to 1.
    pub volume: f32,
    /// Stop after this much music.
    pub limit_s: Option<f64>,
    /// Give a track up when all its peers are silent for this long.
    pub patience_s: f64,
    /// How each of several tracks is told of as it ends.
    pub telling: Telling,
}

/// What is left of it.
pub struct Performed {
    /// Each track that had its turn, in their order.
    pub played: Vec<Played>,
    pub outcome: Result<(), Error>,
}

impl Performance {
    /// Plays to the end, or until interrupted, the limit, or abandoned.
    pub fn play(
        self,
        peer: &Peer,
        output: Box<dyn Output>,
        interrupted: &Receiver<()>,
    ) -> Result<Performed, Error> {
        let mut files = Vec::new();
        for path in [&self.log, &self.plot].into_iter().flatten() {
            files.extend(check_writable(path)?);
        }
        let (name, paced) = (output.name().to_owned(), output.paced());
        let controls = Controls::default();
        controls.set_volume(self.volume);
        let stage = Arc::new(Stage::new(self.chosen, self.log, self.plot.is_some()));
        let programme = Programme::queue(Arc::clone(&stage), &controls, peer, self.tracks)?;
        if self.start_s > 0.0 {
            controls.seek_to(self.start_s);
        }
        let player = Player::start(output, controls)?;
        let mut watch = Watch {
            programme: &programme,
            stage: &stage,
            installed: self.shelf.map(|shelf| Installed::new(shelf, peer)),
            player: &player,
            output: &name,
            paced,
            telling: self.telling,
            patience_s: self.patience_s,
            limit_s: self.limit_s,
            played: Vec::new(),
            plot: self.plot.as_deref(),
            left: 0,
            underruns: 0,
            failed: BTreeSet::new(),
            faults: Vec::new(),
        };
        let early = watch.until_over(interrupted);
        if early.is_some() {
            player.controls().stop();
        }
        programme.close();
        let (played, failed) = watch.finish();
        let last = player.join();
        files.iter().for_each(|path| remove_unwritten(path));
        let failed = failed.len() + programme.failed();
        let outcome = match (early, last) {
            (Some(Early::Interrupted), _) => Err(Error::Interrupted),
            (Some(Early::Abandoned(why)), _) => Err(Error::Abandoned(why)),
            (Some(Early::Left | Early::Limit), _) => Ok(()),
            (None, Err(error)) if !programme.several || failed == 0 => Err(error.into()),
            (None, _) if programme.several && failed > 0 => Err(Error::Unplayed {
                failed,
                all: programme.all() + programme.failed(),
            }),
            (None, Ok(Outcome { ending, .. })) => match ending {
                Ending::Finished | Ending::Left | Ending::ReaderClosed => Ok(()),
                Ending::SessionGone(reason) => Err(Error::BrokeOff {
                    name: report::name(&programme.part(0).track),
                    reason,
                }),
                _ => Err(Error::Interrupted),
            },
            (None, Err(error)) => Err(error.into()),
        };
        Ok(Performed { played, outcome })
    }
}

/// Better told before playing than after. Answers the file if it was not there.
fn check_writable(path: &Path) -> Result<Option<PathBuf>, Error> {
    let is_new = !path.exists();
    let opened = File::options().create(true).append(true).open(path);
    let opened = opened.map_err(|source| Error::Write {
        path: path.to_owned(),
        source,
    })?;
    drop(opened);
    Ok(is_new.then(|| path.to_owned()))
}

/// Only sessions are recorded and drawn: there may have been none.
fn remove_unwritten(path: &Path) {
    let is_empty = path.metadata().is_ok_and(|file| file.len() == 0);
    if is_empty && std::fs::remove_file(path).is_ok() {
        print::note(&format!(
            "segue: nothing to write to {}: no track came from a peer",
            path.display()
        ));
    }
}
