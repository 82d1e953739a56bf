//! What was found: the table, and the charts.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use iced::futures::channel::oneshot;
use iced::widget::{button, column, container, row, text};
use iced::{Alignment, Element, Fill, FillPortion, Task};
use segue_lab::entry::{Entry, short_names};
use segue_lab::measure::{Better, Measure, Unit};
use segue_lab::report::{Chapter, Report, few_measures};
use segue_lab::results::Results;
use segue_lab::scenario::Track;
use segue_stage::{Retold, RetoldError};

use super::Message;
use crate::chart::distribution::{Distribution, colour};
use crate::chart::packets::{Packets, keys};
use crate::chart::{Drawn, key};
use crate::theme;

/// What was found, ready to be shown.
pub struct Found {
    chapter: Arc<Chapter>,
    /// The scenario's name, or the path of its file.
    origin: String,
    names: Vec<String>,
    /// Whose first run is looked at.
    looked: usize,
    startup: Vec<Vec<f64>>,
    stalls: Vec<Vec<f64>>,
    startup_drawn: Drawn,
    stalls_drawn: Drawn,
    packets_drawn: Drawn,
}

impl Found {
    pub fn new(chapter: Arc<Chapter>, origin: String) -> Self {
        let results = &chapter.results;
        let entries: Vec<Entry> = results.rows.iter().map(|row| row.entry.clone()).collect();
        let samples = |name: &str| match Measure::named(name) {
            Some(measure) => results.rows.iter().map(|row| row.sample(measure)).collect(),
            None => Vec::new(),
        };
        Self {
            names: short_names(&entries),
            looked: 0,
            startup: samples("startup_s"),
            stalls: samples("stall_s"),
            startup_drawn: Drawn::default(),
            stalls_drawn: Drawn::default(),
            packets_drawn: Drawn::default(),
            origin,
            chapter,
        }
    }

    /// Looks at another policy's first run.
    pub fn look(&mut self, row: usize) {
        self.looked = row;
        self.packets_drawn.clear();
    }

    /// A policy's first run, to be heard; `None` if the track is none that sounds.
    pub fn retold(&self, row: usize) -> Option<Result<Retold, RetoldError>> {
        let scenario = &self.chapter.results.scenario;
        let Track::File(path) = &scenario.track else {
            return None;
        };
        let record = self.chapter.records.get(row)?;
        let title = format!("{} in {}", self.names[row], scenario.name);
        Some(Retold::new(path, title, record.heard()))
    }

    /// Whether the first runs can be heard.
    fn sounds(&self) -> bool {
        matches!(self.chapter.results.scenario.track, Track::File(_))
    }

    /// Writes the report, in a thread of its own.
    pub fn export(&self, documents: PathBuf) -> Task<Message> {
        let chapter = Arc::clone(&self.chapter);
        let command = command(&chapter.results, &self.origin);
        let (tell, told) = oneshot::channel();
        std::thread::spawn(move || {
            let folder = free(&documents, &chapter.results.scenario.name);
            let report = Report {
                command: &command,
                program: concat!("segue ", env!("CARGO_PKG_VERSION")),
                chapters: std::slice::from_ref(&*chapter),
            };
            let written = report.write(&folder);
            let path = || folder.join("report.html").display().to_string();
            tell.send(written.map(|()| path()).map_err(|error| error.to_string()))
        });
        Task::perform(told, |done| {
            Message::Exported(done.unwrap_or_else(|_| Err("It could not be written.".into())))
        })
    }

    pub fn view(&self, narrow: bool) -> Element<'_, Message> {
        let results = &self.chapter.results;
        let scenario = &results.scenario;
        let head = format!(
            "{}, {} runs, seed {}",
            scenario.name,
            results.runs(),
            scenario.seed
        );
        let export = button(text("Export report").size(theme::SMALL))
            .padding([5, 10])
            .style(theme::secondary)
            .on_press(Message::Export);
        let head = row![
            column![
                text(head).size(theme::BODY).font(theme::BOLD),
                text(&scenario.about).size(theme::SMALL).style(theme::dim)
            ]
            .width(Fill),
            export
        ]
        .spacing(theme::GAP)
        .align_y(Alignment::Center);
        let mut page = column![head, self.means()].spacing(12);
        if results.rows.len() > 1 {
            let title = format!("Minus {}, run by run", self.names[0]);
            page = page.push(text(title).size(theme::SMALL).font(theme::BOLD));
            page = page.push(self.differences());
        }
        page = page.extend(self.remarks().into_iter().map(|(remark, is_wrong)| {
            let remark = text(remark).size(theme::SMALL);
            match is_wrong {
                true => remark.style(text::danger).into(),
                false => remark.style(theme::dim).into(),
            }
        }));
        let chart = |samples, axis, drawn| Distribution {
            samples,
            axis,
            drawn,
        };
        let startup = chart(&self.startup, "startup (s)", &self.startup_drawn).view();
        let stalls = chart(&self.stalls, "stalls in total (s)", &self.stalls_drawn).view();
        let startup = container(startup).height(240).width(Fill);
        let stalls = container(stalls).height(240).width(Fill);
        let charts: Element<'_, Message> = match narrow {
            true => column![startup, stalls].spacing(12).into(),
            false => row![startup, stalls].spacing(12).into(),
        };
        let colours = self.names.iter().enumerate();
        let colours = colours.map(|(number, name)| key(colour(number), name.clone()));
        page.push(text("Over all runs").size(theme::BODY).font(theme::BOLD))
            .push(row(colours).spacing(14).wrap())
            .push(charts)
            .push(self.first_run())
            .into()
    }

    /// The paper's chart of one policy's first run, and who else may be seen.
    fn first_run(&self) -> Element<'_, Message> {
        let tabs = self.names.iter().enumerate().map(|(number, name)| {
            let tab = button(text(name).size(theme::SMALL))
                .padding([4, 10])
                .style(theme::tab(number == self.looked))
                .on_press(Message::Look(number));
            container(tab).id(format!("first run of {name}")).into()
        });
        let title = text("The first run").size(theme::BODY).font(theme::BOLD);
        let hear = button(text("Hear this one").size(theme::SMALL))
            .padding([5, 10])
            .style(theme::secondary)
            .on_press_maybe(self.sounds().then_some(Message::Hear(self.looked)));
        let silent = (!self.sounds()).then(|| {
            text("Choose music that sounds to hear it.")
                .size(theme::SMALL)
                .style(theme::dim)
        });
        let title = row![title.width(Fill)]
            .push(silent)
            .push(hear)
            .spacing(theme::GAP)
            .align_y(Alignment::Center);
        let head = column![title, row(tabs).spacing(4).wrap()].spacing(6);
        let Some(record) = self.chapter.records.get(self.looked) else {
            return head.into();
        };
        let packets = Packets {
            timeline: &record.timeline,
            track: &self.chapter.track,
            end: record.end,
            drawn: &self.packets_drawn,
        };
        head.push(row(keys(&record.timeline)).spacing(14).wrap())
            .push(container(packets.view()).height(360).width(Fill))
            .into()
    }

    fn means(&self) -> Element<'_, Message> {
        let results = &self.chapter.results;
        let measures = few_measures(results);
        let best: Vec<_> = measures
            .iter()
            .map(|measure| results.best(measure))
            .collect();
        let several = results.rows.len() > 1;
        let rows = results.rows.iter().zip(&self.names).enumerate();
        let mut lines: Vec<_> = rows
            .map(|(number, (row, name))| {
                let cells = measures.iter().zip(&best).map(|(measure, best)| {
                    let summary = row.summary(measure);
                    let text = summary.map_or("–".into(), |summary| measure.unit.mean(&summary));
                    (text, several && best.contains(&number))
                });
                (name.clone(), cells.collect())
            })
            .collect();
        if let Some(limit) = results.limit() {
            let cells = measures.iter().map(|measure| match measure.name {
                "startup_s" => (Unit::Seconds.mean(&limit), false),
                _ => (String::new(), false),
            });
            lines.push(("the limit".to_owned(), cells.collect()));
        }
        table(&measures, lines)
    }

    fn differences(&self) -> Element<'_, Message> {
        let results = &self.chapter.results;
        let mut measures = few_measures(results);
        measures.retain(|measure| measure.better != Better::Neither);
        let rows = results.rows.iter().zip(&self.names).skip(1);
        let lines = rows.map(|(row, name)| {
            let cells = measures.iter().map(|measure| {
                let difference = row.difference(&results.rows[0], measure);
                let text = difference.map_or("–".into(), |summary| measure.unit.mean(&summary));
                (text, false)
            });
            (name.clone(), cells.collect())
        });
        table(&measures, lines.collect())
    }

    /// What is to be said, and whether something went wrong.
    fn remarks(&self) -> Vec<(String, bool)> {
        let mut remarks = Vec::new();
        for (row, name) in self.chapter.results.rows.iter().zip(&self.names) {
            if row.unfinished() > 0 {
                let (lost, all) = (row.unfinished(), row.outcomes.len());
                let text =
                    format!("{name}: {lost} of {all} runs never ended; they are in no mean.");
                remarks.push((text, true));
            }
            for (run, fault) in row.faults() {
                remarks.push((format!("{name}, first in run {run}: {fault}"), true));
            }
        }
        if self.chapter.results.rows.len() > 1 {
            let marked =
                "Means ± 95 % confidence. Marked: best, or not significantly worse than the best.";
            remarks.push((marked.into(), false));
        }
        remarks
    }
}

/// A line of a table: a name, and values of which some are marked.
type Line = (String, Vec<(String, bool)>);

fn table<'a>(measures: &[&'static Measure], lines: Vec<Line>) -> Element<'a, Message> {
    let place = |number: usize, cell: Element<'a, Message>| match number {
        0 => container(cell).width(FillPortion(5)),
        _ => container(cell).align_right(FillPortion(4)),
    };
    let line = |cells: Vec<Element<'a, Message>>| {
        let cells = cells.into_iter().enumerate();
        row(cells.map(|(number, cell)| place(number, cell).into())).spacing(6)
    };
    let title = |name: String| text(name).size(theme::SMALL).style(theme::dim).into();
    let names = measures.iter().map(|measure| match measure.unit.sign() {
        "" => title(measure.title()),
        unit => title(format!("{} {unit}", measure.title())),
    });
    let head = line(
        std::iter::once(title("policy".into()))
            .chain(names)
            .collect(),
    );
    let rows = lines.into_iter().map(|(name, values)| {
        let values = values.into_iter().map(|(value, marked)| {
            let value = text(value).size(theme::SMALL);
            match marked {
                true => value.font(theme::BOLD).style(text::success).into(),
                false => value.into(),
            }
        });
        let name = text(name).size(theme::SMALL).into();
        line(std::iter::once(name).chain(values).collect()).into()
    });
    let body = column(rows).spacing(6);
    container(column![head, body].spacing(8))
        .padding([10, 14])
        .style(theme::card)
        .into()
}

/// The command that finds the same.
fn command(results: &Results, origin: &str) -> String {
    let scenario = &results.scenario;
    let numbers = [scenario.runs.to_string(), scenario.seed.to_string()];
    let [runs, seed] = &numbers;
    let mut words = vec!["segue", "compare", "--scenario", origin];
    words.extend(["--runs", runs, "--seed", seed]);
    let track = match &scenario.track {
        Track::File(path) => Some(path.display().to_string()),
        Track::Made { .. } => None,
    };
    if let Some(track) = &track {
        words.extend(["--track", track]);
    }
    for row in &results.rows {
        words.extend(["--policy", &row.entry.label]);
    }
    shell_words::join(words)
}

/// A folder that is not there yet.
fn free(folder: &Path, scenario: &str) -> PathBuf {
    let numbers = std::iter::once(String::new()).chain((2..).map(|number| format!(" {number}")));
    let mut paths = numbers.map(|number| folder.join(format!("Segue {scenario}{number}")));
    paths.find(|path| !path.exists()).unwrap_or_default()
}
