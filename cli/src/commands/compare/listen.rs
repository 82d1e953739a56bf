//! `segue compare --listen`: what a run sounded like.

use std::fs;
use std::io;
use std::path::Path;

use segue_core::playback::Playable;
use segue_lab::entry::entries;
use segue_lab::experiment::Experiment;
use segue_lab::run::Keep;
use segue_lab::scenario::{Contender, Track};
use segue_lab::strangers::{self, Workers};
use segue_playout::OutputSpec;
use segue_playout::rendering::render;
use segue_policy_host::Registry;

use super::files;
use crate::error::Error;
use crate::print;

pub fn run(
    registry: &Registry,
    experiments: &[Experiment],
    policy: &Contender,
    output: &Path,
    workers: &Workers,
) -> Result<(), Error> {
    let [experiment] = experiments else {
        return Err(Error::OneScenario);
    };
    let scenario = experiment.stage().scenario();
    let Track::File(path) = &scenario.track else {
        return Err(Error::NothingToHear(scenario.name.clone()));
    };
    let [entry] = &entries(registry, scenario, std::slice::from_ref(policy))?[..] else {
        return Err(Error::OnePolicy);
    };
    let file = files::track(path)?;
    let record = strangers::record(experiment, entry, Keep::Everything, workers)?;
    let bytes = fs::read(path).map_err(|source| Error::Read {
        path: path.clone(),
        source,
    })?;
    let frame = |packet| {
        let range = file.table().get(packet);
        let range = range.map(|range| range.start as usize..range.end as usize);
        let frame = range.and_then(|range| bytes.get(range));
        frame
            .map(<[u8]>::to_vec)
            .ok_or_else(|| io::Error::from(io::ErrorKind::UnexpectedEof))
    };
    let wav = OutputSpec::Wav(output.to_owned()).open(file.track())?;
    render(file.track(), record.heard(), frame, wav)?;
    print::note(&format!(
        "What {} sounded like in {}: {}",
        entry.label,
        scenario.name,
        output.display()
    ));
    Ok(())
}
