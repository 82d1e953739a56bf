//! `segue get`: keeps copies of tracks.

use std::path::{Path, PathBuf};
use std::sync::mpsc::Receiver;
use std::time::Instant;

use segue_core::track::TrackInfo;
use segue_stage::Chosen;
use segue_transport::Peer;
use serde::Serialize;

use super::share::interrupt;
use crate::args::{Get, Globals};
use crate::copy::{self, CopyError, Fetch, Part};
use crate::error::Error;
use crate::find::{self, Found};
use crate::{json, live, plugins, print, report};

pub fn run(globals: &Globals, args: &Get) -> Result<(), Error> {
    let (what, dir) = args.what_and_dir().ok_or(Error::NoFolder)?;
    let chosen = plugins::chosen(globals, &args.fetching.how)?;
    let interrupted = interrupt()?;
    let (peer, found) = find::search(globals, &args.fetching, &chosen, what, &interrupted)?;
    let mut tracks: Vec<_> = found
        .into_iter()
        .filter_map(|found| match &found {
            Found::Peers(entry) => Some(entry.track.clone()),
            Found::File(_) | Found::Unread(_) => {
                let name = found.path().unwrap_or(Path::new("")).display();
                print::note(&format!(
                    "{name} is a file of this machine: nothing to fetch"
                ));
                None
            }
        })
        .collect();
    let mut seen = std::collections::BTreeSet::new();
    tracks.retain(|track| seen.insert(track.id));
    let several = tracks.len() > 1;
    let mut got = Vec::new();
    let mut failed: Vec<Error> = Vec::new();
    for track in &tracks {
        match get(args, dir, &chosen, &peer, track, &interrupted) {
            Ok(done) => {
                if !args.json {
                    print::result(&done.line())?;
                }
                got.push(done);
            }
            Err(Error::Interrupted) => {
                failed.clear();
                failed.push(Error::Interrupted);
                print::note("The same command goes on where this one stopped.");
                break;
            }
            // The others may do.
            Err(error) => {
                if several {
                    print::note(&format!("segue: {}: {error}", report::name(track)));
                }
                failed.push(error);
            }
        }
    }
    if args.json {
        print::json(&got)?;
    }
    match (failed.len(), failed.pop()) {
        (_, None) => Ok(()),
        (1, Some(error)) if !several || matches!(error, Error::Interrupted) => Err(error),
        (failed, Some(_)) => Err(Error::Unfetched {
            failed,
            all: tracks.len(),
        }),
    }
}

/// A copy that is there now.
#[derive(Serialize)]
struct Got<'a> {
    track: json::Track<'a>,
    path: PathBuf,
    /// It was there before.
    was_there: bool,
    /// Packets that an earlier run had fetched.
    resumed_packets: u32,
    took_s: f64,
    #[serde(skip)]
    info: &'a TrackInfo,
}

impl Got<'_> {
    fn line(&self) -> String {
        if self.was_there {
            return format!("{} is there already", self.path.display());
        }
        let mb = self.info.bytes as f64 / 1e6;
        format!(
            "{}: {mb:.1} MB in {:.1} s",
            self.path.display(),
            self.took_s
        )
    }
}

fn get<'a>(
    args: &Get,
    dir: &Path,
    chosen: &Chosen,
    peer: &Peer,
    track: &'a TrackInfo,
    interrupted: &Receiver<()>,
) -> Result<Got<'a>, Error> {
    let began = Instant::now();
    let place = copy::place(dir, track)?;
    let mut got = Got {
        track: track.into(),
        path: place.path,
        was_there: place.done,
        resumed_packets: 0,
        took_s: 0.0,
        info: track,
    };
    if got.was_there {
        return Ok(got);
    }
    let mut part = Part::open(&got.path, track)?;
    // Another may have made the copy while this one began.
    if copy::place(dir, track)?.done {
        part.remove();
        got.was_there = true;
        return Ok(got);
    }
    got.resumed_packets = part.packets_here();
    let line = live::bar();
    line.set_length(track.packets.into());
    line.set_message(report::name(track));
    let fetch = Fetch {
        peer,
        track,
        chosen,
        patience_s: args.fetching.patience,
        interrupted,
    };
    // What an earlier run left may be at fault: once again from the start.
    for _ in 0..2 {
        let came = copy::fetch(&fetch, &mut part, |packets| {
            line.set_position(packets.into())
        })?;
        if came && copy::finish(&part, track, &got.path)? {
            part.remove();
            line.finish_and_clear();
            got.took_s = began.elapsed().as_secs_f64();
            return Ok(got);
        }
        part.clear()?;
    }
    part.remove();
    line.finish_and_clear();
    Err(CopyError::Wrong(report::name(track)).into())
}
