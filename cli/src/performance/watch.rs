//! Watching a queue that plays: the line on the terminal, the keys, and what is
//! worth telling.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use indicatif::ProgressBar;
use segue_core::listener;
use segue_core::playback::Start;
use segue_core::time::Timestamp;
use segue_playout::{Ending, Event, Outcome, Player, State};
use segue_stage::{Stage, lost};
use segue_transport::SessionStatus;

use super::device::Device;
use super::drawing;
use super::installed::Installed;
use super::played::{Played, Telling};
use super::programme::Programme;
use crate::keys::{self, Key, Keys};
use crate::{live, print, report};

/// How soon an end, or a key, is noticed.
const LOOK: Duration = Duration::from_millis(5);
const SEEK_S: f64 = 10.0;
const LOUDER: f32 = 0.05;

/// Why it was ended before its end.
pub enum Early {
    Interrupted,
    /// Nobody brings the track any more: why.
    Abandoned(String),
    Limit,
    /// The listener had enough.
    Left,
}

pub struct Watch<'a> {
    pub programme: &'a Programme,
    pub stage: &'a Stage,
    /// Followed, if that is wished.
    pub installed: Option<Installed<'a>>,
    pub player: &'a Player,
    /// Name of the output.
    pub output: &'a str,
    /// It keeps time.
    pub paced: bool,
    pub telling: Telling,
    pub patience_s: f64,
    pub limit_s: Option<f64>,
    /// Where sessions are drawn.
    pub plot: Option<&'a Path>,
    /// Tracks that had their turn, by number.
    pub played: Vec<(usize, Played)>,
    /// Sessions of the track that plays that the listener has left.
    pub left: usize,
    /// How often the device ran empty until the last track was over.
    pub underruns: u64,
    /// Tracks that could not be played to their end, by number.
    pub failed: BTreeSet<usize>,
    /// What was told against the policy of the track that plays.
    pub faults: Vec<String>,
}

/// When a peer that has the track was last heard.
struct Living {
    part: usize,
    last: Instant,
}

impl Watch<'_> {
    /// Shows how it goes until it ends. `None`: it ended by itself.
    pub fn until_over(&mut self, interrupted: &Receiver<()>) -> Option<Early> {
        let keys = Keys::open();
        let line = live::bar();
        let mut living = Living {
            part: usize::MAX,
            last: Instant::now(),
        };
        let mut device = Device::default();
        let early = loop {
            if let Some(early) = self.wait(interrupted, keys.as_ref(), &line) {
                break Some(early);
            }
            self.tell_events(&line);
            let now = self.player.controls().progress();
            if let Some(text) = device.changed(now.trouble.as_deref(), &now.output) {
                line.suspend(|| print::note(&text));
            }
            if self.player.is_finished() {
                break None;
            }
            if let Some(early) = self.look(&line, &mut living) {
                break Some(early);
            }
        };
        line.finish_and_clear();
        early
    }

    /// What is left to be told once the player has been asked to end: waits for
    /// that.
    pub fn finish(mut self) -> (Vec<Played>, BTreeSet<usize>) {
        let line = ProgressBar::hidden();
        while !self.player.is_finished() {
            std::thread::sleep(LOOK);
        }
        self.tell_events(&line);
        let played = self.played.into_iter().map(|(_, played)| played);
        (played.collect(), self.failed)
    }

    /// Until it is time to look again. Keys are obeyed meanwhile.
    fn wait(
        &self,
        interrupted: &Receiver<()>,
        keys: Option<&Keys>,
        line: &ProgressBar,
    ) -> Option<Early> {
        let mut waited = Duration::ZERO;
        while waited < live::PERIOD && !self.player.is_finished() {
            if interrupted.recv_timeout(LOOK).is_ok() {
                return Some(Early::Interrupted);
            }
            while let Some(key) = keys.and_then(Keys::next) {
                if key == Key::Quit {
                    return Some(Early::Left);
                }
                self.obey(key, line);
                waited = live::PERIOD; // it shows at once
            }
            waited += LOOK;
        }
        None
    }

    fn obey(&self, key: Key, line: &ProgressBar) {
        let controls = self.player.controls();
        match key {
            Key::Pause => controls.toggle(),
            Key::Back => controls.seek_by(-SEEK_S),
            Key::Forward => controls.seek_by(SEEK_S),
            Key::Louder => controls.set_volume(controls.volume() + LOUDER),
            Key::Softer => controls.set_volume(controls.volume() - LOUDER),
            Key::Next => controls.next(),
            Key::Previous => controls.previous(),
            Key::Help => line.suspend(|| print::note(keys::HELP)),
            Key::Quit => {}
        }
    }

    fn tell_events(&mut self, line: &ProgressBar) {
        let mut notes = self.programme.take_notes();
        if let Some(installed) = &mut self.installed {
            notes.extend(installed.look(self.stage));
        }
        for text in notes {
            line.suspend(|| print::note(&text));
        }
        while let Some(event) = self.player.controls().try_event() {
            let number = |item| self.programme.number(Some(item));
            match event {
                Event::Started(item) => {
                    let begun = self.installed.as_ref();
                    if let Some(text) = begun.and_then(|all| all.on_started(self.stage)) {
                        line.suspend(|| print::note(&text));
                    }
                    if let Some(number) = number(item) {
                        line.suspend(|| print::note(&self.playing(number)));
                    }
                }
                Event::Ended(item, Ok(outcome)) => {
                    if let Some(number) = number(item) {
                        self.tell_ended(number, &outcome, line);
                    }
                }
                Event::Ended(item, Err(error)) => {
                    self.failed.extend(number(item));
                    if self.programme.several {
                        line.suspend(|| print::note(&format!("segue: {error}")));
                    }
                }
                _ => {}
            }
        }
    }

    /// A track is over.
    fn tell_ended(&mut self, number: usize, outcome: &Outcome, line: &ProgressBar) {
        let part = self.programme.part(number);
        let mut told = match part.look() {
            Some((status, events)) => self.worth_telling(&status, events),
            None => Vec::new(),
        };
        let mut reports = part.close_over();
        told.extend(drawing::draw(&part.track, self.stage, &reports, self.plot));
        let sessions = std::mem::take(&mut self.left) + reports.len();
        let last = reports.pop().map(|(_, report)| report);
        let track = part.track.clone();
        let all = outcome.progress.underruns;
        let underruns = all.saturating_sub(std::mem::replace(&mut self.underruns, all));
        let paced = self.paced;
        let played = Played::new(track, self.stage, last, sessions, outcome, underruns, paced)
            .against(std::mem::take(&mut self.faults));
        if outcome.ending == Ending::Finished {
            self.failed.remove(&number); // at the second try
        }
        if self.programme.several {
            line.suspend(|| self.telling.of_one(&played));
            if let Ending::SessionGone(reason) = &outcome.ending {
                self.failed.insert(number);
                let name = report::name(&part.track);
                told.push(format!("segue: {name} broke off: {reason}"));
            }
        }
        for text in told {
            line.suspend(|| print::note(&text));
        }
        self.played.retain(|(other, _)| *other != number);
        self.played.push((number, played));
    }

    fn playing(&self, number: usize) -> String {
        let part = self.programme.part(number);
        let place = match self.programme.several {
            true => format!("{}/{} ", number + 1, self.programme.all()),
            false => String::new(),
        };
        let Self { output, stage, .. } = self;
        let name = report::name(&part.track);
        let with = match part.is_local {
            true => String::new(), // nothing for a policy to decide
            false => format!(" with {}", stage.policy()),
        };
        format!("Playing {place}{name} to {output}{with}")
    }

    /// Looks how it stands, shows it, and says whether to end it.
    fn look(&mut self, line: &ProgressBar, living: &mut Living) -> Option<Early> {
        let controls = self.player.controls();
        let progress = controls.progress();
        let number = self.programme.number(progress.item)?;
        let part = self.programme.part(number);
        let left = part.close_left();
        self.left += left.len();
        let mut told = drawing::draw(&part.track, self.stage, &left, self.plot);
        let (status, events) = part.look().unzip();
        if let (Some(status), Some(events)) = (&status, events) {
            told.extend(self.worth_telling(status, events));
        }
        // Nobody waits for music in a pause.
        if living.part != number || progress.state == State::Paused {
            *living = Living {
                part: number,
                last: Instant::now(),
            };
        }
        let mut early = None;
        if let Some(now) = &status {
            if now.status.seeders.iter().any(|seeder| seeder.alive) || now.status.ended {
                living.last = Instant::now();
            }
            if living.last.elapsed().as_secs_f64() > self.patience_s && needs_more(now) {
                let why = lost::why(Some(&now.status), self.patience_s);
                if !self.programme.several {
                    early = Some(Early::Abandoned(why));
                } else {
                    let name = report::name(&part.track);
                    told.push(format!("segue: gave up on {name}: {why}"));
                    controls.next();
                    self.failed.insert(number);
                    // It may take the player a moment: once is enough.
                    living.last = Instant::now();
                }
            }
            if self
                .limit_s
                .is_some_and(|limit| now.metrics.played_s >= limit)
            {
                early = Some(Early::Limit);
            }
        }
        for text in told {
            line.suspend(|| print::note(&text));
        }
        let several = self.programme.several;
        let place = several.then(|| (number + 1, self.programme.all()));
        let packet = Start::at_sample(
            &part.track,
            (progress.position_s * f64::from(part.track.sample_rate)) as u64,
        )
        .packet;
        line.set_length(part.track.packets.into());
        line.set_position(packet.into());
        line.set_message(live::line(
            &part.track,
            place,
            &progress,
            controls.volume(),
            status.as_ref(),
        ));
        early
    }

    fn worth_telling(
        &mut self,
        status: &SessionStatus,
        events: Vec<(Timestamp, listener::Event)>,
    ) -> Vec<String> {
        self.faults
            .extend(events.iter().filter_map(|(_, event)| event.of_policy()));
        let told = events
            .into_iter()
            .filter_map(|(_, event)| self.words(event, status));
        told.map(|text| format!("segue: {text}")).collect()
    }

    fn words(&self, event: listener::Event, status: &SessionStatus) -> Option<String> {
        use listener::Event;
        Some(match event {
            Event::Reason(_) => return None,
            Event::PolicyFailed(_) | Event::PolicyCurbed(_) => event.of_policy()?,
            Event::SeederLost(address) => {
                let mut seeders = status.status.seeders.iter();
                let seeder = seeders.find(|seeder| seeder.address == address);
                format!("{address} {}", lost::word(seeder))
            }
            Event::NoSeederLeft => format!(
                "all peers that have it are gone: waiting {:.0} s for one to return",
                self.patience_s
            ),
            Event::SeederBack(address) => format!("{address} is back"),
            Event::SeederFound(address) => format!("{address} has it too: going on"),
        })
    }
}

fn needs_more(now: &SessionStatus) -> bool {
    now.status.playhead + now.status.buffered < now.status.packets
}
