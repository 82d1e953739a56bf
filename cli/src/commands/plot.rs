//! `segue plot`: the chart of a recorded session.

use segue_core::time::Timestamp;
use segue_lab::chart::{self, Chart};
use segue_lab::recorded::Recorded;

use crate::args::Plot;
use crate::error::Error;
use crate::{print, record};

pub fn run(args: &Plot) -> Result<(), Error> {
    let log = record::read(&args.log)?;
    let recorded = Recorded::of(&log);
    let track = &log.begin.config.track;
    let output = args.output.clone();
    let output = output.unwrap_or_else(|| args.log.with_extension("svg"));
    chart::draw(
        &Chart {
            title: track.label(),
            subtitle: &log.begin.policy,
            timeline: &recorded.timeline,
            track,
            began: Timestamp::ZERO,
            end: recorded.end,
        },
        &output,
    )?;
    print::result(&output.display().to_string())
}
