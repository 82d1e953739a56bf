//! What a comparison writes into its folder.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;

use segue_core::timeline::{Point, Timeline};
use segue_lab::chart::{self, Chart};
use segue_lab::entry::{Entry, short_names};
use segue_lab::report::{Chapter, Report};
use segue_lab::run::Record;
use segue_transport::LocalFile;

use crate::error::Error;

/// An MP3 file, read through once.
pub fn track(path: &Path) -> Result<LocalFile, Error> {
    LocalFile::read(path).map_err(|source| Error::Track {
        path: path.to_owned(),
        source,
    })
}

pub fn make_folder(folder: &Path) -> Result<(), Error> {
    fs::create_dir_all(folder).map_err(|source| Error::Write {
        path: folder.to_owned(),
        source,
    })
}

/// Report, results, and each policy's first run.
pub fn write(folder: &Path, chapters: &[Chapter]) -> Result<(), Error> {
    let report = Report {
        command: &command(),
        program: concat!("segue ", env!("CARGO_PKG_VERSION")),
        chapters,
    };
    put(&folder.join("report.html"), report.to_html()?.as_bytes())?;
    let results: Vec<_> = chapters.iter().map(Chapter::to_json).collect();
    let json = match &results[..] {
        [only] => serde_json::to_string_pretty(only)?,
        several => serde_json::to_string_pretty(several)?,
    };
    put(&folder.join("results.json"), json.as_bytes())?;
    put(&folder.join("results.csv"), csv(chapters)?.as_bytes())?;
    for chapter in chapters {
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

/// All runs as CSV.
pub fn csv(chapters: &[Chapter]) -> Result<String, Error> {
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
) -> Result<(), Error> {
    chart::draw(
        &Chart {
            title: name,
            subtitle: &chapter.results.scenario.about,
            timeline: &record.timeline,
            track: &chapter.track,
            began: segue_core::time::Timestamp::ZERO,
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
    let failed = |source| Error::Write {
        path: path.clone(),
        source,
    };
    let mut out = BufWriter::new(File::create(&path).map_err(failed)?);
    for line in &record.log {
        serde_json::to_writer(&mut out, line)?;
        out.write_all(b"\n").map_err(failed)?;
    }
    out.flush().map_err(failed)
}

/// What happened to each packet, in order of time.
fn timeline(timeline: &Timeline) -> Result<String, Error> {
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
    let bytes = csv.into_inner().map_err(|error| error.into_error())?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn put(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    fs::write(path, bytes).map_err(|source| Error::Write {
        path: path.to_owned(),
        source,
    })
}

/// A policy with settings as a file name.
fn file_name(name: &str) -> String {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '=');
    name.chars()
        .map(|c| if fits(c) { c } else { '_' })
        .collect()
}

/// This very command, as one would type it again.
fn command() -> String {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let typed = shell_words::join(words.iter().map(String::as_str));
    format!("segue {typed}")
}
