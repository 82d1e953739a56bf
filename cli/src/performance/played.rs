//! What is told of a track when it is over.

use segue_core::metrics::Metrics;
use segue_core::track::TrackInfo;
use segue_playout::{Ending, Outcome};
use segue_stage::{Stage, latency, underruns};
use segue_transport::SessionReport;
use serde::Serialize;

use crate::error::Error;
use crate::{json, print, report};

/// How, and where, it is told.
#[derive(Clone, Copy, Debug)]
pub struct Telling {
    pub json: bool,
    /// All metrics of each track, not a line alone.
    pub metrics: bool,
    /// Standard output has the music.
    pub aside: bool,
}

/// How a track went.
pub struct Played {
    track: TrackInfo,
    policy: String,
    network: String,
    seed: u64,
    paced: bool,
    outcome: Outcome,
    /// How often the device ran empty meanwhile.
    underruns: u64,
    /// Of its session; of the last one, where the listener went to and fro.
    /// `None` for a file of this machine.
    session: Option<(Metrics, f64)>,
    /// How many there were: one, and one more for each time it was begun again
    /// or the listener went elsewhere in it.
    sessions: usize,
    /// What there is to say against the policy.
    faults: Vec<String>,
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
    /// How often the device ran empty though there was sound for it.
    underruns: u64,
    /// From the player to the ear, the mean; `None` where nobody hears it.
    output_latency_s: Option<f64>,
    /// Each seek takes another; `took_s` and `metrics` are of the last one.
    sessions: usize,
    /// The policy failed, or was refused what makes no sense.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    faults: &'a [String],
}

impl Played {
    pub(super) fn new(
        track: TrackInfo,
        stage: &Stage,
        last: Option<SessionReport>,
        sessions: usize,
        outcome: &Outcome,
        underruns: u64,
        paced: bool,
    ) -> Self {
        let progress = &outcome.progress;
        let session = last.map(|report| {
            let mut metrics = report.metrics;
            metrics.muted_s = Some(progress.muted_s);
            (metrics, report.ended.as_secs_f64())
        });
        Self {
            policy: stage.policy(),
            network: stage.network(),
            seed: stage.seed(),
            paced,
            outcome: outcome.clone(),
            underruns,
            session,
            sessions,
            track,
            faults: Vec::new(),
        }
    }

    /// With this to say against its policy.
    pub(super) fn against(self, faults: Vec<String>) -> Self {
        Self { faults, ..self }
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
            underruns: self.underruns,
            output_latency_s: self.outcome.progress.mean_latency_s,
            sessions: self.sessions,
            faults: &self.faults,
        }
    }

    /// What was played; of how much, if not to the end.
    fn played(&self) -> String {
        let name = report::name(&self.track);
        let played_s = f64::from(self.outcome.progress.played) * self.track.packet_s();
        let played = print::clock(played_s);
        if self.outcome.ending == Ending::Finished {
            return format!("{name}: {played} played");
        }
        let all = print::clock(self.track.duration_s());
        format!("{name}: {played} of {all} played")
    }

    /// The share that was left out; of a track that was not played to the end, of
    /// what it came to.
    fn missing(&self, session: &Metrics) -> f64 {
        if self.outcome.ending == Ending::Finished {
            return session.missing_ratio;
        }
        let progress = &self.outcome.progress;
        let left_out = progress.concealed + progress.skipped;
        f64::from(left_out) / f64::from(progress.played + left_out).max(1.0)
    }

    /// How the sound device fared.
    fn device(&self) -> String {
        let latency_s = self.outcome.progress.mean_latency_s;
        let underruns = (self.underruns > 0).then(|| underruns(self.underruns));
        let parts = latency_s.map(latency).into_iter().chain(underruns);
        parts.map(|part| format!(", {part}")).collect()
    }

    /// A line, and below it what is wanted of the metrics.
    fn text(&self, metrics: bool) -> String {
        let played = self.played();
        let device = self.device();
        let Some((session, took_s)) = &self.session else {
            return played + &device;
        };
        let took_s = (!self.paced).then_some(*took_s);
        let missing = self.missing(session);
        let line = report::line(&played, missing, session, took_s) + &device;
        if !metrics {
            return line;
        }
        let since = match self.sessions {
            ..=1 => "",
            _ => "; since the last seek:",
        };
        let table = report::table(&self.track, session, took_s);
        format!("{line}{since}\n{table}")
    }
}

impl Telling {
    /// Prints how one of several tracks went, while the others play.
    pub(super) fn of_one(self, played: &Played) {
        if self.json {
            return; // one value at the end
        }
        if let Err(error) = self.print(&played.text(self.metrics)) {
            print::note(&format!("segue: {error}"));
        }
    }

    /// Prints what is left to be told at the end: of one track all, of several
    /// nothing but what a program reads.
    pub fn of_all(self, played: &[Played], several: bool) -> Result<(), Error> {
        match played {
            [one] if self.json && !several => {
                self.print(&serde_json::to_string_pretty(&one.summary())?)
            }
            all if self.json => {
                let all: Vec<_> = all.iter().map(Played::summary).collect();
                self.print(&serde_json::to_string_pretty(&all)?)
            }
            [one] if !several => self.print(&one.text(self.metrics)),
            _ => Ok(()),
        }
    }

    fn print(self, text: &str) -> Result<(), Error> {
        if self.aside {
            print::note(text);
            return Ok(());
        }
        print::result(text)
    }
}
