//! What is told of a track when it is over.

use segue_core::metrics::Metrics;
use segue_core::track::TrackInfo;
use segue_playout::Outcome;
use segue_transport::SessionReport;
use serde::Serialize;

use super::stage::Stage;
use crate::error::Error;
use crate::{json, print, report};

/// How a track went.
pub struct Played {
    track: TrackInfo,
    policy: String,
    network: String,
    seed: u64,
    paced: bool,
    played_s: f64,
    /// Of its session; of the last one, where the listener went to and fro.
    /// `None` for a file of this machine.
    session: Option<(Metrics, f64)>,
}

#[derive(Serialize)]
struct Summary<'a> {
    track: json::Track<'a>,
    policy: &'a str,
    network: &'a str,
    seed: u64,
    /// The output kept time; where it did not, startup and stalls are but waits.
    paced: bool,
    /// From the request to the end.
    took_s: Option<f64>,
    metrics: Option<&'a Metrics>,
}

impl Played {
    pub(super) fn new(
        track: TrackInfo,
        stage: &Stage,
        report: Option<SessionReport>,
        outcome: &Outcome,
        paced: bool,
    ) -> Self {
        let progress = &outcome.progress;
        let session = report.map(
            |SessionReport {
                 mut metrics, ended, ..
             }| {
                metrics.muted_s = Some(progress.muted_s);
                (metrics, ended.as_secs_f64())
            },
        );
        Self {
            policy: stage.policy(),
            network: stage.network(),
            seed: stage.seed(),
            paced,
            played_s: f64::from(progress.played) * track.packet_s(),
            session,
            track,
        }
    }

    fn summary(&self) -> Summary<'_> {
        Summary {
            track: (&self.track).into(),
            policy: &self.policy,
            network: &self.network,
            seed: self.seed,
            paced: self.paced,
            took_s: self.session.as_ref().map(|(_, took_s)| *took_s),
            metrics: self.session.as_ref().map(|(metrics, _)| metrics),
        }
    }

    /// One line of it.
    fn line(&self) -> String {
        let text = report::name(&self.track);
        let played = print::clock(self.played_s);
        match &self.session {
            Some((metrics, _)) => report::line(&text, &played, metrics, self.paced),
            None => format!("{text}: {played} played"),
        }
    }

    fn table(&self) -> String {
        match &self.session {
            Some((metrics, took_s)) => {
                report::table(&self.track, metrics, (!self.paced).then_some(*took_s))
            }
            None => self.line(),
        }
    }
}

/// Prints how the tracks went, aside where standard output has the music. One is
/// told in full, several in a line each.
pub fn tell(played: &[Played], several: bool, json: bool, aside: bool) -> Result<(), Error> {
    let text = match played {
        [one] if json && !several => serde_json::to_string_pretty(&one.summary())?,
        all if json => {
            let all: Vec<_> = all.iter().map(Played::summary).collect();
            serde_json::to_string_pretty(&all)?
        }
        [] => return Ok(()),
        [one] if !several => one.table(),
        all => all.iter().map(Played::line).collect::<Vec<_>>().join("\n"),
    };
    if aside {
        print::note(&text);
        return Ok(());
    }
    print::result(&text)
}
