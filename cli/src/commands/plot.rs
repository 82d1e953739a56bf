//! `segue plot`: the chart of a recorded session.

use segue_core::session_log::SessionLog;
use segue_core::time::Timestamp;
use segue_lab::chart::{self, Chart};
use segue_lab::recorded::Recorded;

use crate::args::Plot;
use crate::error::Error;
use crate::print;

pub fn run(args: &Plot) -> Result<(), Error> {
    let read = |source| Error::Read {
        path: args.log.clone(),
        source,
    };
    let text = std::fs::read_to_string(&args.log).map_err(read)?;
    let log = SessionLog::parse(&text).map_err(|source| Error::Log {
        path: args.log.clone(),
        source,
    })?;
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
