//! Comparing policies in scenarios, as `segue compare` does.

mod ask;
mod found;
mod job;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use iced::{Element, Subscription, Task};
use segue_lab::report::Chapter;
use segue_lab::scenario::{Contender, Scenario, Track, builtins};
use segue_policy_host::Kind;

use crate::desk::{Desk, at_home};

use found::Found;
use job::{Job, Wish};

/// What is compared on when nothing is said, as on the command line.
const SCENARIO: &str = "wifi-bad";
/// A scenario of one's own, in the dropdown.
const FILE: &str = "a file…";
/// Runs to begin with: enough to see a difference, and over in a moment.
const RUNS: &str = "50";

/// The page's own.
pub struct State {
    scenario: String,
    /// The path, where the scenario is a file.
    file: String,
    runs: String,
    /// Empty: what the scenario says.
    seed: String,
    /// Policies that are left out.
    out: BTreeSet<String>,
    /// More policies with their parameters, as on the command line.
    more: String,
    music: Music,
    /// The path, where the music is a file.
    music_file: String,
    /// A track of this machine's that is offered, too.
    own: Option<Music>,
    job: Option<Job>,
    found: Option<Found>,
    error: Option<String>,
}

impl Default for State {
    fn default() -> Self {
        Self {
            scenario: SCENARIO.into(),
            file: String::new(),
            runs: RUNS.into(),
            seed: String::new(),
            out: BTreeSet::new(),
            more: String::new(),
            music: Music::Unheard,
            music_file: String::new(),
            own: None,
            job: None,
            found: None,
            error: None,
        }
    }
}

/// What is played in the experiment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Music {
    /// The scenario's track, which mostly is made of numbers alone.
    Unheard,
    /// The bundled track.
    Demo,
    /// A track that this machine shares.
    Own {
        /// What it is called.
        label: String,
        path: PathBuf,
    },
    /// A file that is named.
    File,
}

impl fmt::Display for Music {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unheard => "the scenario's",
            Self::Demo => "Bach, Prelude in C",
            Self::Own { label, .. } => label,
            Self::File => "an MP3 file…",
        })
    }
}

/// What happens on the page.
#[derive(Clone, Debug)]
pub enum Message {
    Scenario(String),
    File(String),
    Runs(String),
    Seed(String),
    Toggle(String, bool),
    More(String),
    Music(Music),
    MusicFile(String),
    Start,
    Cancel,
    /// So many runs are over.
    Over(u64),
    Done(Result<Arc<Chapter>, String>),
    /// Look at this policy's first run.
    Look(usize),
    /// Hear this policy's first run.
    Hear(usize),
    Export,
    Exported(Result<String, String>),
}

impl State {
    pub fn update(&mut self, desk: &mut Desk, message: Message) -> Task<Message> {
        match message {
            Message::Scenario(name) => self.scenario = name,
            Message::File(path) => self.file = path,
            Message::Runs(text) => self.runs = text,
            Message::Seed(text) => self.seed = text,
            Message::Toggle(policy, true) => drop(self.out.remove(&policy)),
            Message::Toggle(policy, false) => drop(self.out.insert(policy)),
            Message::More(text) => self.more = text,
            Message::Music(music) => self.music = music,
            Message::MusicFile(path) => self.music_file = path,
            Message::Start => return self.start(desk),
            Message::Cancel => {
                if let Some(job) = &self.job {
                    job.stop();
                }
            }
            Message::Over(runs) => {
                if let Some(job) = &mut self.job {
                    job.over = runs;
                }
            }
            Message::Done(done) => {
                let origin = self.job.take().map_or_else(String::new, |job| job.origin);
                match done {
                    Ok(chapter) => self.found = Some(Found::new(chapter, origin)),
                    Err(error) => self.error = Some(error),
                }
            }
            Message::Look(row) => {
                if let Some(found) = &mut self.found {
                    found.look(row);
                }
            }
            Message::Hear(row) => {
                let retold = self.found.as_ref().and_then(|found| found.retold(row));
                match retold {
                    Some(Ok(retold)) => desk.jukebox.play_own(Arc::new(retold)),
                    Some(Err(error)) => desk.notices.error(error),
                    None => {}
                }
            }
            Message::Export => {
                if let Some(found) = &self.found {
                    return found.export(desk.place.documents.clone());
                }
            }
            Message::Exported(Ok(folder)) => desk.notices.tell(format!("Report: {folder}")),
            Message::Exported(Err(error)) => desk.notices.error(error),
        }
        Task::none()
    }

    fn start(&mut self, desk: &Desk) -> Task<Message> {
        if self.job.is_some() {
            return Task::none();
        }
        self.error = None;
        let installed = desk.shelf.plugins(Kind::Policy);
        let installed: Vec<_> = installed
            .iter()
            .map(|plugin| plugin.name().to_owned())
            .collect();
        let wish = self.music(desk).and_then(|music| {
            let mut wish = self.wish(&installed)?;
            if let Some(file) = music {
                wish.scenario.track = Track::File(file);
            }
            Ok(wish)
        });
        match wish {
            Ok(wish) => {
                let (job, task) = Job::start(wish);
                self.job = Some(job);
                task
            }
            Err(error) => {
                self.error = Some(error);
                Task::none()
            }
        }
    }

    /// The page is opened: this track of this machine's may be played, too.
    pub fn offer(&mut self, own: Option<(String, PathBuf)>) {
        if let Some((label, path)) = own {
            self.own = Some(Music::Own { label, path });
        }
    }

    /// What there is to choose from.
    fn musics(&self) -> Vec<Music> {
        let first = [Music::Unheard, Music::Demo];
        first
            .into_iter()
            .chain(self.own.clone())
            .chain([Music::File])
            .collect()
    }

    /// The file that is played in place of the scenario's track.
    fn music(&self, desk: &Desk) -> Result<Option<PathBuf>, String> {
        Ok(match &self.music {
            Music::Unheard => None,
            Music::Demo => Some(desk.demo_file()?),
            Music::Own { path, .. } => Some(path.clone()),
            Music::File => match self.music_file.trim() {
                "" => return Err("Write the path of an MP3 file, or choose other music.".into()),
                path => Some(at_home(path)),
            },
        })
    }

    /// What is asked for, or what is wrong with it.
    fn wish(&self, installed: &[String]) -> Result<Wish, String> {
        let name = match self.scenario.as_str() {
            FILE => self.file.trim(),
            builtin => builtin,
        };
        if name.is_empty() {
            return Err(
                "Write the path of a scenario file (TOML), or choose one that comes along.".into(),
            );
        }
        let origin = name.to_owned();
        let mut scenario = Scenario::open(name).map_err(|error| error.to_string())?;
        let runs = self
            .runs
            .trim()
            .parse()
            .ok()
            .filter(|runs| (1..=1_000_000).contains(runs));
        scenario.runs = runs.ok_or("Write a number of runs from 1 to 1000000.")?;
        if !self.seed.trim().is_empty() {
            let seed = self.seed.trim().parse().ok();
            scenario.seed = seed.ok_or("Write a seed that is a whole number, or none.")?;
        }
        let chosen = installed.iter().filter(|name| !self.out.contains(*name));
        let mut contenders: Vec<_> = chosen.map(|name| Contender::new(name)).collect();
        for text in self.more.split_whitespace() {
            let contender: Result<Contender, _> = text.parse();
            contenders.push(contender.map_err(|error| format!("{text}: {error}"))?);
        }
        if contenders.is_empty() {
            return Err("Choose a policy to compare, at least.".into());
        }
        Ok(Wish {
            origin,
            scenario,
            contenders,
        })
    }

    /// What to listen to while an experiment runs: it tells by itself.
    pub fn subscription(&self) -> Subscription<Message> {
        Subscription::none()
    }

    pub fn view<'a>(&'a self, desk: &'a Desk) -> Element<'a, Message> {
        ask::view(self, desk)
    }
}

/// The scenarios to choose from.
fn scenarios() -> Vec<String> {
    let builtin = builtins().iter().map(|builtin| builtin.name.to_owned());
    builtin.chain([FILE.to_owned()]).collect()
}
