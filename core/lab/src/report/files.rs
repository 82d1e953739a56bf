//! What a comparison writes into its folder.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use segue_core::time::Timestamp;
use segue_core::timeline::{Point, Timeline};

use super::{Chapter, Report};
use crate::chart::{self, Chart, ChartError};
use crate::entry::{Entry, short_names};
use crate::run::Record;

/// What was found cannot be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// A file or folder cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// Which.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A chart cannot be drawn.
    #[error(transparent)]
    Chart(#[from] ChartError),
    /// The results are no JSON.
    #[error("cannot write the result: {0}")]
    Json(#[from] serde_json::Error),
    /// The results are no CSV.
    #[error("cannot write the result: {0}")]
    Csv(#[from] csv::Error),
}

fn failed(path: &Path, source: io::Error) -> WriteError {
    WriteError::Write {
        path: path.to_owned(),
        source,
    }
}

/// Makes a folder, if it is not there.
///
/// # Errors
/// When it cannot be made.
pub fn make_folder(folder: &Path) -> Result<(), WriteError> {
    fs::create_dir_all(folder).map_err(|source| failed(folder, source))
}

impl Report<'_> {
    /// Writes `report.html`, `results.json` and `results.csv` into a folder, and
    /// into `runs` of it each policy's first run: chart, timeline, and log if it
    /// was kept.
    ///
    /// # Errors
    /// When one of them cannot be written.
    pub fn write(&self, folder: &Path) -> Result<(), WriteError> {
        make_folder(folder)?;
        put(&folder.join("report.html"), self.to_html()?.as_bytes())?;
        let results: Vec<_> = self.chapters.iter().map(Chapter::to_json).collect();
        let json = match &results[..] {
            [only] => serde_json::to_string_pretty(only)?,
            several => serde_json::to_string_pretty(several)?,
        };
        put(&folder.join("results.json"), json.as_bytes())?;
        put(&folder.join("results.csv"), csv(self.chapters)?.as_bytes())?;
        for chapter in self.chapters {
            let runs = folder.join("runs").join(&chapter.results.scenario.name);
            make_folder(&runs)?;
            let rows = chapter.results.rows.iter();
            let entries: Vec<Entry> = rows.map(|row| row.entry.clone()).collect();
            for (record, name) in chapter.records.iter().zip(short_names(&entries)) {
                write_run(&runs, &file_name(&name), &name, record, chapter)?;
            }
        }
        Ok(())
    }
}

/// All runs as CSV.
///
/// # Errors
/// Never: it is written to memory.
pub fn csv(chapters: &[Chapter]) -> Result<String, WriteError> {
    let mut all = Vec::new();
    for (number, chapter) in chapters.iter().enumerate() {
        let mut one = Vec::new();
        chapter.results.write_csv(&mut one)?;
        let head = match number {
            0 => 0,
            _ => one
                .iter()
                .position(|&byte| byte == b'\n')
                .map_or(0, |at| at + 1),
        };
        all.extend_from_slice(&one[head..]);
    }
    Ok(String::from_utf8_lossy(&all).into_owned())
}

fn write_run(
    folder: &Path,
    file: &str,
    name: &str,
    record: &Record,
    chapter: &Chapter,
) -> Result<(), WriteError> {
    chart::draw(
        &Chart {
            title: name,
            subtitle: &chapter.results.scenario.about,
            timeline: &record.timeline,
            track: &chapter.track,
            began: Timestamp::ZERO,
            end: record.end,
        },
        &folder.join(format!("{file}.svg")),
    )?;
    let path = folder.join(format!("{file}.csv"));
    put(&path, timeline(&record.timeline)?.as_bytes())?;
    if record.log.is_empty() {
        return Ok(());
    }
    let path = folder.join(format!("{file}.log"));
    let failed = |source| failed(&path, source);
    let mut out = BufWriter::new(File::create(&path).map_err(failed)?);
    for line in &record.log {
        serde_json::to_writer(&mut out, line)?;
        out.write_all(b"\n").map_err(failed)?;
    }
    out.flush().map_err(failed)
}

/// What happened to each packet, in order of time.
fn timeline(timeline: &Timeline) -> Result<String, WriteError> {
    let mut events: Vec<(Point, &str, Option<usize>)> = Vec::new();
    for (seeder, points) in timeline.sent.iter().enumerate() {
        events.extend(
            points
                .iter()
                .map(|&point| (point, "sent", Some(seeder + 1))),
        );
    }
    let others = [
        ("received", &timeline.received),
        ("played", &timeline.played),
        ("discarded", &timeline.discarded),
    ];
    for (event, points) in others {
        events.extend(points.iter().map(|&point| (point, event, None)));
    }
    events.sort_by_key(|&((at, _), ..)| at);
    let mut csv = csv::Writer::from_writer(Vec::new());
    csv.write_record(["time_s", "event", "packet", "seeder"])?;
    for ((at, packet), event, seeder) in events {
        csv.write_record([
            format!("{:.6}", at.as_secs_f64()),
            event.to_owned(),
            packet.to_string(),
            seeder.map_or(String::new(), |seeder| seeder.to_string()),
        ])?;
    }
    let bytes = csv
        .into_inner()
        .map_err(|error| csv::Error::from(error.into_error()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn put(path: &Path, bytes: &[u8]) -> Result<(), WriteError> {
    fs::write(path, bytes).map_err(|source| failed(path, source))
}

/// A policy with settings as a file name.
fn file_name(name: &str) -> String {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '=');
    name.chars()
        .map(|c| if fits(c) { c } else { '_' })
        .collect()
}
