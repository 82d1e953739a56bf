//! `segue play`: one track, from all peers that have it.

use std::fs::File;
use std::io::BufWriter;
use std::path::Path;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use segue_core::listener::Event;
use segue_core::metrics::Metrics;
use segue_core::playback::Start;
use segue_core::track::TrackInfo;
use segue_playout::player::opened;
use segue_playout::{Controls, Ending, Output, OutputSpec, Player};
use segue_transport::{
    Peer, PeerConfig, PolicyLabel, Session, SessionLog, SessionOptions, SessionStatus,
};
use serde::Serialize;

use super::share::interrupt;
use crate::args::{Globals, Play};
use crate::chart::{self, Chart};
use crate::error::Error;
use crate::plugins::Chosen;
use crate::{find, json, live, print, report};

/// How soon an end is noticed.
const LOOK: Duration = Duration::from_millis(5);

pub fn run(globals: &Globals, args: &Play) -> Result<(), Error> {
    let chosen = Chosen::new(globals, &args.how)?;
    let interrupted = interrupt()?;
    let peer = Peer::start(PeerConfig {
        discovery_port: Some(globals.discovery_port),
        network: chosen.network()?,
        ..PeerConfig::default()
    })?;
    let named = find::add_peers(&peer, &args.peers)?;
    let spinner = live::spinner("looking for the track");
    let found = find::track(
        &peer,
        &args.track,
        &named,
        Duration::from_secs_f64(args.wait),
        &interrupted,
    );
    spinner.finish_and_clear();
    let track = found?.track;
    let output = args.output.open_on(args.device.as_deref(), &track)?;
    let performance = Performance {
        track: &track,
        chosen: &chosen,
        log: args.log.as_deref(),
        plot: args.plot.as_deref(),
        limit_s: None,
        patience_s: args.patience,
    };
    let played = performance.play(&peer, output, &interrupted)?;
    played.tell(&track, args.json, args.output == OutputSpec::Stdout)?;
    played.outcome
}

/// One track on its way from peers to an output.
pub struct Performance<'a> {
    pub track: &'a TrackInfo,
    pub chosen: &'a Chosen,
    pub log: Option<&'a Path>,
    pub plot: Option<&'a Path>,
    /// Stop after this much music.
    pub limit_s: Option<f64>,
    /// Give up when all its peers are silent for this long.
    pub patience_s: f64,
}

/// What is left of it.
pub struct Played {
    pub metrics: Metrics,
    policy: String,
    network: String,
    seed: u64,
    paced: bool,
    took_s: f64,
    pub outcome: Result<(), Error>,
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
    took_s: f64,
    metrics: &'a Metrics,
}

impl Played {
    /// Prints the metrics; aside, where standard output has the music.
    pub fn tell(&self, track: &TrackInfo, json: bool, aside: bool) -> Result<(), Error> {
        let text = if json {
            serde_json::to_string_pretty(&Summary {
                track: track.into(),
                policy: &self.policy,
                network: &self.network,
                seed: self.seed,
                paced: self.paced,
                took_s: self.took_s,
                metrics: &self.metrics,
            })?
        } else {
            report::table(track, &self.metrics, (!self.paced).then_some(self.took_s))
        };
        if aside {
            print::note(&text);
            return Ok(());
        }
        print::result(&text)
    }
}

impl Performance<'_> {
    /// Plays to the end, or until interrupted, the limit, or abandoned.
    pub fn play(
        &self,
        peer: &Peer,
        output: Box<dyn Output>,
        interrupted: &Receiver<()>,
    ) -> Result<Played, Error> {
        self.plot.map_or(Ok(()), check_writable)?;
        let policy = self.chosen.policy.spec().to_string();
        let paced = output.paced();
        let (mut session, frames) = peer.play(SessionOptions {
            track: self.track.clone(),
            policy: self.chosen.policy()?,
            paced,
            start: Start::BEGINNING,
            timeline: self.plot.is_some(),
            seeders: Vec::new(),
            log: self.log_writer(&policy)?,
        })?;
        print::note(&format!(
            "Playing {} to {} with {policy}",
            self.track.label(),
            output.name()
        ));
        let controls = Controls::default();
        controls.append(opened(frames));
        let player = Player::start(output, controls)?;
        let ending = self.watch(&mut session, &player, interrupted);
        if ending.is_some() {
            player.controls().stop();
            session.stop();
        }
        let outcome = player.join()?;
        let report = session.close().ok_or(segue_transport::PeerError::Gone)?;
        let mut metrics = report.metrics;
        metrics.muted_s = Some(outcome.progress.muted_s);
        let network = self.network();
        if let Some(path) = self.plot {
            let chart = Chart {
                title: self.track.label(),
                subtitle: &format!("{policy} through {network}"),
                timeline: &report.timeline,
                track: self.track,
                began: segue_core::time::Timestamp::ZERO,
                end: report.ended,
            };
            match chart::draw(&chart, path) {
                Ok(()) => print::note(&format!("Chart: {}", path.display())),
                // The metrics are worth telling all the same.
                Err(error) => print::note(&format!("segue: no chart: {error}")),
            }
        }
        let outcome = match (ending, outcome.ending) {
            (Some(Early::Interrupted), _) => Err(Error::Interrupted),
            (Some(Early::Abandoned), _) => Err(Error::Abandoned(self.patience_s)),
            (Some(Early::Limit), _) | (None, Ending::Finished | Ending::ReaderClosed) => Ok(()),
            (None, _) => Err(Error::Interrupted),
        };
        Ok(Played {
            metrics,
            policy,
            network,
            seed: self.chosen.seed,
            paced,
            took_s: report.ended.as_secs_f64(),
            outcome,
        })
    }

    fn network(&self) -> String {
        let names: Vec<_> = self
            .chosen
            .networks
            .iter()
            .map(|n| n.spec().to_string())
            .collect();
        if names.is_empty() {
            "the network as it is".into()
        } else {
            names.join("+")
        }
    }

    fn log_writer(&self, policy: &str) -> Result<Option<SessionLog>, Error> {
        let Some(path) = self.log else {
            return Ok(None);
        };
        let failed = |source| Error::Write {
            path: path.to_owned(),
            source,
        };
        let file = BufWriter::new(File::create(path).map_err(failed)?);
        let label = PolicyLabel {
            policy: policy.to_owned(),
            version: self.chosen.policy.plugin().version().to_owned(),
            seed: self.chosen.seed,
        };
        Ok(Some((Box::new(file), label)))
    }

    /// Shows how it goes until it ends. `None`: it ended by itself.
    fn watch(
        &self,
        session: &mut Session,
        player: &Player,
        interrupted: &Receiver<()>,
    ) -> Option<Early> {
        let line = live::session(self.track);
        let mut last_living = Instant::now();
        let early = loop {
            let mut waited = Duration::ZERO;
            while waited < live::PERIOD && !player.is_finished() {
                if interrupted.recv_timeout(LOOK).is_ok() {
                    line.finish_and_clear();
                    return Some(Early::Interrupted);
                }
                waited += LOOK;
            }
            if player.is_finished() {
                break None;
            }
            while let Some(event) = session.try_event() {
                if let Some(text) = worth_telling(&event) {
                    line.suspend(|| print::note(&text));
                }
            }
            let Some(now) = session.status() else {
                break None;
            };
            line.set_position(now.status.playhead.into());
            line.set_message(live::line(self.track, &now));
            let lives = now.status.seeders.iter().any(|seeder| seeder.alive);
            if lives || now.status.ended {
                last_living = Instant::now();
            }
            if last_living.elapsed().as_secs_f64() > self.patience_s && needs_more(&now) {
                break Some(Early::Abandoned);
            }
            if self
                .limit_s
                .is_some_and(|limit| now.metrics.played_s >= limit)
            {
                break Some(Early::Limit);
            }
        };
        line.finish_and_clear();
        early
    }
}

/// Better told before playing than after.
fn check_writable(path: &Path) -> Result<(), Error> {
    let opened = File::options().create(true).append(true).open(path);
    opened.map(drop).map_err(|source| Error::Write {
        path: path.to_owned(),
        source,
    })
}

/// Why it was ended before its end.
enum Early {
    Interrupted,
    Abandoned,
    Limit,
}

fn needs_more(now: &SessionStatus) -> bool {
    now.status.playhead + now.status.buffered < now.status.packets
}

fn worth_telling(event: &Event) -> Option<String> {
    match event {
        Event::Reason(_) => None,
        Event::PolicyFailed(text) => Some(format!("segue: {text}")),
        Event::SeederLost(address) => Some(format!("segue: {address} does not answer any more")),
        Event::NoSeederLeft => Some("segue: all peers that have it are gone: waiting".into()),
        Event::SeederBack(address) => Some(format!("segue: {address} is back")),
        Event::SeederFound(address) => Some(format!("segue: {address} has it too: going on")),
    }
}
