//! Comparing policies in scenarios, as `segue compare` does.

mod ask;
mod found;
mod job;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::sync::Arc;

use iced::{Element, Subscription, Task};
use segue_lab::report::Chapter;
use segue_lab::scenario::{Contender, Scenario, builtins};
use segue_policy_host::Kind;

use crate::desk::Desk;

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
            job: None,
            found: None,
            error: None,
        }
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
    Start,
    Cancel,
    /// So many runs are over.
    Over(u64),
    Done(Result<Arc<Chapter>, String>),
    /// Look at this policy's first run.
    Look(usize),
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
                self.job = None;
                match done {
                    Ok(chapter) => self.found = Some(Found::new(chapter)),
                    Err(error) => self.error = Some(error),
                }
            }
            Message::Look(row) => {
                if let Some(found) = &mut self.found {
                    found.look(row);
                }
            }
            Message::Export => {
                if let Some(found) = &self.found {
                    return found.export();
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
        match self.wish(&installed) {
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
