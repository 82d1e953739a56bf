//! `segue play`: tracks one after the other, from all peers that have them.

use segue_core::track::TrackInfo;
use segue_playout::OutputSpec;

use super::share::interrupt;
use crate::args::{Globals, Play};
use crate::error::Error;
use crate::find::{self, Found};
use crate::performance::{Performance, Telling};
use crate::{plugins, report};

pub fn run(globals: &Globals, args: &Play) -> Result<(), Error> {
    let (shelf, chosen) = plugins::followed(globals, &args.fetching.how)?;
    let interrupted = interrupt()?;
    let (peer, tracks) = find::search(globals, &args.fetching, &chosen, &args.what, &interrupted)?;
    // A file has one shape, that must have room for all tracks.
    let tracks = match args.output {
        OutputSpec::Wav(_) => find::read_all(tracks)?,
        _ => tracks,
    };
    let shape = shape(&tracks, &args.output).ok_or(find::FindError::NothingFound)?;
    keep_from_overwriting(&tracks, &args.output)?;
    if let Some(first) = tracks.first().and_then(Found::track)
        && args.start >= first.duration_s()
    {
        return Err(Error::StartsBehindEnd {
            name: report::name(first),
            lasts_s: first.duration_s(),
        });
    }
    let output = args.output.open_on(args.device.as_deref(), &shape)?;
    let several = tracks.len() > 1;
    let telling = Telling {
        json: args.json,
        metrics: args.metrics,
        aside: args.output == OutputSpec::Stdout,
    };
    let performance = Performance {
        tracks,
        chosen,
        shelf: Some(shelf),
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

/// A track of the shape that the output begins with: the first one's; but a file
/// has the same shape from end to end, so no track may lose by what goes before.
fn shape(tracks: &[Found], output: &OutputSpec) -> Option<TrackInfo> {
    let mut known = tracks.iter().filter_map(Found::track);
    let mut shape = known.next()?.clone();
    if let OutputSpec::Wav(_) = output {
        for track in known {
            shape.sample_rate = shape.sample_rate.max(track.sample_rate);
            shape.channels = shape.channels.max(track.channels);
        }
    }
    Some(shape)
}

/// The output is emptied before the first track is read.
fn keep_from_overwriting(tracks: &[Found], output: &OutputSpec) -> Result<(), Error> {
    let (OutputSpec::Wav(path) | OutputSpec::Mp3(path)) = output else {
        return Ok(());
    };
    let Ok(written) = path.canonicalize() else {
        return Ok(()); // there is no such file yet
    };
    let is_written = |found: &Found| {
        let read = found.path().and_then(|path| path.canonicalize().ok());
        read.is_some_and(|read| read == written)
    };
    if tracks.iter().any(is_written) {
        return Err(Error::Overwrites(path.clone()));
    }
    Ok(())
}
