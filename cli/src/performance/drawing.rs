//! The charts of sessions that are over.

use std::path::Path;

use segue_core::time::Timestamp;
use segue_core::track::TrackInfo;
use segue_lab::chart::{self, Chart};
use segue_stage::{Stage, numbered};
use segue_transport::SessionReport;

/// Draws each of some sessions of a track, by number; answers what is to be told
/// of that.
pub fn draw(
    track: &TrackInfo,
    stage: &Stage,
    reports: &[(usize, SessionReport)],
    plot: Option<&Path>,
) -> Vec<String> {
    let Some(plot) = plot else {
        return Vec::new();
    };
    let draw = |(number, report): &(usize, SessionReport)| {
        let path = numbered(plot, *number);
        let chart = Chart {
            title: track.label(),
            subtitle: &format!("{} through {}", stage.policy(), stage.network()),
            timeline: &report.timeline,
            track,
            began: Timestamp::ZERO,
            end: report.ended,
        };
        match chart::draw(&chart, &path) {
            Ok(()) => format!("Chart: {}", path.display()),
            // The metrics are worth telling all the same.
            Err(error) => format!("segue: no chart: {error}"),
        }
    };
    reports.iter().map(draw).collect()
}
