//! `segue play`: tracks one after the other, from all peers that have them.

use segue_playout::OutputSpec;

use super::share::interrupt;
use crate::args::{Globals, Play};
use crate::error::Error;
use crate::find::{self, Found};
use crate::performance::{Performance, Telling};
use crate::plugins::Chosen;

pub fn run(globals: &Globals, args: &Play) -> Result<(), Error> {
    let chosen = Chosen::new(globals, &args.fetching.how)?;
    let interrupted = interrupt()?;
    let (peer, tracks) = find::search(globals, &args.fetching, &chosen, &args.what, &interrupted)?;
    let first = tracks.first().ok_or(find::FindError::NothingFound)?.track();
    keep_from_overwriting(&tracks, &args.output)?;
    let output = args.output.open_on(args.device.as_deref(), first)?;
    let several = tracks.len() > 1;
    let telling = Telling {
        json: args.json,
        aside: args.output == OutputSpec::Stdout,
    };
    let performance = Performance {
        tracks,
        chosen,
        log: args.log.clone(),
        plot: args.plot.clone(),
        start_s: args.start,
        volume: f32::from(args.volume) / 100.0,
        limit_s: None,
        patience_s: args.fetching.patience,
        telling,
    };
    let performed = performance.play(&peer, output, &interrupted)?;
    telling.of_all(&performed.played, several)?;
    performed.outcome
}

/// The output is emptied before the first track is read.
fn keep_from_overwriting(tracks: &[Found], output: &OutputSpec) -> Result<(), Error> {
    let (OutputSpec::Wav(path) | OutputSpec::Mp3(path)) = output else {
        return Ok(());
    };
    let Ok(written) = path.canonicalize() else {
        return Ok(()); // there is no such file yet
    };
    let is_written = |found: &Found| match found {
        Found::File(file) => file.path().canonicalize().is_ok_and(|read| read == written),
        Found::Peers(_) => false,
    };
    if tracks.iter().any(is_written) {
        return Err(Error::Overwrites(path.clone()));
    }
    Ok(())
}
